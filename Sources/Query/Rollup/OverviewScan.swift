import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema

/// Counts by a scan what a rollup says, or would say: with a filter, a time window, or container by container.
public struct OverviewScan: Sendable {
  private let counting: OverviewCounting
  private let keys: [Rollup.Key]

  /// How many different values are held, all counters together, before they go to a temporary file.
  private let mostHeld: Int

  /// A container, or all events.
  public struct Group: Sendable, Hashable {
    /// The short id; `host` for what is in none; empty for all events together.
    public var id: String
    /// The name, as far as the capture has it.
    public var name: String
  }

  /// Counts some of what `OverviewCounting` counts.
  /// - Parameter mostHeld: how many different values are held in memory, about.
  public init(_ schema: Schema, keys: [Rollup.Key], mostHeld: Int = 400_000) throws(QueryError) {
    self.mostHeld = mostHeld
    let counters = RollupCounter.overview.filter { keys.contains($0.key) }
    self.keys = counters.map(\.key)
    counting = try OverviewCounting(schema, counters, mostDistinct: .max)
  }

  /// Scans a source.
  ///
  /// - Parameters:
  ///   - span: the exit times that the buckets cover.
  ///   - byContainer: one rollup for each container instead of one for all.
  ///   - progress: called after each chunk.
  /// - Returns: for each group its counters, all in the same buckets.
  /// - Throws: what the source throws, and `CaptureError` of the temporary file.
  public nonisolated(nonsending) func run<Source: EventSource>(
    over source: Source, _ question: Question, span: ClosedRange<Int64>, byContainer: Bool = false,
    parallelism: Int? = nil, progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> (groups: [(group: Group, rollup: Rollup)], progress: ScanProgress) {
    var sums: [Group: (counting: OverviewCounting, buckets: RollupBuckets)] = [:]
    var spill: FirstSeenSpill<Group>?
    func spillSeen() throws(CaptureError) {
      var parts: FirstSeenSpill<Group>
      if let spill { parts = spill } else { parts = try FirstSeenSpill() }
      for (group, sum) in sums {
        for (counter, seen) in sum.counting.seen { try parts.add(seen.times, to: counter, of: group) }
        sums[group]?.counting.forgetSeen()
      }
      spill = parts
    }
    func add(_ part: Part) {
      var (counting, buckets) = sums.removeValue(forKey: part.group) ?? (self.counting, emptyBuckets(span))
      // Times that a head does not tell of: a damaged file.
      buckets.cover(part.times.lowerBound, part.times.upperBound)
      part.rollup.add(to: &buckets, from: part.times.lowerBound)
      counting.merge(seenBy: part.seen)
      sums[part.group] = (counting, buckets)
    }
    var columns = counting.columns
    if byContainer { columns.core.insert(.lineages) }
    let counting = counting
    let scan = Scan(source, question, parallelism: parallelism)
    let done = try await scan.run(columns: columns) { events in
      OverviewScan.parts(events, counting, byContainer: byContainer)
    } consume: { parts, state in
      for part in parts { add(part) }
      let held = sums.values.reduce(0) { $0 + $1.counting.seen.values.reduce(0) { $0 + $1.times.count } }
      if held > mostHeld { try spillSeen() }
      progress(state)
      return true
    }
    if !byContainer, sums.isEmpty {
      sums[Group(id: "", name: "")] = (counting, emptyBuckets(span))
    }
    if spill != nil { try spillSeen() }
    if let spill {
      for (group, sum) in sums {
        var buckets = sum.buckets
        for counter in sum.counting.seen.keys {
          try spill.forEach(of: counter, group) { buckets.add(1, to: counter, bucket: buckets.bucket(of: $0).index) }
        }
        sums[group]?.buckets = buckets
      }
    }
    let groups = sums.sorted { ($0.key.name, $0.key.id) < ($1.key.name, $1.key.id) }
    return (groups.compactMap { group, sum in sum.counting.rollup(of: sum.buckets).map { (group, $0) } }, done)
  }

  private func emptyBuckets(_ span: ClosedRange<Int64>) -> RollupBuckets {
    var buckets = RollupBuckets(counters: keys.count)
    buckets.cover(span.lowerBound, span.upperBound)
    return buckets
  }

  /// What the events of a chunk count.
  private struct Part: Sendable {
    var group: Group
    /// Without the counters of different values, which are in `seen`.
    var rollup: Rollup
    var seen: [Int: FirstSeen]
    var times: ClosedRange<Int64>
  }

  private static func parts(_ events: SelectedEvents, _ counting: OverviewCounting, byContainer: Bool) -> [Part] {
    if !byContainer {
      let batch =
        events.rows.count == events.batch.count ? events.batch : events.batch.selecting(rows: events.rows.map(Int.init))
      return part(batch, Group(id: "", name: ""), counting).map { [$0] } ?? []
    }
    var rows: [Group: [Int]] = [:]
    var known: [UInt32: Group] = [:]
    for row in events.rows {
      let lineage = events.batch.lineages[Int(row)]
      let group = known[lineage] ?? events.container(ofLineage: Int(lineage))
      known[lineage] = group
      rows[group, default: []].append(Int(row))
    }
    return rows.compactMap { part(events.batch.selecting(rows: $1), $0, counting) }
  }

  private static func part(_ batch: EventBatch, _ group: Group, _ counting: OverviewCounting) -> Part? {
    guard let least = batch.exitTimes.min(), let greatest = batch.exitTimes.max() else { return nil }
    var counting = counting
    var buckets = RollupBuckets(counters: counting.keys.count)
    buckets.cover(least, greatest)
    counting.add(batch, to: &buckets)
    return buckets.rollup(counting.keys).map {
      Part(group: group, rollup: $0, seen: counting.seen, times: least...greatest)
    }
  }
}

extension SelectedEvents {
  fileprivate func container(ofLineage lineage: Int) -> OverviewScan.Group {
    let id = view.value(.shortID, argument: .none, lineage: lineage)
    if id == .missing { return OverviewScan.Group(id: "unknown", name: "unknown") }
    let name = view.value(.name, argument: .none, lineage: lineage)
    let text = { (value: FieldValue) in String(decoding: value.bytesValue ?? [], as: UTF8.self) }
    return OverviewScan.Group(id: text(id), name: name == .missing ? text(id) : text(name))
  }
}

extension Rollup {
  /// Adds the values to buckets that are as long or longer, and cover them.
  /// - Parameters:
  ///   - places: for each counter its place there; `nil` where they are the same.
  ///   - least: a time that is covered; the first bucket may begin before it.
  public func add(to sums: inout RollupBuckets, counters places: [Int?]? = nil, from least: Int64) {
    for (index, counter) in counters.enumerated() {
      guard let place = places == nil ? index : places?[index] else { continue }
      for (bucket, value) in counter.values.enumerated() where value != 0 {
        sums.add(value, to: place, bucket: sums.bucket(of: max(start + Int64(bucket) * step, least)).index)
      }
    }
  }
}
