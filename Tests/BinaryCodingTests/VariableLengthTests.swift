import BinaryCoding
import TestSupport
import Testing

@Suite struct VariableLengthTests {
  static let edges: [UInt64] = [0, 1, 127, 128, 16_383, 16_384, 1 << 56, (1 << 63) - 1, 1 << 63, .max]

  @Test(arguments: edges)
  func unsignedNumbersComeBack(value: UInt64) throws {
    var buffer = ByteBuffer()
    buffer.append(varint: value)
    #expect(buffer.count == VariableLength.length(value))
    let bytes = buffer.array()
    try bytes.withUnsafeBytes { bytes in
      var cursor = ByteCursor(bytes)
      let read = try cursor.varint()
      #expect(read == value && cursor.remaining == 0)
    }
    // No prefix of a number is a number.
    for length in 0..<bytes.count {
      bytes[..<length].withUnsafeBytes { #expect(VariableLength.read($0, at: 0) == nil) }
    }
  }

  @Test(arguments: [Int64(0), -1, 1, -2, .max, .min, 1 << 40, -(1 << 40)])
  func signedNumbersComeBack(value: Int64) {
    #expect(VariableLength.unzigzag(VariableLength.zigzag(value)) == value)
  }

  @Test func smallMagnitudesAreShort() {
    #expect([0, -1, 1, -2, 2].map { VariableLength.zigzag($0) } == [0, 1, 2, 3, 4])
  }

  @Test(arguments: [
    [UInt8](repeating: 0x80, count: 11), [UInt8](repeating: 0xFF, count: 9) + [0x02],
    [UInt8](repeating: 0x80, count: 10) + [0x00],
  ])
  func numbersThatAreTooLongAreRefused(bytes: [UInt8]) {
    bytes.withUnsafeBytes { #expect(VariableLength.read($0, at: 0) == nil) }
  }
}
