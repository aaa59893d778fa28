/// The rows of one dimension while they are made: row by row in one piece of memory.
///
/// Appending a row to a `DimensionTable` is an append to each of its columns, with a check that it is not shared; here it is
/// one copy. Rows become columns once, when the batch is finished. Memory is raw and owned, as in `ColumnBuffer`.
public struct DimensionRows<Column: DimensionColumn>: ~Copyable {
  @usableFromInline var values: UnsafeMutablePointer<Int64>
  @usableFromInline let width: Int
  /// One bit for each column in which a value was set; the others are missing throughout.
  @usableFromInline var used: UInt64 = 0
  private var capacity: Int
  /// How many rows there are.
  public private(set) var count = 0

  /// No rows.
  public init() {
    width = Column.allCases.count
    precondition(width <= 64)
    capacity = 16
    values = .allocate(capacity: 16 * width)
  }

  deinit { values.deallocate() }

  /// Adds a row of missing values.
  /// - Returns: its number.
  public mutating func appendRow() -> UInt32 {
    reserveRow()
    (values + count * width).update(repeating: EventBatch.missing, count: width)
    count += 1
    return UInt32(count - 1)
  }

  /// Adds a row with all its values, in the order of the columns.
  public mutating func appendRow(_ row: [Int64]) -> UInt32 {
    precondition(row.count == width)
    reserveRow()
    row.withUnsafeBufferPointer { row in
      for column in 0..<width { values[count * width + column] = row[column] }
    }
    used = .max
    count += 1
    return UInt32(count - 1)
  }

  /// One value; `EventBatch.missing` when it is not there.
  @inlinable
  public subscript(row: UInt32, column: Column) -> Int64 {
    get {
      precondition(Int(row) < count)
      return values[Int(row) * width + column.rawValue]
    }
    set {
      precondition(Int(row) < count)
      values[Int(row) * width + column.rawValue] = newValue
      used |= 1 << UInt64(column.rawValue)
    }
  }

  /// The rows as columns.
  public var table: DimensionTable<Column> {
    // Columns without a value share the memory of one.
    let absent = [Int64](repeating: EventBatch.missing, count: count)
    var columns = [[Int64]](repeating: absent, count: width)
    // Some rows at a time: a column by itself would fetch all rows into the cache, and all of them again for the next one.
    for first in stride(from: 0, to: count, by: 128) {
      let rows = first..<min(first + 128, count)
      for column in columns.indices where used & (1 << UInt64(column)) != 0 {
        columns[column].withUnsafeMutableBufferPointer { room in
          for row in rows { room[row] = values[row * width + column] }
        }
      }
    }
    return DimensionTable(columns: columns)
  }

  /// Forgets all rows; the memory stays for the next ones.
  public mutating func removeAll() {
    count = 0
    used = 0
  }

  private mutating func reserveRow() {
    if count < capacity { return }
    let larger = UnsafeMutablePointer<Int64>.allocate(capacity: 2 * capacity * width)
    larger.update(from: values, count: count * width)
    values.deallocate()
    values = larger
    capacity *= 2
  }
}
