import BinaryCoding

/// Reads whole columns back, distrusting every byte.
///
/// The bytes given must be followed by `BitPacking.slack` readable ones (of any value): unpacking loads eight at a time.
enum ValueReader {
  /// Fills `target` from the bytes of one column, all of which must be used.
  static func read(
    _ encoding: ColumnEncoding, _ bytes: UnsafeRawBufferPointer, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) {
    var cursor = ByteCursor(bytes)
    if !target.isEmpty { try values(encoding, &cursor, into: target, isNested: false) }
    guard cursor.remaining == 0 else { throw MalformedBytes("a column has bytes behind its last value") }
  }

  private static func values(
    _ encoding: ColumnEncoding, _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>,
    isNested: Bool
  ) throws(MalformedBytes) {
    switch encoding {
    case .constant: target.update(repeating: try cursor.zigzag())
    case .fixed: try fixed(&cursor, into: target)
    case .planes: try planes(&cursor, into: target)
    case .planeDeltas: try planeDeltas(&cursor, into: target)
    case .packed: try packed(&cursor, into: target)
    case .packedDeltas: try packedDeltas(&cursor, into: target)
    case .variable: try variable(&cursor, into: target)
    case .variableDeltas:
      try variable(&cursor, into: target)
      sum(target, from: 0)
    case .runs: try runs(&cursor, into: target)
    case .dictionary:
      if isNested { throw MalformedBytes("a dictionary stands inside a dictionary") }
      try dictionary(&cursor, into: target)
    case .same, .result, .bytes:
      throw MalformedBytes("a column of numbers has the encoding \(encoding)")
    }
  }

  private static func fixed(
    _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) {
    let base = try cursor.zigzag()
    let width = try byteWidth(&cursor)
    let bytes = try cursor.take(target.count * width)
    switch width {
    case 0: target.update(repeating: base)
    case 1: load(bytes, UInt8.self, base, target)
    case 2: load(bytes, UInt16.self, base, target)
    case 4: load(bytes, UInt32.self, base, target)
    default: load(bytes, UInt64.self, base, target)
    }
  }

  private static func planes(
    _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) {
    let base = try cursor.zigzag()
    let width = try planeCount(&cursor)
    let bytes = try cursor.take(target.count * width)
    guard let start = bytes.baseAddress, width > 0 else { return target.update(repeating: base) }
    // Few passes, of loops that the compiler makes vectors of.
    switch width {
    case 1: for index in target.indices { target[index] = base &+ plane(start, 0, index) }
    case 2: joinPlanes(start, start + target.count, base, target)
    case 3:
      let (second, third) = (start + target.count, start + 2 * target.count)
      for index in target.indices {
        let low = plane(start, 0, index) | plane(second, 8, index)
        target[index] = base &+ (low | plane(third, 16, index))
      }
    default:
      joinPlanes(start, start + target.count, base, target)
      for first in stride(from: 2, to: width, by: 2) {
        let low = start + first * target.count
        if first + 1 < width {
          addPlanes(low, low + target.count, shift: Int64(first * 8), target)
        } else {
          for index in target.indices { target[index] = target[index] &+ plane(low, Int64(first * 8), index) }
        }
      }
    }
  }

  @inline(__always)
  private static func plane(_ start: UnsafeRawPointer, _ shift: Int64, _ index: Int) -> Int64 {
    Int64(truncatingIfNeeded: start.load(fromByteOffset: index, as: UInt8.self)) &<< shift
  }

  private static func joinPlanes(
    _ low: UnsafeRawPointer, _ high: UnsafeRawPointer, _ base: Int64,
    _ target: UnsafeMutableBufferPointer<Int64>
  ) {
    for index in target.indices { target[index] = base &+ (plane(low, 0, index) | plane(high, 8, index)) }
  }

  /// Most values of a column of many planes are small: where a stretch of both planes is zero, it is passed over.
  private static func addPlanes(
    _ low: UnsafeRawPointer, _ high: UnsafeRawPointer, shift: Int64, _ target: UnsafeMutableBufferPointer<Int64>
  ) {
    var start = 0
    while start < target.count {
      let end = min(start &+ zeroStretch, target.count)
      var seen: UInt8 = 0
      for index in start..<end {
        seen |= low.load(fromByteOffset: index, as: UInt8.self) | high.load(fromByteOffset: index, as: UInt8.self)
      }
      if seen != 0 {
        for index in start..<end {
          target[index] = target[index] &+ ((plane(low, 0, index) | plane(high, 8, index)) &<< shift)
        }
      }
      start = end
    }
  }

  private static let zeroStretch = 64

  private static func planeDeltas(
    _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) {
    target[0] = try cursor.zigzag()
    if target.count == 1 { return }
    let rest = UnsafeMutableBufferPointer(rebasing: target[1...])
    try planes(&cursor, into: rest)
    sum(rest, from: target[0])
  }

  /// How many planes a column has.
  static func planeCount(_ cursor: inout ByteCursor) throws(MalformedBytes) -> Int {
    let width = Int(try cursor.integer(UInt8.self))
    guard width <= 8 else { throw MalformedBytes("a column has values of \(width) bytes", at: cursor.offset) }
    return width
  }

  /// How many bytes each value has.
  static func byteWidth(_ cursor: inout ByteCursor) throws(MalformedBytes) -> Int {
    let width = try cursor.integer(UInt8.self)
    switch width {
    case 0, 1, 2, 4, 8: return Int(width)
    default: throw MalformedBytes("a column has values of \(width) bytes", at: cursor.offset)
    }
  }

