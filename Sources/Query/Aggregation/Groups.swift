/// All groups of a scan with their aggregates, in memory or, where they are too many, in a temporary file.
public struct Groups: Sendable {
  private enum Storage: Sendable {
    case table(GroupTable)
    case spilled(GroupSpill)
  }

  /// The names of the key's parts, in order.
  public let keyNames: [String]
  /// The names of the aggregates, in order.
  public let columnNames: [String]
  private let storage: Storage
  private let memory: Int

  /// How many bytes of groups are held before they go to the file.
  public static let standardMemory = 16 << 20

  init(_ table: GroupTable, _ spill: GroupSpill?, memory: Int) {
    keyNames = table.keyNames
    columnNames = table.columnNames
    storage = spill.map { .spilled($0) } ?? .table(table)
    self.memory = memory
  }

  /// Whether they are in a file.
  public var isSpilled: Bool { if case .spilled = storage { true } else { false } }

  /// Calls something with each group. Can be called again.
  /// - Parameter inOrder: in the order in which groups were seen first; else in any.
  /// - Throws: `CaptureError` of the temporary file, or what the body throws.
  public func forEach(inOrder: Bool = false, _ body: (GroupTable.Row) throws -> Void) throws {
    switch storage {
    case .table(let table): for group in 0..<table.count { try body(table.row(group)) }
    case .spilled(let spill):
      guard inOrder else { return try spill.forEach { row, _ in try body(row) } }
      var sorter = RowSorter(memory: memory) { $0[0] < $1[0] }
      try spill.forEach { row, place in try sorter.append([.unsigned(place)] + row.key + row.values) }
      let keys = keyNames.count
      try sorter.finish().forEach { row in
        try body(GroupTable.Row(key: Array(row[1..<keys + 1]), values: Array(row[(keys + 1)...])))
      }
    }
  }

  /// The groups sorted by a column, see `GroupTable.order(by:limit:)`.
  /// - Throws: `QueryError` when there is no such column, or `CaptureError` of the temporary file.
  public func sorted(by column: String?, limit: Int? = nil) throws -> SortedGroups {
    switch storage {
    case .table(let table):
      let order = try table.order(by: column, limit: limit)
      return SortedGroups(
        storage: .table(table, order), keyNames: keyNames, columnNames: columnNames, groupCount: table.count)
    case .spilled(let spill):
      var sorter = RowSorter(most: limit, memory: memory, by: try rowOrder(column))
      var totals = [Int64](repeating: 0, count: columnNames.count)
      try spill.forEach { row, _ in
        for (index, value) in row.values.enumerated() { totals[index] &+= value.integerValue ?? 0 }
        try sorter.append(row.key + row.values)
      }
      let count = sorter.count
      return SortedGroups(
        storage: .rows(try sorter.finish(), totals: totals), keyNames: keyNames, columnNames: columnNames,
        groupCount: count)
    }
  }

  /// The order of `GroupTable.order(by:limit:)` of rows that hold key and values.
  private func rowOrder(_ column: String?) throws(QueryError) -> RowSorter.Order {
    let keys = keyNames.count
    @Sendable func isKeyBefore(_ one: [FieldValue], _ other: [FieldValue]) -> Bool {
      one[..<keys].lexicographicallyPrecedes(other[..<keys])
    }
    guard let column else { return { isKeyBefore($0, $1) } }
    let isAscending = column.hasPrefix("-")
    let name = isAscending ? String(column.dropFirst()) : column
    let index: Int
    if let place = columnNames.firstIndex(of: name) {
      index = keys + place
    } else if let place = keyNames.firstIndex(of: name) {
      index = place
    } else {
      throw .noColumn(name, of: keyNames + columnNames)
    }
    return { one, other in
      if one[index] == other[index] { return isKeyBefore(one, other) }
      return isAscending ? one[index] < other[index] : other[index] < one[index]
    }
  }
}

/// Groups in an order. They can be gone through several times, and are made into values as that goes.
public struct SortedGroups: Sendable {
  fileprivate enum Storage: Sendable {
    case table(GroupTable, [Int])
    case rows(SortedRows, totals: [Int64])
  }

  fileprivate let storage: Storage
  /// The names of the key's parts, in order.
  public let keyNames: [String]
  /// The names of the aggregates, in order.
  public let columnNames: [String]
  /// How many groups there are, those behind the limit too.
  public let groupCount: Int

  /// For each aggregate the sum of its whole numbers over all groups.
  public var totals: [Int64] {
    switch storage {
    case .table(let table, _): columnNames.indices.map { table.total(ofColumn: $0) }
    case .rows(_, let totals): totals
    }
  }

  /// How many groups are within the limit.
  public var count: Int {
    switch storage {
    case .table(_, let order): order.count
    case .rows(let rows, _): rows.count
    }
  }

  /// Calls something with each group.
  /// - Throws: `CaptureError` of the temporary file, or what the body throws.
  public func forEach(_ body: (GroupTable.Row) throws -> Void) throws {
    switch storage {
    case .table(let table, let order): for group in order { try body(table.row(group)) }
    case .rows(let rows, _):
      let keys = keyNames.count
      try rows.forEach { row in
        try body(GroupTable.Row(key: Array(row[..<keys]), values: Array(row[keys...])))
      }
    }
  }
}
