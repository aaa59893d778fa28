import EventSchema
import Query

/// Answers a view: a value with columns and rows, for commands and inspectors to show as they like.
///
///     let run = try ViewRun(view, schema: source.schema, filter: "container.name = web", limit: 20)
///     let result = try await run.answer(over: source)
public struct ViewRun: Sendable {
  /// The view that is answered.
  public let view: View
  let question: Question
  let order: ViewOrder?
  let page: ViewPage
  let plan: Plan

  enum Plan: Sendable {
    case table(Grouping)
    case list(EventValues)
    case messages(PayloadProtocol, EventValues)
  }

  /// Prepares a view.
  ///
  /// - Parameters:
  ///   - filter: narrows the events further.
  ///   - from: the least exit time that counts, in nanoseconds of the epoch.
  ///   - to: the first exit time that does not.
  ///   - sort: the name of a column, see `ViewOrder`; `nil` for the view's own.
  ///   - limit: the most rows wanted.
  ///   - offset: how many rows are left out in front of them.
  ///   - search: only rows of which a shown value holds this text, in whatever case.
  /// - Throws: what is wrong with the filter, the column, or a view that somebody wrote.
  public init(
    _ view: View, schema: Schema, filter: String? = nil, from: Int64? = nil, to: Int64? = nil, sort: String? = nil,
    limit: Int? = nil, offset: Int = 0, search: String? = nil
  ) throws(QueryError) {
    self.view = view
    page = ViewPage(offset: offset, limit: limit, search: search)
    var order: ViewOrder?
    if let sort = sort ?? view.sort { order = try ViewOrder(sort, of: view) }
    self.order = order
    var question = try Question(filter: filter, schema: schema, from: from, to: to)
      .and(Question(filter: view.filter, schema: schema))
    if case .messages(let kind) = view.kind {
      question = question.and(try Question(filter: kind.filter, schema: schema))
    }
    self.question = question
    switch view.kind {
    case .table: plan = .table(try ViewRun.grouping(view, schema))
    case .list: plan = .list(try EventValues(ViewRun.fields(view), schema: schema))
    case .messages(let kind):
      let fields = MessageScan.fields + ViewRun.fields(view).filter { !kind.fields.contains($0) }
      plan = .messages(kind, try EventValues(fields, schema: schema))
    }
  }

  private static func fields(_ view: View) -> [String] {
    view.columns.compactMap { column in
      if case .field(let field) = column.content { field } else { nil }
    }
  }

  private static func grouping(_ view: View, _ schema: Schema) throws(QueryError) -> Grouping {
    var keys: [Grouping.Key] = []
    var aggregates: [Aggregate] = []
    for column in view.columns {
      switch column.content {
      case .key(let field): keys.append(.field(field))
      case .field(let field): throw QueryError("'\(field)' of the view '\(view.name)' is no key and no aggregate")
      case .aggregate(let function, let field, let filter):
        aggregates.append(
          try Aggregate(name: column.name, function: function, of: field, where: filter, schema: schema))
      case .last(let fields):
        for field in fields {
          aggregates.append(try Aggregate(name: field, function: "last", of: field, schema: schema))
        }
      }
    }
    return try Grouping(by: keys, show: aggregates, schema: schema)
  }

