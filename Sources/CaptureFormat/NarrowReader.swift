import BinaryCoding

/// Reads columns of small numbers without making 64 bits of each first: half of what a question about types and objects does
/// is to read them. Only the forms that recorders choose for such columns; `ValueReader` reads all of them.
enum NarrowReader {
  /// The values of a column of planes, of differences in planes, of one value, or of many forms where the rows without a value
  /// stand in a bitmap; `nil` when the column has another form.
  ///
  /// - Parameters:
  ///   - missing: what stands for a missing value, the greatest number; `nil` when none may be missing.
  /// - Throws: as `ValueReader`, and when a value does not fit.
  static func read<Value: FixedWidthInteger & UnsignedInteger>(
    _ entry: ColumnDirectory.Entry, _ bytes: UnsafeRawBufferPointer, missing: Value?
  ) throws(MalformedBytes) -> [Value]? {
    var cursor = ByteCursor(bytes)
    switch (entry.encoding, entry.missing) {
    case (.constant, .none): return try constant(entry.rows, &cursor)
    case (.constant, .runs):
      guard let missing else { return nil }
      return try spread(entry, missing, &cursor) { (rows, cursor) throws(MalformedBytes) in try constant(rows, &cursor)
      }
    case (.planes, .none): return try planes(entry.rows, &cursor)
    case (.planes, .runs):
      guard let missing else { return nil }
      return try spread(entry, missing, &cursor) { (rows, cursor) throws(MalformedBytes) in try planes(rows, &cursor) }
    case (.planeDeltas, .bitmap):
      guard missing == Value.max else { return nil }
      return try planeDeltas(entry.rows, &cursor)
    case (.planeDeltas, .none): return try presentDeltas(entry.rows, &cursor)
    case (.planeDeltas, .runs):
      guard let missing else { return nil }
      return try spread(entry, missing, &cursor) { (rows, cursor) throws(MalformedBytes) in
        try presentDeltas(rows, &cursor)
      }
    case (.dictionary, .bitmap), (.packed, .bitmap), (.packedDeltas, .bitmap), (.variable, .bitmap):
      guard missing == Value.max else { return nil }
      return try spread(entry, &cursor)
    default: return nil
    }
  }

