/// Finds where the texts with which patterns begin may stand, in one pass over all bytes, however many patterns there are.
///
/// Of each text three bytes in a row, those that are rarest in what machines write, are its *anchor*. A bit for each hash of
/// an anchor says of three bytes of input that they may be one; most never are. Case does not count: a bit is cleared
/// in letters, and in other bytes too, which the comparison behind it sorts out.
struct AnchorTable: Sendable {
  /// The bytes of an anchor.
  static let width = 3

  /// Something that begins at a place before an anchor.
  struct Candidate: Sendable, Hashable {
    /// Which pattern.
    let pattern: Int
    /// How many bytes before the anchor it begins.
    let offset: Int
  }

  private var bits = [UInt64](repeating: 0, count: 1024)
  private var candidates: [UInt32: [Candidate]] = [:]

  /// Whether there is nothing to find.
  var isEmpty: Bool { candidates.isEmpty }

  mutating func add(_ text: [UInt8], pattern: Int) {
    let best = AnchorTable.place(in: text)
    let word = AnchorTable.word(text[best], text[best + 1], text[best + 2])
    candidates[word, default: []].append(Candidate(pattern: pattern, offset: best))
    let hash = AnchorTable.hash(word)
    bits[Int(hash >> 6)] |= 1 << UInt64(hash & 63)
  }

  /// Where in a text its anchor stands.
  static func place(in text: [UInt8]) -> Int {
    precondition(text.count >= width)
    var best = 0
    for offset in 0...text.count - width where rarity(text, offset) > rarity(text, best) { best = offset }
    return best
  }

  /// Calls `found` for each place at which an anchor stands, ascending, with what may begin before it.
  @inline(__always)
  func scan(_ bytes: UnsafeBufferPointer<UInt8>, found: (Int, [Candidate]) -> Void) {
    guard !isEmpty, let base = bytes.baseAddress else { return }
    bits.withUnsafeBufferPointer { bits in
      @inline(__always)
      func look(_ word: UInt32, _ position: Int) {
        let hash = AnchorTable.hash(word)
        if bits[Int(hash >> 6)] & (1 << UInt64(hash & 63)) == 0 { return }
        if let known = candidates[word] { found(position, known) }
      }
      var position = 0
      let raw = UnsafeRawPointer(base)
      // Eight bytes hold six anchors.
      while position + 8 <= bytes.count {
        let eight = raw.loadUnaligned(fromByteOffset: position, as: UInt64.self) | 0x2020_2020_2020_2020
        look(UInt32(truncatingIfNeeded: eight) & 0xFF_FFFF, position)
        look(UInt32(truncatingIfNeeded: eight >> 8) & 0xFF_FFFF, position + 1)
        look(UInt32(truncatingIfNeeded: eight >> 16) & 0xFF_FFFF, position + 2)
        look(UInt32(truncatingIfNeeded: eight >> 24) & 0xFF_FFFF, position + 3)
        look(UInt32(truncatingIfNeeded: eight >> 32) & 0xFF_FFFF, position + 4)
        look(UInt32(truncatingIfNeeded: eight >> 40), position + 5)
        position += 6
      }
      while position + AnchorTable.width <= bytes.count {
        look(AnchorTable.word(bytes[position], bytes[position + 1], bytes[position + 2]), position)
        position += 1
      }
    }
  }

  private static func word(_ first: UInt8, _ second: UInt8, _ third: UInt8) -> UInt32 {
    (UInt32(first) | UInt32(second) << 8 | UInt32(third) << 16) | 0x20_2020
  }

  /// 16 bits.
  @inline(__always)
  private static func hash(_ word: UInt32) -> UInt32 { (word &* 0x9E37_79B1) >> 16 }

  /// How seldom three bytes stand in texts: each byte counts by the class that it is of.
  private static func rarity(_ text: [UInt8], _ offset: Int) -> Int {
    text[offset..<offset + width].reduce(0) { sum, byte in
      switch byte | 0x20 {
      case UInt8(ascii: "e"), UInt8(ascii: "t"), UInt8(ascii: "a"), UInt8(ascii: "o"), UInt8(ascii: "i"),
        UInt8(ascii: "n"), UInt8(ascii: "s"), UInt8(ascii: "r"), 0x20:
        sum
      case UInt8(ascii: "l"), UInt8(ascii: "d"), UInt8(ascii: "c"), UInt8(ascii: "u"), UInt8(ascii: "m"),
        UInt8(ascii: "p"), UInt8(ascii: "-"), UInt8(ascii: "/"):
        sum + 2
      case UInt8(ascii: "a")...UInt8(ascii: "z"): sum + 4
      default: sum + 3
      }
    }
  }
}
