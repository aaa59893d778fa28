import BinaryCoding

/// Writes whole columns in one given encoding. The bytes are drawn in `formats/capture.md`, "Column encodings".
enum ValueWriter {
  /// `base` zigzag | `width` u8 (0, 1, 2, 4, 8) | each value minus base in `width` bytes
  static func fixed(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    let (base, span) = range(values)
    fixed(values, from: base, span: span, into: &output)
  }

  /// As `fixed`, of values whose least and distance to the greatest are known.
  static func fixed<Value: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<Value>, from base: Int64, span: UInt64, into output: inout ByteBuffer
  ) {
    let width = span == 0 ? 0 : span < 1 << 8 ? 1 : span < 1 << 16 ? 2 : span < 1 << 32 ? 4 : 8
    output.append(zigzag: base)
    output.append(UInt8(width))
    let target = output.reserve(values.count * width)
    switch width {
    case 0: break
    case 1: store(values, base, as: UInt8.self, to: target)
    case 2: store(values, base, as: UInt16.self, to: target)
    case 4: store(values, base, as: UInt32.self, to: target)
    default: store(values, base, as: UInt64.self, to: target)
    }
    output.advance(values.count * width)
  }

  /// `base` zigzag | `width` u8 (0 to 8) | byte 0 of each value minus base, then byte 1 of each, …
  static func planes(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    let (base, span) = range(values)
    // No byte for a span of nothing, else as many as its highest bit needs.
    let width = (71 - span.leadingZeroBitCount) / 8
    output.append(zigzag: base)
    output.append(UInt8(width))
    let target = output.reserve(values.count * width)
    let bytes = target.assumingMemoryBound(to: UInt8.self)
    let count = values.count
    var plane = 0
    // Three planes a pass: reading the values, eight times as many bytes as a plane has, is what costs.
    while plane + 3 <= width {
      let (first, second, third) = (bytes + plane * count, bytes + (plane + 1) * count, bytes + (plane + 2) * count)
      for index in 0..<count {
        let offset = UInt64(bitPattern: values[index] &- base) &>> UInt64(8 * plane)
        first[index] = UInt8(truncatingIfNeeded: offset)
        second[index] = UInt8(truncatingIfNeeded: offset &>> 8)
        third[index] = UInt8(truncatingIfNeeded: offset &>> 16)
      }
      plane += 3
    }
    while plane < width {
      let first = bytes + plane * count
      for index in 0..<count {
        first[index] = UInt8(truncatingIfNeeded: UInt64(bitPattern: values[index] &- base) &>> UInt64(8 * plane))
      }
      plane += 1
    }
    output.advance(values.count * width)
  }

  /// The first value (zigzag), then the differences from value to value as `planes`.
  static func planeDeltas(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    output.append(zigzag: values[0])
    if values.count == 1 { return }
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: values.count - 1) { deltas in
      for index in deltas.indices { deltas[index] = values[index + 1] &- values[index] }
      planes(UnsafeBufferPointer(deltas), into: &output)
    }
  }

  /// Each value as a zigzag number of variable length.
  static func variable(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    let target = output.reserve(values.count * VariableLength.longest)
    var offset = 0
    for value in values { offset += VariableLength.write(VariableLength.zigzag(value), to: target + offset) }
    output.advance(offset)
  }

  /// Each value's difference to the one before it (the first: to 0) as a zigzag number of variable length.
  static func variableDeltas(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    let target = output.reserve(values.count * VariableLength.longest)
    var offset = 0
    var before: Int64 = 0
    for value in values {
      offset += VariableLength.write(VariableLength.zigzag(value &- before), to: target + offset)
      before = value
    }
    output.advance(offset)
  }

  /// Number of runs | for each: length, difference of its value to that of the run before (zigzag)
  static func runs(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    var runs = 1
    var index = 1
    while index < values.count {
      if values[index] != values[index - 1] { runs += 1 }
      index += 1
    }
    output.append(varint: UInt64(runs))
    var start = 0
    var before: Int64 = 0
    while start < values.count {
      var end = start + 1
      while end < values.count, values[end] == values[start] { end += 1 }
      output.append(varint: UInt64(end - start))
      output.append(zigzag: values[start] &- before)
      before = values[start]
      start = end
    }
  }

  /// Blocks of 128 values.
  static func packed<Value: FixedWidthInteger>(_ values: UnsafeBufferPointer<Value>, into output: inout ByteBuffer) {
    var packer = BlockPacker()
    var start = 0
    while start < values.count {
      let count = min(packedBlock, values.count - start)
      let offsets = packer.offsets.room(count)
      for index in 0..<count { offsets[index] = Int64(truncatingIfNeeded: values[start + index]) }
      packer.write(offsets, into: &output)
      start += count
    }
  }

  /// The first value (zigzag), then the differences from value to value in blocks of 128.
  static func packedDeltas(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    output.append(zigzag: values[0])
    var packer = BlockPacker()
    var start = 1
    while start < values.count {
      let count = min(packedBlock, values.count - start)
      let offsets = packer.offsets.room(count)
      for index in 0..<count { offsets[index] = values[start + index] &- values[start + index - 1] }
      packer.write(offsets, into: &output)
      start += count
    }
  }

  /// The least value, and how far the greatest is from it.
  private static func range(_ values: UnsafeBufferPointer<Int64>) -> (base: Int64, span: UInt64) {
    var least = Int64.max
    var greatest = Int64.min
    for value in values {
      least = min(least, value)
      greatest = max(greatest, value)
    }
    return (least, UInt64(bitPattern: greatest &- least))
  }

  @inline(__always)
  private static func store<Value: FixedWidthInteger, Stored: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<Value>, _ base: Int64, as type: Stored.Type, to target: UnsafeMutableRawPointer
  ) {
    for index in values.indices {
      target.storeBytes(
        of: Stored(truncatingIfNeeded: Int64(truncatingIfNeeded: values[index]) &- base).littleEndian,
        toByteOffset: index * MemoryLayout<Stored>.size, as: Stored.self)
    }
  }
}