  @inline(__always)
  private static func load<Value: FixedWidthInteger & UnsignedInteger>(
    _ bytes: UnsafeRawBufferPointer, _ type: Value.Type, _ base: Int64, _ target: UnsafeMutableBufferPointer<Int64>
  ) {
    guard let start = bytes.baseAddress else { return }
    for index in target.indices {
      let value = start.loadUnaligned(fromByteOffset: index &* MemoryLayout<Value>.size, as: Value.self)
      target[index] = base &+ Int64(truncatingIfNeeded: Value(littleEndian: value))
    }
  }

  private static func packed(
    _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) {
    var start = 0
    while start < target.count {
      let end = min(start + packedBlock, target.count)
      try block(&cursor, into: UnsafeMutableBufferPointer(rebasing: target[start..<end]))
      start = end
    }
  }

  private static func packedDeltas(
    _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) {
    target[0] = try cursor.zigzag()
    let rest = UnsafeMutableBufferPointer(rebasing: target[1...])
    try packed(&cursor, into: rest)
    sum(rest, from: target[0])
  }

  /// One block; drawn at `BlockPacker`.
  private static func block(
    _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) {
    let block = try PackedBlock(&cursor, count: target.count)
    block.unpack(into: target)
    try block.forEachPatch(&cursor) { position, high in target[position] = target[position] &+ high }
  }

  private static func variable(
    _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) {
    let bytes = cursor.bytes
    var offset = cursor.offset
    for index in target.indices {
      if offset < bytes.count, bytes[offset] < 0x80 {
        target[index] = VariableLength.unzigzag(UInt64(bytes[offset]))
        offset += 1
        continue
      }
      if offset + 1 < bytes.count, bytes[offset + 1] < 0x80 {
        target[index] = VariableLength.unzigzag(UInt64(bytes[offset] & 0x7F) | UInt64(bytes[offset + 1]) &<< 7)
        offset += 2
        continue
      }
      guard let (value, length) = VariableLength.read(bytes, at: offset) else {
        throw MalformedBytes("a number of variable length does not end or is too long", at: offset)
      }
      target[index] = VariableLength.unzigzag(value)
      offset += length
    }
    _ = try cursor.take(offset - cursor.offset)
  }

  private static func runs(
    _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) {
    let runs = try cursor.count(upTo: target.count, "the number of runs")
    var start = 0
    var value: Int64 = 0
    for _ in 0..<runs {
      let length = try cursor.count(upTo: target.count - start, "the length of a run")
      value = value &+ (try cursor.zigzag())
      UnsafeMutableBufferPointer(rebasing: target[start..<start + length]).update(repeating: value)
      start += length
    }
    guard start == target.count else { throw MalformedBytes("the runs of a column end early", at: cursor.offset) }
  }

  /// The values of a dictionary, one at least, and how the positions in it stand behind them.
  static func dictionaryHead(
    _ cursor: inout ByteCursor
  ) throws(MalformedBytes) -> (values: [Int64], nested: ColumnEncoding) {
    let count = try cursor.count(upTo: ValueDictionary.mostValues, "the size of a dictionary")
    guard count > 0, count <= cursor.remaining else { throw MalformedBytes("a dictionary is cut off") }
    var values: [Int64] = []
    values.reserveCapacity(count)
    var value: Int64 = 0
    for index in 0..<count {
      if index == 0 { value = try cursor.zigzag() } else { value = value &+ Int64(bitPattern: try cursor.varint()) }
      values.append(value)
    }
    let number = try cursor.integer(UInt8.self)
    guard let nested = ColumnEncoding(rawValue: number) else {
      throw MalformedBytes("the positions of a dictionary have the unknown encoding \(number)", at: cursor.offset)
    }
    return (values, nested)
  }

  private static func dictionary(
    _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) {
    let (values, nested) = try dictionaryHead(&cursor)
    if nested == .fixed, try bytePositions(of: values, &cursor, into: target) { return }
    try self.values(nested, &cursor, into: target, isNested: true)
    // One pass: what is outside is noticed on the way and looked up somewhere inside.
    var isOutside = false
    values.withUnsafeBufferPointer { values in
      let last = UInt64(values.count - 1)
      for index in target.indices {
        let position = UInt64(bitPattern: target[index])
        if position > last { isOutside = true }
        target[index] = values[Int(truncatingIfNeeded: min(position, last))]
      }
    }
    if isOutside { throw MalformedBytes("a position is outside its dictionary") }
  }

  /// Positions of one byte each, which most dictionaries have: looked up while they are read. False, with nothing read, when
  /// they are something else.
  private static func bytePositions(
    of values: [Int64], _ cursor: inout ByteCursor, into target: UnsafeMutableBufferPointer<Int64>
  ) throws(MalformedBytes) -> Bool {
    var ahead = cursor
    let base = try ahead.zigzag()
    guard try ahead.integer(UInt8.self) == 1, base >= 0, base < 256 else { return false }
    let bytes = try ahead.take(target.count)
    guard let start = bytes.baseAddress else { return false }
    var greatest: UInt8 = 0
    for byte in bytes { greatest = max(greatest, byte) }
    guard Int(base) + Int(greatest) < values.count else { throw MalformedBytes("a position is outside its dictionary") }
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: 256) { table in
      // Whatever a byte says, it is inside of the table.
      for position in 0..<256 {
        table[position] = Int(base) + position < values.count ? values[Int(base) + position] : 0
      }
      for index in target.indices { target[index] = table[Int(start.load(fromByteOffset: index, as: UInt8.self))] }
    }
    cursor = ahead
    return true
  }

  private static func sum(_ target: UnsafeMutableBufferPointer<Int64>, from first: Int64) {
    var value = first
    for index in target.indices {
      value = value &+ target[index]
      target[index] = value
    }
  }
}
