/// Texts and short byte strings of a batch, each once. Row 0 is always the empty string.
///
/// The bytes are what the machine said: not always valid UTF-8.
public struct StringTable: Sendable, Hashable {
  /// All texts, one behind the other.
  public private(set) var heap: [UInt8]
  /// Where each text ends in `heap`; it begins where the one before it ends.
  public private(set) var ends: [UInt32]

  /// A table with the empty string alone.
  public init() {
    heap = []
    ends = [0]
  }

  /// A table from its parts.
  /// - Precondition: `ends` ascends, begins with 0 and ends at `heap.count`; decoders check that.
  public init(heap: [UInt8], ends: [UInt32]) {
    precondition(ends.first == 0 && Int(ends[ends.count - 1]) == heap.count)
    self.heap = heap
    self.ends = ends
  }

  /// How many rows there are; at least one.
  public var count: Int { ends.count }

  /// The bytes of a row.
  @inlinable
  public subscript(row: Int) -> ArraySlice<UInt8> {
    heap[range(of: row)]
  }

  /// Where the bytes of a row stand in the heap.
  @inlinable
  public func range(of row: Int) -> Range<Int> {
    let start = row == 0 ? 0 : Int(ends[row - 1])
    return start..<Int(ends[row])
  }

  /// The text of a row, invalid UTF-8 replaced.
  public func text(_ row: Int) -> String {
    String(decoding: self[row], as: UTF8.self)
  }

  /// Forgets all rows from `count` on.
  public mutating func truncate(to count: Int) {
    precondition(count >= 1 && count <= ends.count)
    ends.removeLast(ends.count - count)
    heap.removeLast(heap.count - Int(ends[count - 1]))
  }

  /// Lets somebody replace bytes of texts by others, each by one: no text becomes longer or shorter.
  /// - Precondition: no bytes are added or removed.
  public mutating func replaceInPlace<Result>(_ body: (inout [UInt8]) -> Result) -> Result {
    let count = heap.count
    defer { precondition(heap.count == count, "texts were replaced by longer or shorter ones") }
    return body(&heap)
  }

  /// Adds a text without looking whether it is there already.
  /// - Returns: its row.
  public mutating func append(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    heap.append(contentsOf: bytes)
    ends.append(UInt32(heap.count))
    return UInt32(ends.count - 1)
  }
}

/// A string table that finds what it holds.
///
/// Open addressing over a power of two of slots, at most half full. O(length) a call. Only the newest rows can be removed.
public struct StringInterner: Sendable {
  /// The texts so far.
  public private(set) var table = StringTable()
  /// Row + 1 of each slot, 0 when free.
  private var slots: [UInt32]
  private var hashes: [UInt32]

  /// A table with the empty string alone.
  public init() {
    slots = [UInt32](repeating: 0, count: 1024)
    hashes = [0]
  }

  /// The row of a text, added when it is new. The empty text is row 0.
  public mutating func intern(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    if bytes.isEmpty { return 0 }
    let hash = StringInterner.hash(bytes)
    var slot = Int(hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let row = slots[slot] - 1
      if hashes[Int(row)] == hash, equals(row, bytes) { return row }
      slot = (slot + 1) & (slots.count - 1)
    }
    let row = table.append(bytes)
    hashes.append(hash)
    slots[slot] = row + 1
    if table.count * 2 > slots.count { grow() }
    return row
  }

  /// Forgets all rows from `count` on. Nothing may name them any more.
  /// - Complexity: O(rows that are forgotten).
  public mutating func truncate(to count: Int) {
    // The newest first: nothing that stays was put behind it in its run of slots.
    for row in stride(from: table.count - 1, through: count, by: -1) {
      var slot = Int(hashes[row]) & (slots.count - 1)
      while slots[slot] != UInt32(row) + 1 { slot = (slot + 1) & (slots.count - 1) }
      slots[slot] = 0
    }
    hashes.removeLast(hashes.count - count)
    table.truncate(to: count)
  }

  /// The row of a text, added when it is new.
  public mutating func intern(_ text: String) -> UInt32 {
    var text = text
    return text.withUTF8 { intern(UnsafeRawBufferPointer($0)) }
  }

  /// The row of a text, added when it is new.
  public mutating func intern(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    bytes.withUnsafeBytes { intern($0) }
  }

  private func equals(_ row: UInt32, _ bytes: UnsafeRawBufferPointer) -> Bool {
    let range = table.range(of: Int(row))
    guard range.count == bytes.count else { return false }
    return table.heap.withUnsafeBytes { heap in
      // Eight bytes at a time: comparing element by element was a third of what interning cost.
      var offset = 0
      while offset + 8 <= bytes.count {
        let ours = heap.loadUnaligned(fromByteOffset: range.lowerBound + offset, as: UInt64.self)
        if ours != bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) { return false }
        offset += 8
      }
      while offset < bytes.count {
        if heap[range.lowerBound + offset] != bytes[offset] { return false }
        offset += 1
      }
      return true
    }
  }

  private mutating func grow() {
    var larger = [UInt32](repeating: 0, count: slots.count * 2)
    for row in 1..<table.count {
      var slot = Int(hashes[row]) & (larger.count - 1)
      while larger[slot] != 0 { slot = (slot + 1) & (larger.count - 1) }
      larger[slot] = UInt32(row) + 1
    }
    slots = larger
  }

  /// Multiplies eight bytes at a time; only for tables in memory, never in files.
  private static func hash(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    var state: UInt64 = 0x9E37_79B9_7F4A_7C15 ^ UInt64(bytes.count)
    var offset = 0
    while offset + 8 <= bytes.count {
      state = (state ^ bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) &* 0xFF51_AFD7_ED55_8CCD
      state ^= state >> 32
      offset += 8
    }
    while offset < bytes.count {
      state = (state ^ UInt64(bytes[offset])) &* 0x0000_0100_0000_01B3
      offset += 1
    }
    state = (state ^ (state >> 29)) &* 0xC4CE_B9FE_1A85_EC53
    return UInt32(truncatingIfNeeded: state ^ (state >> 32))
  }
}
