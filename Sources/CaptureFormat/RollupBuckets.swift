/// Sums of counters in buckets of time, while the span of time is not known yet.
///
/// Buckets are as short as the span allows: when it outgrows them, each two become one. So what comes out depends on the
/// events alone, not on the order in which they came.
public struct RollupBuckets: Sendable {
  private let counters: Int
  /// For each counter `Rollup.mostBuckets` values.
  private var values: [Int64]
  private var step = Rollup.leastStep
  /// The number of the first bucket: its start in steps since the epoch.
  private var first: Int64 = 0
  private var count = 0

  /// No buckets yet.
  public init(counters: Int) {
    self.counters = counters
    values = [Int64](repeating: 0, count: counters * Rollup.mostBuckets)
  }

  /// Makes buckets for all times from one to another. To be called before anything is added there.
  public mutating func cover(_ least: Int64, _ greatest: Int64) {
    precondition(least <= greatest, "a span of time that ends before it begins")
    var (low, high) = bounds(least, greatest)
    while high - low >= Int64(Rollup.mostBuckets) {
      doubleStep()
      (low, high) = bounds(least, greatest)
    }
    if count > 0, low < first { shift(by: Int(first - low)) }
    first = low
    count = Int(high - low) + 1
  }

  private func bounds(_ least: Int64, _ greatest: Int64) -> (Int64, Int64) {
    let (low, high) = (number(least), number(greatest))
    return count == 0 ? (low, high) : (min(low, first), max(high, first + Int64(count) - 1))
  }

  /// Rounds down, also before the epoch.
  private func number(_ time: Int64) -> Int64 {
    let (quotient, remainder) = time.quotientAndRemainder(dividingBy: step)
    return remainder < 0 ? quotient - 1 : quotient
  }

  private mutating func doubleStep() {
    let firstAfter = first >> 1
    for counter in 0..<counters where count > 0 {
      let base = counter * Rollup.mostBuckets
      for index in 0..<count {
        let value = values[base + index]
        values[base + index] = 0
        values[base + Int((first + Int64(index)) >> 1 - firstAfter)] &+= value
      }
    }
    if count > 0 { count = Int((first + Int64(count) - 1) >> 1 - firstAfter) + 1 }
    first = firstAfter
    step *= 2
  }

  private mutating func shift(by distance: Int) {
    for counter in 0..<counters {
      let base = counter * Rollup.mostBuckets
      for index in (0..<count).reversed() {
        let value = values[base + index]
        values[base + index] = 0
        values[base + index + distance] = value
      }
    }
  }

  /// The bucket of a time, and the last time that is in it. - Precondition: the time is covered.
  public func bucket(of time: Int64) -> (index: Int, last: Int64) {
    let number = number(time)
    let start = number.multipliedReportingOverflow(by: step)
    let last = start.partialValue.addingReportingOverflow(step - 1)
    // The last bucket of all times is cut off.
    return (Int(number - first), last.overflow ? Int64.max : start.overflow ? time : last.partialValue)
  }

  /// Adds to a counter.
  public mutating func add(_ value: Int64, to counter: Int, bucket: Int) {
    precondition(bucket < count && counter < counters, "no such bucket")
    values[counter * Rollup.mostBuckets + bucket] &+= value
  }

  /// What was summed up; `nil` when the first bucket begins before all times.
  /// - Parameter keys: what the counters are.
  public func rollup(_ keys: [Rollup.Key]) -> Rollup? {
    precondition(keys.count == counters, "a name for each counter")
    let start = first.multipliedReportingOverflow(by: step)
    let span = Int64(count).multipliedReportingOverflow(by: step)
    if start.overflow || span.overflow || start.partialValue.addingReportingOverflow(span.partialValue).overflow {
      return nil
    }
    return Rollup(
      start: start.partialValue, step: step, buckets: count,
      counters: keys.enumerated().map { index, key in
        let base = index * Rollup.mostBuckets
        return Rollup.Counter(key: key, values: Array(values[base..<base + count]))
      })
  }
}
