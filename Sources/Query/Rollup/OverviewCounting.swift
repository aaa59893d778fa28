import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema

/// Counts what an overview shows, for the rollup of a capture that is being written.
///
/// Events are tallied by type, kind of result and kind of object, one addition for each; once a bucket the tallies are
/// given to the counters that they belong to. About 4 ns an event.
public struct OverviewCounting: RollupCounting {
  /// What is counted, in the order of the counters.
  public let keys: [Rollup.Key]
  private let schema: Schema
  /// Which counters a class of events belongs to, by type and class. Made when a type is first seen.
  private var targets: [UInt16: [[Target]]] = [:]
  /// For each type id its place among the types of the batch.
  private var places = [UInt16](repeating: 0, count: 65_536)
  private var objectClasses: [UInt8] = []
  private var tallies: [Tally] = []

  /// Counts the events of a schema.
  public init(_ schema: Schema) {
    self.schema = schema
    keys = RollupCounter.overview.map(\.key)
  }

  private struct Tally {
    var count: Int64 = 0
    var sum: Int64 = 0
  }

  private struct Target {
    var counter: Int
    var isSum: Bool
  }

  /// Adds what the events of a batch count.
  public mutating func add(_ batch: EventBatch, to buckets: inout RollupBuckets) {
    var types: [UInt16] = []
    for type in batch.arguments {
      places[Int(type.type.rawValue)] = UInt16(types.count)
      types.append(type.type.rawValue)
      if targets[type.type.rawValue] == nil { targets[type.type.rawValue] = makeTargets(type.type) }
    }
    let targets = types.map { self.targets[$0] ?? [] }
    classifyObjects(batch.dimensions.objects)
    tallies = [Tally](repeating: Tally(), count: types.count * EventClass.count)
    var row = 0
    while row < batch.count {
      let bucket = buckets.bucket(of: batch.exitTimes[row])
      row = tally(batch, from: row, to: bucket.last)
      give(targets, to: bucket.index, &buckets)
    }
  }

  /// Tallies events up to a time.
  /// - Returns: the first row that is not of the bucket.
  private mutating func tally(_ batch: EventBatch, from start: Int, to last: Int64) -> Int {
    let first = batch.exitTimes[start]
    var row = start
    batch.exitTimes.withUnsafeBufferPointer { times in
      // Times ascend but for what nobody vouches for: an earlier one begins a bucket of its own.
      while row < times.count, times[row] >= first, times[row] <= last { row += 1 }
    }
    batch.types.withUnsafeBufferPointer { types in
      batch.results.withUnsafeBufferPointer { results in
        batch.objects.withUnsafeBufferPointer { objects in
          objectClasses.withUnsafeBufferPointer { objectClasses in
            places.withUnsafeBufferPointer { places in
              tallies.withUnsafeMutableBufferPointer { tallies in
                for index in start..<row {
                  let result = results[index]
                  let object = Int(objects[index])
                  let kind = object < objectClasses.count ? Int(objectClasses[object]) : 0
                  let place = Int(places[Int(types[index])]) * EventClass.count
                  let position = place + EventClass.index(result: EventClass.result(result), object: kind)
                  tallies[position].count &+= 1
                  tallies[position].sum &+= max(result, 0)
                }
              }
            }
          }
        }
      }
    }
    return row
  }

  /// Gives the tallies to the counters of a bucket, and begins anew.
  private mutating func give(_ targets: [[[Target]]], to bucket: Int, _ buckets: inout RollupBuckets) {
    for (place, classes) in targets.enumerated() {
      for (index, counters) in classes.enumerated() {
        let position = place * EventClass.count + index
        let tally = tallies[position]
        if tally.count == 0 { continue }
        for target in counters {
          buckets.add(target.isSum ? tally.sum : tally.count, to: target.counter, bucket: bucket)
        }
        tallies[position] = Tally()
      }
    }
  }

  private mutating func classifyObjects(_ objects: DimensionTable<ObjectColumn>) {
    objectClasses.removeAll(keepingCapacity: true)
    for kind in objects[.objectKind] { objectClasses.append(EventClass.object(ObjectKind(rawValue: kind) ?? .unknown)) }
  }

  /// For each class of events of a type the counters that they belong to.
  private func makeTargets(_ id: EventTypeID) -> [[Target]] {
    let type = schema.type(id)
    return (0..<EventClass.count).map { index in
      RollupCounter.overview.enumerated().compactMap { position, counter in
        counter.counts(type, EventClass(index)) ? Target(counter: position, isSum: counter.isSum) : nil
      }
    }
  }
}

/// What of an event, besides its type, decides about counters: what it returned and what it was about.
struct EventClass {
  /// 0 neither error nor positive, 1 positive, 2 an error, 3 the error of what goes on.
  let result: Int
  /// 0 other or none, 1 a file or directory, 2 a socket of the network.
  let object: Int

  /// How many there are.
  static let count = 12

  init(_ index: Int) { (result, object) = (index / 3, index % 3) }

  static func index(result: Int, object: Int) -> Int { result * 3 + object }

  /// -EINPROGRESS: the connection is being made.
  private static let pending: Int64 = -115

  static func result(_ result: Int64) -> Int {
    if result > 0 { return 1 }
    if !isError(result) { return 0 }
    return result == pending ? 3 : 2
  }

  static func object(_ kind: ObjectKind) -> UInt8 {
    if kind.isFile || kind == .directory { return 1 }
    return kind.isInternetSocket ? 2 : 0
  }
}

extension RollupCounter {
  fileprivate var isSum: Bool { if case .bytes = sum { true } else { false } }

  /// Whether events of a type and class count. A type that the schema lacks has no name and moves nothing.
  fileprivate func counts(_ type: EventType?, _ event: EventClass) -> Bool {
    if case .named(let names) = types, !names.contains(type?.name ?? "") { return false }
    if isNetwork, event.object != 2 { return false }
    switch results {
    case .all: break
    case .failed: if event.result < 2 { return false }
    case .succeeded: if event.result >= 2 { return false }
    case .positive: if event.result != 1 { return false }
    case .succeededOrPending: if event.result == 2 { return false }
    case .failedAndNotPending: if event.result != 2 { return false }
    }
    guard case .bytes(let direction, let target) = sum else { return true }
    // As `evt.buflen` says: a call that both reads and writes counts in both directions.
    let moves = type?.traits.contains(direction == .read ? .readsFromDescriptor : .writesToDescriptor) ?? false
    return moves && event.result == 1 && event.object == (target == .file ? 1 : 2)
  }
}
