import EventSchema
import Filter

/// Binds a parsed filter to fields: finds them, checks operators and constants, and reports mistakes at their place.
struct FilterBinder {
  private let fields: FieldBinder
  /// The text that errors show: that of the filter which is bound now.
  var source: String
  private var slots: [FilterExpression: Int] = [:]

  /// - Parameter isLenient: whether names of arguments and event types that the schema does not have may be those of
  ///   another schema.
  init(schema: Schema, source: String, isLenient: Bool = false) {
    fields = FieldBinder(schema: schema, isLenient: isLenient)
    self.source = source
  }

  /// How many different predicates there are.
  var slotCount: Int { slots.count }

  /// What each predicate looks like in the filter, by slot.
  var texts: [String] { slots.sorted { $0.value < $1.value }.map(\.key.description) }

  mutating func bind(_ expression: FilterExpression) throws(QueryError) -> BoundExpression {
    switch expression {
    case .and(let terms, _): return .and(try bind(terms))
    case .or(let terms, _): return .or(try bind(terms))
    case .not(let term, _): return .not(try bind(term))
    case .exists(let operand, _):
      return .predicate(Predicate(operand: try bind(operand), test: .exists, slot: slot(expression)))
    case .macro(let name, let range):
      throw error("'\(name)' is neither a comparison nor a known macro", range)
    case .check(let check):
      if let window = check.timeWindow { return try bind(window) }
      let (operand, test) = try bind(check)
      return .predicate(Predicate(operand: operand, test: test, slot: slot(expression)))
    }
  }

  private mutating func bind(_ terms: [FilterExpression]) throws(QueryError) -> [BoundExpression] {
    var bound: [BoundExpression] = []
    for term in terms { bound.append(try bind(term)) }
    return bound
  }

  private mutating func slot(_ expression: FilterExpression) -> Int {
    if let known = slots[expression] { return known }
    slots[expression] = slots.count
    return slots.count - 1
  }

  private func error(_ message: String, _ range: SourceRange) -> QueryError {
    QueryError(message, at: SourceExcerpt(of: source, at: range))
  }

  private func bind(_ check: FilterCheck) throws(QueryError) -> (Operand, Test) {
    let left = try bind(check.leftForContainerIDs)
    let comparison = check.comparison
    if left.multiplicity == .list, comparison != .in, comparison != .intersects {
      throw error(
        "a list takes 'in', 'intersects' or 'exists', not '\(check.comparisonSpelling)'", check.comparisonRange)
    }
    guard left.type.accepts(comparison) else {
      throw error(
        "'\(check.comparisonSpelling)' does not go with \(describe(left, check.left)), which is "
          + "\(left.type.article) \(left.type.rawValue); it takes \(left.type.operators)", check.comparisonRange)
    }
    switch check.right {
    case .literal(let literal):
      return (left, .compare(comparison, .one(try bind(literal, left.type, comparison))))
    case .list(let elements, let range):
      var literals: [Literal] = []
      for element in elements {
        guard case .literal(let literal) = element else { throw error("only constants may stand in this list", range) }
        literals.append(try bind(literal, left.type, comparison))
      }
      if let quantifier = check.quantifier { return (left, .quantified(comparison, quantifier, literals)) }
      let texts = literals.compactMap { literal -> FieldValue? in
        if case .bytes(let bytes) = literal { .text(bytes[...]) } else { nil }
      }
      if comparison == .in || comparison == .intersects, texts.count == literals.count {
        return (left, .compare(comparison, .texts(Set(texts))))
      }
      return (left, .compare(comparison, .any(literals)))
    case .listName(let name, let range):
      throw error("'\(name)' is no known list; put the values in parentheses", range)
    case .transformer, .field:
      let right = try bind(check.right)
      guard left.type.compares(with: right.type) else {
        throw error(
          "\(left.type.article) \(left.type.rawValue) cannot be compared with \(right.type.article) "
            + "\(right.type.rawValue)", check.right.range)
      }
      if comparison == .regex || comparison == .containsBytes || comparison == .startsWithBytes {
        throw error("'\(check.comparisonSpelling)' needs a constant on its right side", check.right.range)
      }
      return (left, .compare(comparison, .operand(right)))
    }
  }

  private func describe(_ operand: Operand, _ written: FilterOperand) -> String {
    if case .field(let field) = written { return "'\(field.name)'" }
    return "this value"
  }

  private func bind(_ operand: FilterOperand) throws(QueryError) -> Operand {
    switch operand {
    case .field(let field): return .field(try bind(field))
    case .literal(let literal): return .constant(.text(literal.bytes[...]))
    case .list(let operands, _):
      var bound: [Operand] = []
      for operand in operands { bound.append(try bind(operand)) }
      return .list(bound)
    case .listName(let name, let range): throw error("'\(name)' is no known list", range)
    case .transformer(let transformer): return try bind(transformer)
    }
  }

  private func bind(_ field: FilterField) throws(QueryError) -> BoundField {
    do throws(FieldBinder.Failure) {
      return try fields.bind(field.name, argument: field.argument?.text)
    } catch {
      throw self.error(error.message, field.range)
    }
  }

