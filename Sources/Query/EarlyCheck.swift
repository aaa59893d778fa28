import EventSchema
import Filter

// What can be said of a question before any capture is opened. A capture may know events and arguments that this program
// does not: their names are looked at when its schema is there.

extension Question {
  /// Checks a filter: its grammar, fields, operators and constants.
  /// - Throws: what is wrong, and where.
  public static func check(filter: String?) throws(QueryError) {
    guard let filter, filter.contains(where: { !$0.isWhitespace }) else { return }
    let parsed: FilterExpression
    do throws(FilterSyntaxError) { parsed = try parseFilter(filter) } catch { throw QueryError(error) }
    var binder = FilterBinder(schema: .builtIn, source: filter, isLenient: true)
    _ = try binder.bind(parsed)
  }

  /// The same for a filter that was parsed already, or a part of one, with the text that its ranges point into.
  public static func check(expression: FilterExpression, source: String) throws(QueryError) {
    var binder = FilterBinder(schema: .builtIn, source: source, isLenient: true)
    _ = try binder.bind(expression)
  }

  /// Checks a field or a function of fields.
  public static func check(operand: String) throws(QueryError) {
    let text = operand + " exists"
    let parsed: FilterExpression
    do throws(FilterSyntaxError) { parsed = try parseFilter(text) } catch { throw QueryError(error) }
    guard case .exists = parsed else { throw QueryError("'\(operand)' is no field or function") }
    try check(expression: parsed, source: text)
  }
}

extension LineFormat {
  /// Checks a format: its fields and functions.
  /// - Throws: which is wrong, and where.
  public static func check(_ format: String) throws(QueryError) {
    _ = try LineFormat(format, schema: .builtIn, time: .clock, isLenient: true)
  }
}

extension Grouping {
  /// Checks fields to group by, aggregates, and the column to sort by.
  /// - Parameter sort: as `GroupTable.order(by:limit:)` takes it.
  /// - Throws: which is wrong, and what there is instead.
  public static func check(
    by fields: [String], isSliced: Bool, show aggregates: [String], sort: String? = nil
  ) throws(QueryError) {
    for field in fields { _ = try Operand(field, schema: .builtIn, isLenient: true) }
    for aggregate in aggregates { _ = try Aggregate(aggregate, schema: .builtIn, isLenient: true) }
    guard let sort else { return }
    let names = (isSliced ? [timeName] : []) + fields + aggregates
    let name = sort.hasPrefix("-") ? String(sort.dropFirst()) : sort
    guard names.contains(name) else { throw QueryError.noColumn(name, of: names) }
  }
}

extension QueryError {
  /// A column to sort by that is not there.
  static func noColumn(_ name: String, of names: [String]) -> QueryError {
    QueryError(
      "there is no column '\(name)' to sort by; there are \(names.map { "'\($0)'" }.joined(separator: ", "))")
  }
}
