/// A column on its way into a chunk: its values as 64-bit numbers, those that are missing taken out.
struct ColumnGathering: ~Copyable {
  /// How many rows the column has.
  private(set) var rows = 0
  private var kept = 0
  private var absent = 0
  private var memory = Scratch<Int64>(capacity: 1 << 16)
  private var ordered = Scratch<Int64>()
  private var missingRows = Scratch<UInt32>()

  init() {}

  /// The values of the rows that have one.
  var values: UnsafeBufferPointer<Int64> { mutating get { UnsafeBufferPointer(memory.room(kept)) } }

  /// The rows without a value, ascending.
  var missing: UnsafeBufferPointer<UInt32> { mutating get { UnsafeBufferPointer(missingRows.room(absent)) } }

  /// Takes a column.
  /// - Parameter missing: what stands for a value that is not there.
  mutating func take<Value: FixedWidthInteger>(_ values: UnsafeBufferPointer<Value>, missing: Value?) {
    start(values.count)
    let target = memory.room(rows)
    guard let missing else { return ColumnGathering.widen(values, target) }
    // Most columns have all their values: looking first is cheaper than looking at each while it is copied.
    var count = 0
    for value in values where value == missing { count &+= 1 }
    if count == 0 { return ColumnGathering.widen(values, target) }
    absent = count
    kept = rows - count
    let absentRows = missingRows.room(count)
    var to = 0
    var gap = 0
    for row in values.indices {
      let value = values[row]
      if value == missing {
        absentRows[gap] = UInt32(truncatingIfNeeded: row)
        gap &+= 1
      } else {
        target[to] = Int64(truncatingIfNeeded: value)
        to &+= 1
      }
    }
  }

  /// Takes a column in the order of types.
  mutating func take<Value: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<Value>, missing: Value?, in order: TypeOrder
  ) {
    let wide = ordered.room(values.count * 2)
    let plain = UnsafeMutableBufferPointer(rebasing: wide[..<values.count])
    let sorted = UnsafeMutableBufferPointer(rebasing: wide[values.count...])
    ColumnGathering.widen(values, plain)
    order.sort(UnsafeBufferPointer(plain), into: sorted)
    take(UnsafeBufferPointer(sorted), missing: missing.map { Int64(truncatingIfNeeded: $0) })
  }

  /// Takes what lies between the ends of texts or payloads that stand one behind the other.
  mutating func takeLengths<End: FixedWidthInteger>(ends: UnsafeBufferPointer<End>) {
    start(ends.count)
    let target = memory.room(rows)
    var before: Int64 = 0
    for row in ends.indices {
      let end = Int64(truncatingIfNeeded: ends[row])
      target[row] = end &- before
      before = end
    }
  }

  /// Takes rows out of a column of which all rows were taken.
  mutating func remove(_ missing: [UInt32]) {
    absent = missing.count
    let rows = missingRows.room(absent)
    for index in missing.indices { rows[index] = missing[index] }
    if absent > 0 { kept = MissingRowsCoding.remove(UnsafeBufferPointer(rows), from: memory.room(kept)) }
  }

  private mutating func start(_ count: Int) {
    rows = count
    kept = count
    absent = 0
  }

  private static func widen<Value: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<Value>, _ target: UnsafeMutableBufferPointer<Int64>
  ) {
    for row in values.indices { target[row] = Int64(truncatingIfNeeded: values[row]) }
  }
}
