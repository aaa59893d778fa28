/// Which rows of a batch are selected: one byte a row, 1 for yes.
///
/// Bytes and not bits, because loops over bytes turn into vector instructions.
struct Mask {
  private(set) var bytes: [UInt8]
  /// Known to select nothing; saves looking at the bytes.
  private(set) var isNone: Bool

  /// All rows, or none.
  init(count: Int, all: Bool) {
    bytes = [UInt8](repeating: all ? 1 : 0, count: count)
    isNone = !all || count == 0
  }

  /// From bytes that are 0 or 1.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    isNone = false
    isNone = countSelected() == 0
  }

  func countSelected() -> Int {
    if isNone { return 0 }
    return bytes.withUnsafeBufferPointer { bytes in
      var total = 0
      var start = 0
      // Sums of 255 bytes at most fit into a byte each lane; whole words keep the loop simple and fast enough.
      while start < bytes.count {
        let end = min(start + 1 << 14, bytes.count)
        var sum: UInt32 = 0
        for index in start..<end { sum &+= UInt32(bytes[index]) }
        total += Int(sum)
        start = end
      }
      return total
    }
  }

  /// Keeps what the other one selects, too.
  mutating func formIntersection(_ other: Mask) {
    if isNone { return }
    if other.isNone {
      self = Mask(count: bytes.count, all: false)
      return
    }
    combine(other) { $0 & $1 }
    isNone = countSelected() == 0
  }

  /// Adds what the other one selects.
  mutating func formUnion(_ other: Mask) {
    if other.isNone { return }
    combine(other) { $0 | $1 }
    isNone = false
  }

  /// Takes away what the other one selects.
  mutating func subtract(_ other: Mask) {
    if isNone || other.isNone { return }
    combine(other) { $0 & ($1 ^ 1) }
    isNone = countSelected() == 0
  }

  @inline(__always)
  private mutating func combine(_ other: Mask, _ body: (UInt8, UInt8) -> UInt8) {
    bytes.withUnsafeMutableBufferPointer { own in
      other.bytes.withUnsafeBufferPointer { other in
        for index in 0..<min(own.count, other.count) { own[index] = body(own[index], other[index]) }
      }
    }
  }

  /// The numbers of the selected rows, ascending.
  func rows() -> [UInt32] {
    let count = countSelected()
    if count == 0 { return [] }
    return [UInt32](unsafeUninitializedCapacity: count + 1) { buffer, initialized in
      var next = 0
      bytes.withUnsafeBufferPointer { bytes in
        for index in 0..<bytes.count {
          // Written in any case, kept only when selected: no branch. The slot behind the last takes what is left over.
          buffer[next] = UInt32(truncatingIfNeeded: index)
          next &+= Int(bytes[index])
        }
      }
      initialized = next
    }
  }
}
