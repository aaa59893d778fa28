import EventSchema
import Filter

/// What is made of the events of a group: `sum(evt.buflen)`, `p99(evt.latency)`, `count`.
public struct Aggregate: Sendable {
  /// How values are put together.
  public enum Function: Sendable, Hashable {
    /// How many events there are, or how many have the field's value.
    case count
    case sum, average, minimum, maximum
    /// The value at or below which this share (0 to 1) of all values lies.
    case percentile(Double)
    /// How many different values there are. Exact; keeps one copy of each.
    case distinct
    /// The value of the first or last event that has one.
    case first, last

    /// Reads `count`, `sum`, `avg`, `min`, `max`, `p50` … `p999`, `distinct`, `first`, `last`.
    public init?(_ name: String) {
      switch name {
      case "count": self = .count
      case "sum": self = .sum
      case "avg": self = .average
      case "min": self = .minimum
      case "max": self = .maximum
      case "distinct": self = .distinct
      case "first": self = .first
      case "last": self = .last
      default:
        // `p999` is the digits behind the point: 0.999.
        guard name.first == "p", (3...6).contains(name.utf8.count), let share = Double("0." + name.dropFirst()),
          name.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber })
        else { return nil }
        self = .percentile(share)
      }
    }

    /// Whether the field's values must be numbers.
    var needsNumbers: Bool {
      switch self {
      case .sum, .average, .percentile: true
      case .count, .minimum, .maximum, .distinct, .first, .last: false
      }
    }
  }

  /// The column's name in results.
  public let name: String
  let function: Function
  let operand: Operand?
  let condition: BoundExpression?

  /// Reads `FUNCTION(FIELD)` or `count`.
  /// - Throws: what is wrong with it.
  public init(_ text: String, schema: Schema) throws(QueryError) {
    try self.init(text, schema: schema, isLenient: false)
  }

  init(_ text: String, schema: Schema, isLenient: Bool) throws(QueryError) {
    let text = text.filter { !$0.isWhitespace || $0 == "\u{20}" }
    guard let open = text.firstIndex(of: "(") else {
      try self.init(name: text, function: text, of: nil, schema: schema, isLenient: isLenient)
      return
    }
    guard text.last == ")" else { throw QueryError("'\(text)' is not closed: write \(text[..<open])(FIELD)") }
    let inner = String(text[text.index(after: open)..<text.index(before: text.endIndex)])
    try self.init(
      name: text, function: String(text[..<open]), of: inner.isEmpty ? nil : inner, schema: schema,
      isLenient: isLenient)
  }

  /// An aggregate of a field's values.
  ///
  /// - Parameters:
  ///   - name: the column's name in results.
  ///   - function: see `Function.init`.
  ///   - field: a field or a function of fields; `nil` for `count`.
  ///   - filter: only events that fulfil it count.
  ///   - schema: of the events.
  public init(
    name: String, function: String, of field: String?, where filter: String? = nil, schema: Schema
  ) throws(QueryError) {
    try self.init(name: name, function: function, of: field, where: filter, schema: schema, isLenient: false)
  }

  private init(
    name: String, function: String, of field: String?, where filter: String? = nil, schema: Schema, isLenient: Bool
  ) throws(QueryError) {
    guard let known = Function(function) else {
      throw QueryError(
        "there is no aggregate '\(function)'; use count, sum, avg, min, max, p50 … p999, distinct, first or last")
    }
    self.name = name
    self.function = known
    guard let field else {
      guard known == .count else { throw QueryError("'\(function)' needs a field: \(function)(evt.latency)") }
      operand = nil
      condition = try filter.map { text throws(QueryError) in try Question(filter: text, schema: schema).root }
      return
    }
    let operand = try Operand(field, schema: schema, isLenient: isLenient)
    // What a capture alone knows may be a number there.
    if known.needsNumbers, !isLenient || (try? Operand(field, schema: schema)) != nil,
      !(operand.type.isNumber && operand.multiplicity == .single)
    {
      throw QueryError(
        "'\(function)' needs numbers, and '\(field)' is \(operand.type.article) \(operand.type.rawValue)")
    }
    self.operand = operand
    condition = try filter.map { text throws(QueryError) in try Question(filter: text, schema: schema).root }
  }
}

extension Operand {
  /// Reads a field or a function of fields, as formats and groupings name them.
  init(_ text: String, schema: Schema, isLenient: Bool = false) throws(QueryError) {
    let parsed: FilterExpression
    do throws(FilterSyntaxError) {
      parsed = try parseFilter(text + " exists")
    } catch {
      throw QueryError("'\(text)' is no field or function: \(error.message)")
    }
    guard case .exists = parsed else { throw QueryError("'\(text)' is no field or function") }
    var binder = FilterBinder(schema: schema, source: text, isLenient: isLenient)
    guard case .predicate(let predicate) = try binder.bind(parsed) else {
      throw QueryError("'\(text)' is no field or function")
    }
    self = predicate.operand
  }
}
