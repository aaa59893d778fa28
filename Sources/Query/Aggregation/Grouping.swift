import CaptureFile
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

  /// What the part of a key that is a time slice is called.
  public static let timeName = "time"

  /// Groups by fields.
  /// - Parameter every: the length in nanoseconds of time slices, which then come before the fields; `nil` for none.
  /// - Throws: which field or aggregate is wrong.
  public init(
    by fields: [String], every: Int64? = nil, show aggregates: [String] = ["count"], schema: Schema
  ) throws(QueryError) {
    var bound: [Aggregate] = []
    for aggregate in aggregates { bound.append(try Aggregate(aggregate, schema: schema)) }
    let slices = every.map { [Key.time(every: $0)] } ?? []
    try self.init(by: slices + fields.map { .field($0) }, show: bound, schema: schema)
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
        names.append(Grouping.timeName)
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

  /// The key of the one group that there is without fields.
  static let everything: [UInt8] = [0]

  /// The groups of a batch's events.
  public func groups(of events: SelectedEvents) -> GroupTable {
    var collector = GroupCollector(self, events)
    return collector.collect()
  }

  /// Scans a source and groups what a question selects, with all groups in memory.
  /// - Parameter progress: called after each chunk.
  public nonisolated(nonsending) func run<Source: EventSource>(
    over source: Source, _ question: Question, parallelism: Int? = nil,
    progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> (table: GroupTable, progress: ScanProgress) {
    var table = GroupTable(self)
    let done = try await scan(source, question, parallelism) { partial, state in
      table.merge(partial)
      progress(state)
    }
    addOnlyGroup(to: &table)
    return (table, done)
  }

  /// Scans a source and groups what a question selects, in bounded memory: too many groups go to a temporary file.
  /// - Parameters:
  ///   - memory: how many bytes of groups are held, about.
  ///   - progress: called after each chunk.
  /// - Throws: what the source throws, and `CaptureError` of the temporary file.
  public nonisolated(nonsending) func gather<Source: EventSource>(
    over source: Source, _ question: Question, parallelism: Int? = nil, memory: Int = Groups.standardMemory,
    progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> (groups: Groups, progress: ScanProgress) {
    var table = GroupTable(self)
    var spill: GroupSpill?
    func spillTable() throws(CaptureError) {
      if spill == nil { spill = try GroupSpill(table) }
      try spill?.add(table)
      table = GroupTable(self)
    }
    let done = try await scan(source, question, parallelism) { partial, state in
      table.merge(partial)
      if table.takesMore(than: memory) { try spillTable() }
      progress(state)
    }
    if spill == nil { addOnlyGroup(to: &table) } else if table.count > 0 { try spillTable() }
    return (Groups(table, spill, memory: memory), done)
  }

  private nonisolated(nonsending) func scan<Source: EventSource>(
    _ source: Source, _ question: Question, _ parallelism: Int?,
    _ take: (GroupTable, ScanProgress) throws -> Void
  ) async throws -> ScanProgress {
    try await Scan(source, question, parallelism: parallelism).run(columns: columns) { events in
      groups(of: events)
    } consume: { partial, state in
      try take(partial, state)
      return true
    }
  }

  /// Without fields there is one group, also when it is empty.
  private func addOnlyGroup(to table: inout GroupTable) {
    guard keys.isEmpty, table.count == 0 else { return }
    _ = Grouping.everything.withUnsafeBytes { table.group($0) }
    table.setColumns(aggregates.map { AggregateColumn($0.function, groups: 1) })
  }
}
