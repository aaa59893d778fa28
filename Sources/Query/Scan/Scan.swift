import CaptureFormat
import EventBatch
import EventSchema

/// Asks a question of all chunks of a source, on all cores, with results in order.
///
/// Chunks that their heads exclude are not read. At most `parallelism` chunks and a group of heads are in memory at a
/// time, so memory does not grow with the source. Cancelling the task, or a consumer that wants no more, ends the scan at the next chunk.
public struct Scan<Source: EventSource>: Sendable {
  /// What is scanned.
  public let source: Source
  /// What is asked.
  public let question: Question
  /// How many chunks are worked on at once.
  public var parallelism: Int
  /// From the last chunk to the first, each from its last event to its first.
  public var isReversed = false

  /// A scan of a source.
  /// - Parameter parallelism: how many chunks are worked on at once, 1 for a single core; `nil` for one more than there are
  ///   cores.
  public init(_ source: Source, _ question: Question, parallelism: Int? = nil) {
    self.source = source
    self.question = question
    self.parallelism = max(parallelism ?? coreCount() + 1, 1)
  }

  /// Says that what is made of a chunk takes much more memory than the chunk, as lines of JSON do: then no more chunks are in
  /// memory than there are cores, those included that wait for their turn.
  public mutating func holdsLargeResults() { parallelism = max(min(parallelism, coreCount()), 1) }

  /// The chunks that have to be read, in the order of the scan. Looks at all heads; `run` does so as it goes.
  public func chunksToRead() throws -> [Int] {
    var feed = ChunkFeed(source, question, isReversed: isReversed)
    var chunks: [Int] = []
    while let chunk = try feed.next() { chunks.append(chunk.index) }
    return chunks
  }

  /// Reads chunks in parallel and hands what is made of them to a consumer, in order.
  ///
  /// - Parameters:
  ///   - columns: what `transform` needs beyond what the question reads.
  ///   - transform: makes something of the selected events of a chunk. Runs on any thread; not called for chunks without
  ///     selected events.
  ///   - consume: takes the results one by one, in order, on the caller's task; returns whether it wants more.
  /// - Returns: how much was read and selected.
  /// - Throws: what the source, `transform` or `consume` throws.
  @discardableResult
  public nonisolated(nonsending) func run<Partial: Sendable>(
    columns: ColumnSelection, transform: @escaping @Sendable (SelectedEvents) throws -> Partial,
    consume: (Partial, ScanProgress) async throws -> Bool
  ) async throws -> ScanProgress {
    var feed = ChunkFeed(source, question, isReversed: isReversed)
    var progress = ScanProgress(chunks: source.chunkCount, chunksToRead: feed.chunksToRead)
    let steps = question.steps
    progress.rowsAfterSteps = [Int](repeating: 0, count: steps.count)
    try await feed.work(parallelism: parallelism) { chunk in
      try self.work(on: chunk, steps, columns, transform)
    } take: { result, chunksToRead in
      progress.chunksRead += 1
      progress.chunksToRead = chunksToRead
      progress.eventsRead += result.count
      progress.eventsSelected += result.selected
      for (step, rows) in result.rowsAfterSteps.enumerated() { progress.rowsAfterSteps[step] += rows }
      if let failure = result.failure { progress.failures.append(failure) }
      guard let partial = result.partial else { return true }
      return try await consume(partial, progress)
    }
    progress.chunksToRead = feed.chunksToRead
    progress.failures += feed.failures
    progress.excluded = feed.excluded
    return progress
  }

  private func work<Partial>(
    on chunk: ChunkFeed<Source>.Chunk, _ steps: [QuestionStep], _ columns: ColumnSelection,
    _ transform: @Sendable (SelectedEvents) throws -> Partial
  ) throws -> ChunkResult<Partial> {
    try Task.checkCancellation()
    var result = ChunkResult<Partial>()
    do {
      let content = try source.openChunk(chunk.index)
      var work = ChunkWork(
        content, question, source.context(ofChunk: chunk.index), previousExit: chunk.previousExit)
      if steps.isEmpty { try work.read(columns) }
      guard let mask = try work.select(steps, isWithinWindow: chunk.isWithinWindow) else {
        result.count = work.view.batch.count
        result.rowsAfterSteps = work.rowsAfterSteps
        return result
      }
      result.count = work.view.batch.count
      result.rowsAfterSteps = work.rowsAfterSteps
      var rows = mask.rows()
      result.selected = rows.count
      if rows.isEmpty { return result }
      try work.read(columns, for: rows)
      if isReversed { rows.reverse() }
      result.partial = try transform(SelectedEvents(view: work.view, rows: rows))
      return result
    } catch  where source.isLimitedToChunk(error) {
      return ChunkResult(failure: "\(error)")
    }
  }
}

private struct ChunkResult<Partial: Sendable>: Sendable {
  var count = 0
  var selected = 0
  var rowsAfterSteps: [Int] = []
  var partial: Partial?
  /// Why the chunk could not be read.
  var failure: String?
}

/// The events of a chunk that a question selected.
public struct SelectedEvents {
  let view: BatchView
  /// The selected rows, in the order of the scan.
  public let rows: [UInt32]

  /// The chunk; only columns that were asked for are filled.
  public var batch: EventBatch { view.batch }
}

/// How far a scan is.
public struct ScanProgress: Sendable, Hashable {
  /// A scan that has read nothing yet.
  public init(chunks: Int = 0, chunksToRead: Int = 0) {
    self.chunks = chunks
    self.chunksToRead = chunksToRead
  }

  /// How many chunks the source has.
  public var chunks: Int
  /// How many of them may hold what is asked; the others were excluded by their heads.
  public var chunksToRead: Int
  /// How many were read so far.
  public var chunksRead = 0
  /// How many events these chunks have.
  public var eventsRead = 0
  /// How many of them the question selected.
  public var eventsSelected = 0
  /// How many events were left after each step of the question; see `QuestionPlan`.
  public var rowsAfterSteps: [Int] = []
  /// How many chunks were not read, and why.
  public var excluded: [ChunkExclusion: Int] = [:]
  /// Why chunks could not be read, one line each; the rest was read.
  public var failures: [String] = []
}