  private func bind(_ transformer: FilterTransformer) throws(QueryError) -> Operand {
    let function = transformer.function
    let name = function.rawValue
    if transformer.argument != nil, function != .getopt {
      throw error("'\(name)' takes no argument in brackets", transformer.range)
    }
    var operands: [Operand] = []
    for (index, argument) in transformer.arguments.enumerated() {
      // Where a list is wanted, the arguments of a process are taken one by one.
      let wantsList = function == .getopt && index == 0 || function == .join && index == 1 || function == .len
      if wantsList, case .field(let field) = argument, field.argument == nil, field.name == "proc.args",
        function != .len
      {
        operands.append(.argumentList(try bind(field)))
      } else {
        operands.append(try bind(argument))
      }
    }
    let wanted: ClosedRange<Int> =
      switch function {
      case .val, .tolower, .toupper, .b64, .basename, .len: 1...1
      case .join, .getopt: 2...2
      case .concat: 2...1000
      }
    guard wanted.contains(operands.count) else {
      throw error(
        "'\(name)' takes \(wanted.count == 1 ? "\(wanted.lowerBound)" : "two or more") argument"
          + "\(wanted.upperBound == 1 ? "" : "s"), not \(operands.count)", transformer.range)
    }
    switch function {
    case .tolower, .toupper, .basename, .b64:
      guard operands[0].type == .text || (function == .b64 && operands[0].type == .bytes) else {
        throw error(
          "'\(name)' takes a text, not \(operands[0].type.article) \(operands[0].type.rawValue)",
          transformer.range)
      }
    case .len:
      guard operands[0].multiplicity == .list || operands[0].type == .text || operands[0].type == .bytes else {
        throw error("'len' takes a text or a list", transformer.range)
      }
    case .join, .getopt:
      guard operands[function == .join ? 1 : 0].multiplicity == .list else {
        throw error("'\(name)' takes a list", transformer.range)
      }
    case .val, .concat: break
    }
    return .function(function, operands, selector: transformer.argument?.text)
  }

  /// Reads a constant as a field's type wants it.
  private func bind(
    _ literal: FilterLiteral, _ type: FieldType, _ comparison: FilterOperator
  ) throws(QueryError) -> Literal {
    func fail(_ message: String) -> QueryError { error(message, literal.range) }
    var noNumber: String {
      "'\(literal.text)' is no number" + (Quantity.hint(insteadOf: literal.text).map { " (\($0))" } ?? "")
    }
    switch comparison {
    case .glob: return .glob(GlobPattern(literal.bytes))
    case .globIgnoringCase: return .glob(GlobPattern(literal.bytes, ignoringCase: true))
    case .pathMatches: return .path(Literal.pathPatterns(literal.bytes[...]))
    case .containsBytes, .startsWithBytes:
      guard let bytes = hexadecimal(literal.bytes) else {
        throw fail("'\(comparison.rawValue)' takes an even number of hexadecimal digits")
      }
      return .bytes(bytes)
    case .regex:
      do throws(RegularExpression.SyntaxError) {
        return .regex(try RegularExpression(literal.bytes))
      } catch {
        throw fail("this is no regular expression: \(error.message)")
      }
    default: break
    }
    switch type {
    case .text, .bytes: return .bytes(literal.bytes)
    case .boolean:
      if literal.text == "true" { return .boolean(true) }
      if literal.text == "false" { return .boolean(false) }
      throw fail("'\(literal.text)' is neither 'true' nor 'false'")
    case .integer, .unsigned, .relativeTime, .absoluteTime, .port:
      guard let number = literal.number else { throw fail(noNumber) }
      switch number {
      case .integer(let isNegative, let magnitude):
        if !isNegative { return .number(Int128(magnitude)) }
        // A field that is never negative compares with the bit pattern, as the ecosystem does.
        return .number(type == .unsigned ? Int128(0 &- magnitude) : -Int128(magnitude))
      case .real(let value): return .real(value)
      }
    case .decimal:
      guard let number = literal.number else { throw fail(noNumber) }
      switch number {
      case .integer(let isNegative, let magnitude): return .number(isNegative ? -Int128(magnitude) : Int128(magnitude))
      case .real(let value):
        switch comparison {
        case .less, .lessOrEqual, .greater, .greaterOrEqual: return .real(value)
        default: throw fail("a measured value hardly ever is a fraction exactly; use '<' or '>'")
        }
      }
    case .address, .network:
      if let network = IPNetwork(literal.bytes) { return .network(network) }
      if let address = IPAddress(literal.bytes)?.unmapped,
        let network = IPNetwork(address, prefixLength: address.bitWidth)
      {
        return .network(network)
      }
      throw fail("'\(literal.text)' is neither an IP address nor a network such as 10.0.0.0/8")
    }
  }

  private func hexadecimal(_ digits: [UInt8]) -> [UInt8]? {
    guard digits.count % 2 == 0 else { return nil }
    var bytes: [UInt8] = []
    for index in stride(from: 0, to: digits.count, by: 2) {
      guard let high = Character(Unicode.Scalar(digits[index])).hexDigitValue,
        let low = Character(Unicode.Scalar(digits[index + 1])).hexDigitValue
      else { return nil }
      bytes.append(UInt8(high << 4 | low))
    }
    return bytes
  }
}

extension FieldType {
  /// What may be asked of its values, for messages.
  var operators: String {
    FilterOperator.allCases.filter { accepts($0) }.map(\.rawValue).joined(separator: ", ") + ", exists"
  }

  /// `a` or `an`, for messages.
  var article: String {
    switch self {
    case .integer, .unsigned, .absoluteTime, .address, .network: "an"
    case .text, .bytes, .boolean, .decimal, .relativeTime, .port: "a"
    }
  }

  /// Whether values of both types can be compared.
  func compares(with other: FieldType) -> Bool {
    func group(_ type: FieldType) -> Int {
      switch type {
      case .text, .bytes: 0
      case .boolean: 1
      case .address, .network: 2
      case .integer, .unsigned, .decimal, .relativeTime, .absoluteTime, .port: 3
      }
    }
    return group(self) == group(other)
  }
}
