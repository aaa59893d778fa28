/// Which bytes of a file are known: ranges that neither overlap nor touch, in ascending order.
struct CoveredBytes: Sendable, Hashable {
  private(set) var ranges: [Range<Int64>] = []

  /// How many bytes are known.
  var count: Int64 { ranges.reduce(0) { $0 &+ ($1.upperBound - $1.lowerBound) } }

  /// Behind the last one that is known.
  var end: Int64 { ranges.last?.upperBound ?? 0 }

  /// Adds bytes. O(log ranges) where they follow the last one or fill a gap, as most do.
  mutating func insert(_ range: Range<Int64>) {
    if range.isEmpty { return }
    // The first range that ends at or behind the start of the new one.
    let first = firstIndex { $0.upperBound >= range.lowerBound }
    var last = first
    var joined = range
    while last < ranges.count, ranges[last].lowerBound <= range.upperBound {
      joined = min(joined.lowerBound, ranges[last].lowerBound)..<max(joined.upperBound, ranges[last].upperBound)
      last += 1
    }
    ranges.replaceSubrange(first..<last, with: CollectionOfOne(joined))
  }

  /// Forgets what stands behind a size.
  mutating func truncate(to size: Int64) {
    let first = firstIndex { $0.upperBound > size }
    if first < ranges.count, ranges[first].lowerBound < size {
      ranges[first] = ranges[first].lowerBound..<size
      ranges.removeLast(ranges.count - first - 1)
    } else {
      ranges.removeLast(ranges.count - first)
    }
  }

  /// Forgets bytes: something else stands there now.
  mutating func remove(_ range: Range<Int64>) {
    if range.isEmpty { return }
    let first = firstIndex { $0.upperBound > range.lowerBound }
    var last = first
    var kept: [Range<Int64>] = []
    while last < ranges.count, ranges[last].lowerBound < range.upperBound {
      if ranges[last].lowerBound < range.lowerBound { kept.append(ranges[last].lowerBound..<range.lowerBound) }
      if ranges[last].upperBound > range.upperBound { kept.append(range.upperBound..<ranges[last].upperBound) }
      last += 1
    }
    ranges.replaceSubrange(first..<last, with: kept)
  }

  /// What is not known of a file of some size.
  func holes(size: Int64) -> [Range<Int64>] {
    var holes: [Range<Int64>] = []
    var next: Int64 = 0
    for range in ranges where range.lowerBound < size {
      if range.lowerBound > next { holes.append(next..<range.lowerBound) }
      next = range.upperBound
    }
    if next < size { holes.append(next..<size) }
    return holes
  }

  private func firstIndex(where holds: (Range<Int64>) -> Bool) -> Int {
    var (low, high) = (0, ranges.count)
    while low < high {
      let middle = (low + high) / 2
      if holds(ranges[middle]) { high = middle } else { low = middle + 1 }
    }
    return low
  }
}
