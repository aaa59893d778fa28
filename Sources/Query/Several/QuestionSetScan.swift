import CaptureFormat
import EventBatch
import EventSchema
import Synchronization

/// Asks a set of filters of all chunks of a source, on all cores, with results in order.
public struct QuestionSetScan<Source: EventSource>: Sendable {
  /// What is scanned.
  public let source: Source
  /// What is asked.
  public let set: QuestionSet
  /// How many chunks are worked on at once.
  public var parallelism: Int
  /// Whether it is measured what each filter costs.
  public var isProfiling = false
  private let window: Question

  /// A scan of a source.
  /// - Parameters:
  ///   - from: the least exit time that counts, in nanoseconds of the epoch.
  ///   - to: the first exit time that does not.
  ///   - parallelism: how many chunks are worked on at once; `nil` for one more than there are cores.
  public init(_ source: Source, _ set: QuestionSet, from: Int64? = nil, to: Int64? = nil, parallelism: Int? = nil) {
    self.source = source
    self.set = set
    self.parallelism = max(parallelism ?? coreCount() + 1, 1)
    window = Question(root: .constant(true), slotCount: 0, warnings: [], schema: source.schema, from: from, to: to)
  }

  /// Reads chunks in parallel and hands what is made of their matches to a consumer, in order.
  ///
  /// - Parameters:
  ///   - columns: what `transform` needs where some filters hold.
  ///   - transform: makes something of the matches of a chunk. Runs on any thread; not called for chunks without matches.
  ///   - consume: takes the results one by one, in order, on the caller's task; returns whether it wants more.
  /// - Returns: how much was read, and what each filter cost if that is measured.
  public nonisolated(nonsending) func run<Partial: Sendable>(
    columns: @escaping @Sendable (Set<Int>) -> ColumnSelection,
    transform: @escaping @Sendable (SetMatches) throws -> Partial,
    consume: (Partial, ScanProgress) async throws -> Bool
  ) async throws -> (progress: ScanProgress, costs: [QuestionCost]) {
    var feed = ChunkFeed(source, window, isReversed: false)
    var progress = ScanProgress(chunks: source.chunkCount, chunksToRead: feed.chunksToRead)
    let pool = WorkerPool(set, isProfiling: isProfiling)
    try await feed.work(parallelism: parallelism) { chunk in
      try self.work(on: chunk, pool, columns, transform)
    } take: { result, chunksToRead in
      progress.chunksRead += result.wasRead ? 1 : 0
      if !result.wasRead { progress.excluded[.step(0), default: 0] += 1 }
      progress.chunksToRead = chunksToRead
      progress.eventsRead += result.count
      progress.eventsSelected += result.selected
      if let failure = result.failure { progress.failures.append(failure) }
      guard let partial = result.partial else { return true }
      return try await consume(partial, progress)
    }
    progress.failures += feed.failures
    return (progress, pool.costs)
  }

  private func work<Partial>(
    on chunk: ChunkFeed<Source>.Chunk, _ pool: WorkerPool, _ columns: @Sendable (Set<Int>) -> ColumnSelection,
    _ transform: @Sendable (SetMatches) throws -> Partial
  ) throws -> SetResult<Partial> {
    try Task.checkCancellation()
    var result = SetResult<Partial>()
    do {
      let context = source.context(ofChunk: chunk.index)
      if let head = source.head(ofChunk: chunk.index), !set.mayMatch(head, context: context) {
        result.count = head.count
        return result
      }
      result.wasRead = true
      var work = ChunkWork(try source.openChunk(chunk.index), window, context, previousExit: chunk.previousExit)
      try work.read(ColumnSelection(core: .types, dimensions: false))
      result.count = work.view.batch.count
      let worker = pool.take()
      defer { pool.give(worker) }
      worker.begin(work.view)
      var rows = worker.rowsOfInterest(work.view.batch.types, nil)
      if rows.isEmpty { return result }
      if !chunk.isWithinWindow, window.from != nil || window.to != nil {
        try work.read(ColumnSelection(core: .exitTimes, dimensions: false))
        let inside = window.window(work.view.batch).bytes
        rows.removeAll { inside[Int($0)] == 0 }
        if rows.isEmpty { return result }
      }
      try work.read(
        ColumnSelection(core: [.types, .lineages, .objects], dimensions: false, tables: [.objects, .lineages]))
      worker.goOn(work.view)
      var candidates = worker.candidates(rows: rows)
      for isEarly in [true, false] where !candidates.isEmpty {
        let needed = worker.columns(for: candidates, isEarly: isEarly).selection
        try work.read(needed, for: QuestionSetScan.unique(candidates.map(\.row)))
        worker.goOn(work.view)
        if isEarly { candidates = worker.narrow(candidates) }
      }
      if candidates.isEmpty { return result }
      let matches = worker.confirm(candidates)
      result.selected = matches.count
      if matches.isEmpty { return result }
      try work.read(columns(Set(matches.map(\.question))), for: QuestionSetScan.unique(matches.map(\.row)))
      result.partial = try transform(SetMatches(view: work.view, matches: matches, chunk: chunk.index))
      return result
    } catch  where source.isLimitedToChunk(error) {
      return SetResult(failure: "\(error)")
    }
  }

  /// Ascending rows without repetitions.
  private static func unique(_ rows: [UInt32]) -> [UInt32] {
    var unique: [UInt32] = []
    for row in rows where unique.last != row { unique.append(row) }
    return unique
  }
}

/// The events of a chunk that filters of a set select.
public struct SetMatches {
  let view: BatchView
  /// In order of rows, then of filters.
  public let matches: [SetMatch]
  /// The chunk of the source.
  public let chunk: Int

  init(view: BatchView, matches: [SetMatch], chunk: Int) {
    self.view = view
    self.matches = matches
    self.chunk = chunk
  }

  /// The matches of a batch in memory.
  public init(batch: EventBatch, context: ScanContext, matches: [SetMatch]) {
    self.init(view: BatchView(batch, context: context, previousExit: nil), matches: matches, chunk: 0)
  }

  /// The chunk; only columns that were asked for are filled.
  public var batch: EventBatch { view.batch }

  /// The events that one filter selects.
  public func selected(by question: Int) -> SelectedEvents {
    SelectedEvents(view: view, rows: matches.filter { $0.question == question }.map(\.row))
  }
}

private struct SetResult<Partial: Sendable>: Sendable {
  var wasRead = false
  var count = 0
  var selected = 0
  var partial: Partial?
  var failure: String?
}

/// The workers that are not at work.
private final class WorkerPool: Sendable {
  private let set: QuestionSet
  private let isProfiling: Bool
  private let idle = Mutex<[QuestionSetWorker]>([])

  init(_ set: QuestionSet, isProfiling: Bool) {
    self.set = set
    self.isProfiling = isProfiling
  }

  func take() -> QuestionSetWorker {
    idle.withLock { $0.popLast() } ?? QuestionSetWorker(set, isProfiling: isProfiling)
  }

  func give(_ worker: QuestionSetWorker) { idle.withLock { $0.append(worker) } }

  /// What the workers measured together. Asked when all are idle.
  var costs: [QuestionCost] {
    var costs = [QuestionCost](repeating: QuestionCost(), count: set.count)
    for worker in idle.withLock({ $0 }) {
      for index in costs.indices { costs[index].add(worker.costs[index]) }
    }
    return costs
  }
}
