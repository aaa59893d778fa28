import EventBatch

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
  /// The groups' keys as bytes; the group's number is the row less one, since row 0 is always the empty text.
  private var keys = StringInterner()
  private var columns: [AggregateColumn]

  init(_ grouping: Grouping) {
    keyNames = grouping.keyNames
    columnNames = grouping.columnNames
    functions = grouping.aggregates.map(\.function)
    columns = functions.map { AggregateColumn($0, groups: 0) }
  }

  /// How many groups there are.
  public var count: Int { keys.table.count - 1 }

  /// The number of the group with a key, which is added when it is new. Keys have at least one byte.
  mutating func group(_ key: UnsafeRawBufferPointer) -> UInt32 { keys.intern(key) - 1 }

  /// Sets what was gathered for the groups, aggregate by aggregate.
  mutating func setColumns(_ columns: [AggregateColumn]) { self.columns = columns }

  /// Adds the groups of another chunk, which comes later in the order of the scan.
  public mutating func merge(_ other: GroupTable) {
    let table = other.keys.table
    let places = table.heap.withUnsafeBytes { heap in
      (1..<max(table.count, 1)).map { row in group(UnsafeRawBufferPointer(rebasing: heap[table.range(of: row)])) }
    }
    for index in columns.indices {
      columns[index].merge(other.columns[index], at: places, groups: count, functions[index])
    }
  }

  /// The groups as values, in the order in which they were seen first.
  public var rows: [Row] { (0..<count).map(row) }

  /// A group by its number, below `count`.
  public func row(_ group: Int) -> Row {
    Row(key: key(of: group), values: functions.indices.map { columns[$0].value(of: group, functions[$0]) })
  }

  private func key(of group: Int) -> [FieldValue] {
    var bytes = keys.table[group + 1]
    return keyNames.map { _ in FieldValue.takeKey(&bytes) }
  }

  /// The sum of an aggregate's whole numbers over all groups.
  public func total(ofColumn index: Int) -> Int64 {
    (0..<count).reduce(0) { $0 &+ (columns[index].value(of: $1, functions[index]).integerValue ?? 0) }
  }

  /// The groups sorted by a column, the greatest first, ties by key.
  /// - Parameters:
  ///   - column: the name of a key's part or of an aggregate; `nil` sorts by key, the least first. With a minus sign
  ///     in front the least come first.
  ///   - limit: the most rows wanted. Only these are made into values.
  /// - Throws: when there is no such column.
  public func sorted(by column: String?, limit: Int? = nil) throws(QueryError) -> [Row] {
    try order(by: column, limit: limit).map(row)
  }

  /// The numbers of the groups in the order of `sorted`: for tables too large to have all their values in memory.
  public func order(by column: String?, limit: Int? = nil) throws(QueryError) -> [Int] {
    let limit = max(limit ?? count, 0)
    guard let column else {
      let keys = (0..<count).map { key(of: $0) }
      return Array((0..<count).sorted { keys[$0].lexicographicallyPrecedes(keys[$1]) }.prefix(limit))
    }
    let isAscending = column.hasPrefix("-")
    let name = isAscending ? String(column.dropFirst()) : column
    let values: [FieldValue]
    if let index = columnNames.firstIndex(of: name) {
      values = (0..<count).map { columns[index].value(of: $0, functions[index]) }
    } else if let index = keyNames.firstIndex(of: name) {
      values = (0..<count).map { key(of: $0)[index] }
    } else {
      throw .noColumn(name, of: keyNames + columnNames)
    }
    let order = (0..<count).sorted { one, other in
      let (a, b) = (values[one], values[other])
      if a == b { return key(of: one).lexicographicallyPrecedes(key(of: other)) }
      return isAscending ? a < b : b < a
    }
    return Array(order.prefix(limit))
  }
}
