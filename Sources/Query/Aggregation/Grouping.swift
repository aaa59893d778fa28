import CaptureFormat
import EventBatch
import EventSchema

/// Groups events by fields and makes aggregates of each group: what `count`, `query` and views do.
///
///     let grouping = try Grouping(by: ["proc.name"], show: ["count", "sum(evt.buflen)"], schema: schema)
///     let table = try await grouping.run(over: source, question)
public struct Grouping: Sendable {
  /// One part of a group's key.
  public enum Key: Sendable {
    /// A field, or a function of fields, as filters write it.
    case field(String)
    /// The start of the time slice in which the event is, in nanoseconds of the epoch; slices have this length.
    case time(every: Int64)
  }

  /// The names of the key's parts, in order.
  public let keyNames: [String]
  /// The names of the aggregates, in order.
  public var columnNames: [String] { aggregates.map(\.name) }
  let keys: [BoundKey]
  let aggregates: [Aggregate]
  private let schema: Schema

  enum BoundKey: Sendable {
    case operand(Operand)
    case time(every: Int64)
  }

  /// Groups by fields.
  /// - Throws: which field or aggregate is wrong.
  public init(by fields: [String], show aggregates: [String] = ["count"], schema: Schema) throws(QueryError) {
    var bound: [Aggregate] = []
    for aggregate in aggregates { bound.append(try Aggregate(aggregate, schema: schema)) }
    try self.init(by: fields.map { .field($0) }, show: bound, schema: schema)
  }

  /// Groups by fields and time.
  public init(by keys: [Key], show aggregates: [Aggregate], schema: Schema) throws(QueryError) {
    var bound: [BoundKey] = []
    var names: [String] = []
    for key in keys {
      switch key {
      case .field(let text):
        bound.append(.operand(try Operand(text, schema: schema)))
        names.append(text)
      case .time(let every):
        guard every > 0 else { throw QueryError("a time slice must be longer than nothing") }
        bound.append(.time(every: every))
        names.append("time")
      }
    }
    self.keys = bound
    self.aggregates = aggregates
    self.schema = schema
    keyNames = names
  }

  /// Which columns keys and aggregates read.
  public var columns: ColumnSelection {
    var columns = ColumnSet()
    func add(_ operand: Operand) { operand.forEachField { $0.addColumns(to: &columns, schema: schema) } }
    for key in keys {
      switch key {
      case .operand(let operand): add(operand)
      case .time: columns.core.insert(.exitTimes)
      }
    }
    for aggregate in aggregates {
      if let operand = aggregate.operand { add(operand) }
      aggregate.condition?.addColumns(to: &columns, schema: schema)
    }
    return columns.selection
  }

  /// The groups of a batch's events.
  public func groups(of events: SelectedEvents) -> GroupTable {
    var collector = GroupCollector(self, events)
    return collector.collect()
  }

  /// Scans a source and groups what a question selects.
  /// - Parameter progress: called after each chunk.
  public nonisolated(nonsending) func run<Source: EventSource>(
    over source: Source, _ question: Question, parallelism: Int? = nil,
    progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> (table: GroupTable, progress: ScanProgress) {
    var table = GroupTable(self)
    let scan = Scan(source, question, parallelism: parallelism)
    let done = try await scan.run(columns: columns) { events in
      groups(of: events)
    } consume: { partial, state in
      table.merge(partial)
      progress(state)
      return true
    }
    // Without fields there is one group, also when it is empty.
    if keys.isEmpty, table.count == 0 { table.append([], aggregates.map { AggregateState($0.function) }) }
    return (table, done)
  }
}

/// Groups with their aggregates.
public struct GroupTable: Sendable {
  /// One group.
  public struct Row: Sendable {
    /// The parts of the key, in order.
    public var key: [FieldValue]
    /// The aggregates, in order.
    public var values: [FieldValue]

    /// A row from its parts.
    public init(key: [FieldValue], values: [FieldValue]) {
      self.key = key
      self.values = values
    }
  }

  /// The names of the key's parts, in order.
  public let keyNames: [String]
  /// The names of the aggregates, in order.
  public let columnNames: [String]
  private let functions: [Aggregate.Function]
  private(set) var keys: [[FieldValue]] = []
  private(set) var states: [[AggregateState]] = []
  private var positions: [[FieldValue]: Int] = [:]

  init(_ grouping: Grouping) {
    keyNames = grouping.keyNames
    columnNames = grouping.columnNames
    functions = grouping.aggregates.map(\.function)
  }

  /// How many groups there are.
  public var count: Int { keys.count }

  /// Adds a group that is not there yet.
  mutating func append(_ key: [FieldValue], _ state: [AggregateState]) {
    if let known = positions[key] {
      for index in functions.indices { states[known][index].merge(state[index], functions[index]) }
      return
    }
    positions[key] = keys.count
    keys.append(key)
    states.append(state)
  }

  /// Adds the groups of another chunk, which comes later in the order of the scan.
  public mutating func merge(_ other: GroupTable) {
    for index in other.keys.indices { append(other.keys[index], other.states[index]) }
  }

  /// The groups as values, in the order in which they were seen first.
  public var rows: [Row] {
    keys.indices.map { index in
      Row(key: keys[index], values: functions.indices.map { states[index][$0].value(functions[$0]) })
    }
  }

  /// The groups sorted by a column, the greatest first, ties by key.
  /// - Parameters:
  ///   - column: the name of a key's part or of an aggregate; `nil` sorts by key, the least first. With a minus sign
  ///     in front the least come first.
  ///   - limit: the most rows wanted.
  /// - Throws: when there is no such column.
  public func sorted(by column: String?, limit: Int? = nil) throws(QueryError) -> [Row] {
    var rows = rows
    guard let column else {
      rows.sort { $0.key.lexicographicallyPrecedes($1.key) }
      return Array(rows.prefix(limit ?? rows.count))
    }
    let isAscending = column.hasPrefix("-")
    let name = isAscending ? String(column.dropFirst()) : column
    let value: (Row) -> FieldValue
    if let index = columnNames.firstIndex(of: name) {
      value = { $0.values[index] }
    } else if let index = keyNames.firstIndex(of: name) {
      value = { $0.key[index] }
    } else {
      let names = (keyNames + columnNames).map { "'\($0)'" }.joined(separator: ", ")
      throw QueryError("there is no column '\(name)' to sort by; there are \(names)")
    }
    rows.sort { one, other in
      let (a, b) = (value(one), value(other))
      if a == b { return one.key.lexicographicallyPrecedes(other.key) }
      return isAscending ? a < b : b < a
    }
    return Array(rows.prefix(limit ?? rows.count))
  }
}
