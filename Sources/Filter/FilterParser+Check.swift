/// The most transformers inside each other. They are parsed by recursion, so the bound does not depend on the caller.
private let maximumTransformerDepth = 100

/// Parses one check:
///
///     check       = operand ( "exists" | numberOp number | stringOp string | stringOp blank quantifier blank list
///                           | listOp list )
///     exists      = operand "exists"
///     macro       = identifier
///     operand     = ( field | function "(" argument { "," argument } ")" ) [ "[" ( quoted | argument ) "]" ]
///     number      = number | computed
///     string      = quoted | bare | computed
///     list        = "(" [ string { "," string } ] ")" | identifier | computed      (computed not behind a quantifier)
///     computed    = "val(" field ")" | transformer
///     argument    = field | transformer | quoted | number | "(" [ element { "," element } ] ")"
///     element     = field | transformer | quoted | number
extension FilterParser {
  mutating func parseCheck() throws(FilterSyntaxError) -> FilterExpression {
    let start = lexer.position
    let left: FilterOperand
    if let field = try parseField() {
      left = .field(field)
    } else if let function = lexer.transformer(), function != .val {
      left = try parseTransformer(function, transformerDepth: 1)
    } else {
      let length = lexer.identifierLength()
      guard length > 0 else {
        throw lexer.expected(.expectedExpression, "a check, a macro's name, 'not' or '('")
      }
      return .macro(lexer.readText(length: length), lexer.range(from: start))
    }
    lexer.skipBlanks()
    if lexer.skip("exists") { return .exists(left, lexer.range(from: start)) }
    let comparisonStart = lexer.position
    let (comparison, isDoubleEqualSign) = try parseOperator()
    var comparisonRange = lexer.range(from: comparisonStart)
    var quantifier: FilterQuantifier?
    let right: FilterOperand
    let hasBlank = lexer.skipBlanks()
    switch comparison.rightSide {
    case .number: right = try parseNumber(for: comparison)
    case .list: right = try parseList(for: comparison.rawValue)
    case .string:
      if hasBlank { quantifier = parseQuantifier() }
      if let quantifier {
        comparisonRange = comparisonRange.union(SourceRange(lexer.lastWord.lowerBound, lexer.lastWord.upperBound))
        right = try parseList(for: quantifier.rawValue, mayBeComputed: false)
      } else {
        right = try parseString(for: comparison)
      }
    }
    return .check(
      FilterCheck(
        left: left, comparison: comparison, quantifier: quantifier, right: right,
        isDoubleEqualSign: isDoubleEqualSign, range: lexer.range(from: start), comparisonRange: comparisonRange))
  }

  /// A word needs a blank behind it, except the list operators: `in(…)` is common.
  private mutating func parseOperator() throws(FilterSyntaxError) -> (FilterOperator, isDoubleEqualSign: Bool) {
    if lexer.skip("<=") { return (.lessOrEqual, false) }
    if lexer.skip("<") { return (.less, false) }
    if lexer.skip(">=") { return (.greaterOrEqual, false) }
    if lexer.skip(">") { return (.greater, false) }
    if lexer.skip("==") { return (.equal, true) }
    if lexer.skip("=") { return (.equal, false) }
    if lexer.skip("!=") { return (.notEqual, false) }
    let length = lexer.identifierLength()
    let word = length <= 16 ? FilterOperator(rawValue: lexer.text(lexer.position..<(lexer.position + length))) : nil
    if let word, word.rightSide == .string, isBlank(lexer.peek(length)) {
      lexer.advance(length)
      return (word, false)
    }
    if lexer.skip("intersects") { return (.intersects, false) }
    if lexer.skip("in") { return (.in, false) }
    if lexer.skip("pmatch") { return (.pathMatches, false) }
    let names = FilterOperator.allCases.map(\.rawValue).joined(separator: " ")
    throw lexer.expected(
      .expectedOperator, "an operator, one of: exists == \(names)",
      hint: word.map { "'\($0.rawValue)' needs a blank behind it" })
  }

