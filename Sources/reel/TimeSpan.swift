import ArgumentParser
import Filter

/// DURATION: `250ms`, `10s`, `1.5h`.
struct TimeSpan: ExpressibleByArgument, Hashable {
  let nanoseconds: Int64

  init(nanoseconds: Int64) { self.nanoseconds = nanoseconds }

  /// A number without a unit is refused: it could mean anything.
  init?(argument: String) {
    guard let nanoseconds = Quantity.nanoseconds(argument) else { return nil }
    self.nanoseconds = nanoseconds
  }
}
