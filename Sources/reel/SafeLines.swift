import Presentation
import Query

/// What has to be done to lines of events before they are shown. A file's name may hold anything: sequences that a
/// terminal obeys, and ends of lines that would make one event look like two.
enum LineSafety {
  /// Nothing: JSON for a program is escaped already.
  case asTheyAre
  /// Control characters become visible, but a line may have ends of lines in it: the format has some.
  case visible
  /// Control characters become visible, and an event is one line.
  case oneLineEach

  init(isJSON: Bool, format: String?, isTerminal: Bool) {
    if isJSON {
      // JSON leaves characters alone that a terminal obeys, beyond ASCII.
      self = isTerminal ? .visible : .asTheyAre
    } else {
      self = format?.contains(where: \.isNewline) == true ? .visible : .oneLineEach
    }
  }
}

/// Lines of a chunk, made safe if they are not. Costs one look at the bytes when they are.
struct SafeLines: Sendable {
  private let lines: PrintedLines
  private let safety: LineSafety

  init(_ lines: PrintedLines, _ safety: LineSafety) {
    self.lines = lines
    switch safety {
    case .asTheyAre: self.safety = .asTheyAre
    case .visible: self.safety = VisibleText.isHarmless(lines.text) ? .asTheyAre : .visible
    case .oneLineEach:
      let isHarmless = VisibleText.isHarmless(lines.text) && SafeLines.lineFeeds(lines.text) == lines.count
      self.safety = isHarmless ? .asTheyAre : .oneLineEach
    }
  }

  /// How many lines there are.
  var count: Int { lines.count }

  /// The first lines.
  func prefix(_ count: Int) -> ArraySlice<UInt8> {
    let text = lines.prefix(count)
    switch safety {
    case .asTheyAre: return text
    case .visible: return VisibleText.lines(text)[...]
    case .oneLineEach:
      var safe: [UInt8] = []
      safe.reserveCapacity(text.count + text.count / 8)
      var start = 0
      for end in lines.ends.prefix(count) {
        VisibleText.appendLine(text[start..<(end - 1)], to: &safe)
        safe.append(UInt8(ascii: "\n"))
        start = end
      }
      return safe[...]
    }
  }

  private static func lineFeeds(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      var count = 0
      for byte in bytes where byte == 0x0A { count &+= 1 }
      return count
    }
  }
}
