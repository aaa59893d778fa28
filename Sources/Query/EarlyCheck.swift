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
}

extension LineFormat {
  /// Checks a format: its fields and functions.
  /// - Throws: which is wrong, and where.
  public static func check(_ format: String) throws(QueryError) {
    _ = try LineFormat(format, schema: .builtIn, time: .clock, isLenient: true)
  }
}
