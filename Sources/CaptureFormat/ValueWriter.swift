import BinaryCoding

/// Writes whole columns in one given encoding. The bytes are drawn in `formats/capture.md`, "Column encodings".
enum ValueWriter {
  /// `base` zigzag | `width` u8 (0, 1, 2, 4, 8) | each value minus base in `width` bytes
  static func fixed(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    let (base, width) = byteWidth(values)
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

  /// As `fixed`, but plane by plane: byte 0 of every value, then byte 1 of every value, …
  static func planes(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    let (base, width) = byteWidth(values)
    output.append(zigzag: base)
    output.append(UInt8(width))
    let target = output.reserve(values.count * width)
    for plane in 0..<width {
      let shift = Int64(plane * 8)
      let start = target + plane * values.count
      for index in values.indices {
        start.storeBytes(
          of: UInt8(truncatingIfNeeded: (values[index] &- base) &>> shift), toByteOffset: index, as: UInt8.self)
      }
    }
    output.advance(values.count * width)
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
  static func packed(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    var packer = BlockPacker()
    var start = 0
    while start < values.count {
      let end = min(start + packedBlock, values.count)
      packer.write(UnsafeBufferPointer(rebasing: values[start..<end]), into: &output)
      start = end
    }
  }

  /// The first value (zigzag), then the differences from value to value in blocks of 128.
  static func packedDeltas(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    output.append(zigzag: values[0])
    var packer = BlockPacker()
    withUnsafeTemporaryAllocation(of: Int64.self, capacity: packedBlock) { deltas in
      var start = 1
      while start < values.count {
        let count = min(packedBlock, values.count - start)
        for index in 0..<count { deltas[index] = values[start + index] &- values[start + index - 1] }
        packer.write(UnsafeBufferPointer(rebasing: deltas[..<count]), into: &output)
        start += count
      }
    }
  }

  /// The least value, and the bytes that the greatest difference to it needs.
  static func byteWidth(_ values: UnsafeBufferPointer<Int64>) -> (base: Int64, width: Int) {
    var least = Int64.max
    var greatest = Int64.min
    for value in values {
      least = min(least, value)
      greatest = max(greatest, value)
    }
    let span = UInt64(bitPattern: greatest &- least)
    return (least, span == 0 ? 0 : span < 1 << 8 ? 1 : span < 1 << 16 ? 2 : span < 1 << 32 ? 4 : 8)
  }

  @inline(__always)
  private static func store<Value: FixedWidthInteger>(
    _ values: UnsafeBufferPointer<Int64>, _ base: Int64, as type: Value.Type, to target: UnsafeMutableRawPointer
  ) {
    for index in values.indices {
      target.storeBytes(
        of: Value(truncatingIfNeeded: values[index] &- base).littleEndian,
        toByteOffset: index * MemoryLayout<Value>.size, as: Value.self)
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
private struct BlockPacker {
  private var histogram = [Int](repeating: 0, count: 65)

  mutating func write(_ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer) {
    var base = Int64.max
    for value in values { base = min(base, value) }
    for index in histogram.indices { histogram[index] = 0 }
    var widest = 0
    for value in values {
      let bits = 64 - UInt64(bitPattern: value &- base).leadingZeroBitCount
      histogram[bits] += 1
      widest = max(widest, bits)
    }
    let width = bestWidth(widest: widest, count: values.count)
    var patches = 0
    if width < widest { for bits in width + 1...widest { patches += histogram[bits] } }
    output.append(zigzag: base)
    output.append(UInt8(width))
    output.append(UInt8(patches))
    let byteCount = BitPacking.byteCount(values.count, width: width)
    let target = output.reserve(byteCount + BitPacking.slack)
    let mask = width == 64 ? UInt64.max : (UInt64(1) << UInt64(width)) - 1
    withUnsafeTemporaryAllocation(of: UInt64.self, capacity: packedBlock) { offsets in
      for index in values.indices { offsets[index] = UInt64(bitPattern: values[index] &- base) & mask }
      BitPacking.pack(UnsafeBufferPointer(rebasing: offsets[..<values.count]), width: width, to: target)
    }
    output.advance(byteCount)
    if patches == 0 { return }
    for index in values.indices {
      let high = UInt64(bitPattern: values[index] &- base) >> UInt64(width)
      if high == 0 { continue }
      output.append(UInt8(index))
      output.append(varint: high)
    }
  }

  /// The width with the fewest bytes, patches counted.
  private func bestWidth(widest: Int, count: Int) -> Int {
    var best = BitPacking.width(forBits: widest)
    var least = best * count
    var beyond = 0
    var candidate = widest
    while candidate > 0 {
      beyond += histogram[candidate]
      candidate -= 1
      if candidate > 56 { continue }
      // A patch takes its position and about a byte for every seven bits.
      let size = candidate * count + beyond * (16 + 8 * ((widest - candidate) / 7))
      if size < least {
        least = size
        best = candidate
      }
    }
    return best
  }
}