/// Writes one block of the packed encodings.
///
///     base     zigzag     the block's least value
///     width    u8         bits a value: 0–56 or 64
///     patches  u8         how many values need more bits than that
///     bits     ⌈values × width / 8⌉ bytes: each value minus base, its lowest `width` bits, lowest bit first
///     patches times: position u8 | what is above the lowest `width` bits, a number of variable length
private struct BlockPacker: ~Copyable {
  /// Takes the values of a block.
  var offsets = Scratch<Int64>(capacity: packedBlock)
  private var positions = Scratch<UInt8>(capacity: packedBlock)
  private var highs = Scratch<UInt64>(capacity: packedBlock)
  /// How many values need so many bits.
  private var histogram = Scratch<Int32>(capacity: 65)

  init() {}

  /// - Parameter values: `offsets.room`; holds something else afterwards.
  mutating func write(_ values: UnsafeMutableBufferPointer<Int64>, into output: inout ByteBuffer) {
    var base = Int64.max
    for value in values { base = min(base, value) }
    var any: UInt64 = 0
    for index in values.indices {
      values[index] = values[index] &- base
      any |= UInt64(bitPattern: values[index])
    }
    let widest = 64 - any.leadingZeroBitCount
    let width = bestWidth(values, widest: widest)
    output.append(zigzag: base)
    output.append(UInt8(width))
    let positions = positions.room(values.count)
    let highs = highs.room(values.count)
    var patched = 0
    if width < widest {
      let mask = (UInt64(1) << UInt64(width)) - 1
      for index in values.indices {
        let offset = UInt64(bitPattern: values[index])
        let high = offset >> UInt64(width)
        positions[patched] = UInt8(index)
        highs[patched] = high
        if high != 0 { patched += 1 }
        values[index] = Int64(bitPattern: offset & mask)
      }
    }
    output.append(UInt8(patched))
    let byteCount = BitPacking.byteCount(values.count, width: width)
    let target = output.reserve(byteCount + BitPacking.slack)
    values.withMemoryRebound(to: UInt64.self) {
      BitPacking.pack(UnsafeBufferPointer($0), width: width, to: target)
    }
    output.advance(byteCount)
    for index in 0..<patched {
      output.append(positions[index])
      output.append(varint: highs[index])
    }
  }

  /// The width with the fewest bytes, patches counted.
  private mutating func bestWidth(_ offsets: UnsafeMutableBufferPointer<Int64>, widest: Int) -> Int {
    var best = BitPacking.width(forBits: widest)
    if widest == 0 { return best }
    let histogram = histogram.room(65)
    histogram.update(repeating: 0)
    for offset in offsets { histogram[64 &- offset.leadingZeroBitCount] &+= 1 }
    var least = best * offsets.count
    var beyond = 0
    var candidate = widest
    while candidate > 0 {
      beyond += Int(histogram[candidate])
      candidate -= 1
      if candidate > 56 { continue }
      // A patch takes its position and about a byte for every seven bits.
      let size = candidate * offsets.count + beyond * (16 + 8 * ((widest - candidate) / 7))
      if size < least {
        least = size
        best = candidate
      }
    }
    return best
  }
}