  /// Scans a source.
  /// - Parameter progress: called after each chunk.
  /// - Returns: the answer, with all of its rows in memory.
  /// - Throws: what the source throws, and `CaptureError` of the temporary file.
  public nonisolated(nonsending) func answer<Source: EventSource>(
    over source: Source, parallelism: Int? = nil, progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> ViewResult {
    let (rows, result) = try await gather(over: source, parallelism: parallelism, progress: progress)
    var whole = result
    try rows.forEach { whole.rows.append($0) }
    return whole
  }

  /// Scans a source in bounded memory: what is too much goes to a temporary file.
  /// - Parameters:
  ///   - memory: how many bytes of groups and of rows are held, about.
  ///   - progress: called after each chunk.
  /// - Returns: the rows of the page, and all else of the answer.
  /// - Throws: what the source throws, and `CaptureError` of the temporary file.
  public nonisolated(nonsending) func gather<Source: EventSource>(
    over source: Source, parallelism: Int? = nil, memory: Int = RowSorter.standardMemory,
    progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> (rows: ViewRows, result: ViewResult) {
    var found = ViewGathering(self, memory: memory)
    switch plan {
    case .table(let grouping):
      let (groups, done) = try await grouping.gather(
        over: source, question, parallelism: parallelism, memory: memory, progress: progress)
      try groups.forEach(inOrder: order == nil) { try found.add(row($0)) }
      return try found.finish(done)
    case .list(let values):
      let done = try await Scan(source, question, parallelism: parallelism).run(columns: values.columns) { events in
        values.rows(of: events)
      } consume: { rows, state in
        for row in rows where !found.isFull { try found.add(row) }
        progress(state)
        return !found.isFull
      }
      return try found.finish(done)
    case .messages(let kind, let values):
      let scan = MessageScan(kind, view, values)
      let done = try await scan.run(over: source, question, parallelism: parallelism, progress: progress) {
        row, place in
        try found.add(row, at: place)
      }
      return try found.finish(done)
    }
  }

  /// The columns of a group: keys and aggregates in the view's order.
  func row(_ group: GroupTable.Row) -> [FieldValue] {
    var keys = group.key[...]
    var values = group.values[...]
    return view.columns.map { column in
      switch column.content {
      case .key: return keys.popFirst() ?? .missing
      case .field: return .missing
      case .aggregate: return values.popFirst() ?? .missing
      case .last(let fields):
        let candidates = values.prefix(fields.count)
        values = values.dropFirst(fields.count)
        return candidates.first { $0 != .missing } ?? .missing
      }
    }
  }

  /// The most rows wanted.
  var limit: Int? { page.limit }

  /// - Parameter count: how many rows there are with those that were not kept; `nil` for as many as are given.
  func result(_ rows: [[FieldValue]], _ progress: ScanProgress, of count: Int? = nil) -> ViewResult {
    let found = page.searched(rows, view)
    let ordered = order?.sorted(found) ?? found
    var totals = ViewTotals(view)
    for row in ordered { totals.add(row) }
    return ViewResult(
      view: view, rows: Array(ordered.dropFirst(page.offset).prefix(page.limit ?? ordered.count)),
      rowCount: count ?? ordered.count, offset: page.offset, totals: totals.values, progress: progress)
  }
}

/// What a view answered.
public struct ViewResult: Sendable {
  /// The view.
  public let view: View
  /// A value for each of the view's columns, hidden ones too, in order.
  public internal(set) var rows: [[FieldValue]]
  /// How many rows there are without the limit, as far as the scan went.
  public let rowCount: Int
  /// How many of them are in front of `rows`.
  public let offset: Int
  /// For each column the sum over all rows, those of other pages too; missing where there is none.
  public internal(set) var totals: [FieldValue]
  /// How much was read.
  public internal(set) var progress: ScanProgress

  /// The columns that are shown, with their index in a row.
  public var shownColumns: [(index: Int, column: View.Column)] {
    view.columns.enumerated().filter { !$0.element.isHidden }.map { (index: $0.offset, column: $0.element) }
  }

  /// The same with fewer rows; totals stay those of all.
  public func first(_ limit: Int?) -> ViewResult {
    var result = self
    if let limit, limit < rows.count { result.rows = Array(rows.prefix(limit)) }
    return result
  }

  /// Appends a row as one JSON object.
  /// - Parameter also: values that stand behind those of the columns.
  public func appendJSON(_ row: [FieldValue], to json: inout [UInt8], also: [(name: String, value: FieldValue)] = []) {
    var object = JSONObjectWriter(&json)
    for (index, column) in shownColumns {
      object.name(column.name, to: &json)
      row[index].appendJSON(to: &json)
    }
    for (name, value) in also {
      object.name(name, to: &json)
      value.appendJSON(to: &json)
    }
    object.end(&json)
  }

  /// The filter that narrows events to those of a row: its key columns, for drilling down. `nil` when the row has no
  /// keys.
  public func filter(selecting row: [FieldValue]) -> String? {
    var terms: [String] = []
    for (index, column) in view.columns.enumerated() {
      guard case .key(let field) = column.content else { continue }
      terms.append(row[index] == .missing ? "not \(field) exists" : "\(field) = \(row[index].filterLiteral)")
    }
    return terms.isEmpty ? nil : terms.joined(separator: " and ")
  }
}
