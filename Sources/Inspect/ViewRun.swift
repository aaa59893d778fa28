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
  let sort: String?
  let limit: Int?
  let plan: Plan

  enum Plan: Sendable {
    case table(Grouping)
    case list(EventValues)
  }

  /// Prepares a view.
  ///
  /// - Parameters:
  ///   - filter: narrows the events further.
  ///   - from: the least exit time that counts, in nanoseconds of the epoch.
  ///   - to: the first exit time that does not.
  ///   - sort: the name of a column, the greatest first; with a minus sign in front the least. `nil` for the view's own.
  ///   - limit: the most rows wanted.
  /// - Throws: what is wrong with the filter, the column, or a view that somebody wrote.
  public init(
    _ view: View, schema: Schema, filter: String? = nil, from: Int64? = nil, to: Int64? = nil, sort: String? = nil,
    limit: Int? = nil
  ) throws(QueryError) {
    self.view = view
    self.limit = limit
    let sort = sort ?? view.sort
    if let sort, !view.columns.contains(where: { $0.name == ViewRun.columnName(sort) }) {
      let names = view.columns.filter { !$0.isHidden }.map(\.name).joined(separator: ", ")
      throw QueryError("the view '\(view.name)' has no column '\(ViewRun.columnName(sort))'; it has \(names)")
    }
    self.sort = sort
    question = try Question(filter: filter, schema: schema, from: from, to: to)
      .and(Question(filter: view.filter, schema: schema))
    switch view.kind {
    case .table: plan = .table(try ViewRun.grouping(view, schema))
    case .list:
      var fields: [String] = []
      for column in view.columns {
        if case .field(let field) = column.content { fields.append(field) }
      }
      plan = .list(try EventValues(fields, schema: schema))
    }
  }

  private static func columnName(_ sort: String) -> String { sort.hasPrefix("-") ? String(sort.dropFirst()) : sort }

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
  /// - Throws: what the source throws.
  public nonisolated(nonsending) func answer<Source: EventSource>(
    over source: Source, parallelism: Int? = nil, progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> ViewResult {
    switch plan {
    case .table(let grouping):
      let (table, done) = try await grouping.run(over: source, question, parallelism: parallelism, progress: progress)
      return result(table.rows.map(row), done)
    case .list(let values):
      return try await list(values, over: source, parallelism, progress)
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

  private nonisolated(nonsending) func list<Source: EventSource>(
    _ values: EventValues, over source: Source, _ parallelism: Int?, _ progress: (ScanProgress) -> Void
  ) async throws -> ViewResult {
    var rows: [[FieldValue]] = []
    let limit = limit ?? Int.max
    let scan = Scan(source, question, parallelism: parallelism)
    let isSorted = sort != nil
    let done = try await scan.run(columns: values.columns) { events in
      values.rows(of: events)
    } consume: { found, state in
      rows += found
      progress(state)
      if !isSorted { return rows.count < limit }
      // Of a sorted list only the first rows are kept; now and then the rest is dropped.
      if limit < 1 << 20, rows.count > max(limit * 2, 4096) { rows = Array(order(rows).prefix(limit)) }
      return true
    }
    return result(rows, done)
  }

  func order(_ rows: [[FieldValue]]) -> [[FieldValue]] {
    guard let sort, let index = view.columns.firstIndex(where: { $0.name == ViewRun.columnName(sort) }) else {
      return rows
    }
    let isAscending = sort.hasPrefix("-")
    // Ties keep a fixed order: by the first columns.
    return rows.sorted { one, other in
      if one[index] == other[index] { return one.lexicographicallyPrecedes(other) }
      return isAscending ? one[index] < other[index] : other[index] < one[index]
    }
  }

  /// - Parameter count: how many rows there are with those that were not kept; `nil` for as many as are given.
  func result(_ rows: [[FieldValue]], _ progress: ScanProgress, of count: Int? = nil) -> ViewResult {
    let ordered = order(rows)
    return ViewResult(
      view: view, rows: Array(ordered.prefix(limit ?? ordered.count)), rowCount: count ?? ordered.count,
      progress: progress)
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
  /// How much was read.
  public internal(set) var progress: ScanProgress

  /// The columns that are shown, with their index in a row.
  public var shownColumns: [(index: Int, column: View.Column)] {
    view.columns.enumerated().filter { !$0.element.isHidden }.map { (index: $0.offset, column: $0.element) }
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
