import BinaryCoding
import TestSupport
import Testing

@Suite struct BitPackingTests {
  @Test(arguments: Array(0...56) + [64], [0, 1, 7, 8, 9, 127, 128])
  func valuesComeBack(width: Int, count: Int) {
    var random = SeededGenerator(seed: UInt64(width * 1000 + count))
    let mask = width == 64 ? UInt64.max : (UInt64(1) << UInt64(width)) - 1
    let values = (0..<count).map { _ in random.next() & mask }
    let size = BitPacking.byteCount(count, width: width)
    var packed = [UInt8](repeating: 0xAA, count: size + BitPacking.slack)
    packed.withUnsafeMutableBytes { target in
      guard let base = target.baseAddress else { return }
      values.withUnsafeBufferPointer { BitPacking.pack($0, width: width, to: base) }
    }
    // Whatever stands behind the bytes is loaded and must not matter.
    for index in size..<packed.count { packed[index] = 0xFF }
    var unpacked = [Int64](repeating: 0, count: count)
    packed.withUnsafeBytes { source in
      guard let base = source.baseAddress else { return }
      unpacked.withUnsafeMutableBufferPointer { BitPacking.unpack(base, width: width, adding: -5, to: $0) }
    }
    #expect(unpacked == values.map { Int64(bitPattern: $0) &- 5 })
  }

  @Test func bitsStandWhereTheDocumentDrawsThem() {
    var packed = [UInt8](repeating: 0, count: 2 + BitPacking.slack)
    packed.withUnsafeMutableBytes { target in
      guard let base = target.baseAddress else { return }
      [UInt64(0b101), 0b011, 0b110, 0b001].withUnsafeBufferPointer { BitPacking.pack($0, width: 3, to: base) }
    }
    #expect(Array(packed[..<2]) == [0b1001_1101, 0b0000_0011])
  }
}
