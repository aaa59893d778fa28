import CaptureFormat
import EventBatch
import EventSchema
import Query

/// Reads what went through descriptors, in the order of time.
///
///     let run = try StreamRun(schema: source.schema, filter: "fd.port = 80")
///     let (streams, progress, isCut) = try await run.pieces(over: source) { piece, streams in … }
public struct StreamRun: Sendable {
  private let calls: DataCalls
  private let question: Question
  private let description: EventValues
  private let direction: StreamDirection?
  private let limit: Int

  /// Prepares an answer.
  ///
  /// - Parameters:
  ///   - filter: which calls count.
  ///   - from: the least exit time that counts, in nanoseconds of the epoch.
  ///   - to: the first exit time that does not.
  ///   - direction: only what went this way.
  ///   - includesFiles: whether what went through descriptors of files counts, too.
  ///   - limit: the most streams, the first ones: each is kept in mind until the end.
  /// - Throws: what is wrong with the filter.
  public init(
    schema: Schema, filter: String? = nil, from: Int64? = nil, to: Int64? = nil, direction: StreamDirection? = nil,
    includesFiles: Bool = true, limit: Int = .max
  ) throws(QueryError) {
    self.limit = limit
    calls = DataCalls(schema)
    let wanted = includesFiles ? calls.filter : "\(calls.filter) and not fd.type = file"
    question = try Question(filter: filter, schema: schema, from: from, to: to)
      .and(Question(filter: wanted, schema: schema))
    description = try EventValues(
      ["proc.name", "fd.name", "fd.type", "container.id", "container.name"], schema: schema)
    self.direction = direction
  }

  /// Scans a source.
  ///
  /// - Parameters:
  ///   - progress: called after each chunk.
  ///   - consume: takes each piece, with what is known of all streams so far; returns whether it wants more.
  /// - Returns: the streams, in the order of their first pieces, and whether there are more than the limit.
  /// - Throws: what the source or `consume` throws. Memory is that of the streams' names and of the chunks in flight.
  public nonisolated(nonsending) func pieces<Source: EventSource>(
    over source: Source, parallelism: Int? = nil, progress: (ScanProgress) -> Void = { _ in },
    consume: (StreamPiece, [RecordedStream]) throws -> Bool
  ) async throws -> (streams: [RecordedStream], progress: ScanProgress, isCut: Bool) {
    var isCut = false
    var streams: [RecordedStream] = []
    var indices: [StreamKey: Int] = [:]
    let run = self
    let done = try await Scan(source, question, parallelism: parallelism).run(
      columns: calls.columns.union(description.columns)
    ) { events in
      run.chunk(events)
    } consume: { chunk, state in
      let known = chunk.streams.map { key, stream -> Int? in
        if let index = indices[key] { return index }
        if streams.count == limit {
          isCut = true
          return nil
        }
        streams.append(stream)
        indices[key] = streams.count - 1
        return streams.count - 1
      }
      for var piece in chunk.pieces {
        guard let index = known[piece.stream] else { continue }
        piece.stream = index
        streams[piece.stream][piece.direction].calls += 1
        streams[piece.stream][piece.direction].bytes &+= piece.length
        streams[piece.stream][piece.direction].recorded &+= Int64(piece.bytes.count)
        if try !consume(piece, streams) { return false }
      }
      progress(state)
      return true
    }
    return (streams, done, isCut)
  }

  private struct Chunk: Sendable {
    var streams: [(StreamKey, RecordedStream)] = []
    var pieces: [StreamPiece] = []
  }

  private func chunk(_ events: SelectedEvents) -> Chunk {
    var chunk = Chunk()
    var indices: [StreamKey: Int] = [:]
    let batch = events.batch
    for row in events.rows {
      guard let moved = calls.moved(Int(row), batch), moved.length > 0,
        direction == nil || direction == moved.direction
      else { continue }
      let key = key(of: Int(row), moved, batch)
      var index = indices[key]
      if index == nil {
        chunk.streams.append((key, stream(row, moved, key, events)))
        index = chunk.streams.count - 1
        indices[key] = index
      }
      chunk.pieces.append(
        StreamPiece(
          stream: index ?? 0, direction: moved.direction, time: batch.exitTimes[Int(row)],
          number: batch.numbers[Int(row)], length: moved.length, bytes: moved.bytes))
    }
    return chunk
  }

  private func key(of row: Int, _ moved: MovedBytes, _ batch: EventBatch) -> StreamKey {
    var process = ProcessInstance(pid: -1)
    if let thread = batch.dimensions.lineages.thread(of: batch.lineages[row]) {
      process = ProcessInstance(
        pid: batch.dimensions.threads[thread, .pid], start: batch.dimensions.threads.value(thread, .processStartTime))
    }
    var thing: Int64 = -1
    let object = batch.objects[row]
    if object != EventBatch.noRow, Int(object) < batch.dimensions.objects.count {
      thing = batch.dimensions.objects.value(Int(object), .identity) ?? -1
    }
    return StreamKey(process: process, descriptor: moved.descriptor ?? -1, thing: thing)
  }

  private func stream(
    _ row: UInt32, _ moved: MovedBytes, _ key: StreamKey, _ events: SelectedEvents
  ) -> RecordedStream {
    let values = description.rows(of: events.narrowed(to: [row]))[0]
    let isHost = values[3] == .missing || values[3] == .text("host")
    return RecordedStream(
      process: key.process, processName: values[0], descriptor: moved.descriptor, name: values[1], kind: values[2],
      container: isHost ? .missing : values[4] == .missing ? values[3] : values[4])
  }
}

extension DimensionTable<LineageColumn> {
  /// The thread row that a lineage names.
  func thread(of lineage: UInt32) -> Int? {
    guard lineage != EventBatch.noRow, Int(lineage) < count else { return nil }
    return value(Int(lineage), .thread).flatMap { $0 >= 0 ? Int($0) : nil }
  }
}
