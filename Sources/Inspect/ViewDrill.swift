import Query

/// A way from a view to what is behind one of its rows, step by step.
///
///     var drill = ViewDrill(.containers, filter: "evt.failed = true")
///     try drill.follow(result.rows[0], of: result)
///     let next = try ViewRun(drill.view, schema: schema, filter: drill.filter)
public struct ViewDrill: Sendable, Hashable {
  /// The view that is looked at.
  public private(set) var view: View
  /// What it is narrowed to: the filter that one began with, and the rows that were followed.
  public private(set) var filter: String?

  /// Begins at a view.
  public init(_ view: View, filter: String? = nil) {
    self.view = view
    self.filter = filter.flatMap { text in text.contains { !$0.isWhitespace } ? text : nil }
  }

  /// Goes to what is behind a row: to the view that its view drills down to, or to another one.
  ///
  /// - Throws: when the view leads nowhere.
  public mutating func follow(_ row: [FieldValue], of result: ViewResult, to target: View? = nil) throws(QueryError) {
    guard let next = target ?? result.view.drillDown.flatMap(ViewCatalogue.view(named:)) else {
      throw QueryError("the view '\(result.view.name)' does not say what is behind a row: name a view")
    }
    guard let selection = result.filter(selecting: row) else {
      throw QueryError("rows of the view '\(result.view.name)' are single events: there is nothing behind them")
    }
    // What narrowed the events of the row narrows what is behind it, too.
    let terms = [filter, result.view.filter, selection].compactMap(\.self)
    filter = terms.count == 1 ? terms[0] : terms.map { "(\($0))" }.joined(separator: " and ")
    view = next
  }
}
