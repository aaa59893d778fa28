import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema

/// Counts what an overview shows: for the rollup of a capture that is being written, and for scans.
///
/// Events are tallied by type, kind of result and traits of the object, one addition for each; once a bucket the tallies
/// are given to the counters that they belong to. What asks for more than that is asked of the events of the types and
/// objects in question. Some 5 ns an event.
public struct OverviewCounting: RollupCounting {
  /// What is counted, in the order of the counters.
  public let keys: [Rollup.Key]
  /// What a batch must hold.
  public let columns: ColumnSelection
  private let schema: Schema
  private let counters: [RollupCounter]
  /// What is asked beside type, result and object, by counter.
  private let extras: [BoundExpression?]
  /// With what the payload begins, by counter; none where that does not matter.
  private let prefixes: [[[UInt8]]]
  /// What the payload holds, by counter; `nil` where that does not matter.
  private let words: [WordSearch?]
  /// The counters of different objects, each with a bit in `ClassEntry.distinct`.
  private let objectCounters: [Int]
  /// Which counters a class of events belongs to, by type; made when a type or an object with other traits is first seen.
  private var entries: [UInt16: [[ClassEntry]]] = [:]
  private var classes: [ObjectTraits] = []
  /// The class of traits by their code; -1 where none has them yet.
  private var classNumbers = [Int](repeating: -1, count: ObjectTraits.codes)
  /// For each type id its place among the types of the batch.
  private var places = [UInt16](repeating: 0, count: 65_536)
  /// For each counter of different values what was seen.
  private(set) var seen: [Int: FirstSeen] = [:]

  /// How many different values a rollup counts at most; a counter with more is left out and scanned for.
  public static let mostDistinct = 1 << 18

  /// Counts the events of a schema for all counters that can be asked of it: a file's own schema may lack what some ask for.
  public init(_ schema: Schema) {
    var columns = ColumnSet()
    var bound: [Bound] = []
    for counter in RollupCounter.overview {
      do throws(QueryError) { bound.append(try Bound(counter, schema, &columns)) } catch { continue }
    }
    self.init(schema, bound, columns, mostDistinct: OverviewCounting.mostDistinct)
  }

  /// Counts for some counters.
  init(_ schema: Schema, _ counters: [RollupCounter], mostDistinct: Int) throws(QueryError) {
    var columns = ColumnSet()
    var bound: [Bound] = []
    for counter in counters { bound.append(try Bound(counter, schema, &columns)) }
    self.init(schema, bound, columns, mostDistinct: mostDistinct)
  }

  /// A counter with what it asks beside type, result and object.
  private struct Bound {
    var counter: RollupCounter
    var extra: BoundExpression?

    /// - Parameter columns: takes what a batch must hold; nothing when the schema cannot be asked.
    init(_ counter: RollupCounter, _ schema: Schema, _ columns: inout ColumnSet) throws(QueryError) {
      self.counter = counter
      if let text = counter.extra { extra = try Question(filter: text, schema: schema).root }
      try counter.addColumns(to: &columns, schema: schema)
      if counter.latency != nil { columns.core.insert([.latencies, .flags]) }
    }
  }

  private init(_ schema: Schema, _ bound: [Bound], _ columns: ColumnSet, mostDistinct: Int) {
    let counters = bound.map(\.counter)
    let extras = bound.map(\.extra)
    self.schema = schema
    self.counters = counters
    self.extras = extras
    keys = counters.map(\.key)
    for (index, counter) in counters.enumerated() {
      if case .distinct = counter.sum { seen[index] = FirstSeen(limit: mostDistinct) }
    }
    var columns = columns
    // Who did it is asked of each thread once.
    columns.core.insert(.lineages)
    prefixes = counters.map { $0.prefixes.map { Array($0.utf8) } }
    words = counters.map { $0.words.isEmpty ? nil : WordSearch($0.words) }
    objectCounters = counters.indices.filter { index in
      switch counters[index].sum {
      case .distinct(.objectName), .distinct(.serverPort): extras[index] == nil
      default: false
      }
    }
    precondition(objectCounters.count <= ClassEntry.mostDistinct, "more counters of objects than bits")
    self.columns = columns.selection
  }

  /// Adds what the events of a batch count.
  public mutating func add(_ batch: EventBatch, to buckets: inout RollupBuckets) {
    var types: [UInt16] = []
    for type in batch.arguments {
      places[Int(type.type.rawValue)] = UInt16(types.count)
      types.append(type.type.rawValue)
    }
    let view = BatchView(batch, context: ScanContext(), previousExit: nil)
    let objects = classify(view)
    var tally = BatchTally(batch, objects, entries(of: types, objects), places)
    var row = 0
    while row < batch.count {
      let bucket = buckets.bucket(of: batch.exitTimes[row])
      row = tally.count(from: row, to: bucket.last)
      tally.give { counter, value in buckets.add(value, to: counter, bucket: bucket.index) }
    }
    addCandidates(tally, view, to: &buckets)
    noteObjects(tally, view)
    noteThreads(tally, view)
  }

