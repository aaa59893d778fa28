/// Text that says that it is JSON.
enum JSONText {
  /// How deep arrays and objects may stand in each other.
  private static let mostDepth = 64

  /// The text on one line, if it is one JSON value; `nil` when it is not: then it must not become a part of other JSON.
  static func oneLine(_ text: String) -> [UInt8]? {
    var parser = Parser(bytes: Array(text.utf8))
    parser.skipSpace()
    guard parser.takeValue(depth: 0) else { return nil }
    parser.skipSpace()
    guard parser.position == parser.bytes.count else { return nil }
    // Line ends stand between tokens only: inside of strings they are escaped.
    return parser.bytes.map { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") ? UInt8(ascii: " ") : $0 }
  }

  private struct Parser {
    let bytes: [UInt8]
    var position = 0

    init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
      guard next == UInt8(ascii: byte) else { return false }
      position += 1
      return true
    }

    mutating func skipSpace() {
      while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { position += 1 }
    }

    mutating func takeValue(depth: Int) -> Bool {
      guard depth < mostDepth, let byte = next else { return false }
      switch byte {
      case UInt8(ascii: "{"): return takeMembers(depth, end: "}", areNamed: true)
      case UInt8(ascii: "["): return takeMembers(depth, end: "]", areNamed: false)
      case UInt8(ascii: "\""): return takeText()
      case UInt8(ascii: "t"): return takeWord("true")
      case UInt8(ascii: "f"): return takeWord("false")
      case UInt8(ascii: "n"): return takeWord("null")
      default: return takeNumber()
      }
    }

    private mutating func takeMembers(_ depth: Int, end: Unicode.Scalar, areNamed: Bool) -> Bool {
      position += 1
      skipSpace()
      if take(end) { return true }
      while true {
        skipSpace()
        if areNamed {
          guard takeText() else { return false }
          skipSpace()
          guard take(":") else { return false }
          skipSpace()
        }
        guard takeValue(depth: depth + 1) else { return false }
        skipSpace()
        if take(end) { return true }
        guard take(",") else { return false }
      }
    }

    private mutating func takeText() -> Bool {
      guard take("\"") else { return false }
      while let byte = next {
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return true
        case 0..<0x20: return false
        case UInt8(ascii: "\\"):
          guard let escaped = next else { return false }
          position += 1
          if escaped == UInt8(ascii: "u") {
            guard bytes[position...].prefix(4).count == 4, bytes[position..<position + 4].allSatisfy(Parser.isHex)
            else { return false }
            position += 4
          } else if !"\"\\/bfnrt".utf8.contains(escaped) {
            return false
          }
        default: continue
        }
      }
      return false
    }

    private mutating func takeWord(_ word: String) -> Bool {
      guard bytes[position...].starts(with: word.utf8) else { return false }
      position += word.utf8.count
      return true
    }

    private mutating func takeDigits() -> Bool {
      let start = position
      while let byte = next, Parser.isDigit(byte) { position += 1 }
      return position > start
    }

    private mutating func takeNumber() -> Bool {
      _ = take("-")
      if !take("0"), !takeDigits() { return false }
      if take("."), !takeDigits() { return false }
      if take("e") || take("E") {
        if !take("+") { _ = take("-") }
        if !takeDigits() { return false }
      }
      return true
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isHex(_ byte: UInt8) -> Bool {
      isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte | 0x20)
    }
  }
}
