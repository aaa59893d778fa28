/// A set of byte values.
struct ByteSet: Sendable, Hashable {
  // Single words and no vector: an element of a vector by a variable index goes through memory.
  private var low: UInt64 = 0
  private var middle: UInt64 = 0
  private var high: UInt64 = 0
  private var highest: UInt64 = 0

  /// No byte.
  init() {}

  /// The bytes of some ranges.
  init(_ ranges: ClosedRange<UInt8>...) {
    for range in ranges { for byte in range { insert(byte) } }
  }

  /// All bytes but NUL, which divides the texts of a list.
  static let allButNull = ByteSet(1...255)
  /// What names are made of.
  static let word = ByteSet(0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x5F...0x5F)
  /// Blanks, tabs and line ends.
  static let space = ByteSet(0x09...0x0D, 0x20...0x20)

  /// Whether a byte is one of `word`.
  @inline(__always)
  static func isWord(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 || byte &- 0x30 < 10 || byte == 0x5F }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool {
    let word = byte < 128 ? (byte < 64 ? low : middle) : (byte < 192 ? high : highest)
    return word & (1 << UInt64(byte & 63)) != 0
  }

  mutating func insert(_ byte: UInt8) {
    let bit: UInt64 = 1 << UInt64(byte & 63)
    switch byte >> 6 {
    case 0: low |= bit
    case 1: middle |= bit
    case 2: high |= bit
    default: highest |= bit
    }
  }

  mutating func formUnion(_ other: ByteSet) {
    low |= other.low
    middle |= other.middle
    high |= other.high
    highest |= other.highest
  }

  /// The bytes that are not in the set, NUL never among them.
  var inverted: ByteSet {
    var set = ByteSet()
    for byte in UInt8(1)...255 where !contains(byte) { set.insert(byte) }
    return set
  }

  /// The set with the other case of each of its letters.
  var ignoringCase: ByteSet {
    var set = self
    for letter in UInt8(0x41)...0x5A where contains(letter) || contains(letter | 0x20) {
      set.insert(letter)
      set.insert(letter | 0x20)
    }
    return set
  }
}
