import BinaryCoding
import TestSupport
import Testing

@Suite struct ChecksumTests {
  // The vectors of RFC 3720, appendix B.4, and the usual check value.
  static let vectors: [([UInt8], UInt32)] = [
    (Array("123456789".utf8), 0xE306_9283),
    ([UInt8](repeating: 0, count: 32), 0x8A91_36AA),
    ([UInt8](repeating: 0xFF, count: 32), 0x62A8_AB43),
    (Array(0..<32), 0x46DD_794E),
    (Array((0..<32).reversed()), 0x113F_DB5C),
    ([], 0),
  ]

  @Test(arguments: vectors)
  func knownChecksums(bytes: [UInt8], expected: UInt32) {
    #expect(CRC32C.checksum(bytes) == expected)
    #expect(CRC32C.portableChecksum(bytes) == expected)
  }

  @Test func bothWaysAgreeAndMayBeSplit() {
    var random = SeededGenerator(seed: 3)
    for length in 0..<200 {
      let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
      let whole = CRC32C.checksum(bytes)
      #expect(whole == CRC32C.portableChecksum(bytes))
      let middle = length / 3
      #expect(CRC32C.checksum(Array(bytes[middle...]), after: CRC32C.checksum(Array(bytes[..<middle]))) == whole)
    }
  }

  // From the reference implementation of xxHash.
  static let hashes: [(String, UInt64)] = [
    ("", 0xEF46_DB37_51D8_E999),
    ("a", 0xD24E_C4F1_A98C_6E5B),
    ("abc", 0x44BC_2CF5_AD77_0999),
    ("Nobody inspects the spammish repetition", 0xFBCE_A83C_8A37_8BF1),
  ]

  @Test(arguments: hashes)
  func knownHashes(text: String, expected: UInt64) {
    #expect(XXHash64.hash(ArraySlice(text.utf8)) == expected)
  }
}
