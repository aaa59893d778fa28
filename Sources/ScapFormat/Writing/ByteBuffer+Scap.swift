import BinaryCoding

// The pieces that blocks are made of; see `ScapBlock`.
extension ByteBuffer {
  /// Begins a block.
  /// - Returns: where it begins, for `endBlock`.
  mutating func beginBlock(_ block: ScapBlock) -> Int {
    let start = count
    append(block.rawValue)
    append(UInt32(0))
    return start
  }

  /// Ends a block: pads it and writes its length at both ends.
  mutating func endBlock(_ start: Int) {
    while (count - start) % 4 != 0 { append(UInt8(0)) }
    let length = UInt32(count - start + 4)
    append(length)
    replace(at: start + 4, with: length)
  }

  /// Appends a text of a list: its length in two bytes, then its bytes. What is longer than readers take is cut.
  mutating func append(listText bytes: some Collection<UInt8>, limit: Int) {
    let length = min(bytes.count, limit)
    append(UInt16(length))
    append(bytes: bytes.prefix(length))
  }

  /// Appends bytes as they are.
  mutating func append(bytes: some Collection<UInt8>) {
    let isCopied: Void? = bytes.withContiguousStorageIfAvailable { append(contentsOf: UnsafeRawBufferPointer($0)) }
    if isCopied == nil { for byte in bytes { append(byte) } }
  }
}

/// The longest texts that readers of lists and events take.
enum ScapLimits {
  /// Paths and names in lists.
  static let path = 1024
  /// Arguments, environments and control groups.
  static let words = 4096
  /// Names of users and groups.
  static let user = 255
  /// Payload: with everything else that an event may have it fits a block, which takes 64 KiB.
  static let payload = 56_000
}
