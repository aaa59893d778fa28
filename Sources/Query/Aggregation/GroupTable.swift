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
  let functions: [Aggregate.Function]
  /// The groups' keys as bytes; the group's number is the row less one, since row 0 is always the empty text.
  private var keys = StringInterner()
  private(set) var columns: [AggregateColumn]
  /// How many bytes the columns take, or fewer: what is put together takes less than its parts.
  private var mostColumnBytes = 0

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
  mutating func setColumns(_ columns: [AggregateColumn]) {
    self.columns = columns
    mostColumnBytes = columns.reduce(0) { $0 + $1.bytes }
  }

  /// Whether it takes more than about so many bytes. Mostly O(1); O(groups) where that is near.
  mutating func takesMore(than bytes: Int) -> Bool {
    // Where each key ends, its hash, and two to four places of the table that finds it.
    let keyBytes = keys.table.heap.count + count * 20
    if keyBytes + mostColumnBytes <= bytes { return false }
    mostColumnBytes = columns.reduce(0) { $0 + $1.bytes }
    return keyBytes + mostColumnBytes > bytes
  }

  /// Adds the groups of another chunk, which comes later in the order of the scan.
  public mutating func merge(_ other: GroupTable) {
    let table = other.keys.table
    let places = table.heap.withUnsafeBytes { heap in
      (1..<max(table.count, 1)).map { row in group(UnsafeRawBufferPointer(rebasing: heap[table.range(of: row)])) }
    }
    for index in columns.indices {
      columns[index].merge(other.columns[index], at: places, groups: count, functions[index])
    }
    mostColumnBytes += other.mostColumnBytes
  }

  /// The groups as values, in the order in which they were seen first.
  public var rows: [Row] { (0..<count).map(row) }

  /// A group by its number, below `count`.
  public func row(_ group: Int) -> Row {
    Row(key: key(of: group), values: functions.indices.map { columns[$0].value(of: group, functions[$0]) })
  }

  /// The key of a group as bytes.
  func keyBytes(of group: Int) -> ArraySlice<UInt8> { keys.table[group + 1] }

  /// The numbers of the groups in the order of their keys' bytes.
  func orderOfKeyBytes() -> [Int] {
    let table = keys.table
    return table.heap.withUnsafeBytes { heap in
      (0..<count).sorted { one, other in
        let (a, b) = (table.range(of: one + 1), table.range(of: other + 1))
        return isBefore(UnsafeRawBufferPointer(rebasing: heap[a]), UnsafeRawBufferPointer(rebasing: heap[b]))
      }
    }
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
      return first(limit, by: isKeyBefore)
    }
    let isAscending = column.hasPrefix("-")
    let name = isAscending ? String(column.dropFirst()) : column
    if let index = columnNames.firstIndex(of: name) {
      if case .count(let counts) = columns[index] {
        return first(limit) { one, other in
          if counts[one] == counts[other] { return isKeyBefore(one, other) }
          return (counts[one] < counts[other]) == isAscending
        }
      }
      return first(limit, isAscending) { columns[index].value(of: $0, functions[index]) }
    }
    if let index = keyNames.firstIndex(of: name) { return first(limit, isAscending) { key(of: $0)[index] } }
    throw .noColumn(name, of: keyNames + columnNames)
  }

  /// The first groups by a value, ties by key.
  private func first(_ limit: Int, _ isAscending: Bool, _ value: (Int) -> FieldValue) -> [Int] {
    // Values of many groups are made where they are compared: held for all, they would take more memory than the groups.
    let held = count <= GroupTable.mostHeld ? (0..<count).map(value) : []
    return first(limit) { one, other in
      let (a, b) = held.isEmpty ? (value(one), value(other)) : (held[one], held[other])
      if a == b { return isKeyBefore(one, other) }
      return isAscending ? a < b : b < a
    }
  }

  private static let mostHeld = 1 << 17

  private func isKeyBefore(_ one: Int, _ other: Int) -> Bool {
    FieldValue.isKey(keys.table[one + 1], before: keys.table[other + 1])
  }

  /// The first groups in an order. Of many groups a few are found without sorting the others.
  private func first(_ limit: Int, by isBefore: (Int, Int) -> Bool) -> [Int] {
    if limit == 0 { return [] }
    guard limit < count / 8 else { return Array((0..<count).sorted(by: isBefore).prefix(limit)) }
    var best: [Int] = []
    best.reserveCapacity(limit * 2)
    // Twice as many as wanted are gathered before half of them are given up.
    for group in 0..<count {
      if best.count >= limit, !isBefore(group, best[limit - 1]) { continue }
      best.append(group)
      if best.count == limit || best.count == limit * 2 {
        best.sort(by: isBefore)
        best.removeLast(best.count - limit)
      }
    }
    best.sort(by: isBefore)
    return Array(best.prefix(limit))
  }
}
