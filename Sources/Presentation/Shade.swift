/// A cell of a picture made of characters: the fuller, the more of something.
public enum Shade {
  private static let characters: [Character] = ["░", "▒", "▓", "█"]
  /// From dark blue over green and yellow to white: brighter is more, also for those who see no colours.
  private static let colours = [17, 19, 25, 31, 37, 71, 107, 143, 179, 215, 229]

  /// A text of equal cells.
  /// - Parameters:
  ///   - levels: from 0 (nothing: blank) to 1 (the most).
  ///   - colour: whether cells are coloured; else they are characters of four densities.
  public static func row(_ levels: [Double], colour: Bool) -> String {
    var text = ""
    var last = ""
    for level in levels {
      guard colour else {
        text.append(level <= 0 ? " " : characters[step(level, characters.count)])
        continue
      }
      let wanted = level <= 0 ? "\u{1B}[0m" : "\u{1B}[48;5;\(colours[step(level, colours.count)])m"
      if wanted != last, !(last.isEmpty && level <= 0) { text += wanted }
      last = wanted
      text += " "
    }
    return colour && !last.isEmpty && last != "\u{1B}[0m" ? text + "\u{1B}[0m" : text
  }

  /// The same scale for a picture: `#rrggbb`.
  public static func hexadecimal(_ level: Double) -> String {
    let stops: [(red: Double, green: Double, blue: Double)] = [
      (25, 34, 96), (30, 110, 150), (70, 160, 90), (230, 190, 60), (255, 250, 220),
    ]
    let place = min(max(level, 0), 1) * Double(stops.count - 1)
    let index = min(Int(place), stops.count - 2)
    let part = place - Double(index)
    func mixed(_ from: Double, _ to: Double) -> String {
      let text = String(Int((from + (to - from) * part).rounded()), radix: 16)
      return text.count == 1 ? "0" + text : text
    }
    let (from, to) = (stops[index], stops[index + 1])
    return "#" + mixed(from.red, to.red) + mixed(from.green, to.green) + mixed(from.blue, to.blue)
  }

  private static func step(_ level: Double, _ count: Int) -> Int {
    min(max(Int((level * Double(count)).rounded(.up)) - 1, 0), count - 1)
  }
}
