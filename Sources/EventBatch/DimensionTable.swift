/// What the numbers in a dimension column are.
public enum DimensionValueKind: UInt8, Sendable {
  /// A plain number.
  case integer = 0
  /// A row of the string table.
  case string = 1
  /// A row of the image table.
  case image = 2
  /// A row of the thread table.
  case thread = 3
  /// A row of the lineage table.
  case lineage = 4
  /// A row of the container table.
  case container = 5
}

/// The columns of one dimension, declared once; builders, files, slicing, merging and fields go by the declaration.
///
/// Raw values are stable and stand in files; a column is never removed or given another meaning.
public protocol DimensionColumn: RawRepresentable<Int>, CaseIterable, Hashable, Sendable {
  /// The stable name that stands in files and documents.
  var name: String { get }
  var kind: DimensionValueKind { get }
}

/// The rows of one dimension, column by column. A value that is not there is `EventBatch.missing`.
public struct DimensionTable<Column: DimensionColumn>: Sendable {
  /// How many rows there are.
  public private(set) var count = 0
  /// One array of `count` values for each column, by the column's raw value.
  @usableFromInline var columns: [[Int64]]

  /// A table without rows.
  public init() {
    columns = [[Int64]](repeating: [], count: Column.allCases.count)
  }

  /// A table from whole columns; those not given hold missing values.
  /// - Precondition: all have `count` values; decoders check that.
  public init(count: Int, columns given: [Column: [Int64]]) {
    self.count = count
    // Most tables lack many columns: all of these share the memory of one.
    let absent =
      given.count < Column.allCases.count ? [Int64](repeating: EventBatch.missing, count: count) : []
    columns = Column.allCases.map { column in
      let values = given[column] ?? absent
      precondition(values.count == count)
      return values
    }
  }

  /// A table from all of its columns, in their order.
  init(columns: [[Int64]]) {
    precondition(columns.count == Column.allCases.count)
    count = columns.first?.count ?? 0
    self.columns = columns
  }

  /// The values of a column for all rows.
  public subscript(column: Column) -> [Int64] { columns[column.rawValue] }

  /// One value; `EventBatch.missing` when it is not there.
  @inlinable
  public subscript(row: Int, column: Column) -> Int64 {
    get { columns[column.rawValue][row] }
    set { columns[column.rawValue][row] = newValue }
  }

  /// One value, `nil` when it is not there.
  public func value(_ row: Int, _ column: Column) -> Int64? {
    let value = columns[column.rawValue][row]
    return value == EventBatch.missing ? nil : value
  }

  /// Forgets all rows from `count` on. Nothing may name them any more.
  public mutating func truncate(to count: Int) {
    precondition(count <= self.count)
    for index in columns.indices { columns[index].removeLast(self.count - count) }
    self.count = count
  }

  /// Adds a row of missing values.
  /// - Returns: its number.
  public mutating func appendRow() -> UInt32 {
    for index in columns.indices { columns[index].append(EventBatch.missing) }
    count += 1
    return UInt32(count - 1)
  }

  /// Adds a row with all its values, in the order of the columns.
  public mutating func appendRow(_ values: [Int64]) -> UInt32 {
    precondition(values.count == columns.count)
    for index in columns.indices { columns[index].append(values[index]) }
    count += 1
    return UInt32(count - 1)
  }

  /// Gives back memory that no row needs: what columns have grown in advance, and columns without a value, which share the
  /// memory of one. For tables to which nothing is added any more.
  public mutating func compact() {
    var absent: [Int64]?
    for index in columns.indices {
      if columns[index].allSatisfy({ $0 == EventBatch.missing }) {
        let shared = absent ?? [Int64](repeating: EventBatch.missing, count: count)
        (absent, columns[index]) = (shared, shared)
      } else {
        columns[index].giveBackRoom()
      }
    }
  }

  /// Whether a row has some values, in the order of the columns.
  func holds(_ values: [Int64], at row: Int) -> Bool {
    for index in columns.indices where columns[index][row] != values[index] { return false }
    return true
  }

  /// All values of a row, in the order of the columns.
  public func row(_ row: Int) -> [Int64] { columns.map { $0[row] } }
}

extension Array {
  /// Gives back room for more elements, where it is worth a copy of those that are there.
  mutating func giveBackRoom() {
    if capacity - count > 64 + count / 8 { self = withUnsafeBufferPointer { Array($0) } }
  }
}
