import EventBatch

/// Different values, and when each was seen first: what counters of different things are made of.
///
/// A value is its digest of 64 bits. Digests of different values are equal once in 2³² cases for a hundred thousand of them;
/// somebody who aims at that makes a count too small.
public struct FirstSeen: Sendable {
  /// The earliest exit time, by digest.
  private(set) var times: [UInt64: Int64] = [:]
  /// Whether there are more values than are kept: then nobody knows how many.
  private(set) var isFull = false
  private let limit: Int

  /// At most so many values.
  init(limit: Int) { self.limit = limit }

  mutating func note(_ digest: UInt64, at time: Int64) {
    if isFull { return }
    if let known = times[digest] {
      if time < known { times[digest] = time }
    } else if times.count < limit {
      times[digest] = time
    } else {
      fill()
    }
  }

  /// Those that are known are of no use any more.
  private mutating func fill() {
    isFull = true
    times = [:]
  }

  mutating func merge(_ other: FirstSeen) {
    if isFull { return }
    if other.isFull {
      fill()
    } else if times.isEmpty, other.times.count <= limit {
      times = other.times
    } else {
      for (digest, time) in other.times { note(digest, at: time) }
    }
  }

  /// FNV-1a over bytes, then mixed so that all bits depend on all bytes.
  static func digest(_ bytes: some Collection<UInt8>) -> UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in bytes { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return mixed(hash)
  }

  static func digest(_ one: Int64, _ other: Int64) -> UInt64 {
    mixed(mixed(UInt64(bitPattern: one)) &+ UInt64(bitPattern: other) &* 0x9E37_79B9_7F4A_7C15)
  }

  private static func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value >> 33)) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ (value >> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ (value >> 33)
  }
}