  /// The rollup, with what was seen of each counter of different values in the bucket of its first time.
  public func rollup(of buckets: RollupBuckets) -> Rollup? {
    var buckets = buckets
    for (counter, seen) in seen {
      for time in seen.times.values { buckets.add(1, to: counter, bucket: buckets.bucket(of: time).index) }
    }
    guard var rollup = buckets.rollup(keys) else { return nil }
    rollup.counters = rollup.counters.enumerated().filter { !(seen[$0.offset]?.isFull ?? false) }.map(\.element)
    return rollup
  }

  /// Begins anew with different values.
  mutating func forgetSeen() { for counter in seen.keys { seen[counter] = FirstSeen(limit: .max) } }

  /// Takes over what another one saw.
  mutating func merge(seenBy other: [Int: FirstSeen]) {
    for (counter, values) in other { seen[counter]?.merge(values) }
  }

  // MARK: Classes

  /// For each object row, and for none behind the last, the place of its class among those of the batch.
  private mutating func classify(_ view: BatchView) -> ObjectClasses {
    let count = view.batch.dimensions.objects.count
    // By the code of traits, as in `classNumbers`.
    var places = [Int](repeating: -1, count: ObjectTraits.codes)
    // Of files the name says all, and most names are those of many objects.
    let names = FileNames(view.batch.dimensions)
    var codes = [Int](repeating: -1, count: names.texts)
    var result = ObjectClasses()
    result.places.reserveCapacity(count + 1)
    for row in 0...count {
      let name = names.text(ofObject: row)
      if let name, codes[name] >= 0 {
        result.places.append(UInt8(truncatingIfNeeded: places[codes[name]]))
        continue
      }
      let traits = row < count ? ObjectTraits(view, object: row) : ObjectTraits()
      let code = traits.code
      if let name { codes[name] = code }
      if places[code] < 0 {
        places[code] = result.numbers.count
        result.numbers.append(classNumber(traits))
      }
      result.places.append(UInt8(truncatingIfNeeded: places[code]))
    }
    return result
  }

  private mutating func classNumber(_ traits: ObjectTraits) -> Int {
    let known = classNumbers[traits.code]
    if known >= 0 { return known }
    let number = classes.count
    classes.append(traits)
    classNumbers[traits.code] = number
    return number
  }

  /// What belongs to each type, result and class of the batch, in the order of `BatchTally`.
  private mutating func entries(of types: [UInt16], _ objects: ObjectClasses) -> [ClassEntry] {
    var all: [ClassEntry] = []
    all.reserveCapacity(types.count * EventResult.count * objects.numbers.count)
    for raw in types {
      var known = entries[raw] ?? []
      if known.count < classes.count {
        let type = schema.type(EventTypeID(rawValue: raw))
        for number in known.count..<classes.count {
          known.append((0..<EventResult.count).map { makeEntry(type, $0, classes[number]) })
        }
        entries[raw] = known
      }
      for result in 0..<EventResult.count {
        for number in objects.numbers { all.append(known[number][result]) }
      }
    }
    return all
  }

  private func makeEntry(_ type: EventType?, _ result: Int, _ traits: ObjectTraits) -> ClassEntry {
    var entry = ClassEntry()
    for (index, counter) in counters.enumerated() where counter.counts(type, result, traits) {
      switch counter.sum {
      case _ where extras[index] != nil || !prefixes[index].isEmpty || words[index] != nil: entry.extras.append(index)
      case _ where counter.latency != nil: entry.slow.append(index)
      case .events: entry.counts.append(index)
      case .bytes: entry.sums.append(index)
      case .distinct(.objectName), .distinct(.serverPort):
        entry.distinct |= 4 << UInt8(objectCounters.firstIndex(of: index) ?? 0)
      case .distinct(.process), .distinct(.container): entry.distinctThreads.append(index)
      }
    }
    return entry
  }

  // MARK: What is asked of single events

  private mutating func addCandidates(_ tally: BatchTally, _ view: BatchView, to buckets: inout RollupBuckets) {
    let batch = view.batch
    func add(_ counter: Int, _ row: Int, _ buckets: inout RollupBuckets) {
      buckets.add(1, to: counter, bucket: buckets.bucket(of: batch.exitTimes[row]).index)
    }
    for row in tally.slowRows {
      let latency = batch.latency(of: row)
      for counter in tally.entry(of: row).slow where latency >= counters[counter].latency ?? 0 {
        add(counter, row, &buckets)
      }
    }
    if tally.candidates.isEmpty { return }
    var payloads = PayloadColumns(batch)
    var candidates: [Int: [Int]] = [:]
    for row in tally.candidates {
      for counter in tally.extras(of: row) {
        if let words = words[counter] {
          if payloads.holds(row, words) { add(counter, row, &buckets) }
        } else if prefixes[counter].isEmpty {
          candidates[counter, default: []].append(row)
        } else if payloads.begins(row, with: prefixes[counter]) {
          add(counter, row, &buckets)
        }
      }
    }
    for (counter, rows) in candidates {
      guard let extra = extras[counter] else { continue }
      var bytes = [UInt8](repeating: 0, count: batch.count)
      for row in rows { bytes[row] = 1 }
      var evaluator = Evaluator(view)
      let selected = evaluator.evaluate(extra, Mask(bytes))
      for row in selected.rows() {
        guard case .distinct(let what) = counters[counter].sum else {
          add(counter, Int(row), &buckets)
          continue
        }
        note(what, counter, Int(row), view)
      }
    }
  }

