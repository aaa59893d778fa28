import CaptureFile
import CaptureFormat
import Dispatch
import EventBatch
import Synchronization

/// Encodes, compresses and writes batches on a thread of its own, in order, while the next ones are made.
///
/// At most two batches wait, so that memory is bounded.
final class ConversionSink: Sendable {
  private let queue = DispatchQueue(label: "reel.conversion")
  private let room = DispatchSemaphore(value: 2)
  private let state: Mutex<State>
  private let path: String

  private struct State: ~Copyable {
    var writer: CaptureWriter?
    var error: CaptureError?
  }

  init(_ writer: consuming sending CaptureWriter, path: String) {
    self.path = path
    state = Mutex(State(writer: writer))
  }

  /// Hands a batch over. Waits while two are under way.
  ///
  /// - Throws: what went wrong with an earlier one.
  func append(_ batch: EventBatch) throws(CaptureError) {
    room.wait()
    if let error = state.withLock({ $0.error }) {
      room.signal()
      throw error
    }
    queue.async {
      self.state.withLock { state in
        if state.error != nil { return }
        do throws(CaptureError) { try state.writer?.append(batch) } catch { state.error = error }
      }
      self.room.signal()
    }
  }

  /// Waits for what is under way, and writes the tail.
  func finish() throws(CaptureError) -> CaptureTotals {
    queue.sync {}
    let outcome = state.withLock { state -> Result<CaptureTotals, CaptureError> in
      if let error = state.error { return .failure(error) }
      guard let writer = state.writer.take() else {
        return .failure(CaptureError(.failed, "the capture is finished already", path: path))
      }
      do throws(CaptureError) { return .success(try writer.finish()) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}
