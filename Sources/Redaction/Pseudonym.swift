/// What stands in the place of a secret: as long as the secret was, and the same wherever it is found.
///
/// The key decides; without it nobody can tell which secret a pseudonym stands for, or try guesses. What is short keeps less of the
/// hash: of a secret of a few characters, different ones may get the same pseudonym.
///
///     length      pseudonym
///     26 or more  redacted- | 16 characters | dashes
///     20 to 25    redacted- | 11 to 16 characters
///     8 to 19     red-      | 4 to 15 characters
///     1 to 7      1 to 7 characters
///
/// The characters are `a` to `z` and `2` to `7`, five bits of the hash each.
public struct PseudonymKey: Sendable, Hashable {
  private let low: UInt64
  private let high: UInt64

  /// A key of 16 bytes, as they are.
  /// - Precondition: there are 16.
  public init(_ bytes: [UInt8]) {
    precondition(bytes.count == 16)
    low = bytes[..<8].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    high = bytes[8...].reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// A key that nobody knows.
  public static func random() -> PseudonymKey {
    var generator = SystemRandomNumberGenerator()
    return PseudonymKey((0..<16).map { _ in UInt8.random(in: 0...255, using: &generator) })
  }

  /// Replaces a secret.
  func replace(_ secret: UnsafeMutableBufferPointer<UInt8>) {
    var hash = SipHash(low, high).digest(UnsafeRawBufferPointer(secret))
    let prefix: StaticString = secret.count >= 20 ? "redacted-" : secret.count >= 8 ? "red-" : ""
    for index in secret.indices {
      if index < prefix.utf8CodeUnitCount {
        secret[index] = prefix.utf8Start[index]
      } else if index < prefix.utf8CodeUnitCount + 16 {
        let digit = UInt8(truncatingIfNeeded: hash.low & 31)
        secret[index] = digit < 26 ? 0x61 + digit : 0x32 + digit - 26
        hash = (hash.low >> 5 | hash.high << 59, hash.high >> 5)
      } else {
        secret[index] = UInt8(ascii: "-")
      }
    }
  }
}

/// SipHash-2-4 with 128 bits: a function that looks random to whoever does not have the key.
struct SipHash {
  private var v0: UInt64
  private var v1: UInt64
  private var v2: UInt64
  private var v3: UInt64

  init(_ low: UInt64, _ high: UInt64) {
    v0 = low ^ 0x736F_6D65_7073_6575
    v1 = high ^ 0x646F_7261_6E64_6F6D ^ 0xEE
    v2 = low ^ 0x6C79_6765_6E65_7261
    v3 = high ^ 0x7465_6462_7974_6573
  }

  consuming func digest(_ bytes: UnsafeRawBufferPointer) -> (low: UInt64, high: UInt64) {
    var state = self
    var offset = 0
    while offset + 8 <= bytes.count {
      state.take(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
      offset += 8
    }
    var last = UInt64(truncatingIfNeeded: bytes.count) << 56
    for index in offset..<bytes.count { last |= UInt64(bytes[index]) << UInt64(8 * (index - offset)) }
    state.take(last)
    state.v2 ^= 0xEE
    for _ in 0..<4 { state.round() }
    let low = state.v0 ^ state.v1 ^ state.v2 ^ state.v3
    state.v1 ^= 0xDD
    for _ in 0..<4 { state.round() }
    return (low, state.v0 ^ state.v1 ^ state.v2 ^ state.v3)
  }

  private mutating func take(_ word: UInt64) {
    v3 ^= word
    round()
    round()
    v0 ^= word
  }

  private mutating func round() {
    func rotate(_ value: UInt64, _ count: UInt64) -> UInt64 { value << count | value >> (64 - count) }
    v0 &+= v1
    v1 = rotate(v1, 13) ^ v0
    v0 = rotate(v0, 32)
    v2 &+= v3
    v3 = rotate(v3, 16) ^ v2
    v0 &+= v3
    v3 = rotate(v3, 21) ^ v0
    v2 &+= v1
    v1 = rotate(v1, 17) ^ v2
    v2 = rotate(v2, 32)
  }
}