  private mutating func noteObjects(_ tally: BatchTally, _ view: BatchView) {
    let batch = view.batch
    let names = FileNames(batch.dimensions)
    // When a name was noted first, by counter and text.
    var noted = [[Int64]](repeating: [], count: objectCounters.count)
    for (row, wanted) in tally.objectRows {
      let name = names.text(ofObject: Int(batch.objects[row]))
      for (bit, counter) in objectCounters.enumerated() where wanted & (4 << UInt8(bit)) != 0 {
        guard case .distinct(let what) = counters[counter].sum else { continue }
        if let name, what == .objectName {
          if noted[bit].isEmpty { noted[bit] = [Int64](repeating: .max, count: names.texts) }
          if noted[bit][name] <= batch.exitTimes[row] { continue }
          noted[bit][name] = batch.exitTimes[row]
        }
        note(what, counter, row, view)
      }
    }
  }

  private mutating func noteThreads(_ tally: BatchTally, _ view: BatchView) {
    for row in tally.threadRows {
      for counter in tally.entry(of: row).distinctThreads {
        guard case .distinct(let what) = counters[counter].sum else { continue }
        note(what, counter, row, view)
      }
    }
  }

  private mutating func note(_ what: RollupCounter.Distinct, _ counter: Int, _ row: Int, _ view: BatchView) {
    let batch = view.batch
    guard let digest = view.digest(what, row: row) else { return }
    seen[counter]?.note(digest, at: batch.exitTimes[row])
  }
}

extension BatchView {
  /// The digest of what differs; `nil` where it is missing.
  fileprivate func digest(_ what: RollupCounter.Distinct, row: Int) -> UInt64? {
    let (lineage, object) = (Int(batch.lineages[row]), Int(batch.objects[row]))
    switch what {
    case .objectName: return object < batch.dimensions.objects.count ? digest(objectName(object)) : nil
    case .serverPort: return digest(value(.serverPort, object: object))
    case .process:
      guard let thread = thread(ofLineage: lineage) else { return nil }
      let threads = batch.dimensions.threads
      let pid = threads[thread, .pid]
      return pid == EventBatch.missing ? nil : FirstSeen.digest(pid, threads[thread, .processStartTime])
    case .container:
      let id = value(.shortID, argument: .none, lineage: lineage)
      return id == .text("host") ? nil : digest(id)
    }
  }

  private func digest(_ value: FieldValue) -> UInt64? {
    switch value {
    case .missing: nil
    case .unsigned(let number): FirstSeen.digest(Int64(bitPattern: number), 0)
    default: value.bytesValue.map { FirstSeen.digest($0) }
    }
  }
}

extension RollupCounter {
  /// Whether events of a type, with a result, about such an object count, as far as these decide. A type that the schema
  /// lacks has no name and moves nothing.
  fileprivate func counts(_ type: EventType?, _ result: Int, _ traits: ObjectTraits) -> Bool {
    let reads = type?.traits.contains(.readsFromDescriptor) ?? false
    let writes = type?.traits.contains(.writesToDescriptor) ?? false
    switch types {
    case .all: break
    case .systemCalls: if type?.systemCall == nil { return false }
    case .inputOutput: if !reads, !writes { return false }
    case .reads: if !reads { return false }
    case .writes: if !writes { return false }
    case .named(let names): if !names.contains(type?.name ?? "") { return false }
    }
    switch results {
    case .all: break
    case .failed: if result < 2 { return false }
    case .succeeded: if result >= 2 { return false }
    case .positive: if result != 1 { return false }
    case .succeededOrPending: if result == 2 { return false }
    case .failedAndNotPending: if result != 2 { return false }
    }
    // The log's socket is one that somebody writes to.
    if case .syslog = object, !writes { return false }
    if !object.holds(traits) { return false }
    guard case .bytes(let direction, let target) = sum else { return true }
    // As `evt.buflen` says: a call that both reads and writes counts in both directions.
    let moves = direction == .read ? reads : direction == .write ? writes : reads || writes
    let isTarget = target == .file ? traits.kind == .file || traits.kind == .directory : traits.kind == .network
    return moves && result == 1 && isTarget
  }
}
