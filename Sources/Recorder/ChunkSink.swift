import CaptureFile
import CaptureFormat
import Dispatch
import EventBatch
import Synchronization

/// Encodes, compresses and writes batches on a thread of its own, in order.
///
/// At most `limit` batches wait: when writing cannot keep up, `append` waits, the rings fill, and what does not fit
/// there is counted. Memory stays bounded, and nothing is lost in silence.
final class ChunkSink: Sendable {
  private let queue = DispatchQueue(label: "reel.writer")
  private let room: DispatchSemaphore
  private let path: String
  private let state: Mutex<State>

  private struct State: ~Copyable {
    var writer: CaptureWriter?
    var error: CaptureError?
    var bytes: UInt64 = 0
  }

  init(_ writer: consuming sending CaptureWriter, path: String, limit: Int = 4) {
    self.path = path
    room = DispatchSemaphore(value: limit)
    state = Mutex(State(writer: writer))
  }

  /// Hands a batch over; waits while too many are under way.
  func append(_ batch: EventBatch) {
    room.wait()
    queue.async { [self] in
      perform { (writer: inout CaptureWriter) throws(CaptureError) in try writer.append(batch) }
      room.signal()
    }
  }

  /// Writes a loss behind the batches that were handed over before.
  func append(_ loss: LossRecord) {
    queue.async { [self] in
      perform { (writer: inout CaptureWriter) throws(CaptureError) in try writer.append(loss) }
    }
  }

  /// The first error, if writing failed: nothing is written after it.
  var error: CaptureError? { state.withLock { $0.error } }

  /// Bytes that are in the file.
  var bytes: UInt64 { state.withLock { $0.bytes } }

  /// Writes what was handed over and the tail.
  func finish() throws(CaptureError) -> CaptureTotals {
    queue.sync {}
    let outcome = state.withLock { state -> Result<CaptureTotals, CaptureError> in
      if let error = state.error { return .failure(error) }
      guard let writer = state.writer.take() else {
        return .failure(CaptureError(.failed, "the capture is finished already", path: path))
      }
      do throws(CaptureError) {
        return .success(try writer.finish())
      } catch {
        return .failure(error)
      }
    }
    return try outcome.get()
  }

  private func perform(_ body: (inout CaptureWriter) throws(CaptureError) -> Void) {
    state.withLock { state in
      guard state.error == nil, var writer = state.writer.take() else { return }
      do throws(CaptureError) {
        try body(&writer)
      } catch {
        state.error = error
      }
      state.bytes = writer.bytesWritten
      state.writer = consume writer
    }
  }
}
