import EventBatch
import Query

/// Where descriptors of regular files stand. Descriptors that came from one opening share a position, across `dup` and
/// `fork`.
struct OpenFiles {
  /// What one opening made.
  struct Opening {
    var thing: Int64
    /// `nil` while it is not known.
    var position: Int64?
    var appends: Bool
  }

  private var openings: [Opening] = []
  private var descriptors: [Int64: [Int64: Int]] = [:]

  /// Notes a descriptor.
  mutating func open(_ process: Int64, _ descriptor: Int64, _ opening: Opening) {
    openings.append(opening)
    descriptors[process, default: [:]][descriptor] = openings.count - 1
  }

  mutating func duplicate(_ process: Int64, _ from: Int64, _ to: Int64) {
    descriptors[process, default: [:]][to] = descriptors[process]?[from]
  }

  mutating func close(_ process: Int64, _ descriptor: Int64) { descriptors[process]?[descriptor] = nil }

  mutating func fork(_ child: Int64, of parent: Int64) { descriptors[child] = descriptors[parent] }

  mutating func seek(_ process: Int64, _ descriptor: Int64, _ position: Int64) {
    guard let index = descriptors[process]?[descriptor] else { return }
    openings[index].position = position
  }

  /// The file that a descriptor stands for.
  func thing(_ process: Int64, _ descriptor: Int64) -> Int64? {
    descriptors[process]?[descriptor].map { openings[$0].thing }
  }

  /// Where a call that moves bytes at the descriptor's own position begins; moves the position behind them.
  ///
  /// - Parameters:
  ///   - end: the size of the file, for descriptors that append; `nil` where it is not known.
  /// - Returns: `nil` where the position is not known.
  mutating func advance(
    _ process: Int64, _ descriptor: Int64, thing: Int64, by length: Int64, writes: Bool, end: Int64?
  ) -> Int64? {
    guard let index = descriptors[process]?[descriptor], openings[index].thing == thing else { return nil }
    let start = writes && openings[index].appends ? end : openings[index].position
    openings[index].position = start.map { $0 &+ length }
    return start
  }
}
