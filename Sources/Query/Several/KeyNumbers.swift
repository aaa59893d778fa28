import EventBatch

/// Gives equal keys, each of as many numbers, the same number: 1, 2, 3 and so on.
///
/// Open addressing over a power of two of slots, at most half full; only for tables in memory.
struct KeyNumbers {
  private let width: Int
  /// The keys, one behind the other.
  private var keys: [Int64] = []
  private var hashes: [UInt64] = []
  /// The number of each slot's key, 0 when it is free.
  private var slots = [Int32](repeating: 0, count: 1024)

  init(width: Int) { self.width = width }

  var count: Int { hashes.count }

  mutating func forget() { self = KeyNumbers(width: width) }

  /// The number of a key.
  mutating func number(of key: [Int64]) -> Int {
    precondition(key.count == width)
    var hash: UInt64 = 0x9E37_79B9_7F4A_7C15
    for part in key {
      hash = (hash ^ UInt64(bitPattern: part)) &* 0xFF51_AFD7_ED55_8CCD
      hash ^= hash >> 32
    }
    var slot = Int(truncatingIfNeeded: hash) & (slots.count - 1)
    while slots[slot] != 0 {
      let number = Int(slots[slot])
      if hashes[number - 1] == hash, isKey(key, of: number) { return number }
      slot = (slot + 1) & (slots.count - 1)
    }
    keys += key
    hashes.append(hash)
    slots[slot] = Int32(truncatingIfNeeded: hashes.count)
    if hashes.count * 2 > slots.count { grow() }
    return hashes.count
  }

  private func isKey(_ key: [Int64], of number: Int) -> Bool {
    let start = (number - 1) * width
    for index in key.indices where keys[start + index] != key[index] { return false }
    return true
  }

  private mutating func grow() {
    var larger = [Int32](repeating: 0, count: slots.count * 2)
    for (index, hash) in hashes.enumerated() {
      var slot = Int(truncatingIfNeeded: hash) & (larger.count - 1)
      while larger[slot] != 0 { slot = (slot + 1) & (larger.count - 1) }
      larger[slot] = Int32(truncatingIfNeeded: index + 1)
    }
    slots = larger
  }
}

/// Numbers for texts that are equal in whichever batch they stand; each text of a batch is looked at once.
struct TextNumbers {
  private var texts = StringInterner()
  /// By row of the batch's texts, plus one; 0 is not known yet.
  private var numbers: [UInt32] = []

  /// So many different texts, and bytes of them, are kept at most.
  private static let most = 1 << 16
  private static let mostBytes = 1 << 23

  /// Whether there is room for the texts of more batches; otherwise all must be forgotten.
  var hasRoom: Bool {
    texts.table.count <= TextNumbers.most && texts.table.heap.count <= TextNumbers.mostBytes
  }

  /// Another batch.
  mutating func begin(_ view: BatchView) {
    numbers.removeAll(keepingCapacity: true)
    numbers.append(contentsOf: repeatElement(0, count: view.batch.dimensions.strings.count))
  }

  mutating func forget() { texts = StringInterner() }

  /// The number of a text of the batch; `EventBatch.missing` for what refers to none.
  mutating func number(_ reference: Int64, _ view: BatchView) -> Int64 {
    guard reference >= 0, reference < Int64(numbers.count) else { return EventBatch.missing }
    let row = Int(reference)
    if numbers[row] == 0 { numbers[row] = texts.intern(view.batch.dimensions.strings[row]) + 1 }
    return Int64(numbers[row])
  }
}
