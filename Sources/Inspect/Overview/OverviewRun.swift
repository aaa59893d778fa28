import CaptureFile
import CaptureFormat
import EventSchema
import Query

/// Answers an overview: from the rollups in the tails of captures where these suffice, else by a scan.
///
///     let run = try OverviewRun(schema: source.schema, filter: "container.name = web")
///     let overview = try await run.answer(over: source).overviews[0]
///
/// Both ways give the same numbers. The unfiltered overview of a capture is one read of some ten kilobytes, whatever its
/// size.
public struct OverviewRun: Sendable {
  private let question: Question
  private let hasFilter: Bool
  private let byContainer: Bool
  private let schema: Schema

  /// What was found, and how much was read for it.
  public struct Answer: Sendable {
    /// One for all events, or one for each container, those with most system calls first. Empty when there are no events.
    public let overviews: [Overview]
    /// `nil` when no chunk was read.
    public let progress: ScanProgress?
  }

  /// Prepares an overview.
  ///
  /// - Parameters:
  ///   - filter: narrows the events.
  ///   - from: the least exit time that counts, in nanoseconds of the epoch.
  ///   - to: the first exit time that does not.
  ///   - byContainer: one overview for each container.
  /// - Throws: what is wrong with the filter.
  public init(
    schema: Schema, filter: String? = nil, from: Int64? = nil, to: Int64? = nil, byContainer: Bool = false
  ) throws(QueryError) {
    question = try Question(filter: filter, schema: schema, from: from, to: to)
    hasFilter = filter?.contains { !$0.isWhitespace } ?? false
    self.byContainer = byContainer
    self.schema = schema
  }

  private static let keys: [Rollup.Key] = OverviewCounting(.builtIn).keys.filter {
    OverviewCatalogue.tile(named: $0.name) != nil
  }

  /// Answers for captures.
  /// - Parameter progress: called after each chunk that has to be read.
  /// - Throws: what reading throws.
  public nonisolated(nonsending) func answer(
    over source: CaptureSource, parallelism: Int? = nil, progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> Answer {
    let bounds = source.readers.flatMap(\.pages).map(\.bounds).filter { $0.events > 0 }
    guard let least = bounds.map(\.leastExit).min(), let greatest = bounds.map(\.greatestExit).max() else {
      return Answer(overviews: [], progress: nil)
    }
    return try await answer(
      over: source, span: least...greatest, known: try rollups(source.readers), parallelism: parallelism,
      progress: progress)
  }

  /// Answers for any source by a scan.
  /// - Parameter span: the exit times of its events.
  public nonisolated(nonsending) func answer<Source: EventSource>(
    scanning source: Source, span: ClosedRange<Int64>, parallelism: Int? = nil,
    progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> Answer {
    try await answer(over: source, span: span, known: [], parallelism: parallelism, progress: progress)
  }

  /// The rollups, when all captures have one and nothing narrows the events.
  private func rollups(_ readers: [CaptureReader]) throws -> [Rollup] {
    if hasFilter || byContainer || question.from != nil || question.to != nil { return [] }
    let rollups = try readers.filter { $0.pages.contains { $0.bounds.events > 0 } }.map { try $0.rollup() }
    let known = rollups.compactMap(\.self)
    return known.count == rollups.count ? known : []
  }

  private nonisolated(nonsending) func answer<Source: EventSource>(
    over source: Source, span: ClosedRange<Int64>, known: [Rollup], parallelism: Int?,
    progress: (ScanProgress) -> Void
  ) async throws -> Answer {
    guard let window = window(of: span) else { return Answer(overviews: [], progress: nil) }
    let (counts, grid) = sums(of: known, window)
    let missing = OverviewRun.keys.filter { counts[$0.name] == nil }
    if missing.isEmpty {
      let overview = Overview(container: nil, start: grid.start, step: grid.step, counts: counts)
      return Answer(overviews: [overview], progress: nil)
    }
    let scan = try OverviewScan(schema, keys: missing)
    let (groups, done) = try await scan.run(
      over: source, question, span: window, byContainer: byContainer, parallelism: parallelism, progress: progress)
    let overviews = groups.map { group, rollup in
      var counts = counts
      for counter in rollup.counters { counts[counter.key.name] = counter.values }
      return Overview(
        container: byContainer ? (group.id, group.name) : nil, start: rollup.start, step: rollup.step,
        counts: counts)
    }
    return Answer(overviews: overviews.sorted(by: OverviewRun.isBusier), progress: done)
  }

  private static func isBusier(_ one: Overview, _ other: Overview) -> Bool {
    let name = "general.system_calls"
    return (other[name]?.total ?? 0, one.container?.id ?? "") < (one[name]?.total ?? 0, other.container?.id ?? "")
  }

  private func window(of span: ClosedRange<Int64>) -> ClosedRange<Int64>? {
    let from = max(span.lowerBound, question.from ?? span.lowerBound)
    var to = span.upperBound
    // The end of a window does not belong to it.
    if let end = question.to, end <= to { to = end > Int64.min ? end - 1 : end }
    return from <= to ? from...to : nil
  }

  /// The counters that all rollups have, in common buckets. Of different values in several captures nobody knows which are
  /// the same.
  private func sums(
    of rollups: [Rollup], _ window: ClosedRange<Int64>
  ) -> (counts: [String: [Int64]], grid: (start: Int64, step: Int64)) {
    let keys = OverviewRun.keys.filter { key in
      if rollups.count > 1, key.aggregate.hasPrefix("distinct") { return false }
      return !rollups.isEmpty && rollups.allSatisfy { $0.place(of: key) != nil }
    }
    var buckets = RollupBuckets(counters: keys.count)
    buckets.cover(window.lowerBound, window.upperBound)
    for rollup in rollups {
      var places = [Int?](repeating: nil, count: rollup.counters.count)
      for (index, key) in keys.enumerated() { if let place = rollup.place(of: key) { places[place] = index } }
      guard rollup.isWithin(window) else { return ([:], (0, 0)) }
      rollup.add(to: &buckets, counters: places, from: window.lowerBound)
    }
    guard let sum = buckets.rollup(keys) else { return ([:], (0, 0)) }
    var counts: [String: [Int64]] = [:]
    for counter in sum.counters { counts[counter.key.name] = counter.values }
    return (counts, (sum.start, sum.step))
  }
}

extension Rollup {
  /// Where a counter is: by what it counts, whatever the program that wrote it calls it.
  fileprivate func place(of key: Rollup.Key) -> Int? {
    counters.firstIndex {
      $0.key.filter == key.filter && $0.key.aggregate == key.aggregate && $0.key.groupField.isEmpty
    }
  }

  /// Whether the buckets are those of a time span: a damaged file may say something else, and then events are scanned.
  fileprivate func isWithin(_ span: ClosedRange<Int64>) -> Bool {
    guard buckets > 0 else { return true }
    let last = start + Int64(buckets - 1) * step
    if last > span.upperBound || start > span.upperBound { return false }
    let early = span.lowerBound.subtractingReportingOverflow(start)
    return !early.overflow && early.partialValue < step
  }
}
