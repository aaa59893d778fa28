import EventBatch

/// What of an event's result decides about counters: 0 neither error nor positive, 1 positive, 2 an error, 3 the error of
/// what goes on.
enum EventResult {
  static let count = 4

  /// -EINPROGRESS: the connection is being made.
  private static let pending: Int64 = -115

  @inline(__always)
  static func of(_ result: Int64) -> Int {
    if result > 0 { return 1 }
    if !isError(result) { return 0 }
    return result == pending ? 3 : 2
  }
}

/// The counters to which events of a type, with a result, about an object of a class belong.
struct ClassEntry: Sendable {
  /// Counters of events, and of bytes.
  var counts: [Int] = []
  var sums: [Int] = []
  /// Counters that ask for more.
  var extras: [Int] = []
  /// Counters of calls that take long.
  var slow: [Int] = []
  /// Counters of different objects: a bit for each, the same for all classes. The lowest two bits are for others.
  var distinct: UInt8 = 0
  /// Counters of different processes or containers.
  var distinctThreads: [Int] = []

  /// How many counters of different objects there can be.
  static let mostDistinct = 6

  /// A bit for each thing that has to be done for single events.
  var interest: UInt8 { (extras.isEmpty ? 0 : 1) | (slow.isEmpty ? 0 : 2) | distinct }
}

/// The classes of a batch's objects.
struct ObjectClasses {
  /// For each object row, and for none behind the last, a place in `numbers`.
  var places: [UInt8] = []
  /// The classes that there are in the batch.
  var numbers: [Int] = []
}

/// The tallies of a batch: how many events there are by type, result and class of object, and which have to be looked at.
struct BatchTally {
  private struct Tally {
    var count: Int64 = 0
    var sum: Int64 = 0
  }

  private let batch: EventBatch
  private let objects: ObjectClasses
  private let entries: [ClassEntry]
  private let places: [UInt16]
  private let interests: [UInt8]
  private let extras: [[Int]]
  private var tallies: [Tally]
  /// For each object what was seen of it, as in `ClassEntry.interest`; and whether a lineage was seen.
  private var seenObjects: [UInt8]
  private var seenLineages: [Bool]
  /// Events that counters ask more of.
  private(set) var candidates: [Int] = []
  /// Calls that took a millisecond or more, of classes of which that counts.
  private(set) var slowRows: [Int] = []
  /// The first events about objects, with the bits of counters as in `ClassEntry.distinct`.
  private(set) var objectRows: [(row: Int, wanted: UInt8)] = []
  /// The first events of threads.
  private(set) var threadRows: [Int] = []

  private static let slow: Int64 = 1_000_000

  init(_ batch: EventBatch, _ objects: ObjectClasses, _ entries: [ClassEntry], _ places: [UInt16]) {
    self.batch = batch
    self.objects = objects
    self.entries = entries
    self.places = places
    interests = entries.map(\.interest)
    extras = entries.map(\.extras)
    tallies = [Tally](repeating: Tally(), count: entries.count)
    seenObjects = [UInt8](repeating: 0, count: objects.places.count)
    seenLineages = [Bool](repeating: false, count: batch.dimensions.lineages.count + 1)
  }

  /// The counters of an event.
  func entry(of row: Int) -> ClassEntry { entries[position(batch.types[row], batch.objects[row], batch.results[row])] }

  /// The counters that ask more of an event.
  func extras(of row: Int) -> [Int] { extras[position(batch.types[row], batch.objects[row], batch.results[row])] }

  private func position(_ type: UInt16, _ object: UInt32, _ result: Int64) -> Int {
    let place = objects.places[min(Int(object), objects.places.count - 1)]
    return (Int(places[Int(type)]) * EventResult.count + EventResult.of(result)) * objects.numbers.count + Int(place)
  }

  /// Tallies events up to a time.
  /// - Returns: the first row that is not of the bucket.
  mutating func count(from start: Int, to last: Int64) -> Int {
    let first = batch.exitTimes[start]
    var row = start
    batch.exitTimes.withUnsafeBufferPointer { times in
      // Times ascend but for what nobody vouches for: an earlier one begins a bucket of its own.
      while row < times.count, times[row] >= first, times[row] <= last { row += 1 }
    }
    let classes = objects.numbers.count
    let lastObject = UInt32(objects.places.count - 1)
    let lastLineage = UInt32(seenLineages.count - 1)
    let (objectPlaces, places, interests) = (objects.places, self.places, self.interests)
    let hasLineages = batch.lineages.count == batch.count
    let batch = self.batch
    // Taken out for the loop, so that nothing is copied and nothing checked for each event.
    var tallies: [Tally] = []
    swap(&tallies, &self.tallies)
    var seen: [Bool] = []
    swap(&seen, &seenLineages)
    batch.types.withUnsafeBufferPointer { types in
      batch.results.withUnsafeBufferPointer { results in
        batch.objects.withUnsafeBufferPointer { objectRows in
          batch.lineages.withUnsafeBufferPointer { lineages in
            objectPlaces.withUnsafeBufferPointer { objectPlaces in
              places.withUnsafeBufferPointer { places in
                interests.withUnsafeBufferPointer { interests in
                  tallies.withUnsafeMutableBufferPointer { tallies in
                    seen.withUnsafeMutableBufferPointer { seen in
                      for index in start..<row {
                        let result = results[index]
                        let object = Int(min(objectRows[index], lastObject))
                        let position =
                          (Int(places[Int(types[index])]) * EventResult.count + EventResult.of(result)) * classes
                          + Int(objectPlaces[object])
                        tallies[position].count &+= 1
                        tallies[position].sum &+= max(result, 0)
                        let interest = interests[position]
                        if interest != 0 { note(index, object, interest) }
                        if hasLineages {
                          let lineage = Int(min(lineages[index], lastLineage))
                          if !seen[lineage] {
                            seen[lineage] = true
                            threadRows.append(index)
                          }
                        }
                      }
                    }
                  }
                }
              }
            }
          }
        }
      }
    }
    swap(&tallies, &self.tallies)
    swap(&seen, &seenLineages)
    return row
  }

  private mutating func note(_ row: Int, _ object: Int, _ interest: UInt8) {
    if interest & 1 != 0 { candidates.append(row) }
    if interest & 2 != 0, row < batch.latencies.count, batch.latencies[row] >= BatchTally.slow { slowRows.append(row) }
    let wanted = interest & ~3 & ~seenObjects[object]
    if wanted != 0 {
      seenObjects[object] |= wanted
      objectRows.append((row, wanted))
    }
  }

  /// Gives the tallies to counters, and begins anew.
  mutating func give(_ add: (Int, Int64) -> Void) {
    for position in tallies.indices where tallies[position].count != 0 {
      let tally = tallies[position]
      for counter in entries[position].counts { add(counter, tally.count) }
      for counter in entries[position].sums { add(counter, tally.sum) }
      tallies[position] = Tally()
    }
  }
}
