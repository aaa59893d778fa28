import BinaryCoding
import CaptureFile
import CaptureFormat
import Dispatch
import EventBatch
import Query
import Recorder
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// A capture that is being written, by a thread of its own: a disk that hangs holds up this capture and nothing else.
///
/// What is handed over waits in memory up to a limit; what does not fit is counted as a loss in the capture.
final class LiveCapture: Sendable {
  let id: String
  /// Where it is; the file was made before, empty, so that nothing else has its name.
  let path: String
  let taking: CaptureTaking
  private let queue: DispatchQueue
  private let state: Mutex<State>
  /// KiB that wait.
  private let waiting = Atomic<Int>(0)
  let progress = Mutex(Progress())

  /// KiB that may wait.
  private static let mostWaiting = 96 << 10

  /// How far it is.
  struct Progress: Sendable {
    var events: UInt64 = 0
    var bytes: UInt64 = 0
    /// The time of its first event and of its last one.
    var started: Int64?
    var ended: Int64?
    /// Why nothing is written any more; `nil` while it is.
    var error: CaptureError?
    /// Whether it is as large as it may be.
    var isFull = false
  }

  struct State: ~Copyable {
    var writer: CaptureWriter?
    var filter: ScopeFilter
    let decompression = BlockDecompression.all()
    /// What is known of containers, by id.
    var containers: [String: ContainerInfo] = [:]
    /// What was handed over and not taken.
    var unwritten: LossRecord?
    /// Annotations that were written.
    var annotations = 0
    /// What takes out of it what must not reach the disk.
    var redactor: (any ContentRedactor)?
  }

  /// Triggers that are written into a capture; more are counted.
  private static let mostAnnotations = 1000

  init(id: String, path: String, _ taking: CaptureTaking) {
    self.id = id
    self.path = path
    self.taking = taking
    queue = DispatchQueue(label: "reel.capture.\(id)")
    state = Mutex(State(filter: ScopeFilter(taking.scope, ancestors: taking.ancestors), redactor: taking.redactor))
  }

  /// How far it is.
  var current: Progress { progress.withLock { $0 } }

  // MARK: What is handed over

  /// Begins the file, with what is known and what happened before.
  func begin(
    _ header: CaptureHeader, _ past: [FlightRecorder.Entry], _ containers: [ContainerInfo],
    attachments: [AttachedFile], _ options: WriterOptions
  ) {
    queue.async { [self] in
      WorkerPriority.lower()
      state.withLock { state in
        var header = header
        state.redactor?.redact(&header)
        do throws(CaptureError) {
          var writer = try CaptureWriter(path: path, header: header, schema: .builtIn, options: options)
          if let redactor = state.redactor { try writer.append(redactor.opening(at: header.started)) }
          state.writer = consume writer
        } catch {
          progress.withLock { $0.error = error }
        }
      }
      write { (state, writer) throws(CaptureError) in
        try self.append(attachments, &state, &writer)
        try self.append(containers, &state, &writer)
      }
      for entry in past {
        write { (state, writer) throws(CaptureError) in
          switch entry {
          case .chunk(let chunk): try self.append(chunk, nil, &state, &writer)
          case .state(let prefix, let chunk): try self.append(prefix, chunk, nil, &state, &writer)
          case .gone: break
          }
        }
      }
    }
  }

  /// Takes a batch, and the chunk that it became where there is one.
  func append(_ batch: EventBatch, _ chunk: EncodedChunk?) {
    let size = max(taking.takesChunks ? (chunk?.bytes.count ?? 0) >> 10 : batch.memoryBytes >> 10, 1)
    guard takeRoom(size) else { return lose(batch) }
    queue.async { [self] in
      write { (state, writer) throws(CaptureError) in try self.append(chunk, batch, &state, &writer) }
      waiting.subtract(size, ordering: .relaxed)
    }
  }

