import CaptureFile
import CaptureFormat
import Dispatch
import EventBatch
import KernelSource
import Synchronization

/// Encodes, compresses and writes batches on a thread of its own, in order, into the files of a series.
///
/// At most `limit` MiB of batches wait, or one that is larger: when writing cannot keep up, `append` waits, the rings fill,
/// and what does not fit there is counted. Memory stays bounded, and nothing is lost in silence.
final class ChunkSink: Sendable {
  private let queue = DispatchQueue(label: "reel.writer")
  /// Counts MiB. One thread hands over, so that waiting for several of them cannot stand still.
  private let room: DispatchSemaphore
  private let limit: Int

  /// The MiB of batches that may wait: four of ordinary calls, two that are full of payload.
  static let mostWaiting = 24
  private let state: Mutex<State>

  /// What was written, over all files.
  struct Totals: Sendable, Equatable {
    var events: UInt64 = 0
    var bytes: UInt64 = 0
    var chunks: UInt64 = 0
    var files = 0
    /// Secrets that were replaced.
    var redacted: UInt64 = 0

    fileprivate mutating func add(_ file: CaptureTotals) {
      events += file.events
      bytes += file.bytes
      chunks += UInt64(file.chunks)
      files += 1
    }
  }

  private struct State: ~Copyable {
    var series: CaptureSeries
    var writer: CaptureWriter?
    var error: CaptureError?
    /// Of the files that have their tail.
    var finished = Totals()
    /// Of the file that is written.
    var bytes: UInt64
    /// What its tail will take at least: header and schema stand at the front twice and in the tail once.
    var tailBytes: UInt64
    /// The greatest exit time so far: where a next file begins.
    var lastExit: Int64?
    /// Batches under way, and the most that one has taken yet.
    var waiting: UInt64 = 0
    /// Of states of the machine, in all files.
    var stateBytes: UInt64 = 0
    var largestChunk: UInt64 = 4 << 20
    var hasWritten = false
    /// What is known of containers: each file says it.
    var containers: [String: ContainerInfo] = [:]
    /// What was handed over and could not be written.
    var unwritten: LossRecord?
    /// Takes out what must not reach the disk.
    var redactor: (any ContentRedactor)?

    var fileBytes: UInt64 { bytes + tailBytes }
    var allBytes: UInt64 { finished.bytes + fileBytes }

    /// Says at the end of a file what was taken out of it.
    mutating func endRedaction(_ writer: inout CaptureWriter) throws(CaptureError) {
      guard let redactor else { return }
      finished.redacted += redactor.matches
      try writer.append(redactor.closing(at: lastExit ?? writer.header.started, changed: []))
    }

    mutating func noteUnwritten(_ batch: EventBatch) {
      guard let first = batch.exitTimes.first, let last = batch.exitTimes.last else { return }
      let before = unwritten
      unwritten = LossRecord(
        cause: .unwritten, cpu: nil, count: (before?.count ?? 0) + UInt64(batch.count),
        from: min(before?.from ?? first, first), to: max(before?.to ?? last, last))
    }
  }

  /// Which bytes a limit is about.
  enum Measure: Sendable {
    /// Those of the file that is written.
    case file
    /// Those of all files.
    case all
  }

  /// Makes the first file.
  ///
  /// - Parameter redactor: what takes out of all that is handed over what must not reach the disk, on the thread that writes.
  init(
    _ series: consuming CaptureSeries, limit: Int = ChunkSink.mostWaiting, redactor: (any ContentRedactor)? = nil
  ) throws(CaptureError) {
    var writer = try series.makeNext()
    let start = writer.bytesWritten
    if let redactor { try writer.append(redactor.opening(at: writer.header.started)) }
    let bytes = writer.bytesWritten
    self.limit = limit
    room = DispatchSemaphore(value: limit)
    state = Mutex(
      State(series: series, writer: writer, bytes: bytes, tailBytes: start / 2, redactor: redactor))
  }

  /// Waits until there is room for a batch.
  /// - Returns: how much it takes.
  private func takeRoom(for batch: EventBatch) -> Int {
    let size = min(max(batch.memoryBytes >> 20, 1), limit)
    for _ in 0..<size { room.wait() }
    return size
  }

  private func giveRoom(_ size: Int) {
    for _ in 0..<size { room.signal() }
  }

  /// Hands a batch over; waits while too much is under way.
  func append(_ batch: EventBatch) {
    let size = takeRoom(for: batch)
    state.withLock { $0.waiting += 1 }
    queue.async { [self] in
      perform { (state: inout State, writer: inout CaptureWriter) throws(CaptureError) in
        let before = writer.bytesWritten
        var redacted = batch
        _ = state.redactor?.redact(&redacted)
        try writer.append(redacted)
        let chunk = writer.bytesWritten - before
        state.largestChunk = state.hasWritten ? max(state.largestChunk, chunk) : chunk
        state.hasWritten = true
        if let last = batch.exitTimes.last { state.lastExit = max(state.lastExit ?? last, last) }
      }
      // After an error nothing is written any more, and the batch that it came with is not in the file either.
      state.withLock {
        $0.waiting -= 1
        if $0.error != nil { $0.noteUnwritten(batch) }
      }
      giveRoom(size)
    }
  }

