import BinaryCoding

/// The distinct values of a column and where each stands among them.
struct ValueDictionary: ~Copyable {
  /// More distinct values than this are not worth a dictionary.
  static let mostValues = 1 << 16

  /// The distinct values, ascending.
  private var values: [Int64] = []
  /// Of each row, where its value stands in `values`.
  private var positions = Scratch<UInt32>()
  private var rows = 0
  private var table = Scratch<UInt32>()
  private var slots = Slots()

  init() {}

  /// Gathers the distinct values.
  /// - Returns: false when there are more than `limit`.
  mutating func fill(_ column: UnsafeBufferPointer<Int64>, limit: Int) -> Bool {
    values.removeAll(keepingCapacity: true)
    rows = column.count
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
    let positions = positions.room(rows)
    guard slots.fill(column, limit: limit, into: positions) else { return false }
    let order = slots.sort(into: &values)
    for row in positions.indices { positions[row] = order[Int(positions[row])] }
    return true
  }

  private mutating func fill(
    _ column: UnsafeBufferPointer<Int64>, from least: Int64, span: Int, limit: Int
  ) -> Bool {
    let table = table.room(span)
    table.update(repeating: 0)
    for value in column { table[Int(truncatingIfNeeded: value &- least)] = 1 }
    var count: UInt32 = 0
    for slot in table.indices where table[slot] != 0 {
      table[slot] = count
      count &+= 1
      values.append(least &+ Int64(slot))
    }
    if Int(count) > limit { return false }
    let positions = positions.room(rows)
    for row in column.indices { positions[row] = table[Int(truncatingIfNeeded: column[row] &- least)] }
    return true
  }

  /// `count` | the values in ascending order: the first zigzag, then differences | the encoding of the positions u8 |
  /// the positions
  ///
  /// - Precondition: `fill` took the same column.
  mutating func write(_ column: UnsafeBufferPointer<Int64>, nested: ColumnEncoding, into output: inout ByteBuffer) {
    output.append(varint: UInt64(values.count))
    for index in values.indices {
      if index == 0 {
        output.append(zigzag: values[0])
      } else {
        output.append(varint: UInt64(bitPattern: values[index] &- values[index - 1]))
      }
    }
    output.append(nested.rawValue)
    let positions = UnsafeBufferPointer(positions.room(rows))
    if nested == .packed {
      ValueWriter.packed(positions, into: &output)
    } else {
      // All values occur, so that their number says how wide positions are.
      ValueWriter.fixed(positions, from: 0, span: UInt64(max(values.count - 1, 0)), into: &output)
    }
  }

  /// Finds values by their hash: open addressing over a power of two of slots, at most half full.
  private struct Slots: ~Copyable {
    /// Index + 1 in the order of appearance, 0 when free.
    private var slots = Scratch<UInt32>()
    private var found = Scratch<Int64>()
    private var order = Scratch<UInt32>()
    private var size = 0
    private var count = 0

    init() {}

    /// - Parameter indexes: gets where each row's value stands in the order of appearance.
    mutating func fill(
      _ column: UnsafeBufferPointer<Int64>, limit: Int, into indexes: UnsafeMutableBufferPointer<UInt32>
    ) -> Bool {
      let found = found.room(min(limit, column.count))
      count = 0
      clear(1024)
      var slots = self.slots.room(size)
      var index: UInt32 = 0
      for row in column.indices {
        let value = column[row]
        if row == 0 || value != column[row - 1] {
          var slot = Slots.hash(value) & (size - 1)
          while slots[slot] != 0, found[Int(slots[slot]) - 1] != value { slot = (slot + 1) & (size - 1) }
          if slots[slot] == 0 {
            if count == limit { return false }
            found[count] = value
            count += 1
            slots[slot] = UInt32(count)
            index = UInt32(count - 1)
            if count * 2 > size {
              clear(size * 4)
              slots = self.slots.room(size)
              for index in 0..<count { place(index, found, slots) }
            }
          } else {
            index = slots[slot] - 1
          }
        }
        indexes[row] = index
      }
      return true
    }

    /// Gives the values in ascending order, and where each stands in it by the order of appearance.
    mutating func sort(into values: inout [Int64]) -> UnsafeMutableBufferPointer<UInt32> {
      let found = found.room(count)
      let slots = slots.room(size)
      values.append(contentsOf: found)
      values.sort()
      let order = order.room(count)
      for position in values.indices {
        let value = values[position]
        var slot = Slots.hash(value) & (size - 1)
        while found[Int(slots[slot]) - 1] != value { slot = (slot + 1) & (size - 1) }
        order[Int(slots[slot]) - 1] = UInt32(position)
      }
      return order
    }

    private mutating func clear(_ size: Int) {
      self.size = size
      slots.room(size).update(repeating: 0)
    }

    private func place(
      _ index: Int, _ found: UnsafeMutableBufferPointer<Int64>, _ slots: UnsafeMutableBufferPointer<UInt32>
    ) {
      var slot = Slots.hash(found[index]) & (size - 1)
      while slots[slot] != 0 { slot = (slot + 1) & (size - 1) }
      slots[slot] = UInt32(index + 1)
    }

    private static func hash(_ value: Int64) -> Int {
      let mixed = UInt64(bitPattern: value) &* 0x9E37_79B9_7F4A_7C15
      return Int(truncatingIfNeeded: mixed >> 32)
    }
  }
}
