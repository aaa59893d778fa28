import CaptureFormat
import Dispatch
import EventBatch
import Synchronization

/// Encodes batches on several cores and appends them in their order.
///
/// At most `limit` batches are under way: memory stays bounded.
struct ChunkPipeline: ~Copyable {
  private let compression: BlockCompression
  private let queue = DispatchQueue(label: "reel.encoder", attributes: .concurrent)
  private let limit: Int
  private var jobs: [Job] = []

  /// A batch that is encoded.
  private final class Job: Sendable {
    let batch: EventBatch
    private let done = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<EncodedChunk, LimitExceeded>?>(nil)

    init(_ batch: EventBatch, _ compression: BlockCompression, on queue: DispatchQueue) {
      self.batch = batch
      queue.async { [self] in
        var encoder = ChunkEncoder(compression)
        let encoded: Result<EncodedChunk, LimitExceeded>
        do throws(LimitExceeded) {
          encoded = .success(try encoder.encode(batch))
        } catch {
          encoded = .failure(error)
        }
        result.withLock { $0 = encoded }
        done.signal()
      }
    }

    /// Waits for the chunk. To be called once.
    func take() throws(LimitExceeded) -> EncodedChunk? {
      done.wait()
      return try result.withLock { $0.take() }?.get()
    }
  }

  init(_ compression: BlockCompression, limit: Int = 2) {
    self.compression = compression
    self.limit = limit
  }

  /// Begins to encode a batch; appends what was begun first when enough is under way.
  mutating func append(_ batch: EventBatch, to writer: inout CaptureWriter) throws(CaptureError) {
    if jobs.count >= limit { try appendFirst(to: &writer) }
    jobs.append(Job(batch, compression, on: queue))
  }

  /// Appends everything: to be called before a frame that must not stand in front of it, and at the end.
  mutating func drain(to writer: inout CaptureWriter) throws(CaptureError) {
    while !jobs.isEmpty { try appendFirst(to: &writer) }
  }

  private mutating func appendFirst(to writer: inout CaptureWriter) throws(CaptureError) {
    let job = jobs.removeFirst()
    let chunk: EncodedChunk?
    do throws(LimitExceeded) {
      chunk = try job.take()
    } catch {
      throw CaptureError(.failed, error.description, path: writer.path, offset: writer.bytesWritten)
    }
    if let chunk { try writer.append(chunk, of: job.batch) }
  }
}
