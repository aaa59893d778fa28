/// The longest filter that is parsed, in UTF-8 bytes: 4 MiB. A tree takes up to about forty times the text's size.
public let maximumFilterLength = 4 << 20

/// Parses a filter in the language of sysdig and Falco.
///
///     try parseFilter("evt.type in (open, openat) and not fd.name startswith /usr")
///
/// - Parameter depthLimit: How deep parentheses and transformers may nest. 100 is what the ecosystem's tools use for
///   filters, 1000 for rules; larger limits count as 1000. Transformers alone nest at most 100 deep.
/// - Throws: the first thing that is wrong, with its position. No input crashes the parser.
/// - Complexity: linear in the length of the text.
public func parseFilter(_ text: String, depthLimit: Int = 100) throws(FilterSyntaxError) -> FilterExpression {
  var parser = FilterParser(Array(text.utf8), depthLimit: depthLimit)
  return try parser.parse()
}

/// Parses `and`, `or`, `not` and parentheses:
///
///     filter = or
///     or     = and { "or" ( blank and | group ) }
///     and    = not { "and" ( blank not | group ) }
///     not    = { "not" blank } ( "not" group | group | check | exists | macro )
///     group  = "(" or ")"
///
/// It keeps its own stack of open groups instead of recursing, so that deep nesting costs memory in proportion and
/// never the thread's stack.
struct FilterParser {
  var lexer: FilterLexer
  let depthLimit: Int
  /// How many groups and transformers are open.
  var depth = 0
  private var groups: [Group] = []

  /// The terms read so far between one pair of parentheses.
  private struct Group {
    /// Whether an odd number of `not` stands before the parenthesis, and where the first stands.
    var isNegated = false
    var start = 0
    var parenthesis: Int?
    var disjuncts: [FilterExpression] = []
    var conjuncts: [FilterExpression] = []

    mutating func endConjunction() {
      if let term = FilterExpression.conjunction(conjuncts) { disjuncts.append(term) }
      conjuncts.removeAll(keepingCapacity: true)
    }
  }

  init(_ bytes: [UInt8], depthLimit: Int) {
    lexer = FilterLexer(bytes)
    self.depthLimit = min(max(1, depthLimit), 1000)
  }

  mutating func parse() throws(FilterSyntaxError) -> FilterExpression {
    guard !lexer.bytes.isEmpty else { throw lexer.error(.empty, "the filter is empty") }
    guard lexer.bytes.count <= maximumFilterLength else {
      throw lexer.error(
        .tooLong, "the filter has \(lexer.bytes.count) bytes; \(maximumFilterLength) are the most that are read")
    }
    var current = Group()
    try parseTerm(of: &current)
    while true {
      lexer.skipBlanks()
      if lexer.skip("and") {
        try parseTerm(behind: "and", of: &current)
      } else if lexer.skip("or") {
        current.endConjunction()
        try parseTerm(behind: "or", of: &current)
      } else if let parenthesis = current.parenthesis {
        guard lexer.skip(")") else { throw unclosed(parenthesis) }
        current = close(current)
      } else if lexer.isAtEnd {
        break
      } else {
        throw lexer.expected(.expectedConnective, "'and', 'or' or the end", hint: lexer.connectiveHint)
      }
    }
    current.endConjunction()
    guard let expression = FilterExpression.disjunction(current.disjuncts) else {
      throw lexer.expected(.expectedExpression, "a filter")
    }
    return expression
  }

  /// Reads the term behind a keyword, which a blank or a parenthesis has to follow.
  private mutating func parseTerm(
    behind keyword: StaticString, of group: inout Group
  ) throws(FilterSyntaxError) {
    if lexer.skipBlanks() {
      try parseTerm(of: &group)
    } else if lexer.peek() == UInt8(ascii: "(") {
      try open(&group, isNegated: false, start: lexer.position)
      try parseTerm(of: &group)
    } else {
      throw lexer.expected(.expectedBlank, "a blank or '(' behind '\(keyword)'")
    }
  }

  /// Reads up to and including the next check or macro, opening the groups that stand before it.
  private mutating func parseTerm(of group: inout Group) throws(FilterSyntaxError) {
    while true {
      lexer.skipBlanks()
      let start = lexer.position
      var isNegated = false
      while lexer.starts(with: "not"), isBlank(lexer.peek(3)) {
        lexer.advance(3)
        lexer.skipBlanks()
        isNegated.toggle()
      }
      if lexer.starts(with: "not(") {
        lexer.advance(3)
        isNegated.toggle()
      }
      if lexer.peek() == UInt8(ascii: "(") {
        try open(&group, isNegated: isNegated, start: start)
        continue
      }
      let term = try parseCheck()
      group.conjuncts.append(isNegated ? .not(term, lexer.range(from: start)) : term)
      return
    }
  }

  private mutating func open(_ group: inout Group, isNegated: Bool, start: Int) throws(FilterSyntaxError) {
    try enter()
    groups.append(group)
    group = Group(isNegated: isNegated, start: start, parenthesis: lexer.position)
    lexer.advance(1)
  }

  /// Makes one term of a group whose closing parenthesis was read, and adds it to the group around it.
  private mutating func close(_ closed: Group) -> Group {
    leave()
    var inner = closed
    inner.endConjunction()
    var outer = groups.popLast() ?? Group()
    if let term = FilterExpression.disjunction(inner.disjuncts) {
      outer.conjuncts.append(inner.isNegated ? .not(term, lexer.range(from: inner.start)) : term)
    }
    return outer
  }

  private func unclosed(_ parenthesis: Int) -> FilterSyntaxError {
    let opening = SourceExcerpt(of: lexer.bytes, at: parenthesis, highlighting: nil)
    let place = "the one of line \(opening.line), column \(opening.column)"
    return lexer.expected(
      .expectedClosingParenthesis, "'and', 'or' or a ')' for \(place)", hint: lexer.connectiveHint)
  }

  mutating func enter() throws(FilterSyntaxError) {
    depth += 1
    guard depth <= depthLimit else {
      throw lexer.error(.tooDeep, "parentheses and transformers nest deeper than \(depthLimit) levels")
    }
  }

  mutating func leave() { depth -= 1 }
}
