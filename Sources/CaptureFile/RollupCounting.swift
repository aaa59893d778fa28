import CaptureFormat
import EventBatch

/// Counts events for a capture's rollup. The writer hands each batch over once; which counters there are, and what they
/// mean, is known elsewhere.
public protocol RollupCounting: Sendable {
  /// What is counted, in the order of the counters.
  var keys: [Rollup.Key] { get }

  /// Adds what the events of a batch count. Called for batches in any order; the buckets cover the batch's exit times.
  mutating func add(_ batch: EventBatch, to buckets: inout RollupBuckets)
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
  public var rollup: Rollup? { buckets.rollup(counting.keys) }
}
