import BinaryCoding
import EventBatch

/// Reads single values of a column whose form says where each of them stands: of a chunk of which a question left a few events,
/// the others are not unpacked.
enum SparseReader {
  /// The values of some rows of a column, `EventBatch.missing` where there is none.
  ///
  /// - Parameter places: the rows, in any order, each less than the column's.
  /// - Returns: `nil` when a value depends on those before it: such a column is read whole.
  /// - Throws: when the bytes are not those of a column; values that are not asked for are not looked at.
  static func read(
    _ entry: ColumnDirectory.Entry, _ bytes: UnsafeRawBufferPointer, at places: [UInt32]
  ) throws(MalformedBytes) -> [Int64]? {
    guard entry.rows > 0, isKnown(entry.encoding), entry.missing != .runs else { return nil }
    var cursor = ByteCursor(bytes)
    if entry.missing == .none {
      let values = try values(entry.encoding, &cursor, rows: entry.rows, at: places)
      guard cursor.remaining == 0 || values == nil else {
        throw MalformedBytes("a column has bytes behind its last value")
      }
      return values
    }
    let bits = try cursor.take((entry.rows + 7) / 8)
    let behind = entry.rows % 8 == 0 ? 0 : bits.last.map { $0 >> UInt8(entry.rows % 8) } ?? 0
    let bitmap = MissingBits(bits)
    // What has bits behind its end, or no value, is for the reader that says what is wrong with it.
    guard behind == 0, bitmap.count < entry.rows else { return nil }
    // Missing rows have no place of their own: that of another value is read and not taken.
    var present: [UInt32] = []
    present.reserveCapacity(places.count)
    for place in places { present.append(bitmap.isMissing(place) ? 0 : place - bitmap.missing(before: place)) }
    guard var values = try values(entry.encoding, &cursor, rows: entry.rows - bitmap.count, at: present) else {
      return nil
    }
    guard cursor.remaining == 0 else { throw MalformedBytes("a column has bytes behind its last value") }
    for (index, place) in places.enumerated() where bitmap.isMissing(place) { values[index] = EventBatch.missing }
    return values
  }

  private static func isKnown(_ encoding: ColumnEncoding) -> Bool {
    switch encoding {
    case .constant, .fixed, .planes, .packed, .dictionary: true
    case .packedDeltas, .variable, .variableDeltas, .runs, .same, .result, .bytes, .planeDeltas: false
    }
  }

  private static func values(
    _ encoding: ColumnEncoding, _ cursor: inout ByteCursor, rows: Int, at places: [UInt32], isNested: Bool = false
  ) throws(MalformedBytes) -> [Int64]? {
    guard places.allSatisfy({ Int($0) < rows }) else { return nil }
    switch encoding {
    case .constant: return [Int64](repeating: try cursor.zigzag(), count: places.count)
    case .fixed:
      let base = try cursor.zigzag()
      let width = try ValueReader.byteWidth(&cursor)
      let bytes = try cursor.take(rows * width)
      // Slack stands behind the bytes, so that eight of them are loaded whatever the width.
      return picked(places, base, width) { place in load(bytes, place * width) }
    case .planes:
      let base = try cursor.zigzag()
      let width = try ValueReader.planeCount(&cursor)
      let bytes = try cursor.take(rows * width)
      return picked(places, base, 8) { place in
        var value: UInt64 = 0
        for plane in 0..<width { value |= UInt64(bytes[plane * rows + place]) &<< UInt64(plane * 8) }
        return value
      }
    case .packed: return try packed(&cursor, rows: rows, at: places)
    case .dictionary:
      if isNested { throw MalformedBytes("a dictionary stands inside a dictionary") }
      let (values, nested) = try ValueReader.dictionaryHead(&cursor)
      guard let positions = try self.values(nested, &cursor, rows: rows, at: places, isNested: true) else { return nil }
      var found: [Int64] = []
      found.reserveCapacity(places.count)
      for position in positions {
        guard position >= 0, position < Int64(values.count) else {
          throw MalformedBytes("a position is outside its dictionary")
        }
        found.append(values[Int(position)])
      }
      return found
    default: return nil
    }
  }

  /// Differences of so many bytes to a base.
  @inline(__always)
  private static func picked(
    _ places: [UInt32], _ base: Int64, _ width: Int, _ value: (Int) -> UInt64
  ) -> [Int64] {
    let mask = width >= 8 ? UInt64.max : (UInt64(1) &<< UInt64(width * 8)) &- 1
    return places.map { base &+ Int64(bitPattern: value(Int($0)) & mask) }
  }

