extension FilterExpression {
  /// How a tree is printed.
  public enum PrintStyle: Sendable, Hashable {
    /// Text that parses to an equal tree. Strings are quoted where they have to be, or were.
    case source
    /// The form in which the ecosystem's own tools print a filter, for comparison with them. It reads well but loses
    /// quotes that a parser needs, and bytes that are no UTF-8 stay as they are.
    case reference
  }

  /// The filter as text that parses to an equal tree.
  public var description: String { String(decoding: printed(.source), as: UTF8.self) }

  /// The filter as UTF-8 text (`.source`), or as bytes (`.reference`). Linear in the size of the tree.
  public func printed(_ style: PrintStyle) -> [UInt8] {
    var printer = FilterPrinter(style: style)
    printer.print(self, isOutermost: true)
    return printer.output
  }
}

extension FilterExpression: CustomStringConvertible {}

extension FilterOperand: CustomStringConvertible {
  /// The operand as it is written in a filter; a good column title.
  public var description: String {
    var printer = FilterPrinter(style: .source)
    printer.print(self)
    return String(decoding: printer.output, as: UTF8.self)
  }
}

/// Writes a tree as text.
struct FilterPrinter {
  let style: FilterExpression.PrintStyle
  var output: [UInt8] = []

  init(style: FilterExpression.PrintStyle) { self.style = style }

  mutating func print(_ expression: FilterExpression, isOutermost: Bool = false) {
    switch expression {
    case .and(let terms, _): print(terms, joinedBy: " and ", inParentheses: style == .reference || !isOutermost)
    case .or(let terms, _): print(terms, joinedBy: " or ", inParentheses: style == .reference || !isOutermost)
    case .not(let term, _):
      write("not ")
      // Two `not` in a row would be read as none.
      if case .not = term, style == .source {
        write("(")
        print(term)
        write(")")
      } else {
        print(term)
      }
    case .check(let check): print(check)
    case .exists(let operand, _):
      print(operand)
      write(" exists")
    case .macro(let name, _): write(name)
    }
  }

  private mutating func print(_ terms: [FilterExpression], joinedBy word: String, inParentheses: Bool) {
    if inParentheses { write("(") }
    for (index, term) in terms.enumerated() {
      if index > 0 { write(word) }
      print(term)
    }
    if inParentheses { write(")") }
  }

  private mutating func print(_ check: FilterCheck) {
    print(check.left)
    write(" \(check.comparisonSpelling) ")
    if let quantifier = check.quantifier { write("\(quantifier.rawValue) ") }
    switch check.right {
    case .literal(let literal) where check.comparison.rightSide == .number: output += literal.bytes
    default: print(check.right)
    }
  }

  mutating func print(_ operand: FilterOperand, inTransformer: Bool = false) {
    switch operand {
    case .field(let field):
      write(field.name)
      printBracket(field.argument)
    case .transformer(let transformer):
      write(transformer.function.rawValue)
      write("(")
      for (index, argument) in transformer.arguments.enumerated() {
        if index > 0 { write(separator(inTransformer: true)) }
        print(argument, inTransformer: true)
      }
      write(")")
      printBracket(transformer.argument)
    case .literal(let literal): print(literal, mustBeQuoted: inTransformer && literal.style != .number)
    case .list(let elements, _):
      write("(")
      for (index, element) in elements.enumerated() {
        if index > 0 { write(separator(inTransformer: inTransformer)) }
        print(element, inTransformer: inTransformer)
      }
      write(")")
    case .listName(let name, _): write(name)
    }
  }

  private func separator(inTransformer: Bool) -> String { style == .reference && inTransformer ? "," : ", " }

  private mutating func printBracket(_ argument: FilterLiteral?) {
    guard let argument else { return }
    write("[")
    switch style {
    case .reference: argument.bytes.isEmpty ? write("\"\"") : printReferenceForm(argument.bytes)
    case .source:
      let isBare = argument.style != .quoted && FilterPrinter.isPlain(argument.bytes, isBareArgumentByte)
      isBare ? output.append(contentsOf: argument.bytes) : printQuoted(argument.bytes)
    }
    write("]")
  }

  private mutating func print(_ literal: FilterLiteral, mustBeQuoted: Bool) {
    switch style {
    case .reference: printReferenceForm(literal.bytes)
    case .source:
      let isBare =
        !mustBeQuoted && literal.style != .quoted && FilterPrinter.isPlain(literal.bytes, isBareByte)
        && FilterQuantifier(rawValue: literal.text) == nil
      isBare ? output.append(contentsOf: literal.bytes) : printQuoted(literal.bytes)
    }
  }

  /// Whether a value can stand without quotes: there is one, and all of it is text.
  private static func isPlain(_ bytes: [UInt8], _ belongs: (UInt8) -> Bool) -> Bool {
    !bytes.isEmpty && bytes.allSatisfy { belongs($0) && $0 >= 0x20 && $0 != 0x7F }
      && (bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil)
  }

  /// Quotes a value so that it is read back byte by byte, whatever the bytes are. A backslash at the end would keep the
  /// string open: it is written as `\x5c` there.
  private mutating func printQuoted(_ bytes: [UInt8]) {
    let isText = String(validating: bytes, as: UTF8.self) != nil
    write("\"")
    for (index, byte) in bytes.enumerated() {
      switch byte {
      case UInt8(ascii: "\""): write("\\\"")
      case UInt8(ascii: "\\"): write(index + 1 == bytes.count ? "\\x5c" : "\\\\")
      case UInt8(ascii: "\n"): write("\\n")
      case UInt8(ascii: "\r"): write("\\r")
      case UInt8(ascii: "\t"): write("\\t")
      case 0..<0x20, 0x7F: printHex(byte)
      case 0x80...: isText ? output.append(byte) : printHex(byte)
      default: output.append(byte)
      }
    }
    write("\"")
  }

  private mutating func printHex(_ byte: UInt8) {
    let digits = Array("0123456789abcdef".utf8)
    write("\\x")
    output.append(digits[Int(byte >> 4)])
    output.append(digits[Int(byte & 15)])
  }

  private mutating func printReferenceForm(_ bytes: [UInt8]) {
    let needsQuotes = bytes.contains { byte in
      switch byte {
      case 0, 0x08, 0x09, 0x0A, 0x0C, 0x0D, UInt8(ascii: " "), UInt8(ascii: "\\"), UInt8(ascii: "\""),
        UInt8(ascii: "'"),
        UInt8(ascii: "="):
        true
      default: false
      }
    }
    guard needsQuotes else {
      output += bytes
      return
    }
    write("\"")
    for byte in bytes {
      switch byte {
      case 0x08: write("\\b")
      case 0x09: write("\\t")
      case 0x0A: write("\\n")
      case 0x0C: write("\\f")
      case 0x0D: write("\\r")
      case UInt8(ascii: "\\"): write("\\\\")
      case UInt8(ascii: "\""): write("\\\"")
      default: output.append(byte)
      }
    }
    write("\"")
  }

  private mutating func write(_ text: String) { output += text.utf8 }
}
