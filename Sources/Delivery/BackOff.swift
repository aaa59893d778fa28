/// How long to wait before the next attempt: twice as long after each that failed, and never all at the same moment.
struct BackOff {
  /// Nanoseconds.
  static let least: Int64 = 500_000_000
  /// Nanoseconds.
  static let most: Int64 = 60_000_000_000
  private(set) var failures = 0

  /// Waits that long from now.
  /// - Parameters:
  ///   - wanted: what the other side asks for at least.
  ///   - chance: from 0 to 1.
  mutating func next(atLeast wanted: Int64?, chance: Double = Double.random(in: 0...1)) -> Int64 {
    let base = min(BackOff.least << min(failures, 10), BackOff.most)
    failures += 1
    // Between three quarters and five quarters of it.
    let wait = base * 3 / 4 + Int64(Double(base / 2) * min(max(chance, 0), 1))
    return max(wait, wanted ?? 0)
  }

  mutating func reset() { failures = 0 }
}
