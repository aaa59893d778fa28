import BinaryCoding

/// A set that may say "perhaps" for what it does not hold, and never "no" for what it does.
///
/// Split-block: the upper half of a key's XXH64 chooses a block of 256 bits, the lower half one bit in each of the block's
/// eight words. At 10.5 bits a key about one in a hundred absent keys is said to be there.
public struct BloomFilter: Sendable, Hashable {
  /// Eight words a block. Empty for the empty set.
  private var words: [UInt32]

  private static let salts: SIMD8<UInt32> = [
    0x47B6_137B, 0x4497_4D91, 0x8824_AD5B, 0xA2B7_289D, 0x7054_95C7, 0x2DF1_424B, 0x9EFC_4947, 0x5C6B_FB31,
  ]

  /// An empty filter for about `count` keys.
  public init(expecting count: Int) {
    words = [UInt32](repeating: 0, count: BloomFilter.byteCount(keys: count) / 4)
  }

  /// The bytes of a filter for so many keys.
  static func byteCount(keys count: Int) -> Int { (count * 21 + 511) / 512 * 32 }

  /// The bytes of a filter for so many keys that keeps to a budget as far as it may: with fewer bits a key it says "perhaps"
  /// more often, at the least of six for one absent key in twelve.
  static func byteCount(keys count: Int, budget: Int) -> Int {
    min(byteCount(keys: count), max((count * 12 + 511) / 512 * 32, budget / 32 * 32))
  }

  /// A filter of hashes that are all known, each once.
  ///
  /// - Parameter budget: the bytes that it is worth.
  public init(hashes: some Collection<UInt64>, budget: Int = .max) {
    words = [UInt32](repeating: 0, count: BloomFilter.byteCount(keys: hashes.count, budget: budget) / 4)
    for hash in hashes { insert(hash) }
  }

  /// A filter from its bytes.
  /// - Returns: `nil` when their number is not a multiple of 32.
  init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count % 32 == 0 else { return nil }
    words = (0..<bytes.count / 4).map {
      UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: $0 * 4, as: UInt32.self))
    }
  }

  /// The bytes that the filter takes.
  public var byteCount: Int { words.count * 4 }

  func write(into output: inout ByteBuffer) {
    for word in words { output.append(word) }
  }

  /// Adds a key by its hash (`BloomFilter.hash`).
  public mutating func insert(_ hash: UInt64) {
    guard !words.isEmpty else { return }
    let block = block(of: hash)
    let mask = BloomFilter.mask(hash)
    for index in 0..<8 { words[block * 8 + index] |= mask[index] }
  }

  /// Whether a key may be in the set, by its hash. False is certain.
  public func mayContain(hash: UInt64) -> Bool {
    guard !words.isEmpty else { return false }
    let block = block(of: hash)
    let mask = BloomFilter.mask(hash)
    for index in 0..<8 where words[block * 8 + index] & mask[index] == 0 { return false }
    return true
  }

  /// Whether some bytes may be in the set. False is certain.
  public func mayContain(_ key: ArraySlice<UInt8>) -> Bool { mayContain(hash: BloomFilter.hash(key)) }

  /// Whether a text may be in the set. False is certain.
  public func mayContain(_ key: String) -> Bool { mayContain(ArraySlice(key.utf8)) }

  /// The hash of a key.
  public static func hash(_ key: ArraySlice<UInt8>) -> UInt64 { XXHash64.hash(key) }

  private func block(of hash: UInt64) -> Int {
    Int(((hash >> 32) * UInt64(words.count / 8)) >> 32)
  }

  private static func mask(_ hash: UInt64) -> SIMD8<UInt32> {
    let spread = (SIMD8<UInt32>(repeating: UInt32(truncatingIfNeeded: hash)) &* salts) &>> 27
    return SIMD8<UInt32>(repeating: 1) &<< spread
  }
}
