import CaptureFormat
import EventBatch

/// Counts events for a capture's rollup. The writer hands each batch over once; which counters there are, and what they
/// mean, is known elsewhere.
public protocol RollupCounting: Sendable {
  /// What is counted, in the order of the counters.
  var keys: [Rollup.Key] { get }

  /// What a batch must hold.
  var columns: ColumnSelection { get }

  /// Adds what the events of a batch count. Called for batches in any order; the buckets cover the batch's exit times.
  mutating func add(_ batch: EventBatch, to buckets: inout RollupBuckets)

  /// The rollup of what was added so far, with what is known only when all events are; `nil` when the buckets are in no
  /// time.
  func rollup(of buckets: RollupBuckets) -> Rollup?
}

extension RollupCounting {
  /// Times, types, results and objects, with the dimensions.
  public var columns: ColumnSelection { .counted }

  /// The sums of all buckets.
  public func rollup(of buckets: RollupBuckets) -> Rollup? { buckets.rollup(keys) }
}

/// Makes a rollup while batches pass by.
public struct RollupBuilder: Sendable {
  private var counting: any RollupCounting
  private var buckets: RollupBuckets

  /// A rollup of no events.
  public init(_ counting: any RollupCounting) {
    self.counting = counting
    buckets = RollupBuckets(counters: counting.keys.count)
  }

  /// What the batches must hold.
  public var columns: ColumnSelection { counting.columns }

  /// Counts the events of a batch.
  public mutating func add(_ batch: EventBatch) {
    guard var least = batch.exitTimes.first else { return }
    var greatest = least
    batch.exitTimes.withUnsafeBufferPointer { times in
      for time in times {
        least = min(least, time)
        greatest = max(greatest, time)
      }
    }
    buckets.cover(least, greatest)
    counting.add(batch, to: &buckets)
  }

  /// The rollup so far; `nil` when the events' times cannot be put into buckets.
  public var rollup: Rollup? { counting.rollup(of: buckets) }
}
