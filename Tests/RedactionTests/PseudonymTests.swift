import Testing

@testable import Redaction

@Suite struct PseudonymTests {
  private static let key = PseudonymKey(Array(0..<16))

  static func pseudonym(_ text: String, _ key: PseudonymKey = key) -> String {
    var bytes = Array(text.utf8)
    bytes.withUnsafeMutableBufferPointer { key.replace($0) }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// The first test vectors of the function's authors, of 0, 1 and 15 bytes.
  @Test func theHashIsSipHash() {
    func word(_ bytes: ArraySlice<UInt8>) -> UInt64 { bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) } }
    let key = Array<UInt8>(0..<16)
    func digest(_ count: UInt8) -> [UInt8] {
      let hash = Array(0..<count).withUnsafeBytes { SipHash(word(key[..<8]), word(key[8...])).digest($0) }
      var bytes: [UInt8] = []
      for word in [hash.low, hash.high] {
        for shift: UInt64 in stride(from: 0, to: 64, by: 8) { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
      }
      return bytes
    }
    #expect(
      digest(0) == [0xA3, 0x81, 0x7F, 0x04, 0xBA, 0x25, 0xA8, 0xE6, 0x6D, 0xF6, 0x72, 0x14, 0xC7, 0x55, 0x02, 0x93])
    #expect(
      digest(1) == [0xDA, 0x87, 0xC1, 0xD8, 0x6B, 0x99, 0xAF, 0x44, 0x34, 0x76, 0x59, 0x11, 0x9B, 0x22, 0xFC, 0x45])
  }

  @Test(arguments: [1, 7, 8, 19, 20, 25, 26, 300])
  func aPseudonymIsAsLongAsTheSecret(length: Int) {
    let secret = String(repeating: "s", count: length)
    let pseudonym = PseudonymTests.pseudonym(secret)
    #expect(pseudonym.utf8.count == length)
    #expect(pseudonym == PseudonymTests.pseudonym(secret))
    #expect(pseudonym != secret)
    #expect(pseudonym.hasPrefix("redacted-") == (length >= 20))
    #expect(pseudonym.hasPrefix("red-") == (8..<20).contains(length))
    if length >= 8 { #expect(pseudonym != PseudonymTests.pseudonym(secret, PseudonymKey(Array(1..<17)))) }
  }
}
