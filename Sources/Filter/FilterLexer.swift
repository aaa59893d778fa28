/// Reads the language's words from bytes. The language has no tokens of its own: what a word is depends on where it
/// stands (`in` is an operator, a string or a macro), so the parser asks for what may come next.
///
///     blank      = space, tab, or an end of line or page
///     identifier = letter { letter | digit | "_" }
///     field      = identifier "." identifier { "." identifier }
///     number     = see NumberLiteral
///     quoted     = '"' … '"' | "'" … "'"     a quote behind a backslash never closes
///     bare       = one or more bytes but blanks, parentheses, comma, "=", quotes and NUL
///     argument   = one or more bytes but blanks, brackets, quotes and NUL
struct FilterLexer {
  let bytes: [UInt8]
  var position = 0
  /// The last word that was read, for error messages.
  var lastWord = 0..<0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// The byte so many places ahead; NUL behind the end. NUL is no part of any word, so no further check is needed.
  func peek(_ ahead: Int = 0) -> UInt8 {
    let index = position + ahead
    return index < bytes.count ? bytes[index] : 0
  }

  var isAtEnd: Bool { position >= bytes.count }

  /// Whether the text goes on with a word. Whatever follows is not looked at.
  func starts(with word: StaticString) -> Bool {
    guard bytes.count - position >= word.utf8CodeUnitCount else { return false }
    for index in 0..<word.utf8CodeUnitCount where bytes[position + index] != word.utf8Start[index] { return false }
    return true
  }

  func starts(with word: String) -> Bool {
    var index = position
    for byte in word.utf8 {
      guard index < bytes.count, bytes[index] == byte else { return false }
      index += 1
    }
    return true
  }

  mutating func advance(_ count: Int) {
    lastWord = position..<(position + count)
    position += count
  }

  mutating func skip(_ word: StaticString) -> Bool {
    guard starts(with: word) else { return false }
    advance(word.utf8CodeUnitCount)
    return true
  }

  /// Whether there was a blank.
  @discardableResult
  mutating func skipBlanks() -> Bool {
    let start = position
    while isBlank(peek()) { position += 1 }
    return position > start
  }

  /// The length of the identifier here, or 0.
  func identifierLength(ahead: Int = 0) -> Int {
    guard isLetter(peek(ahead)) else { return 0 }
    var length = 1
    while isWordByte(peek(ahead + length)) { length += 1 }
    return length
  }

  /// The length of the field name here, or 0 when there is no dot between two identifiers.
  func fieldNameLength() -> Int {
    var length = identifierLength()
    guard length > 0 else { return 0 }
    var isDotted = false
    while peek(length) == UInt8(ascii: ".") {
      let next = identifierLength(ahead: length + 1)
      if next == 0 { break }
      length += 1 + next
      isDotted = true
    }
    return isDotted ? length : 0
  }

  /// The transformer that starts here: a function's name with a parenthesis directly behind it.
  func transformer() -> FilterFunction? {
    let length = identifierLength()
    guard length > 0, peek(length) == UInt8(ascii: "(") else { return nil }
    return FilterFunction(rawValue: text(position..<(position + length)))
  }

  func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  mutating func readText(length: Int) -> String {
    advance(length)
    return text(lastWord)
  }

  /// Reads bytes as they are; nil if there is none that belongs.
  mutating func readBare(while belongs: (UInt8) -> Bool) -> FilterLiteral? {
    var length = 0
    while belongs(peek(length)) { length += 1 }
    guard length > 0 else { return nil }
    advance(length)
    return FilterLiteral(bytes: Array(bytes[lastWord]), style: .bare, range: range(from: lastWord.lowerBound))
  }

  mutating func readNumber() -> FilterLiteral? {
    guard let length = NumberLiteral.length(in: bytes, at: position) else { return nil }
    advance(length)
    return FilterLiteral(bytes: Array(bytes[lastWord]), style: .number, range: range(from: lastWord.lowerBound))
  }

  /// Reads a quoted string; nil if there is no quote here.
  mutating func readQuoted() throws(FilterSyntaxError) -> FilterLiteral? {
    let quote = peek()
    guard quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'") else { return nil }
    var length = 1
    while position + length < bytes.count {
      let byte = peek(length)
      if byte == 0 { break }
      // The byte before decides alone, so that `\\"` does not close: rules in the field rely on it. A value that ends
      // with a backslash is written `\x5c"`.
      if byte == quote, length == 1 || peek(length - 1) != UInt8(ascii: "\\") {
        advance(length + 1)
        let value = try unescape(lastWord)
        return FilterLiteral(bytes: value, style: .quoted, range: range(from: lastWord.lowerBound))
      }
      length += 1
    }
    throw error(
      .unterminatedString, "the string that starts here has no closing \(Character(UnicodeScalar(quote)))",
      highlighting: position..<(position + length))
  }

  /// Resolves the escapes of a quoted string: `\b \f \n \r \t \\ \/ \xHH` and the string's own quote. A backslash before
  /// a blank stands for itself, as some old rules want it.
  private func unescape(_ quoted: Range<Int>) throws(FilterSyntaxError) -> [UInt8] {
    var value: [UInt8] = []
    value.reserveCapacity(quoted.count - 2)
    let quote = bytes[quoted.lowerBound]
    let end = quoted.upperBound - 1
    var index = quoted.lowerBound + 1
    while index < end {
      let byte = bytes[index]
      index += 1
      guard byte == UInt8(ascii: "\\") else {
        value.append(byte)
        continue
      }
      guard index < end else { throw invalidEscape(index - 1, 1) }
      let escaped = bytes[index]
      index += 1
      switch escaped {
      case UInt8(ascii: "b"): value.append(0x08)
      case UInt8(ascii: "f"): value.append(0x0C)
      case UInt8(ascii: "n"): value.append(0x0A)
      case UInt8(ascii: "r"): value.append(0x0D)
      case UInt8(ascii: "t"): value.append(0x09)
      case UInt8(ascii: "/"), UInt8(ascii: "\\"), quote: value.append(escaped)
      case UInt8(ascii: " "): value.append(UInt8(ascii: "\\"))
      case UInt8(ascii: "x"):
        guard index + 1 < end, let high = hexDigit(bytes[index]), let low = hexDigit(bytes[index + 1]) else {
          throw invalidEscape(index - 2, min(4, end - index + 2))
        }
        value.append(high << 4 | low)
        index += 2
      default: throw invalidEscape(index - 2, 2)
      }
    }
    return value
  }

  private func invalidEscape(_ start: Int, _ length: Int) -> FilterSyntaxError {
    let escape = text(start..<min(bytes.count, start + length))
    let message =
      "'\(escape)' is no escape in this string: \\\\ \\n \\r \\t \\b \\f \\/ \\xHH and the string's own quote are"
    return error(.invalidEscape, message, highlighting: start..<(start + length))
  }

  func range(from start: Int) -> SourceRange { SourceRange(start, position) }
}
