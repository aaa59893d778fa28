/// Reads numbers and parts of a payload that somebody sent: nothing is believed that is not there.
struct ByteReader {
  private let bytes: ArraySlice<UInt8>
  /// How many bytes were read.
  private(set) var offset = 0

  init(_ bytes: ArraySlice<UInt8>) { self.bytes = bytes }

  /// How many bytes are left.
  var remaining: Int { bytes.count - offset }

  mutating func byte() -> UInt8? {
    guard remaining >= 1 else { return nil }
    defer { offset += 1 }
    return bytes[bytes.startIndex + offset]
  }

  /// 16 bits, the greatest first.
  mutating func word() -> Int? {
    guard remaining >= 2, let high = byte(), let low = byte() else { return nil }
    return Int(high) << 8 | Int(low)
  }

  /// 24 bits, the greatest first.
  mutating func triple() -> Int? {
    guard remaining >= 3, let high = byte(), let low = word() else { return nil }
    return Int(high) << 16 | low
  }

  mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
    guard count >= 0, count <= remaining else { return nil }
    let start = bytes.startIndex + offset
    offset += count
    return bytes[start..<start + count]
  }

  mutating func skip(_ count: Int) -> Bool { take(count) != nil }
}
