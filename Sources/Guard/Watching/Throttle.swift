/// Keeps notices of the same rule, policy and scope apart in time, and counts what was not told.
struct Throttle {
  private struct Key: Hashable {
    let rule: String
    let policy: String
    let scope: String
  }

  private struct State {
    var told: Int64
    var suppressed: UInt64 = 0
  }

  private var states: [Key: State] = [:]
  /// Combinations that are remembered.
  private static let most = 65_536

  /// Whether a match is told.
  ///
  /// - Parameters:
  ///   - period: nanoseconds between two notices; 0 tells all.
  ///   - now: of any clock that does not step back.
  /// - Returns: how many were not told since the last one that was; `nil` when this one is not told either.
  mutating func pass(rule: String, policy: String, scope: String, period: Int64, now: Int64) -> UInt64? {
    guard period > 0 else { return 0 }
    let key = Key(rule: rule, policy: policy, scope: scope)
    if var state = states[key], now - state.told < period {
      state.suppressed += 1
      states[key] = state
      return nil
    }
    let suppressed = states[key]?.suppressed ?? 0
    if states.count >= Throttle.most {
      states = states.filter { now - $0.value.told < period }
      if states.count >= Throttle.most { states.removeAll() }
    }
    states[key] = State(told: now)
    return suppressed
  }
}
