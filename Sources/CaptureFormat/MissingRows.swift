import BinaryCoding

/// Which rows of a column hold no value, in front of the column's values.
///
///     runs      number of runs | lengths of runs: with value, without, with, … (only the first may be 0)
///     bitmap    ⌈rows / 8⌉ bytes, the lowest bit first, set where the value is missing; unused bits are 0
enum MissingRowsCoding {
  /// Writes ascending rows the shorter way.
  static func write(_ missing: [UInt32], rows: Int, into output: inout ByteBuffer) -> MissingRows {
    missing.withUnsafeBufferPointer { write($0, rows: rows, into: &output) }
  }

  /// Writes ascending rows the shorter way.
  static func write(_ missing: UnsafeBufferPointer<UInt32>, rows: Int, into output: inout ByteBuffer) -> MissingRows {
    if missing.isEmpty { return .none }
    let bitmapBytes = (rows + 7) / 8
    var count = 0
    var size = 0
    // A run takes a byte at least: more than the bitmap has need not be counted to their end.
    eachRun(missing, rows: rows) { length in
      count += 1
      size += VariableLength.length(UInt64(length))
      return size <= bitmapBytes
    }
    if size <= bitmapBytes {
      output.append(varint: UInt64(count))
      eachRun(missing, rows: rows) { length in
        output.append(varint: UInt64(length))
        return true
      }
      return .runs
    }
    let bits = output.reserve(bitmapBytes).assumingMemoryBound(to: UInt8.self)
    bits.update(repeating: 0, count: bitmapBytes)
    for row in missing { bits[Int(row &>> 3)] |= 1 &<< UInt8(truncatingIfNeeded: row & 7) }
    output.advance(bitmapBytes)
    return .bitmap
  }

  /// The lengths of runs of rows with, without, with … a value, until `take` says that it is enough.
  @inline(__always)
  private static func eachRun(_ missing: UnsafeBufferPointer<UInt32>, rows: Int, _ take: (Int) -> Bool) {
    var position = 0
    var index = 0
    while index < missing.count {
      let start = Int(missing[index])
      if !take(start - position) { return }
      var end = start
      while index < missing.count, Int(missing[index]) == end {
        end += 1
        index += 1
      }
      if !take(end - start) { return }
      position = end
    }
    if position < rows { _ = take(rows - position) }
  }

  /// Reads ascending rows below `rows`.
  static func read(_ kind: MissingRows, rows: Int, _ cursor: inout ByteCursor) throws(MalformedBytes) -> [UInt32] {
    var missing: [UInt32] = []
    switch kind {
    case .none: return []
    case .runs:
      var position = 0
      let runs = try cursor.count(upTo: cursor.remaining, "the number of runs of missing rows")
      for run in 0..<runs {
        let length = try cursor.count(upTo: rows - position, "a run of missing rows")
        guard length > 0 || run == 0 else { throw MalformedBytes("a run of missing rows is empty", at: cursor.offset) }
        if run % 2 == 1 { missing.append(contentsOf: UInt32(position)..<UInt32(position + length)) }
        position += length
      }
      guard position == rows else { throw MalformedBytes("the runs of missing rows end early", at: cursor.offset) }
    case .bitmap:
      let bits = try cursor.take((rows + 7) / 8)
      missing = [UInt32](unsafeUninitializedCapacity: bits.count * 8) { target, count in
        for (index, byte) in bits.enumerated() {
          var left = byte
          while left != 0 {
            target[count] = UInt32(truncatingIfNeeded: index &* 8 &+ left.trailingZeroBitCount)
            count += 1
            left &= left &- 1
          }
        }
      }
      if rows % 8 != 0, let last = bits.last, last >> UInt8(rows % 8) != 0 {
        throw MalformedBytes("a bitmap of missing rows has bits behind its end", at: cursor.offset)
      }
    }
    return missing
  }

  /// Takes missing rows out of a column.
  static func remove(_ missing: [UInt32], from values: inout [Int64]) {
    let kept = values.withUnsafeMutableBufferPointer { values in
      missing.withUnsafeBufferPointer { remove($0, from: values) }
    }
    values.removeLast(values.count - kept)
  }

  /// Takes missing rows out of a column.
  /// - Returns: how many values are left, at the front.
  static func remove(
    _ missing: UnsafeBufferPointer<UInt32>, from values: UnsafeMutableBufferPointer<Int64>
  ) -> Int {
    var kept = 0
    var row = 0
    for next in missing {
      while row < Int(next) {
        values[kept] = values[row]
        kept &+= 1
        row &+= 1
      }
      row &+= 1
    }
    while row < values.count {
      values[kept] = values[row]
      kept &+= 1
      row &+= 1
    }
    return kept
  }

  /// Puts a filler back where rows are missing. `values` holds the others in its front part.
  static func spread<Value>(_ missing: [UInt32], filler: Value, in values: UnsafeMutableBufferPointer<Value>) {
    missing.withUnsafeBufferPointer { missing in
      // From the back, so that nothing is overwritten that is still to be moved.
      var from = values.count - missing.count
      var row = values.count
      for index in missing.indices.reversed() {
        let next = Int(missing[index])
        while row > next + 1 {
          row &-= 1
          from &-= 1
          values[row] = values[from]
        }
        row = next
        values[row] = filler
      }
    }
  }
}
