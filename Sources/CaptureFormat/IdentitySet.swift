/// Which identities of objects there were. Sources count objects up, so that most of them lie beside each other: 64 neighbours
/// share a word, and a capture of millions of objects needs a bit for each of them rather than eight bytes and more.
public struct IdentitySet: Sendable, Equatable {
  /// One bit for each of 64 neighbours, by their common upper bits.
  private(set) var words: [Int64: UInt64] = [:]
  /// How many there are.
  public private(set) var count = 0

  /// None.
  public init() {}

  /// Adds identities, missing ones left out. Neighbours that stand beside each other cost one look-up.
  public mutating func insert(_ identities: [Int64], except missing: Int64) {
    var upper: Int64 = 0
    var word: UInt64 = 0
    for identity in identities where identity != missing {
      if identity >> 6 != upper {
        add(word, at: upper)
        (upper, word) = (identity >> 6, 0)
      }
      word |= 1 << UInt64(identity & 63)
    }
    add(word, at: upper)
  }

  /// Adds those of another set.
  public mutating func formUnion(_ other: IdentitySet) {
    for (upper, word) in other.words { add(word, at: upper) }
  }

  /// Forgets all; the memory stays for the next ones.
  mutating func removeAll() {
    words.removeAll(keepingCapacity: true)
    count = 0
  }

  private mutating func add(_ word: UInt64, at upper: Int64) {
    if word == 0 { return }
    let before = words[upper, default: 0]
    words[upper] = before | word
    count += (word & ~before).nonzeroBitCount
  }
}
