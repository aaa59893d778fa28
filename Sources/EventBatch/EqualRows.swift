/// The rows of dimension tables by their values.
struct EqualRows: Sendable {
  var images = RowIndex()
  var threads = RowIndex()
  var lineages = RowIndex()
  var objects = RowIndex()
  var containers = RowIndex()
  var users = RowIndex()

  /// The row with some values, appended unless it is known.
  static func add<Column>(
    _ values: [Int64], to table: inout DimensionTable<Column>, known: inout EqualRows?,
    _ rows: WritableKeyPath<EqualRows, RowIndex>
  ) -> UInt32 {
    known?[keyPath: rows].add(values, to: &table) ?? table.appendRow(values)
  }
}

/// Finds the rows of one table by their values, which stand in the table alone: a row takes a tenth of what it took as a key.
///
/// Open addressing over a power of two of slots, at most half full.
struct RowIndex: Sendable {
  /// Row + 1 of each slot, 0 when free.
  private var slots = [UInt32](repeating: 0, count: 256)
  private var hashes: [UInt32] = []

  /// The row with some values, appended unless it is there.
  /// - Precondition: all rows of the table were added here.
  mutating func add<Column>(_ values: [Int64], to table: inout DimensionTable<Column>) -> UInt32 {
    let hash = RowIndex.hash(values)
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let row = slots[slot] - 1
      if hashes[Int(row)] == hash, table.holds(values, at: Int(row)) { return row }
      slot = (slot + 1) & (slots.count - 1)
    }
    let row = table.appendRow(values)
    hashes.append(hash)
    slots[slot] = row + 1
    if hashes.count * 2 > slots.count { grow() }
    return row
  }

  private mutating func grow() {
    var larger = [UInt32](repeating: 0, count: slots.count * 2)
    for row in hashes.indices {
      var slot = Int(hashes[row]) & (larger.count - 1)
      while larger[slot] != 0 { slot = (slot + 1) & (larger.count - 1) }
      larger[slot] = UInt32(row) + 1
    }
    slots = larger
  }

  /// What nobody knows who chooses values: many of the same place would be slow.
  private static let seed = UInt64.random(in: .min ... .max)

  private static func hash(_ values: [Int64]) -> UInt32 {
    var state = seed
    for value in values {
      state = (state ^ UInt64(bitPattern: value)) &* 0xFF51_AFD7_ED55_8CCD
      state ^= state >> 32
    }
    state = (state ^ (state >> 29)) &* 0xC4CE_B9FE_1A85_EC53
    return UInt32(truncatingIfNeeded: state ^ (state >> 32))
  }
}