  /// A bitmap of the rows without a value, then the others in whatever form: unpacked, and spread to their rows in one step.
  private static func spread<Value: FixedWidthInteger & UnsignedInteger>(
    _ entry: ColumnDirectory.Entry, _ cursor: inout ByteCursor
  ) throws(MalformedBytes) -> [Value]? {
    let rows = entry.rows
    guard let (bits, absent) = try bitmap(rows, &cursor) else { return nil }
    let rest = try cursor.take(cursor.remaining)
    let kept = rows - absent
    var failure: MalformedBytes?
    // One more, which is read where rows at the end have no value.
    let present = [Int64](unsafeUninitializedCapacity: kept + 1) { target, count in
      do throws(MalformedBytes) {
        try ValueReader.read(entry.encoding, rest, into: UnsafeMutableBufferPointer(rebasing: target[..<kept]))
        target[kept] = 0
        count = kept + 1
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    var seen: UInt64 = 0
    let values = [Value](unsafeUninitializedCapacity: rows) { target, count in
      present.withUnsafeBufferPointer { present in
        var next = 0
        for row in 0..<rows {
          // Without branches: which rows have a value cannot be guessed.
          let isMissing: Int64 = isSet(bits, row) ? -1 : 0
          let value = present[next]
          seen |= UInt64(bitPattern: value)
          target[row] = Value(truncatingIfNeeded: value | isMissing)
          next &+= Int(1 &+ isMissing)
        }
      }
      count = rows
    }
    guard seen <= UInt64(Value.max) else { throw MalformedBytes("a value of a column does not fit it") }
    return values
  }

  /// A bitmap of rows without a value, and how many there are. `nil` for what the reader of all forms says what is wrong with
  /// it: bits behind the end, or no value at all.
  private static func bitmap(
    _ rows: Int, _ cursor: inout ByteCursor
  ) throws(MalformedBytes) -> (bits: UnsafeRawPointer, absent: Int)? {
    let bitmap = try cursor.take((rows + 7) / 8)
    var absent = 0
    for byte in bitmap { absent += byte.nonzeroBitCount }
    let behind = rows % 8 == 0 ? 0 : bitmap.last.map { $0 >> UInt8(rows % 8) } ?? 0
    guard behind == 0, rows - absent > 1, let bits = bitmap.baseAddress else { return nil }
    return (bits, absent)
  }

  private static func constant<Value: FixedWidthInteger & UnsignedInteger>(
    _ rows: Int, _ cursor: inout ByteCursor
  ) throws(MalformedBytes) -> [Value]? {
    guard rows > 0 else { return nil }
    let value = try cursor.zigzag()
    guard cursor.remaining == 0 else { return nil }
    guard let narrow = Value(exactly: value) else { throw MalformedBytes("a value of a column does not fit it") }
    return [Value](repeating: narrow, count: rows)
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

  /// Runs of the rows with and without a value in turn, then the values that there are.
  private static func spread<Value: FixedWidthInteger & UnsignedInteger>(
    _ entry: ColumnDirectory.Entry, _ missing: Value, _ cursor: inout ByteCursor,
    _ read: (Int, inout ByteCursor) throws(MalformedBytes) -> [Value]?
  ) throws(MalformedBytes) -> [Value]? {
    let rows = try MissingRowsCoding.read(.runs, rows: entry.rows, &cursor)
    guard var values = try read(entry.rows - rows.count, &cursor) else { return nil }
    if rows.isEmpty { return values }
    values.append(contentsOf: repeatElement(missing, count: rows.count))
    values.withUnsafeMutableBufferPointer { MissingRowsCoding.spread(rows, filler: missing, in: $0) }
    return values
  }

  /// The first value, then differences as planes; no row is without a value.
  private static func presentDeltas<Value: FixedWidthInteger & UnsignedInteger>(
    _ rows: Int, _ cursor: inout ByteCursor
  ) throws(MalformedBytes) -> [Value]? {
    guard rows > 1 else { return nil }
    let first = try cursor.zigzag()
    let base = try cursor.zigzag()
    let width = Int(try cursor.integer(UInt8.self))
    guard width >= 1, width <= 3 else { return nil }
    let deltas = rows - 1
    let bytes = try cursor.take(deltas * width)
    guard cursor.remaining == 0, let start = bytes.baseAddress else { return nil }
    // Planes that are not there are read where another one is, and count nothing.
    let second = width > 1 ? start + deltas : start
    let third = width > 2 ? start + 2 * deltas : start
    let (secondMask, thirdMask): (Int64, Int64) = (width > 1 ? 0xFF00 : 0, width > 2 ? 0xFF_0000 : 0)
    var value = first
    var seen = UInt64(bitPattern: value)
    let values = [Value](unsafeUninitializedCapacity: rows) { target, count in
      target[0] = Value(truncatingIfNeeded: value)
      for index in 0..<deltas {
        var delta = base &+ Int64(start.load(fromByteOffset: index, as: UInt8.self))
        delta &+= (Int64(second.load(fromByteOffset: index, as: UInt8.self)) &<< 8) & secondMask
        delta &+= (Int64(third.load(fromByteOffset: index, as: UInt8.self)) &<< 16) & thirdMask
        value &+= delta
        seen |= UInt64(bitPattern: value)
        target[index &+ 1] = Value(truncatingIfNeeded: value)
      }
      count = rows
    }
    guard seen <= UInt64(Value.max) else { throw MalformedBytes("a value of a column does not fit it") }
    return values
  }

  /// A bitmap of the rows without a value, the first value, then differences as planes.
  private static func planeDeltas<Value: FixedWidthInteger & UnsignedInteger>(
    _ rows: Int, _ cursor: inout ByteCursor
  ) throws(MalformedBytes) -> [Value]? {
    guard let (bits, absent) = try bitmap(rows, &cursor) else { return nil }
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
