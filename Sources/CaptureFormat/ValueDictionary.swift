import BinaryCoding

/// The distinct values of a column and where each stands among them.
struct ValueDictionary: ~Copyable {
  /// More distinct values than this are not worth a dictionary.
  static let mostValues = 1 << 16

  private var values: [Int64] = []
  /// Open addressing: position in `values` + 1, 0 when free.
  private var slots: [UInt32] = []
  /// Of each row, where its value stands in `values`.
  private var indexes: [UInt32] = []
  private var positions: [Int64] = []
  private var sortedPositions: [Int64] = []

  init() {}

  /// Gathers the distinct values.
  /// - Returns: false when there are more than `limit`.
  mutating func fill(_ column: UnsafeBufferPointer<Int64>, limit: Int) -> Bool {
    values.removeAll(keepingCapacity: true)
    var least = Int64.max
    var greatest = Int64.min
    for value in column {
      least = min(least, value)
      greatest = max(greatest, value)
    }
    // Rows of tables, types, descriptors: close together, so that a table of them all is small.
    let distance = UInt64(bitPattern: greatest &- least)
    if !column.isEmpty, distance < UInt64(min(column.count * 2, ValueDictionary.mostValues)) {
      return fill(column, from: least, span: Int(distance) + 1, limit: limit)
    }
    slots = [UInt32](repeating: 0, count: 256)
    indexes.removeAll(keepingCapacity: true)
    indexes.reserveCapacity(column.count)
    var last: Int64 = 0
    var index = -1
    for value in column {
      if index < 0 || value != last {
        last = value
        if let known = find(value) {
          index = known
        } else {
          if values.count == limit { return false }
          index = values.count
          insert(value)
        }
      }
      indexes.append(UInt32(index))
    }
    return true
  }

  private mutating func fill(
    _ column: UnsafeBufferPointer<Int64>, from least: Int64, span: Int, limit: Int
  ) -> Bool {
    var isFull = false
    withUnsafeTemporaryAllocation(of: UInt32.self, capacity: span) { table in
      // Where each value stands + 1, 0 when it was not seen.
      table.initialize(repeating: 0)
      indexes = [UInt32](unsafeUninitializedCapacity: column.count) { target, count in
        for row in column.indices {
          let slot = Int(column[row] &- least)
          var index = table[slot]
          if index == 0 {
            if values.count == limit {
              isFull = true
              return
            }
            values.append(column[row])
            index = UInt32(values.count)
            table[slot] = index
          }
          target[row] = index &- 1
        }
        count = column.count
      }
    }
    return !isFull
  }

  /// `count` | the values in ascending order: the first zigzag, then differences | the encoding of the positions u8 |
  /// the positions
  ///
  /// - Precondition: `fill` took the same column.
  mutating func write(_ column: UnsafeBufferPointer<Int64>, nested: ColumnEncoding, into output: inout ByteBuffer) {
    let order = values.indices.sorted { values[$0] < values[$1] }
    output.append(varint: UInt64(values.count))
    var before: Int64 = 0
    sortedPositions = [Int64](repeating: 0, count: values.count)
    for (position, index) in order.enumerated() {
      sortedPositions[index] = Int64(position)
      if position == 0 {
        output.append(zigzag: values[index])
      } else {
        output.append(varint: UInt64(bitPattern: values[index] &- before))
      }
      before = values[index]
    }
    positions = [Int64](unsafeUninitializedCapacity: indexes.count) { target, count in
      sortedPositions.withUnsafeBufferPointer { sorted in
        for row in indexes.indices { target[row] = sorted[Int(indexes[row])] }
      }
      count = indexes.count
    }
    output.append(nested.rawValue)
    positions.withUnsafeBufferPointer { positions in
      if nested == .packed {
        ValueWriter.packed(positions, into: &output)
      } else {
        ValueWriter.fixed(positions, into: &output)
      }
    }
  }

  private func find(_ value: Int64) -> Int? {
    slots.withUnsafeBufferPointer { slots in
      var slot = hash(value) & (slots.count - 1)
      while slots[slot] != 0 {
        let index = Int(slots[slot]) - 1
        if values[index] == value { return index }
        slot = (slot + 1) & (slots.count - 1)
      }
      return nil
    }
  }

  private mutating func insert(_ value: Int64) {
    values.append(value)
    if values.count * 2 > slots.count {
      slots = [UInt32](repeating: 0, count: slots.count * 4)
      for index in values.indices { place(index) }
    } else {
      place(values.count - 1)
    }
  }

  private mutating func place(_ index: Int) {
    var slot = hash(values[index]) & (slots.count - 1)
    while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
    slots[slot] = UInt32(index + 1)
  }

  private func hash(_ value: Int64) -> Int {
    let mixed = UInt64(bitPattern: value) &* 0x9E37_79B9_7F4A_7C15
    return Int(truncatingIfNeeded: mixed >> 32)
  }
}
