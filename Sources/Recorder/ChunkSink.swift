import CaptureFile
import CaptureFormat
import Dispatch
import EventBatch
import KernelSource
import Synchronization

/// Encodes, compresses and writes batches on a thread of its own, in order, into the files of a series.
///
/// At most `mostWaiting` MiB of batches wait, or one that is larger: when writing cannot keep up, `append` waits, the rings
/// fill, and what does not fit there is counted. Memory stays bounded, and nothing is lost in silence. Who hands over waits for
/// nothing else: neither for a chunk that is written nor for a file that is begun.
final class ChunkSink: Sendable {
  private let queue = DispatchQueue(label: "reel.writer")
  /// Counts MiB. One thread hands over, so that waiting for several of them cannot stand still.
  private let room = DispatchSemaphore(value: ChunkSink.mostWaiting)
  /// Held for as long as something is written, by what runs on the queue; by others only when that is empty.
  private let writer: Mutex<SeriesWriter>
  /// Held for moments: what others ask while something is written.
  private let state: Mutex<Progress>

  /// The MiB of batches that may wait: four of ordinary calls, two that are full of payload.
  static let mostWaiting = 24

  /// How far writing is.
  struct Progress: Sendable {
    /// Bytes that are in the files, and what the last one's tail will take.
    var bytes: UInt64 = 0
    /// What of it are states of the machine.
    var stateBytes: UInt64 = 0
    /// How many files were begun.
    var filesBegun = 1
    /// Whether the limit of all files is reached: events that are handed over from now on are not written.
    var isFull = false
    /// The first error, if writing failed: nothing is written after it.
    var error: CaptureError?

    fileprivate mutating func note(_ writer: borrowing SeriesWriter) {
      bytes = writer.bytes
      stateBytes = writer.stateBytes
      filesBegun = writer.filesBegun
      isFull = writer.isFull
    }
  }

  /// Makes the first file.
  ///
  /// - Parameter redactor: what takes out of all that is handed over what must not reach the disk, on the thread that writes.
  init(
    _ series: consuming CaptureSeries, limits: SeriesWriter.Limits = SeriesWriter.Limits(),
    redactor: (any ContentRedactor)? = nil
  ) throws(CaptureError) {
    let first = try SeriesWriter(series, limits, redactor: redactor)
    var progress = Progress()
    progress.note(first)
    state = Mutex(progress)
    writer = Mutex(first)
  }

  /// How far writing is now; what waits is not counted.
  var progress: Progress { state.withLock { $0 } }

  // MARK: Handing over

  /// Hands a batch over; waits while too much is under way.
  func append(_ batch: EventBatch) {
    let size = takeRoom(for: batch)
    queue.async { [self] in
      perform { (writer: inout SeriesWriter) throws(CaptureError) in try writer.append(batch) }
      // After an error nothing is written any more, and the batch that it came with is not in the file either.
      if progress.error != nil { writer.withLock { $0.noteUnwritten(batch) } }
      giveRoom(size)
    }
  }

  /// Hands a part of a state over; waits while too much is under way.
  func append(_ machineState: MachineState) {
    let size = takeRoom(for: machineState.rows)
    queue.async { [self] in
      perform { (writer: inout SeriesWriter) throws(CaptureError) in try writer.append(machineState) }
      giveRoom(size)
    }
  }

  /// Writes a loss behind the batches that were handed over before.
  func append(_ loss: LossRecord) {
    queue.async { [self] in
      perform { (writer: inout SeriesWriter) throws(CaptureError) in try writer.append(loss) }
    }
  }

  /// Writes what is known of containers, into this file and those to come.
  func append(_ containers: [ContainerInfo]) {
    queue.async { [self] in
      perform { (writer: inout SeriesWriter) throws(CaptureError) in try writer.append(containers) }
    }
  }

  /// Ends the file behind what was handed over before, and goes on in the next one. When that fails, the recording ends.
  func rotate() {
    queue.async { [self] in
      perform { (writer: inout SeriesWriter) throws(CaptureError) in try writer.beginNextFile() }
    }
  }

  /// Waits until there is room for a batch.
  /// - Returns: how much it takes.
  private func takeRoom(for batch: EventBatch) -> Int {
    let size = min(max(batch.memoryBytes >> 20, 1), ChunkSink.mostWaiting)
    for _ in 0..<size { room.wait() }
    return size
  }

  private func giveRoom(_ size: Int) {
    for _ in 0..<size { room.signal() }
  }

  /// Runs on the queue. What waits for a CPU here keeps the thread that drains waiting in the end.
  private func perform(_ body: (inout SeriesWriter) throws(CaptureError) -> Void) {
    KernelSource.preferCallingThread()
    writer.withLock { writer in
      guard progress.error == nil else { return }
      var failure: CaptureError?
      do throws(CaptureError) { try body(&writer) } catch { failure = error }
      state.withLock {
        $0.note(writer)
        $0.error = failure
      }
    }
  }

  // MARK: The end

  /// Where the files are that are kept, the oldest first. Waits for what is being written.
  var files: [String] { writer.withLock { $0.files } }

  /// Writes what was handed over and the tail.
  ///
  /// - Throws: the first error, if writing failed at any time. What was written before it gets its tail all the same, where
  ///   there is room for one, and that says how many events are missing behind it.
  func finish() throws(CaptureError) -> SeriesWriter.Totals {
    queue.sync {}
    let error = progress.error
    let outcome = writer.withLock { writer -> Result<SeriesWriter.Totals, CaptureError> in
      do throws(CaptureError) { return .success(try writer.finish(after: error)) } catch { return .failure(error) }
    }
    return try outcome.get()
  }
}