  @inline(__always)
  private static func load(_ bytes: UnsafeRawBufferPointer, _ offset: Int) -> UInt64 {
    guard let start = bytes.baseAddress else { return 0 }
    return UInt64(littleEndian: start.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
  }

  /// Where blocks stand is known once the heads of those before were read; of their values only those asked for are unpacked.
  private static func packed(
    _ cursor: inout ByteCursor, rows: Int, at places: [UInt32]
  ) throws(MalformedBytes) -> [Int64] {
    var blocks: [PackedBlock] = []
    blocks.reserveCapacity((rows + packedBlock - 1) / packedBlock)
    for start in stride(from: 0, to: rows, by: packedBlock) {
      let block = try PackedBlock(&cursor, count: min(packedBlock, rows - start))
      try block.forEachPatch(&cursor) { _, _ in }
      blocks.append(block)
    }
    var values: [Int64] = []
    values.reserveCapacity(places.count)
    for place in places {
      let block = blocks[Int(place) / packedBlock]
      let index = Int(place) % packedBlock
      var value = block.value(at: index)
      if block.patches > 0 {
        var patches = ByteCursor(block.rest)
        try block.forEachPatch(&patches) { position, high in if position == index { value = value &+ high } }
      }
      values.append(value)
    }
    return values
  }
}

/// The head and the bits of a packed block; drawn at `BlockPacker`.
struct PackedBlock {
  let base: Int64
  let width: Int
  let patches: Int
  /// What stands behind the bits: the patches first.
  let rest: UnsafeRawBufferPointer
  private let count: Int
  private let bits: UnsafeRawBufferPointer

  init(_ cursor: inout ByteCursor, count: Int) throws(MalformedBytes) {
    base = try cursor.zigzag()
    width = Int(try cursor.integer(UInt8.self))
    patches = Int(try cursor.integer(UInt8.self))
    guard width <= 56 || width == 64, patches <= count, width < 64 || patches == 0 else {
      throw MalformedBytes("a packed block has \(width) bits a value and \(patches) patches", at: cursor.offset)
    }
    bits = try cursor.take(BitPacking.byteCount(count, width: width))
    rest = UnsafeRawBufferPointer(rebasing: cursor.bytes[cursor.offset...])
    self.count = count
  }

  /// All values without the patches.
  func unpack(into target: UnsafeMutableBufferPointer<Int64>) {
    if let source = bits.baseAddress {
      BitPacking.unpack(source, width: width, adding: base, to: target)
    } else {
      target.update(repeating: base)
    }
  }

  /// A value without its patches.
  func value(at index: Int) -> Int64 {
    guard let source = bits.baseAddress, width > 0 else { return base }
    let bit = index &* width
    let word = UInt64(littleEndian: source.loadUnaligned(fromByteOffset: bit &>> 3, as: UInt64.self))
    let mask = width == 64 ? UInt64.max : (UInt64(1) &<< UInt64(width)) &- 1
    return base &+ Int64(bitPattern: (word &>> UInt64(bit & 7)) & mask)
  }

  /// Reads the patches: which value each belongs to, and what is added to it.
  @inline(__always)
  func forEachPatch(_ cursor: inout ByteCursor, _ body: (Int, Int64) -> Void) throws(MalformedBytes) {
    for _ in 0..<patches {
      let position = Int(try cursor.integer(UInt8.self))
      let high = try cursor.varint()
      guard position < count else { throw MalformedBytes("a patch is outside its block", at: cursor.offset) }
      body(position, Int64(bitPattern: high &<< UInt64(width)))
    }
  }
}

/// A bitmap of rows without a value, and how many there are in front of each.
private struct MissingBits {
  private let bits: UnsafeRawBufferPointer
  /// How many rows without a value stand in front of each eighth byte.
  private var before: [UInt32] = []
  /// How many there are in all.
  let count: Int

  init(_ bits: UnsafeRawBufferPointer) {
    self.bits = bits
    before.reserveCapacity(bits.count / 8 + 1)
    var sum: UInt32 = 0
    for start in stride(from: 0, to: bits.count, by: 8) {
      before.append(sum)
      for byte in bits[start..<min(start + 8, bits.count)] { sum &+= UInt32(byte.nonzeroBitCount) }
    }
    count = Int(sum)
  }

  func isMissing(_ row: UInt32) -> Bool { bits[Int(row >> 3)] >> UInt8(row & 7) & 1 == 1 }

  func missing(before row: UInt32) -> UInt32 {
    var sum = before[Int(row >> 6)]
    for byte in bits[Int(row >> 6) * 8..<Int(row >> 3)] { sum += UInt32(byte.nonzeroBitCount) }
    return sum + UInt32((bits[Int(row >> 3)] & ((1 << UInt8(row & 7)) - 1)).nonzeroBitCount)
  }
}
