extension FilterLexer {
  /// An error at the position where reading stands. Its message quotes a text that may come from a stranger: control
  /// characters are replaced, so that it is one line and harmless on a terminal.
  func error(
    _ reason: FilterSyntaxError.Reason, _ message: String, highlighting range: Range<Int>? = nil
  ) -> FilterSyntaxError {
    let shown = message.unicodeScalars.map { SourceExcerpt.isUnprintable($0) ? "\u{FFFD}" : Character($0) }
    return FilterSyntaxError(
      reason: reason, message: String(shown), excerpt: SourceExcerpt(of: bytes, at: position, highlighting: range))
  }

  /// "expected …, found …".
  func expected(
    _ reason: FilterSyntaxError.Reason, _ what: String, hint: String? = nil
  ) -> FilterSyntaxError {
    error(reason, "expected \(what), found \(found)" + (hint.map { " (\($0))" } ?? ""))
  }

  /// What stands at the position, for a message: a word, or one character.
  var found: String {
    if isAtEnd { return "the end of the filter" }
    if peek() == 0 { return "a NUL byte" }
    if isBlank(peek()) { return "a blank" }
    var length = 0
    while length < 32, isBareByte(peek(length)) { length += 1 }
    if length == 0 { return "'\(Character(UnicodeScalar(peek())))'" }
    let isCut = isBareByte(peek(length))
    while length > 1, isCut, peek(length) & 0xC0 == 0x80 { length -= 1 }
    return "'\(text(position..<(position + length)))\(isCut ? "…" : "")'"
  }

  /// What to try when `and`, `or` or the end was expected.
  var connectiveHint: String? {
    let word = lastWord.count <= 40 ? text(lastWord) : ""
    let isName = lastWord.count > 0 && isLetter(bytes[lastWord.lowerBound])
    switch peek() {
    case UInt8(ascii: "&"): return "write 'and'"
    case UInt8(ascii: "|"): return "write 'or'"
    case UInt8(ascii: "(") where isName && FilterFunction(rawValue: word) == .val:
      return "'val' stands on the right side of an operator, without a blank before its parenthesis"
    case UInt8(ascii: "(") where isName && FilterFunction(rawValue: word) != nil:
      return "no blank between '\(word)' and its parenthesis"
    case UInt8(ascii: "(") where isName && FilterQuantifier(rawValue: word) != nil:
      return "'\(word)' needs a blank before and behind it"
    case UInt8(ascii: "(") where isName && !word.isEmpty:
      let names = FilterFunction.allCases.map(\.rawValue).joined(separator: ", ")
      return "'\(word)' is no transformer; there are \(names)"
    case UInt8(ascii: "="), UInt8(ascii: "!"), UInt8(ascii: "<"), UInt8(ascii: ">"):
      return isName && !word.isEmpty && !word.contains(".")
        ? "'\(word)' is a macro here; a field's name has a dot" : "a string with this character needs quotes"
    case UInt8(ascii: ","), UInt8(ascii: "'"), UInt8(ascii: "\""): return "a string with this character needs quotes"
    default: return unitHint
    }
  }

  /// What to try when a unit stands behind a number.
  private var unitHint: String? {
    guard !lastWord.isEmpty, lastWord.count <= 20, bytes[lastWord.upperBound..<position].allSatisfy(isBlank) else {
      return nil
    }
    var length = 0
    while length < 8, isLetter(peek(length)) { length += 1 }
    return Quantity.hint(insteadOf: text(lastWord) + text(position..<(position + length)))
  }
}
