import ArgumentParser

/// DURATION: `250ms`, `10s`, `1.5h`.
struct TimeSpan: ExpressibleByArgument, Hashable {
  let nanoseconds: Int64

  init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// A number without a unit is refused: it could mean anything.
  init?(argument: String) {
    guard let number = NumberWithUnit(argument), let factor = TimeSpan.factor(number.unit),
      let nanoseconds = number.scaled(by: factor)
    else { return nil }
    self.nanoseconds = nanoseconds
  }

  private static func factor(_ unit: Substring) -> UInt64? {
    switch unit {
    case "ns": 1
    case "us", "µs", "μs": 1000
    case "ms": 1_000_000
    case "s": 1_000_000_000
    case "m", "min": 60_000_000_000
    case "h": 3_600_000_000_000
    case "d": 86_400_000_000_000
    default: nil
    }
  }
}
