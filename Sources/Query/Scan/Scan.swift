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
  /// - Parameter parallelism: how many chunks are worked on at once; `nil` for one more than there are cores.
  public init(_ source: Source, _ question: Question, parallelism: Int? = nil) {
    self.source = source
    self.question = question
    self.parallelism = max(parallelism ?? coreCount() + 1, 1)
  }

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
    let selection = question.columns.union(columns)
    return try await withThrowingTaskGroup(of: (Int, ChunkResult<Partial>).self) { group in
      var started = 0
      var waiting: [Int: ChunkResult<Partial>] = [:]
      var next = 0
      func start() throws {
        guard let chunk = try feed.next() else { return }
        let order = started
        started += 1
        group.addTask { (order, try self.work(on: chunk, selection, transform)) }
      }
      for _ in 0..<parallelism { try start() }
      while next < started {
        guard let (order, result) = try await group.next() else { break }
        waiting[order] = result
        while let result = waiting.removeValue(forKey: next) {
          next += 1
          progress.chunksRead += 1
          progress.eventsRead += result.count
          progress.eventsSelected += result.selected
          if let failure = result.failure { progress.failures.append(failure) }
          // A chunk that waits for its turn counts as in flight, so that a slow consumer slows the readers down.
          try start()
          progress.chunksToRead = feed.chunksToRead
          guard let partial = result.partial else { continue }
          if try await !consume(partial, progress) {
            group.cancelAll()
            return progress
          }
        }
        try Task.checkCancellation()
      }
      progress.chunksToRead = feed.chunksToRead
      progress.failures += feed.failures
      return progress
    }
  }

  private func work<Partial>(
    on chunk: ChunkFeed<Source>.Chunk, _ columns: ColumnSelection,
    _ transform: @Sendable (SelectedEvents) throws -> Partial
  ) throws -> ChunkResult<Partial> {
    try Task.checkCancellation()
    let batch: EventBatch
    do {
      batch = try source.readChunk(chunk.index, columns: columns)
    } catch  where source.isLimitedToChunk(error) {
      return ChunkResult(count: 0, selected: 0, partial: nil, failure: "\(error)")
    }
    let context = source.context(ofChunk: chunk.index)
    let view = BatchView(batch, context: context, previousExit: chunk.previousExit)
    let mask = question.mask(view)
    let selected = mask.countSelected()
    if selected == 0 { return ChunkResult(count: batch.count, selected: 0, partial: nil) }
    var rows = mask.rows()
    if isReversed { rows.reverse() }
    let partial = try transform(SelectedEvents(view: view, rows: rows))
    return ChunkResult(count: batch.count, selected: selected, partial: partial)
  }
}

private struct ChunkResult<Partial: Sendable>: Sendable {
  var count: Int
  var selected: Int
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
  /// Why chunks could not be read, one line each; the rest was read.
  public var failures: [String] = []
}

extension ColumnSelection {
  /// What either selection has.
  public func union(_ other: ColumnSelection) -> ColumnSelection {
    let arguments: Arguments =
      switch (self.arguments, other.arguments) {
      case (.all, _), (_, .all): .all
      case (.none, let some), (let some, .none): some
      case (.only(let one), .only(let two)): .only(one.union(two))
      }
    return ColumnSelection(
      core: core.union(other.core), arguments: arguments, payloads: payloads || other.payloads,
      dimensions: dimensions || other.dimensions)
  }
}
