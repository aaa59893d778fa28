import CaptureFormat
import Compression
import Dispatch
import EventBatch
import Synchronization

/// Encodes batches on several cores and appends them in their order.
///
/// At most `limit` batches are under way: memory stays bounded. What is encoded and waits for its turn is a chunk only.
struct ChunkPipeline: ~Copyable {
  private let queue = DispatchQueue(label: "reel.encoder", attributes: .concurrent)
  /// One for each batch that may be under way: who shares one waits for the other.
  private let compressions: [BlockCompression]
  private var jobs: [Job] = []
  /// How many were begun.
  private var begun = 0

  /// A batch that is encoded, and let go meanwhile.
  private final class Job: Sendable {
    private let batch: Mutex<EventBatch?>
    private let done = DispatchSemaphore(value: 0)
    private let result = Mutex<Result<EncodedChunk, LimitExceeded>?>(nil)

    init(_ batch: consuming EventBatch, _ compression: BlockCompression, on queue: DispatchQueue) {
      self.batch = Mutex(batch)
      queue.async { [self] in
        var encoder = ChunkEncoder(compression)
        let encoded: Result<EncodedChunk, LimitExceeded>?
        do throws(LimitExceeded) {
          encoded = try takeBatch().map { (batch) throws(LimitExceeded) in .success(try encoder.encode(batch)) }
        } catch {
          encoded = .failure(error)
        }
        result.withLock { $0 = encoded }
        done.signal()
      }
    }

    private func takeBatch() -> EventBatch? { batch.withLock { $0.take() } }

    /// Waits for the chunk. To be called once.
    func take() throws(LimitExceeded) -> EncodedChunk? {
      done.wait()
      return try result.withLock { $0.take() }?.get()
    }
  }

  init(_ codec: Codec, level: Int?, limit: Int = 2) {
    compressions = (0..<limit).map { _ in BlockCompression(codec, level: level) }
  }

  /// Begins to encode a batch; appends what was begun first when enough is under way.
  mutating func append(_ batch: consuming EventBatch, to writer: inout CaptureWriter) throws(CaptureError) {
    if jobs.count >= compressions.count { try appendFirst(to: &writer) }
    writer.count(batch)
    jobs.append(Job(consume batch, compressions[begun % compressions.count], on: queue))
    begun += 1
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
    if let chunk { try writer.append(counted: chunk) }
  }
}
