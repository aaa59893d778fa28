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

/// Lines of some events, made safe if they are not. Costs one look at the bytes when they are.
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
        let line = text[start..<(end - 1)]
        // Most lines are harmless also where one is not.
        if VisibleText.isHarmless(line), !line.contains(0x0A) {
          safe.append(contentsOf: line)
        } else {
          VisibleText.appendLine(line, to: &safe)
        }
        safe.append(UInt8(ascii: "\n"))
        start = end
      }
      return safe[...]
    }
  }

  private static func lineFeeds(_ bytes: [UInt8]) -> Int {
    bytes.withUnsafeBufferPointer { bytes in
      var count = 0
      var start = 0
      // Sums as narrow as what is counted, so that the loop becomes one over vectors of bytes.
      while start < bytes.count {
        let end = min(start &+ 255, bytes.count)
        var some: UInt8 = 0
        for index in start..<end { if bytes[index] == 0x0A { some &+= 1 } }
        count &+= Int(some)
        start = end
      }
      return count
    }
  }
}
