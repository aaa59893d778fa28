/// How many different identities a whole capture has. New ones are gathered in a set and folded, now and then, into one run of
/// bytes: a table of words takes 32 bytes and more for a word, and files of a busy machine lie far apart. Here a word takes
/// some 4 bytes, and an identity with close neighbours less than one.
///
/// The run holds the words in the order of their upper bits:
///
///     distance  varint       how much higher the upper bits are than those before
///     bits      1 byte       how many identities; 8 when their positions do not follow, but the word
///     what      1 a bit, 8   the positions of the bits, or the word
struct IdentityTally: Sendable {
  private var recent = IdentitySet()
  private var run: [UInt8] = []
  private var runWords = 0
  private var runCount = 0

  /// The least words that are gathered before they are folded.
  private static let leastRecent = 1 << 16
  /// Positions are listed for words with fewer bits than this.
  private static let wholeWord = 8

  /// None.
  init() {}

  /// The bytes of those that were folded.
  var byteCount: Int { run.count }

  /// How many there are. O(n).
  var count: Int {
    var folded = self
    folded.fold()
    return folded.runCount
  }

  /// Adds those of a chunk.
  mutating func insert(_ other: IdentitySet) {
    recent.formUnion(other)
    // Each fold goes through all there is: it has to be worth it.
    if recent.words.count >= max(IdentityTally.leastRecent, runWords / 8) { fold() }
  }

  /// Merges what was gathered into the run.
  private mutating func fold() {
    if recent.words.isEmpty { return }
    var merged = Writer(capacity: run.count + recent.words.count * 4)
    let old = run
    old.withUnsafeBytes { bytes in
      var reader = Reader(bytes)
      var known = reader.next()
      for upper in recent.words.keys.sorted() {
        while let before = known, before.upper < upper {
          merged.append(before.upper, before.word)
          known = reader.next()
        }
        var word = recent.words[upper] ?? 0
        if let same = known, same.upper == upper {
          word |= same.word
          known = reader.next()
        }
        merged.append(upper, word)
      }
      while let rest = known {
        merged.append(rest.upper, rest.word)
        known = reader.next()
      }
    }
    (run, runWords, runCount) = (merged.bytes, merged.words, merged.count)
    recent.removeAll()
  }

  private struct Writer {
    private(set) var bytes: [UInt8] = []
    private(set) var words = 0
    private(set) var count = 0
    private var last: Int64 = 0

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func append(_ upper: Int64, _ word: UInt64) {
      // The first one may be negative: distances wrap around.
      var distance = UInt64(bitPattern: upper &- last)
      last = upper
      while distance >= 0x80 {
        bytes.append(UInt8(truncatingIfNeeded: distance) | 0x80)
        distance >>= 7
      }
      bytes.append(UInt8(truncatingIfNeeded: distance))
      let bits = word.nonzeroBitCount
      (words, count) = (words + 1, count + bits)
      guard bits < IdentityTally.wholeWord else {
        bytes.append(UInt8(IdentityTally.wholeWord))
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
        return
      }
      bytes.append(UInt8(bits))
      var rest = word
      while rest != 0 {
        bytes.append(UInt8(rest.trailingZeroBitCount))
        rest &= rest - 1
      }
    }
  }

  /// Reads what a writer wrote: nothing of it comes from outside.
  private struct Reader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var last: Int64 = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func next() -> (upper: Int64, word: UInt64)? {
      if position == bytes.count { return nil }
      var distance: UInt64 = 0
      var shift: UInt64 = 0
      while true {
        let byte = take()
        distance |= UInt64(byte & 0x7F) << shift
        if byte < 0x80 { break }
        shift += 7
      }
      last = last &+ Int64(bitPattern: distance)
      let bits = Int(take())
      var word: UInt64 = 0
      if bits < IdentityTally.wholeWord {
        for _ in 0..<bits { word |= 1 << UInt64(take()) }
      } else {
        word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: UInt64.self))
        position += 8
      }
      return (last, word)
    }

    private mutating func take() -> UInt8 {
      defer { position += 1 }
      return bytes[position]
    }
  }
}