  /// `oneof`, `anyof` or `allof` with a list behind it. Without one, or before `and` and `or`, the word is a string.
  private mutating func parseQuantifier() -> FilterQuantifier? {
    let length = lexer.identifierLength()
    guard length == 5, isBlank(lexer.peek(length)),
      let quantifier = FilterQuantifier(rawValue: lexer.text(lexer.position..<(lexer.position + length)))
    else { return nil }
    var ahead = length
    while isBlank(lexer.peek(ahead)) { ahead += 1 }
    if lexer.peek(ahead) != UInt8(ascii: "(") {
      let start = lexer.position + ahead
      let name = lexer.identifierLength(ahead: ahead)
      if name == 0 || (name <= 3 && ["and", "or"].contains(lexer.text(start..<(start + name)))) { return nil }
    }
    lexer.advance(length)
    return quantifier
  }

  private mutating func parseNumber(for comparison: FilterOperator) throws(FilterSyntaxError) -> FilterOperand {
    if let computed = try parseComputed() { return computed }
    if let number = try parseNumberLiteral() { return .literal(number) }
    throw lexer.expected(.expectedNumber, "a number, a transformer or val(field) behind '\(comparison.rawValue)'")
  }

  private mutating func parseNumberLiteral() throws(FilterSyntaxError) -> FilterLiteral? {
    let start = lexer.position
    guard let literal = lexer.readNumber() else { return nil }
    if literal.number == nil {
      lexer.position = start
      throw lexer.error(
        .expectedNumber, "'\(literal.text.prefix(40))' is no number that fits into 64 bits",
        highlighting: literal.range.offsets)
    }
    return literal
  }

  private mutating func parseString(for comparison: FilterOperator) throws(FilterSyntaxError) -> FilterOperand {
    if let computed = try parseComputed() { return computed }
    if let literal = try parseStringLiteral() { return .literal(literal) }
    throw lexer.expected(
      .expectedString, "a string, a transformer or val(field) behind '\(comparison.rawValue)'",
      hint: lexer.peek() == UInt8(ascii: "(") ? "a list needs 'in', or 'anyof' before it" : nil)
  }

  private mutating func parseStringLiteral() throws(FilterSyntaxError) -> FilterLiteral? {
    if let literal = try lexer.readQuoted() { return literal }
    return lexer.readBare(while: isBareByte)
  }

  private mutating func parseList(
    for word: String, mayBeComputed: Bool = true
  ) throws(FilterSyntaxError) -> FilterOperand {
    lexer.skipBlanks()
    let start = lexer.position
    if lexer.skip("(") {
      var elements: [FilterOperand] = []
      lexer.skipBlanks()
      if let first = try parseStringLiteral() {
        elements.append(.literal(first))
        lexer.skipBlanks()
        while lexer.skip(",") {
          lexer.skipBlanks()
          guard let next = try parseStringLiteral() else {
            throw lexer.expected(.expectedString, "a string behind ','")
          }
          elements.append(.literal(next))
          lexer.skipBlanks()
        }
      }
      guard lexer.skip(")") else {
        throw lexer.expected(
          .expectedClosingParenthesis, elements.isEmpty ? "a string or ')'" : "',' or ')' after a list's element")
      }
      return .list(elements, lexer.range(from: start))
    }
    if mayBeComputed, let computed = try parseComputed() { return computed }
    let length = lexer.identifierLength()
    guard length > 0 else {
      let others = mayBeComputed ? "a list's name, a transformer or val(field)" : "or a list's name"
      throw lexer.expected(.expectedList, "a list in parentheses, \(others) behind '\(word)'")
    }
    return .listName(lexer.readText(length: length), lexer.range(from: start))
  }

  /// A transformer or `val(field)`; nil if none starts here.
  private mutating func parseComputed() throws(FilterSyntaxError) -> FilterOperand? {
    guard let function = lexer.transformer() else { return nil }
    guard function == .val else { return try parseTransformer(function, transformerDepth: 1) }
    let start = lexer.position
    lexer.advance(4)
    lexer.skipBlanks()
    guard let field = try parseField() else { throw lexer.expected(.expectedField, "a field in 'val(…)'") }
    return try finishTransformer(.val, [.field(field)], start: start)
  }

