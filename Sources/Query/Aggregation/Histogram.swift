/// Counts of numbers by size, from which percentiles come with an error of at most 1 / 128.
///
/// Numbers below 256 have a place each; above, each power of two is divided into 128 equal parts. Only parts that were
/// used take memory, and up to 128 numbers are kept as they are. Merging is exact: the same numbers give the same histogram in any order.
struct Histogram: Sendable, Equatable {
  /// The numbers themselves while they are few: most groups are small, and their chunks are merged often.
  private var few: [Int64] = []
  /// For each power of two (the first two share the numbers below 256) the counts of its 128 parts; empty until used.
  private var rows: [[UInt64]] = []
  /// The places of numbers that are not counted in `rows` yet. The counts of many groups do not fit into the processor's cache:
  /// those of one are fetched once for many numbers, not for each chunk's few.
  private var waiting: [UInt16] = []
  private(set) var count: UInt64 = 0

  fileprivate static let fewest = 128
  private static let mostWaiting = 128
  /// One for each power of two, the first eight in one.
  fileprivate static let rowCount = 58

  /// Adds a number; negative ones count as 0.
  mutating func add(_ value: Int64) {
    count += 1
    if rows.isEmpty {
      few.append(value)
      if few.count <= Histogram.fewest { return }
      rows = [[UInt64]](repeating: [], count: Histogram.rowCount)
      for value in few { tally(Histogram.place(of: UInt64(max(value, 0)))) }
      few = []
      return
    }
    wait(UInt16(truncatingIfNeeded: Histogram.place(of: UInt64(max(value, 0)))))
  }

  private mutating func wait(_ place: UInt16) {
    if waiting.isEmpty { waiting.reserveCapacity(Histogram.mostWaiting) }
    waiting.append(place)
    if waiting.count >= Histogram.mostWaiting { countWaiting() }
  }

  private mutating func countWaiting() {
    for place in waiting { tally(Int(place)) }
    waiting.removeAll(keepingCapacity: true)
  }

  private mutating func tally(_ place: Int) {
    if rows[place >> 7].isEmpty { rows[place >> 7] = [UInt64](repeating: 0, count: 128) }
    rows[place >> 7][place & 127] += 1
  }

  /// The same with all numbers counted.
  private var counted: Histogram {
    if waiting.isEmpty { return self }
    var counted = self
    counted.countWaiting()
    return counted
  }

  static func == (one: Histogram, other: Histogram) -> Bool {
    let (a, b) = (one.counted, other.counted)
    return a.count == b.count && a.few == b.few && a.rows == b.rows
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
    for place in other.waiting { wait(place) }
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
    if !waiting.isEmpty { return counted.percentile(share) }
    var seen: UInt64 = 0
    for index in rows.indices {
      for (part, number) in rows[index].enumerated() {
        seen += number
        if seen >= rank { return Int64(clamping: Histogram.middle(of: index << 7 | part)) }
      }
    }
    return nil
  }

  @inline(__always)
  fileprivate static func place(of value: UInt64) -> Int {
    // The eight highest bits of the number, and how far they are shifted.
    let shift = max(56 - value.leadingZeroBitCount, 0)
    return shift << 7 + Int(value &>> UInt64(shift))
  }

  private static func middle(of place: Int) -> UInt64 {
    if place < 256 { return UInt64(place) }
    let shift = UInt64((place - 128) >> 7)
    return (UInt64(place) - shift << 7) << shift + (1 << shift) / 2
  }

  /// About how many bytes it takes.
  var bytes: Int {
    let parts = rows.reduce(0) { $0 + ($1.isEmpty ? 8 : 1024 + 40) }
    return MemoryLayout<Histogram>.stride + 32 + few.capacity * 8 + waiting.capacity * 2 + parts
  }
}

// Histograms in records of a temporary file:
//
//     count   1 byte    of numbers that are kept as they are, 255 where they were counted by size
//     then    8 bytes   for each number
//     or      1 byte    how many powers of two were used, and for each its number (1 byte) and 128 counts (8 bytes each)

extension Histogram {
  /// Appends the histogram.
  func append(to bytes: inout [UInt8]) {
    func append<Number: FixedWidthInteger>(_ numbers: [Number]) {
      numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    guard !rows.isEmpty else {
      bytes.append(UInt8(few.count))
      return append(few)
    }
    if !waiting.isEmpty { return counted.append(to: &bytes) }
    bytes.append(255)
    bytes.append(UInt8(rows.count { !$0.isEmpty }))
    for (index, row) in rows.enumerated() where !row.isEmpty {
      bytes.append(UInt8(index))
      append(row)
    }
  }

  /// Takes a histogram off the front of bytes that `append` made.
  init(taking bytes: inout ArraySlice<UInt8>) {
    self.init()
    let first: UInt8 = bytes.takeNumber()
    if first < 255 {
      for _ in 0..<first { add(bytes.takeNumber()) }
      return
    }
    rows = [[UInt64]](repeating: [], count: 58)
    let used: UInt8 = bytes.takeNumber()
    for _ in 0..<used {
      let index: UInt8 = bytes.takeNumber()
      rows[Int(index)] = (0..<128).map { _ in bytes.takeNumber() }
      count += rows[Int(index)].reduce(0, +)
    }
  }
}

extension Histogram {
  /// Of few numbers, which are kept.
  fileprivate init(few: [Int64]) {
    self.few = few
    count = UInt64(few.count)
  }

  /// Of many numbers, which were counted.
  fileprivate init(rows: [[UInt64]], count: Int) {
    self.rows = rows
    self.count = UInt64(count)
  }
}

/// Makes histograms of many numbers at once: counts them in one flat table, which it uses again.
struct HistogramCounting {
  private var counts = [UInt64](repeating: 0, count: Histogram.rowCount << 7)

  /// The histogram of numbers, as adding them one by one makes it.
  mutating func histogram(of values: UnsafeBufferPointer<Int64>) -> Histogram {
    if values.count <= Histogram.fewest { return Histogram(few: Array(values)) }
    let used = counts.withUnsafeMutableBufferPointer { counts in
      var used: UInt64 = 0
      for value in values {
        let place = Histogram.place(of: UInt64(bitPattern: max(value, 0)))
        counts[place] &+= 1
        used |= 1 &<< UInt64(truncatingIfNeeded: place &>> 7)
      }
      return used
    }
    var rows = [[UInt64]](repeating: [], count: Histogram.rowCount)
    for row in rows.indices where used >> UInt64(row) & 1 == 1 {
      let range = row << 7..<(row + 1) << 7
      rows[row] = Array(counts[range])
      for place in range { counts[place] = 0 }
    }
    return Histogram(rows: rows, count: values.count)
  }
}
