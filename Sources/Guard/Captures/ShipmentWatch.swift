/// Notices that captures wait for a place that does not take them: it may be long until they are given up.
struct ShipmentWatch {
  /// Nanoseconds after which a capture should be shipped.
  let patience: Int64
  private var hasComplained = false

  init(patience: Int64 = 60_000_000_000) { self.patience = patience }

  /// What is to be said; `nil` where nothing waits for long, or where it was said and captures have waited ever since.
  /// - Parameter now: in nanoseconds of the epoch.
  mutating func complaint(_ records: [CaptureRecord], now: Int64) -> String? {
    let waiting = records.filter { $0.state == .shipping }
    if waiting.isEmpty { hasComplained = false }
    guard let oldest = waiting.compactMap(\.ended).min(), now - oldest > patience, !hasComplained else { return nil }
    hasComplained = true
    let count = waiting.count == 1 ? "a capture waits" : "\(waiting.count) captures wait"
    let seconds = (now - oldest) / 1_000_000_000
    return "\(count) to be shipped, the oldest for \(seconds) s; the command or the store does not take it"
  }
}
