/// Counts of numbers by size, from which percentiles come with an error of at most 1 / 128.
///
/// Numbers below 256 have a place each; above, each power of two is divided into 128 equal parts. Only places that were
/// used take memory. Merging is exact: the same numbers give the same histogram in any order.
struct Histogram: Sendable, Hashable {
  private var places: [UInt16: UInt64] = [:]
  private(set) var count: UInt64 = 0

  /// Adds a number; negative ones count as 0.
  mutating func add(_ value: Int64) {
    places[Histogram.place(of: UInt64(max(value, 0))), default: 0] += 1
    count += 1
  }

  mutating func merge(_ other: Histogram) {
    places.merge(other.places, uniquingKeysWith: +)
    count += other.count
  }

  /// The number below or at which a share of all numbers lies; `nil` when there are none.
  /// - Parameter share: from 0 to 1.
  func percentile(_ share: Double) -> Int64? {
    if count == 0 { return nil }
    let rank = max(UInt64((share * Double(count)).rounded(.up)), 1)
    var seen: UInt64 = 0
    for (place, number) in places.sorted(by: { $0.key < $1.key }) {
      seen += number
      if seen >= rank { return Int64(clamping: Histogram.middle(of: place)) }
    }
    return nil
  }

  private static func place(of value: UInt64) -> UInt16 {
    if value < 256 { return UInt16(value) }
    // The eight highest bits of the number, and how far they are shifted.
    let shift = 56 - value.leadingZeroBitCount
    return UInt16(shift) << 7 + UInt16(value >> UInt64(shift))
  }

  private static func middle(of place: UInt16) -> UInt64 {
    if place < 256 { return UInt64(place) }
    let shift = UInt64((place - 128) >> 7)
    return (UInt64(place) - shift << 7) << shift + (1 << shift) / 2
  }
}
