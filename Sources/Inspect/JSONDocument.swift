/// A JSON document, read from bytes that somebody wrote: bounded in size and depth.
indirect enum JSONDocument: Hashable {
  case null
  case boolean(Bool)
  case number(Double)
  case text(String)
  case list([JSONDocument])
  /// Names in the order of the document.
  case object([Member])

  struct Member: Hashable {
    var name: String
    var value: JSONDocument
  }

  /// What is wrong, and where.
  struct Mistake: Error, Hashable {
    var message: String
    var line: Int
  }

  /// The longest document.
  static let mostBytes = 1 << 20

  init(_ bytes: [UInt8]) throws(Mistake) {
    guard bytes.count <= JSONDocument.mostBytes else { throw Mistake(message: "it is longer than 1 MiB", line: 1) }
    var parser = JSONParser(bytes)
    self = try parser.document()
  }
}

private struct JSONParser {
  private let bytes: [UInt8]
  private var position = 0
  private static let mostDepth = 32

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private func mistake(_ message: String) -> JSONDocument.Mistake {
    JSONDocument.Mistake(message: message, line: 1 + bytes[..<position].count { $0 == UInt8(ascii: "\n") })
  }

  mutating func document() throws(JSONDocument.Mistake) -> JSONDocument {
    let value = try value(depth: 0)
    skipBlanks()
    guard position == bytes.count else { throw mistake("something stands behind the end") }
    return value
  }

  private mutating func skipBlanks() {
    while position < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[position]) { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipBlanks()
    guard position < bytes.count, bytes[position] == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func takeWord(_ word: String) -> Bool {
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  private mutating func value(depth: Int) throws(JSONDocument.Mistake) -> JSONDocument {
    guard depth < JSONParser.mostDepth else { throw mistake("it is nested too deeply") }
    skipBlanks()
    if take("{") { return .object(try members(depth)) }
    if take("[") { return .list(try elements(depth)) }
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") { return .text(try string()) }
    if takeWord("true") { return .boolean(true) }
    if takeWord("false") { return .boolean(false) }
    if takeWord("null") { return .null }
    let start = position
    while position < bytes.count, "+-.0123456789eE".utf8.contains(bytes[position]) { position += 1 }
    guard position > start, let number = Double(String(decoding: bytes[start..<position], as: UTF8.self)),
      number.isFinite
    else { throw mistake("a value is missing or is none") }
    return .number(number)
  }

  private mutating func members(_ depth: Int) throws(JSONDocument.Mistake) -> [JSONDocument.Member] {
    var members: [JSONDocument.Member] = []
    if take("}") { return members }
    repeat {
      skipBlanks()
      let name = try string()
      guard take(":") else { throw mistake("a colon is missing behind \"\(name)\"") }
      if members.contains(where: { $0.name == name }) { throw mistake("\"\(name)\" is there twice") }
      members.append(JSONDocument.Member(name: name, value: try value(depth: depth + 1)))
    } while take(",")
    guard take("}") else { throw mistake("an object is not closed") }
    return members
  }

  private mutating func elements(_ depth: Int) throws(JSONDocument.Mistake) -> [JSONDocument] {
    var elements: [JSONDocument] = []
    if take("]") { return elements }
    repeat { elements.append(try value(depth: depth + 1)) } while take(",")
    guard take("]") else { throw mistake("a list is not closed") }
    return elements
  }

  private mutating func string() throws(JSONDocument.Mistake) -> String {
    guard position < bytes.count, bytes[position] == UInt8(ascii: "\"") else { throw mistake("a text is missing") }
    position += 1
    var text: [UInt8] = []
    while position < bytes.count {
      let byte = bytes[position]
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += try escape()
      case 0..<0x20: throw mistake("a text is not closed")
      default: text.append(byte)
      }
    }
    throw mistake("a text is not closed")
  }

  private mutating func escape() throws(JSONDocument.Mistake) -> [UInt8] {
    guard position < bytes.count else { throw mistake("a text is not closed") }
    let byte = bytes[position]
    position += 1
    switch byte {
    case UInt8(ascii: "n"): return [0x0A]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "r"): return [0x0D]
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "f"): return [0x0C]
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [byte]
    case UInt8(ascii: "u"):
      guard position + 4 <= bytes.count,
        let number = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
        let scalar = Unicode.Scalar(number)
      else { throw mistake("\\u needs four digits that name a character") }
      position += 4
      return Array(String(Character(scalar)).utf8)
    default: throw mistake("there is no such escape in a text")
    }
  }
}
