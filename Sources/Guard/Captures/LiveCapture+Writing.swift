import BinaryCoding
import CaptureFile
import CaptureFormat
import EventBatch
import Query
import Recorder

// What is written of what is handed over. All of it runs on the capture's own thread.
extension LiveCapture {
  /// Appends what belongs to the capture of a batch or of the chunk that it became.
  func append(
    _ chunk: EncodedChunk?, _ batch: EventBatch?, _ state: inout State, _ writer: inout CaptureWriter
  ) throws(CaptureError) {
    let goesOn = progress.withLock { $0.error == nil && !$0.isFull }
    guard goesOn else { return }
    if taking.takesChunks, let chunk {
      try writer.append(chunk, of: try whole(batch, chunk, writer.countedColumns, state))
      return note(chunk.head.leastExit, chunk.head.greatestExit, chunk.head.count)
    }
    guard let whole = try whole(batch, chunk, .all, state), let selected = select(whole, &state), selected.count > 0
    else { return }
    var shown = selected
    _ = state.redactor?.redact(&shown)
    try writer.append(shown)
    note(selected.exitTimes.first, selected.exitTimes.last, selected.count)
  }

  func append(
    _ prefix: StatePrefix, _ chunk: EncodedChunk?, _ rows: EventBatch?, _ state: inout State,
    _ writer: inout CaptureWriter
  ) throws(CaptureError) {
    if taking.scope == .host, taking.redactor == nil, let chunk { return try writer.append(prefix, chunk) }
    guard let whole = try whole(rows, chunk, .all, state) else { return }
    // A state is of the scope, whatever the filter: what was open is not said by calls.
    let selected = state.filter.rows(of: whole).map { whole.selecting(rows: $0) } ?? whole
    var shown = redacted(selected)
    _ = state.redactor?.redact(&shown)
    try writer.append(
      MachineState(time: prefix.time, reason: prefix.reason, part: prefix.part, isLast: prefix.isLast, rows: shown))
  }

  func append(
    _ containers: [ContainerInfo], _ state: inout State, _ writer: inout CaptureWriter
  ) throws(CaptureError) {
    for container in containers { state.containers[container.id] = container }
    var own = containers
    if case .container(let id) = taking.scope { own.removeAll { $0.id != id } }
    if own.isEmpty { return }
    _ = state.redactor?.redact(&own)
    try writer.append(own)
  }

  func append(
    _ attachments: [AttachedFile], _ state: inout State, _ writer: inout CaptureWriter
  ) throws(CaptureError) {
    for attachment in attachments {
      var shown = attachment
      _ = state.redactor?.redact(&shown)
      try writer.append(shown)
    }
  }

  func select(_ batch: EventBatch, _ state: inout State) -> EventBatch? {
    var selected = batch
    if let rows = state.filter.rows(of: batch) {
      if rows.isEmpty { return nil }
      if rows.count < batch.count { selected = batch.selecting(rows: rows) }
    }
    if let filter = taking.filter {
      let rows = filter.select(from: selected, context: ScanContext(containers: Array(state.containers.values)))
      if rows.isEmpty { return nil }
      if rows.count < selected.count { selected = selected.selecting(rows: rows.map { Int($0) }) }
    }
    if let length = taking.snapLength {
      selected = selected.cuttingPayloads(to: [UInt32](repeating: length, count: selected.count))
    }
    return redacted(selected)
  }

  func redacted(_ batch: EventBatch) -> EventBatch {
    if case .container = taking.scope { ScopeRedaction.redacted(batch) } else { batch }
  }

  /// The batch where it is there, else that of the chunk.
  func whole(
    _ batch: EventBatch?, _ chunk: EncodedChunk?, _ columns: ColumnSelection, _ state: borrowing State
  ) throws(CaptureError) -> EventBatch? {
    if let batch { return batch }
    guard let chunk else { return nil }
    do throws(MalformedBytes) { return try ChunkCodec.batch(of: chunk, columns, state.decompression) } catch {
      throw CaptureError(.failed, "a chunk of the flight recorder cannot be read: \(error)", path: path)
    }
  }

  func note(_ first: Int64?, _ last: Int64?, _ count: Int) {
    progress.withLock { progress in
      progress.events += UInt64(count)
      progress.started = progress.started ?? first
      progress.ended = last ?? progress.ended
    }
  }
}
