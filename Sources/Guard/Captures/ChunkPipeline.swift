import CaptureFile
import CaptureFormat
import Dispatch
import EventBatch
import Recorder
import Synchronization

/// Takes what was recorded, in order, on a thread of its own: encodes it for the flight recorder, and hands it to the captures
/// that are being written.
///
/// All that changes who gets what runs through the same queue, so that a capture begins and ends between two batches, with
/// nothing missing and nothing twice.
final class ChunkPipeline: Sendable {
  private let queue = DispatchQueue(label: "reel.guard.chunks")
  private let state: Mutex<State>
  /// KiB of batches that wait.
  private let waiting = Atomic<Int>(0)
  private let published = Mutex(Published())

  /// KiB of batches that may wait: what comes then is not in the flight recorder, and counted.
  private static let mostWaiting = 64 << 10

  private struct Published {
    var recorder = FlightRecorderStatus()
    var start: Int64?
    var bytes: UInt64 = 0
    var stateBytes: UInt64 = 0
    var dropped: UInt64 = 0
  }

  private struct State: ~Copyable {
    var encoder = ChunkEncoder(BlockCompression(.lz4))
    var recorder: FlightRecorder
    /// Whether the past is kept.
    var keepsPast: Bool
    var captures: [String: LiveCapture] = [:]
    /// What is known of containers, by id.
    var containers: [String: ContainerInfo] = [:]
  }

  init(_ limits: FlightRecorderLimits, keepsPast: Bool) {
    state = Mutex(State(recorder: FlightRecorder(limits), keepsPast: keepsPast))
  }

  // MARK: From the thread that drains

  /// Hands a batch over. Never waits: what there is no room for is counted.
  func append(_ batch: EventBatch) {
    let size = max(batch.memoryBytes >> 10, 1)
    guard waiting.load(ordering: .relaxed) < ChunkPipeline.mostWaiting else { return lose(batch) }
    waiting.add(size, ordering: .relaxed)
    queue.async { [self] in
      WorkerPriority.lower()
      state.withLock { state in
        let chunk = encoded(batch, &state)
        if let chunk, state.keepsPast { state.recorder.append(.chunk(chunk)) }
        for capture in state.captures.values { capture.append(batch, chunk) }
        publish(state, written: chunk?.bytes.count ?? 0, ofStates: 0)
      }
      waiting.subtract(size, ordering: .relaxed)
    }
  }

  /// Hands a part of a state over.
  func append(_ machineState: MachineState) {
    queue.async { [self] in
      state.withLock { state in
        let chunk = encoded(machineState.rows, &state)
        if let chunk, state.keepsPast { state.recorder.append(.state(StatePrefix(machineState), chunk)) }
        for capture in state.captures.values { capture.append(machineState, chunk) }
        let bytes = chunk?.bytes.count ?? 0
        publish(state, written: bytes, ofStates: bytes)
      }
    }
  }

  /// Hands losses over.
  func append(_ losses: [LossRecord]) {
    if losses.isEmpty { return }
    queue.async { [self] in
      state.withLock { state in
        for capture in state.captures.values { for loss in losses { capture.append(loss) } }
      }
    }
  }

  /// Hands over what became known of containers; from any thread.
  func append(_ containers: [ContainerInfo]) {
    queue.async { [self] in
      state.withLock { state in
        for container in containers { state.containers[container.id] = container }
        for capture in state.captures.values { capture.append(containers) }
      }
    }
  }

  /// Begins a capture with what happened from a time on; it gets all batches that are handed over after this call.
  func begin(
    _ capture: LiveCapture, from time: Int64, _ header: CaptureHeader, attachments: [AttachedFile],
    _ options: WriterOptions
  ) {
    queue.async { [self] in
      state.withLock { state in
        capture.begin(
          header, state.recorder.entries(from: time), state.containers.sorted { $0.key < $1.key }.map(\.value),
          attachments: attachments, options)
        state.captures[capture.id] = capture
      }
    }
  }

  /// Says something about a capture, behind its beginning.
  func annotate(_ capture: LiveCapture, _ annotation: Annotation, attachments: [AttachedFile] = []) {
    queue.async { capture.append(annotation, attachments: attachments) }
  }

  /// Ends a capture behind all that was handed over before.
  func finish(_ capture: LiveCapture, _ done: @escaping @Sendable (LiveCapture.Progress) -> Void) {
    queue.async { [self] in
      state.withLock { state in state.captures[capture.id] = nil }
      capture.finish(done)
    }
  }

  /// Takes over other limits.
  func configure(_ limits: FlightRecorderLimits, keepsPast: Bool) {
    queue.async { [self] in
      state.withLock { state in
        state.recorder.limits = limits
        state.keepsPast = keepsPast
        if keepsPast { state.recorder.trim() } else { state.recorder.clear() }
        publish(state, written: 0, ofStates: 0)
      }
    }
  }

  /// Waits until all that was handed over is with the captures.
  func drain() { queue.sync {} }

  // MARK: What is known of it

  /// Bytes that were encoded, and what of it were states.
  var bytes: (all: UInt64, states: UInt64) { published.withLock { ($0.bytes, $0.stateBytes) } }

  /// What the flight recorder holds.
  /// - Parameter now: in nanoseconds of the epoch.
  func status(at now: Int64) -> FlightRecorderStatus {
    published.withLock { published in
      var status = published.recorder
      status.time = published.start.map { max(now - $0, 0) } ?? 0
      status.dropped = published.dropped
      return status
    }
  }

  private func publish(_ state: borrowing State, written: Int, ofStates states: Int) {
    let recorder = (state.recorder.bytes, state.recorder.chunks, state.recorder.events, state.recorder.start)
    published.withLock { published in
      published.recorder.bytes = recorder.0
      published.recorder.chunks = recorder.1
      published.recorder.events = recorder.2
      published.start = recorder.3
      published.bytes += UInt64(written)
      published.stateBytes += UInt64(states)
    }
  }

  private func lose(_ batch: EventBatch) {
    published.withLock { $0.dropped += UInt64(batch.count) }
    guard let first = batch.exitTimes.first, let last = batch.exitTimes.last else { return }
    append([LossRecord(cause: .unwritten, cpu: nil, count: UInt64(batch.count), from: first, to: last)])
  }

  /// The chunk of a batch, where somebody takes chunks.
  private func encoded(_ batch: EventBatch, _ state: inout State) -> EncodedChunk? {
    guard state.keepsPast || state.captures.values.contains(where: \.taking.takesChunks) else { return nil }
    do throws(LimitExceeded) {
      return ChunkCodec.sealed(try state.encoder.encode(batch))
    } catch {
      // Batches are closed long before a limit of the format.
      published.withLock { $0.dropped += UInt64(batch.count) }
      return nil
    }
  }
}
