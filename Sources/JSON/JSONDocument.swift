/// A JSON text, read strictly and with bounds: what engines and files of engines say is not trusted.
///
///     let document = try JSONDocument.parse(bytes)
///     let name = document["Config"]["Image"].text
///
/// Reading a member that is not there gives `.null`, so that a chain of members needs no unwrapping.
public enum JSONDocument: Hashable, Sendable {
  case null
  case boolean(Bool)
  /// Whole numbers are exact; others are as the text says.
  case integer(Int64)
  case real(Double)
  case string(String)
  case array([JSONDocument])
  case object([String: JSONDocument])

  /// Why a text is no JSON that is taken.
  public struct Malformed: Error, Hashable, CustomStringConvertible {
    /// What is wrong.
    public let what: String
    /// Where, in bytes.
    public let offset: Int

    /// One line.
    public var description: String { "\(what) at byte \(offset)" }
  }

  /// Reads a text of at most 32 MiB, with at most 64 levels and 500,000 values.
  /// - Complexity: O(bytes).
  public static func parse(_ bytes: [UInt8]) throws(Malformed) -> JSONDocument {
    var parser = JSONParser(bytes)
    return try parser.document()
  }

  /// A member of an object; of an object that has it twice, the last one.
  public subscript(name: String) -> JSONDocument {
    if case .object(let members) = self { members[name] ?? .null } else { .null }
  }

  /// The text; `nil` for an empty one too, which engines write where they have nothing to say.
  public var text: String? {
    if case .string(let text) = self, !text.isEmpty { text } else { nil }
  }

  /// A whole number.
  public var integer: Int64? {
    if case .integer(let number) = self { number } else { nil }
  }

  /// A truth value.
  public var boolean: Bool? {
    if case .boolean(let value) = self { value } else { nil }
  }

  /// The values of an array, none of anything else.
  public var elements: [JSONDocument] {
    if case .array(let elements) = self { elements } else { [] }
  }

  /// The members of an object in the order of their names, none of anything else.
  public var members: [(name: String, value: JSONDocument)] {
    guard case .object(let members) = self else { return [] }
    return members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

/// A recursive descent with a bound on each resource.
private struct JSONParser {
  private let bytes: [UInt8]
  private var position = 0
  private var valuesLeft = 500_000
  private static let depthLimit = 64
  private static let byteLimit = 32 << 20

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  mutating func document() throws(JSONDocument.Malformed) -> JSONDocument {
    if bytes.count > JSONParser.byteLimit { throw malformed("a text of more than 32 MiB") }
    let value = try value(depth: 0)
    skipSpace()
    if position < bytes.count { throw malformed("something behind the end") }
    return value
  }

  private func malformed(_ what: String) -> JSONDocument.Malformed {
    JSONDocument.Malformed(what: what, offset: position)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 { position += 1 }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONDocument.Malformed) -> JSONDocument {
    if depth > JSONParser.depthLimit { throw malformed("more than 64 levels") }
    valuesLeft -= 1
    if valuesLeft < 0 { throw malformed("more than 500000 values") }
    skipSpace()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth)
    case UInt8(ascii: "["): return try array(depth: depth)
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .boolean(true))
    case UInt8(ascii: "f"): return try word("false", .boolean(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func word(_ word: String, _ value: JSONDocument) throws(JSONDocument.Malformed) -> JSONDocument {
    guard bytes[position...].starts(with: word.utf8) else { throw malformed("an unknown word") }
    position += word.utf8.count
    return value
  }

  private mutating func object(depth: Int) throws(JSONDocument.Malformed) -> JSONDocument {
    position += 1
    var members: [String: JSONDocument] = [:]
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw malformed("a member without a name") }
      let name = try string()
      skipSpace()
      guard take(":") else { throw malformed("a name without a colon") }
      members[name] = try value(depth: depth + 1)
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw malformed("an object without an end") }
    }
  }

  private mutating func array(depth: Int) throws(JSONDocument.Malformed) -> JSONDocument {
    position += 1
    var elements: [JSONDocument] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      elements.append(try value(depth: depth + 1))
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw malformed("an array without an end") }
    }
  }

  private mutating func number() throws(JSONDocument.Malformed) -> JSONDocument {
    let start = position
    _ = take("-")
    let digits = position
    skipDigits()
    guard position > digits, bytes[digits] != UInt8(ascii: "0") || position == digits + 1 else {
      position = start
      throw malformed("no value")
    }
    var isWhole = true
    if take(".") {
      isWhole = false
      let fraction = position
      skipDigits()
      if position == fraction { throw malformed("a fraction without digits") }
    }
    if take("e") || take("E") {
      isWhole = false
      if !take("+") { _ = take("-") }
      let exponent = position
      skipDigits()
      if position == exponent { throw malformed("an exponent without digits") }
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isWhole, let integer = Int64(text) { return .integer(integer) }
    guard let real = Double(text) else { throw malformed("a number that is none") }
    return .real(real)
  }

  private mutating func skipDigits() {
    while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
  }

  private mutating func string() throws(JSONDocument.Malformed) -> String {
    position += 1
    var text: [UInt8] = []
    while true {
      guard let byte = next else { throw malformed("a text without an end") }
      position += 1
      switch byte {
      case UInt8(ascii: "\""): return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20: throw malformed("a control character in a text")
      default: text.append(byte)
      }
    }
  }

  private mutating func escape(into text: inout [UInt8]) throws(JSONDocument.Malformed) {
    guard let byte = next else { throw malformed("a text without an end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(byte)
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try fourDigits()
      if (0xD800..<0xDC00).contains(code), bytes[position...].starts(with: "\\u".utf8) {
        let mark = position
        position += 2
        let low = try fourDigits()
        if (0xDC00..<0xE000).contains(low) {
          code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
        } else {
          position = mark
        }
      }
      text += Array(String(Character(Unicode.Scalar(code) ?? "\u{FFFD}")).utf8)
    default: throw malformed("an unknown escape")
    }
  }

  private mutating func fourDigits() throws(JSONDocument.Malformed) -> UInt32 {
    let digits = bytes[position...].prefix(4)
    guard digits.count == 4, digits.allSatisfy({ $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: "-") }),
      let code = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw malformed("an escape without four digits") }
    position += 4
    return code
  }
}