  /// Hands a part of a state over; waits while too much is under way.
  func append(_ machineState: MachineState) {
    let size = takeRoom(for: machineState.rows)
    queue.async { [self] in
      perform { (state: inout State, writer: inout CaptureWriter) throws(CaptureError) in
        let before = writer.bytesWritten
        var redacted = machineState
        _ = state.redactor?.redact(&redacted.rows)
        try writer.append(redacted)
        state.stateBytes += writer.bytesWritten - before
      }
      giveRoom(size)
    }
  }

  /// Writes a loss behind the batches that were handed over before.
  func append(_ loss: LossRecord) {
    queue.async { [self] in
      perform { (_: inout State, writer: inout CaptureWriter) throws(CaptureError) in try writer.append(loss) }
    }
  }

  /// Writes what is known of containers, into this file and those to come.
  func append(_ containers: [ContainerInfo]) {
    queue.async { [self] in
      perform { (state: inout State, writer: inout CaptureWriter) throws(CaptureError) in
        var redacted = containers
        _ = state.redactor?.redact(&redacted)
        for container in redacted { state.containers[container.id] = container }
        try writer.append(redacted)
      }
    }
  }

  /// Ends the file behind what was handed over before, and goes on in the next one.
  ///
  /// The next file is made first: when that fails, the one before still gets its tail, and the recording ends.
  func rotate() {
    queue.async { [self] in
      state.withLock { state in
        guard state.error == nil, var writer = state.writer.take() else { return }
        do throws(CaptureError) {
          let started = state.lastExit
          try state.endRedaction(&writer)
          var next = try state.series.makeNext(started: started)
          state.redactor?.beginFile()
          if let opening = state.redactor?.opening(at: next.header.started) { try next.append(opening) }
          let containers = state.containers.sorted { $0.key < $1.key }.map(\.value)
          if !containers.isEmpty { try next.append(containers) }
          state.bytes = next.bytesWritten
          state.writer = consume next
        } catch {
          // Not refused any more: something was recorded, and it is there.
          state.error = CaptureError(
            .failed, "the recording cannot go on in another file: \(error.what)", path: error.path,
            remedy: "what was recorded before is readable, if its files are still there")
        }
        do throws(CaptureError) {
          state.finished.add(try writer.finish())
          if state.error == nil { try state.series.deleteOldest() }
        } catch {
          state.error = state.error ?? error
        }
      }
    }
  }

  /// Whether so many bytes are there, counting what the tail will take.
  ///
  /// Waits for the batches under way when the answer depends on them, so that a limit is passed by one chunk at most.
  func hasReached(_ limit: UInt64, _ measure: Measure) -> Bool {
    func bytes(_ state: borrowing State) -> UInt64 { measure == .file ? state.fileBytes : state.allBytes }
    if state.withLock({ bytes($0) + $0.waiting * $0.largestChunk }) < limit { return false }
    queue.sync {}
    return state.withLock { bytes($0) } >= limit
  }

  /// Bytes that are in the files, and what the last one's tail will take.
  var bytes: UInt64 { state.withLock { $0.allBytes } }

  /// What of it are states of the machine.
  var stateBytes: UInt64 { state.withLock { $0.stateBytes } }

  /// The first error, if writing failed: nothing is written after it.
  var error: CaptureError? { state.withLock { $0.error } }

  /// Where the files are that are kept, the oldest first.
  var files: [String] { state.withLock { $0.series.files.map(\.path) } }

  /// Writes what was handed over and the tail.
  ///
  /// - Throws: the first error, if writing failed at any time. What was written before it gets its tail all the same, where
  ///   there is room for one, and that says how many events are missing behind it.
  func finish() throws(CaptureError) -> Totals {
    queue.sync {}
    let outcome = state.withLock { state -> Result<Totals, CaptureError> in
      guard var writer = state.writer.take() else {
        return .failure(
          state.error ?? CaptureError(.failed, "the capture is finished already", path: state.series.path))
      }
      do throws(CaptureError) {
        if let unwritten = state.unwritten { try writer.append(unwritten) }
        // Without room for it there may still be some for a tail.
        do throws(CaptureError) { try state.endRedaction(&writer) } catch { state.error = state.error ?? error }
        state.finished.add(try writer.finish())
      } catch {
        return .failure(state.error ?? error)
      }
      return state.error.map { .failure($0) } ?? .success(state.finished)
    }
    return try outcome.get()
  }

  /// Runs on the queue. What waits for a CPU here keeps the thread that drains waiting in the end.
  private func perform(_ body: (inout State, inout CaptureWriter) throws(CaptureError) -> Void) {
    KernelSource.preferCallingThread()
    state.withLock { state in
      guard state.error == nil, var writer = state.writer.take() else { return }
      do throws(CaptureError) {
        try body(&state, &writer)
      } catch {
        state.error = error
      }
      state.bytes = writer.bytesWritten
      state.writer = consume writer
    }
  }
}