  /// Takes a part of a state.
  func append(_ machineState: MachineState, _ chunk: EncodedChunk?) {
    let size = max(machineState.rows.memoryBytes >> 10, 1)
    guard takeRoom(size) else { return }
    queue.async { [self] in
      write { (state, writer) throws(CaptureError) in
        try self.append(StatePrefix(machineState), chunk, machineState.rows, &state, &writer)
      }
      waiting.subtract(size, ordering: .relaxed)
    }
  }

  /// Takes losses of the machine.
  func append(_ loss: LossRecord) {
    queue.async { [self] in write { (_, writer) throws(CaptureError) in try writer.append(loss) } }
  }

  /// Takes what became known of containers.
  func append(_ containers: [ContainerInfo]) {
    queue.async { [self] in
      write { (state, writer) throws(CaptureError) in try self.append(containers, &state, &writer) }
    }
  }

  /// Takes what is said about it.
  func append(_ annotation: Annotation, attachments: [AttachedFile] = []) {
    queue.async { [self] in
      write { (state, writer) throws(CaptureError) in
        guard state.annotations < LiveCapture.mostAnnotations else { return }
        state.annotations += 1
        var annotation = annotation
        _ = state.redactor?.redact(&annotation)
        try writer.append(annotation)
        try self.append(attachments, &state, &writer)
      }
    }
  }

  /// Ends it behind what was handed over before.
  /// - Parameter done: gets how far it came; on the capture's own thread.
  func finish(_ done: @escaping @Sendable (Progress) -> Void) {
    queue.async { [self] in
      let unwritten = state.withLock { $0.unwritten.take() }
      if let unwritten { write { (_, writer) throws(CaptureError) in try writer.append(unwritten) } }
      state.withLock { state in
        guard var writer = state.writer.take() else { return removeEmptyFile() }
        do throws(CaptureError) {
          if let redactor = state.redactor {
            let last = progress.withLock { $0.ended } ?? writer.header.started
            try writer.append(redactor.closing(at: last, changed: []))
          }
          let totals = try writer.finish()
          progress.withLock {
            $0.bytes = totals.bytes
            $0.events = totals.events
          }
        } catch {
          progress.withLock { $0.error = $0.error ?? error }
        }
      }
      done(current)
    }
  }

  // MARK: On the capture's thread

  /// A file that could not even be begun is of no use to anybody.
  private func removeEmptyFile() {
    var status = stat()
    if lstat(path, &status) == 0, status.st_size == 0 { unlink(path) }
  }

  private func takeRoom(_ size: Int) -> Bool {
    guard waiting.load(ordering: .relaxed) < LiveCapture.mostWaiting else { return false }
    waiting.add(size, ordering: .relaxed)
    return true
  }

  /// What comes while too much waits is not in the capture, and that is said there. Asked for by another thread: it must not
  /// wait for a disk.
  private func lose(_ batch: EventBatch) {
    guard let first = batch.exitTimes.first, let last = batch.exitTimes.last else { return }
    let count = UInt64(batch.count)
    queue.async { [self] in
      state.withLock { state in
        let before = state.unwritten
        state.unwritten = LossRecord(
          cause: .unwritten, cpu: nil, count: (before?.count ?? 0) + count, isCountKnown: taking.scope == .host,
          from: min(before?.from ?? first, first), to: max(before?.to ?? last, last))
      }
    }
  }

  private func write(_ body: (inout State, inout CaptureWriter) throws(CaptureError) -> Void) {
    state.withLock { state in
      guard var writer = state.writer.take() else { return }
      var failure: CaptureError?
      do throws(CaptureError) { try body(&state, &writer) } catch { failure = error }
      let bytes = writer.bytesWritten
      state.writer = consume writer
      progress.withLock { progress in
        progress.bytes = bytes
        progress.error = progress.error ?? failure
        if let most = taking.maxSize, bytes >= most { progress.isFull = true }
      }
    }
  }
}