  private mutating func parseTransformer(
    _ function: FilterFunction, transformerDepth: Int
  ) throws(FilterSyntaxError) -> FilterOperand {
    try enter()
    guard transformerDepth <= maximumTransformerDepth else {
      throw lexer.error(.tooDeep, "transformers nest deeper than \(maximumTransformerDepth) levels")
    }
    let start = lexer.position
    lexer.advance(function.rawValue.utf8.count + 1)
    var arguments: [FilterOperand] = []
    repeat {
      lexer.skipBlanks()
      let argumentStart = lexer.position
      if lexer.skip("(") {
        let elements = try parseElements(transformerDepth: transformerDepth)
        arguments.append(.list(elements, lexer.range(from: argumentStart)))
      } else if let value = try parseElement(transformerDepth: transformerDepth) {
        arguments.append(value)
      } else {
        throw lexer.expected(
          .expectedTransformerArgument, "a field, a transformer, a quoted string, a number or a list in parentheses")
      }
      lexer.skipBlanks()
    } while lexer.skip(",")
    let operand = try finishTransformer(function, arguments, start: start)
    leave()
    return operand
  }

  private mutating func parseElements(transformerDepth: Int) throws(FilterSyntaxError) -> [FilterOperand] {
    lexer.skipBlanks()
    if lexer.skip(")") { return [] }
    var elements: [FilterOperand] = []
    repeat {
      lexer.skipBlanks()
      guard let element = try parseElement(transformerDepth: transformerDepth) else {
        throw lexer.expected(
          .expectedTransformerArgument, "a field, a transformer, a quoted string or a number in the list")
      }
      elements.append(element)
      lexer.skipBlanks()
    } while lexer.skip(",")
    guard lexer.skip(")") else {
      throw lexer.expected(.expectedClosingParenthesis, "',' or ')' after a list's element")
    }
    return elements
  }

  private mutating func parseElement(transformerDepth: Int) throws(FilterSyntaxError) -> FilterOperand? {
    if let function = lexer.transformer(), function != .val {
      return try parseTransformer(function, transformerDepth: transformerDepth + 1)
    }
    if let field = try parseField() { return .field(field) }
    if let literal = try lexer.readQuoted() { return .literal(literal) }
    return try parseNumberLiteral().map { .literal($0) }
  }

  private mutating func finishTransformer(
    _ function: FilterFunction, _ arguments: [FilterOperand], start: Int
  ) throws(FilterSyntaxError) -> FilterOperand {
    lexer.skipBlanks()
    guard lexer.skip(")") else {
      throw lexer.expected(.expectedClosingParenthesis, "a ')' to close '\(function.rawValue)('")
    }
    let argument = try parseBracket()
    return .transformer(
      FilterTransformer(
        function: function, arguments: arguments, argument: argument, range: lexer.range(from: start)))
  }

  private mutating func parseField() throws(FilterSyntaxError) -> FilterField? {
    let start = lexer.position
    let length = lexer.fieldNameLength()
    guard length > 0 else { return nil }
    let name = lexer.readText(length: length)
    let argument = try parseBracket()
    return FilterField(name: name, argument: argument, range: lexer.range(from: start))
  }

  /// The argument in brackets, which open directly behind a name or a parenthesis; nil if none does.
  private mutating func parseBracket() throws(FilterSyntaxError) -> FilterLiteral? {
    guard lexer.peek() == UInt8(ascii: "[") else { return nil }
    lexer.position += 1
    let argument: FilterLiteral
    if let quoted = try lexer.readQuoted() {
      argument = quoted
    } else if let bare = lexer.readBare(while: isBareArgumentByte) {
      argument = bare
    } else {
      throw lexer.expected(
        .expectedFieldArgument, "an argument in the brackets: a quoted string, or one without blanks and brackets")
    }
    guard lexer.skip("]") else {
      throw lexer.expected(.expectedClosingBracket, "']' behind the argument '\(argument.text.prefix(40))'")
    }
    return argument
  }
}
