import BinaryCoding

/// Which rows of a column hold no value, in front of the column's values.
///
///     runs      number of runs | lengths of runs: with value, without, with, … (only the first may be 0)
///     bitmap    ⌈rows / 8⌉ bytes, the lowest bit first, set where the value is missing; unused bits are 0
enum MissingRowsCoding {
  /// Writes ascending rows the shorter way.
  static func write(_ missing: [UInt32], rows: Int, into output: inout ByteBuffer) -> MissingRows {
    if missing.isEmpty { return .none }
    var runs: [Int] = []
    var position = 0
    var index = 0
    while index < missing.count {
      let start = Int(missing[index])
      runs.append(start - position)
      var end = start
      while index < missing.count, Int(missing[index]) == end {
        end += 1
        index += 1
      }
      runs.append(end - start)
      position = end
    }
    if position < rows { runs.append(rows - position) }
    if runs.reduce(0, { $0 + VariableLength.length(UInt64($1)) }) <= (rows + 7) / 8 {
      output.append(varint: UInt64(runs.count))
      for run in runs { output.append(varint: UInt64(run)) }
      return .runs
    }
    var bits = [UInt8](repeating: 0, count: (rows + 7) / 8)
    for row in missing { bits[Int(row) / 8] |= 1 << UInt8(row % 8) }
    output.append(contentsOf: bits)
    return .bitmap
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
      for row in 0..<rows where bits[row / 8] & (1 << UInt8(row % 8)) != 0 { missing.append(UInt32(row)) }
      if rows % 8 != 0, let last = bits.last, last >> UInt8(rows % 8) != 0 {
        throw MalformedBytes("a bitmap of missing rows has bits behind its end", at: cursor.offset)
      }
    }
    return missing
  }

  /// Takes missing rows out of a column.
  static func remove(_ missing: [UInt32], from values: inout [Int64]) {
    var kept = 0
    var next = 0
    for row in values.indices {
      if next < missing.count, Int(missing[next]) == row {
        next += 1
        continue
      }
      values[kept] = values[row]
      kept += 1
    }
    values.removeLast(values.count - kept)
  }

  /// Puts a filler back where rows are missing. `values` holds the others in its front part.
  static func spread(_ missing: [UInt32], filler: Int64, in values: UnsafeMutableBufferPointer<Int64>) {
    var next = missing.count
    var from = values.count - missing.count
    var row = values.count
    while row > 0, next > 0 {
      row -= 1
      if Int(missing[next - 1]) == row {
        values[row] = filler
        next -= 1
      } else {
        from -= 1
        values[row] = values[from]
      }
    }
  }
}
