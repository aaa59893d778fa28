/// How one column is to be written. What is not said is chosen plainly: variable numbers, a bitmap where rows are missing.
struct ColumnForm: Sendable {
  /// Encodings by their names in `formats/capture.md`.
  indirect enum Encoding: Sendable {
    case constant
    case fixed(width: Int)
    case planes(width: Int)
    case planeDeltas(width: Int)
    case packed(width: Int)
    case packedDeltas(width: Int)
    case variable
    case variableDeltas
    case dictionary(positions: Encoding)
    case runs
    /// The parameter whose column is repeated.
    case same(parameter: Int)
    case result(limit: Int64)

    var number: UInt8 {
      switch self {
      case .constant: 0
      case .fixed: 1
      case .planes: 2
      case .packed: 3
      case .packedDeltas: 4
      case .variable: 5
      case .variableDeltas: 6
      case .dictionary: 7
      case .runs: 8
      case .same: 9
      case .result: 10
      case .planeDeltas: 12
      }
    }
  }

  /// How missing rows are told.
  enum Missing: UInt8, Sendable {
    case none = 0
    case runs = 1
    case bitmap = 2
  }

  var encoding = Encoding.variable
  var missing = Missing.bitmap
  /// The values stand in the order of types.
  var isByType = false
}

extension [UInt8] {
  /// The rows that are missing, then the values of the others.
  mutating func append(_ column: [Int64?], _ form: ColumnForm) -> ColumnForm.Missing {
    let absent = column.map { $0 == nil }
    let missing: ColumnForm.Missing = absent.contains(true) ? form.missing : .none
    switch missing {
    case .none: break
    case .runs:
      var runs: [Int] = absent.first == true ? [0] : []
      var before: Bool?
      for isAbsent in absent {
        if isAbsent == before { runs[runs.count - 1] += 1 } else { runs.append(1) }
        before = isAbsent
      }
      append(varint: UInt64(runs.count))
      for run in runs { append(varint: UInt64(run)) }
    case .bitmap:
      var bits = [UInt8](repeating: 0, count: (column.count + 7) / 8)
      for (row, isAbsent) in absent.enumerated() where isAbsent { bits[row / 8] |= 1 << UInt8(row % 8) }
      append(contentsOf: bits)
    }
    append(values: column.compactMap { $0 }, form.encoding)
    return missing
  }

  /// Values in some encoding; nothing for none.
  mutating func append(values: [Int64], _ encoding: ColumnForm.Encoding) {
    guard let first = values.first else { return }
    switch encoding {
    case .constant:
      precondition(values.allSatisfy { $0 == first })
      append(zigzag: first)
    case .fixed(let width):
      let digits = appendBase(of: values, width)
      for value in digits { append(contentsOf: value) }
    case .planes(let width):
      let digits = appendBase(of: values, width)
      for plane in 0..<width { append(contentsOf: digits.map { $0[plane] }) }
    case .planeDeltas(let width):
      append(zigzag: first)
      append(values: zip(values.dropFirst(), values).map { $0 &- $1 }, .planes(width: width))
    case .packed(let width):
      for start in stride(from: 0, to: values.count, by: 128) {
        append(block: [Int64](values[start..<Swift.min(start + 128, values.count)]), width)
      }
    case .packedDeltas(let width):
      append(zigzag: first)
      append(values: zip(values.dropFirst(), values).map { $0 &- $1 }, .packed(width: width))
    case .variable:
      for value in values { append(zigzag: value) }
    case .variableDeltas:
      for (value, before) in zip(values, [0] + values) { append(zigzag: value &- before) }
    case .dictionary(let positions):
      let entries = Set(values).sorted()
      append(varint: UInt64(entries.count))
      append(zigzag: entries[0])
      for (entry, before) in zip(entries.dropFirst(), entries) { append(varint: UInt64(bitPattern: entry &- before)) }
      append(positions.number)
      append(values: values.map { value in Int64(entries.firstIndex(of: value) ?? 0) }, positions)
    case .runs:
      var runs: [(length: UInt64, value: Int64)] = []
      for value in values {
        if runs.last?.value == value { runs[runs.count - 1].length += 1 } else { runs.append((1, value)) }
      }
      append(varint: UInt64(runs.count))
      for (run, before) in zip(runs, [0] + runs.map(\.value)) {
        append(varint: run.length)
        append(zigzag: run.value &- before)
      }
    case .same: break
    case .result(let limit): append(zigzag: limit)
    }
  }

  /// Base and width; gives the low bytes of each value less the base.
  private mutating func appendBase(of values: [Int64], _ width: Int) -> [[UInt8]] {
    let base = values.min() ?? 0
    append(zigzag: base)
    append(UInt8(width))
    return values.map { value in
      var bytes: [UInt8] = []
      bytes.append(integer: value &- base)
      precondition(bytes[width...].allSatisfy { $0 == 0 })
      return Array(bytes[..<width])
    }
  }

  /// A packed block: what does not fit the width is patched in.
  private mutating func append(block values: [Int64], _ width: Int) {
    let base = values.min() ?? 0
    let offsets = values.map { UInt64(bitPattern: $0 &- base) }
    let above = offsets.map { width == 64 ? 0 : $0 >> UInt64(width) }
    append(zigzag: base)
    append(UInt8(width))
    append(UInt8(above.count { $0 != 0 }))
    var bits = [UInt8](repeating: 0, count: (values.count * width + 7) / 8)
    for (index, offset) in offsets.enumerated() {
      for bit in 0..<width where offset >> UInt64(bit) & 1 != 0 {
        bits[(index * width + bit) / 8] |= 1 << UInt8((index * width + bit) % 8)
      }
    }
    append(contentsOf: bits)
    for (position, rest) in above.enumerated() where rest != 0 {
      append(UInt8(position))
      append(varint: rest)
    }
  }
}
