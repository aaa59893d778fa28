import BinaryCoding

/// Reads columns of small numbers without making 64 bits of each first: half of what a question about types and objects does
/// is to read them. Only the forms that recorders choose for such columns; `ValueReader` reads all of them.
enum NarrowReader {
  /// The values of a column of planes, or of differences in planes; `nil` when the column has another form.
  ///
  /// - Parameters:
  ///   - missing: what stands for a missing value, the greatest number; `nil` when none may be missing.
  /// - Throws: as `ValueReader`, and when a value does not fit.
  static func read<Value: FixedWidthInteger & UnsignedInteger>(
    _ entry: ColumnDirectory.Entry, _ bytes: UnsafeRawBufferPointer, missing: Value?
  ) throws(MalformedBytes) -> [Value]? {
    var cursor = ByteCursor(bytes)
    switch (entry.encoding, entry.missing) {
    case (.planes, .none): return try planes(entry.rows, &cursor)
    case (.planeDeltas, .bitmap):
      guard missing == Value.max else { return nil }
      return try planeDeltas(entry.rows, &cursor)
    default: return nil
    }
  }

  private static func planes<Value: FixedWidthInteger & UnsignedInteger>(
    _ rows: Int, _ cursor: inout ByteCursor
  ) throws(MalformedBytes) -> [Value]? {
    guard rows > 0 else { return nil }
    let base = try cursor.zigzag()
    let width = Int(try cursor.integer(UInt8.self))
    guard width == 1 || width == 2, base >= 0, base < 1 << 24 else { return nil }
    let bytes = try cursor.take(rows * width)
    guard cursor.remaining == 0, let start = bytes.baseAddress else { return nil }
    let high = start + (width - 1) * rows
    let mask: UInt32 = width == 2 ? 0xFF : 0
    let offset = UInt32(base)
    var seen: UInt32 = 0
    let values = [Value](unsafeUninitializedCapacity: rows) { target, count in
      for row in 0..<rows {
        let low = UInt32(start.load(fromByteOffset: row, as: UInt8.self))
        let rest = UInt32(high.load(fromByteOffset: row, as: UInt8.self)) & mask
        let value = offset &+ (low | rest &<< 8)
        seen |= value
        target[row] = Value(truncatingIfNeeded: value)
      }
      count = rows
    }
    guard seen <= Value.max else { throw MalformedBytes("a value of a column does not fit it") }
    return values
  }

  /// A bitmap of the rows without a value, the first value, then differences as planes.
  private static func planeDeltas<Value: FixedWidthInteger & UnsignedInteger>(
    _ rows: Int, _ cursor: inout ByteCursor
  ) throws(MalformedBytes) -> [Value]? {
    let bitmap = try cursor.take((rows + 7) / 8)
    var absent = 0
    for byte in bitmap { absent += byte.nonzeroBitCount }
    // What is behind the end, or leaves no value, is for the reader that says what is wrong with it.
    let behind = rows % 8 == 0 ? 0 : bitmap.last.map { $0 >> UInt8(rows % 8) } ?? 0
    guard behind == 0, rows - absent > 1, let bits = bitmap.baseAddress else { return nil }
    let first = try cursor.zigzag()
    let base = try cursor.zigzag()
    let width = Int(try cursor.integer(UInt8.self))
    guard width >= 1, width <= 3 else { return nil }
    let deltas = rows - absent - 1
    let bytes = try cursor.take(deltas * width)
    guard cursor.remaining == 0, let start = bytes.baseAddress else { return nil }
    var seen: UInt64 = 0
    let values = [Value](unsafeUninitializedCapacity: rows) { target, count in
      var row = 0
      while isSet(bits, row) {
        target[row] = Value.max
        row += 1
      }
      var value = first
      seen = UInt64(bitPattern: value)
      target[row] = Value(truncatingIfNeeded: value)
      row += 1
      // Planes that are not there are read where another one is, and count nothing.
      let second = width > 1 ? start + deltas : start
      let third = width > 2 ? start + 2 * deltas : start
      let (secondMask, thirdMask): (Int64, Int64) = (width > 1 ? 0xFF00 : 0, width > 2 ? 0xFF_0000 : 0)
      var next = 0
      let last = deltas - 1
      while row < rows {
        // Without branches: which rows have a value cannot be guessed. A missing row reads a difference and does not add it.
        let isThere: Int64 = isSet(bits, row) ? 0 : -1
        let at = min(next, last)
        var delta = base &+ Int64(start.load(fromByteOffset: at, as: UInt8.self))
        delta &+= (Int64(second.load(fromByteOffset: at, as: UInt8.self)) &<< 8) & secondMask
        delta &+= (Int64(third.load(fromByteOffset: at, as: UInt8.self)) &<< 16) & thirdMask
        value &+= delta & isThere
        next &-= Int(isThere)
        seen |= UInt64(bitPattern: value)
        target[row] = Value(truncatingIfNeeded: value) | Value(truncatingIfNeeded: ~isThere)
        row += 1
      }
      count = rows
    }
    guard seen <= UInt64(Value.max) else { throw MalformedBytes("a value of a column does not fit it") }
    return values
  }

  @inline(__always)
  private static func isSet(_ bits: UnsafeRawPointer, _ row: Int) -> Bool {
    bits.load(fromByteOffset: row &>> 3, as: UInt8.self) &>> UInt8(truncatingIfNeeded: row & 7) & 1 != 0
  }
}
