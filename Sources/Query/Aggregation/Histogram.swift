/// Counts of numbers by size, from which percentiles come with an error of at most 1 / 128.
///
/// Numbers below 256 have a place each; above, each power of two is divided into 128 equal parts. Only parts that were
/// used take memory, and up to 128 numbers are kept as they are. Merging is exact: the same numbers give the same histogram in any order.
struct Histogram: Sendable, Hashable {
  /// The numbers themselves while they are few: most groups are small, and their chunks are merged often.
  private var few: [Int64] = []
  /// For each power of two (the first two share the numbers below 256) the counts of its 128 parts; empty until used.
  private var rows: [[UInt64]] = []
  private(set) var count: UInt64 = 0

  private static let fewest = 128

  /// Adds a number; negative ones count as 0.
  mutating func add(_ value: Int64) {
    count += 1
    if rows.isEmpty {
      few.append(value)
      if few.count <= Histogram.fewest { return }
      rows = [[UInt64]](repeating: [], count: 58)
      for value in few { place(value) }
      few = []
      return
    }
    place(value)
  }

  private mutating func place(_ value: Int64) {
    let place = Histogram.place(of: UInt64(max(value, 0)))
    if rows[place >> 7].isEmpty { rows[place >> 7] = [UInt64](repeating: 0, count: 128) }
    rows[place >> 7][place & 127] += 1
  }

  mutating func merge(_ other: Histogram) {
    if other.rows.isEmpty {
      for value in other.few { add(value) }
      return
    }
    if rows.isEmpty {
      let own = few
      self = other
      for value in own { add(value) }
      return
    }
    for index in rows.indices where !other.rows[index].isEmpty {
      if rows[index].isEmpty {
        rows[index] = other.rows[index]
      } else {
        for part in 0..<128 { rows[index][part] += other.rows[index][part] }
      }
    }
    count += other.count
  }

  /// The number below or at which a share of all numbers lies; `nil` when there are none.
  /// - Parameter share: from 0 to 1.
  func percentile(_ share: Double) -> Int64? {
    if count == 0 { return nil }
    let rank = max(UInt64((share * Double(count)).rounded(.up)), 1)
    if rows.isEmpty {
      let sorted = few.sorted()
      return sorted[min(Int(rank), sorted.count) - 1]
    }
    var seen: UInt64 = 0
    for index in rows.indices {
      for (part, number) in rows[index].enumerated() {
        seen += number
        if seen >= rank { return Int64(clamping: Histogram.middle(of: index << 7 | part)) }
      }
    }
    return nil
  }

  private static func place(of value: UInt64) -> Int {
    if value < 256 { return Int(value) }
    // The eight highest bits of the number, and how far they are shifted.
    let shift = 56 - value.leadingZeroBitCount
    return shift << 7 + Int(value >> UInt64(shift))
  }

  private static func middle(of place: Int) -> UInt64 {
    if place < 256 { return UInt64(place) }
    let shift = UInt64((place - 128) >> 7)
    return (UInt64(place) - shift << 7) << shift + (1 << shift) / 2
  }
}
