import CaptureFile
import CaptureFormat
import EventBatch

/// Writes the files of a recording, one after the other, and goes on in the next one when a file is full.
struct SeriesWriter: ~Copyable {
  private var series: CaptureSeries
  private var writer: CaptureWriter?
  private let limits: Limits
  /// What a tail will take at least: header and schema stand at the front twice and in the tail once.
  private let tailBytes: UInt64
  /// Of the files that have their tail.
  private var finished = Totals()
  /// Of the file that is written.
  private var fileBytes: UInt64
  /// Whether that file has its state of the machine.
  private var hasState = false
  /// The greatest exit time so far: where a next file begins.
  private var lastExit: Int64?
  /// What is known of containers: each file says it.
  private var containers: [String: ContainerInfo] = [:]
  /// What was handed over and could not be written.
  private var unwritten: LossRecord?
  /// Takes out what must not reach the disk.
  private var redactor: (any ContentRedactor)?
  /// What of all bytes are states of the machine.
  private(set) var stateBytes: UInt64 = 0
  /// How many files were begun.
  private(set) var filesBegun = 1
  /// Whether the limit of all files is reached: events that are handed over from now on are not written.
  private(set) var isFull = false

  /// Bytes that are passed by one chunk at most, counting what a tail will take; `nil` for no limit.
  struct Limits: Sendable {
    /// Of a file: then the next one is begun. A file has its state of the machine by then, or is larger.
    var file: UInt64?
    /// Of all files: then no events are written any more.
    var all: UInt64?
  }

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

  /// Makes the first file.
  ///
  /// - Parameter redactor: what takes out of all that is handed over what must not reach the disk.
  init(
    _ series: consuming CaptureSeries, _ limits: Limits, redactor: (any ContentRedactor)?
  ) throws(CaptureError) {
    var first = try series.makeNext()
    let tailBytes = first.bytesWritten / 2
    if let redactor { try first.append(redactor.opening(at: first.header.started)) }
    self.init(series, first, tailBytes, limits, redactor)
  }

  private init(
    _ series: CaptureSeries, _ first: consuming CaptureWriter, _ tailBytes: UInt64, _ limits: Limits,
    _ redactor: (any ContentRedactor)?
  ) {
    self.series = series
    self.tailBytes = tailBytes
    self.limits = limits
    self.redactor = redactor
    fileBytes = first.bytesWritten + tailBytes
    writer = consume first
  }

  /// Bytes that are in the files, and what the last one's tail will take.
  var bytes: UInt64 { finished.bytes + fileBytes }

  /// Where the newest file is.
  var path: String { series.path }

  /// Where the files are that are kept, the oldest first.
  var files: [String] { series.files.map(\.path) }

  // MARK: Appending

  /// Appends a batch as a chunk, in the next file if this one is full; nothing once all files are.
  mutating func append(_ batch: EventBatch) throws(CaptureError) {
    if let limit = limits.all, bytes >= limit { isFull = true }
    if isFull { return }
    if let limit = limits.file, fileBytes >= limit, hasState { try beginNextFile() }
    var redacted = batch
    _ = redactor?.redact(&redacted)
    try write { (writer) throws(CaptureError) in try writer.append(redacted) }
    if let last = batch.exitTimes.last { lastExit = max(lastExit ?? last, last) }
  }

  /// Appends a part of a state.
  mutating func append(_ state: MachineState) throws(CaptureError) {
    var redacted = state
    _ = redactor?.redact(&redacted.rows)
    let before = fileBytes
    try write { (writer) throws(CaptureError) in try writer.append(redacted) }
    stateBytes += fileBytes - before
    if state.isLast { hasState = true }
  }

  /// Appends a loss.
  mutating func append(_ loss: LossRecord) throws(CaptureError) {
    try write { (writer) throws(CaptureError) in try writer.append(loss) }
  }

  /// Appends what is known of containers, to this file and to those to come.
  mutating func append(_ known: [ContainerInfo]) throws(CaptureError) {
    var redacted = known
    _ = redactor?.redact(&redacted)
    for container in redacted { containers[container.id] = container }
    try write { (writer) throws(CaptureError) in try writer.append(redacted) }
  }

  private mutating func write(_ body: (inout CaptureWriter) throws(CaptureError) -> Void) throws(CaptureError) {
    guard var writer = writer.take() else { return }
    do throws(CaptureError) {
      try body(&writer)
    } catch {
      self.writer = consume writer
      throw error
    }
    fileBytes = writer.bytesWritten + tailBytes
    self.writer = consume writer
  }

  /// Counts events that are not written, since writing failed.
  mutating func noteUnwritten(_ batch: EventBatch) {
    guard !isFull, let first = batch.exitTimes.first, let last = batch.exitTimes.last else { return }
    let before = unwritten
    unwritten = LossRecord(
      cause: .unwritten, cpu: nil, count: (before?.count ?? 0) + UInt64(batch.count),
      from: min(before?.from ?? first, first), to: max(before?.to ?? last, last))
  }

  // MARK: Files

  /// Ends the file, and goes on in the next one.
  ///
  /// The next file is made first: when that fails, the one before still gets its tail, and there is nothing to write to.
  mutating func beginNextFile() throws(CaptureError) {
    guard var last = writer.take() else { return }
    var failure: CaptureError?
    do throws(CaptureError) {
      let started = lastExit
      try endRedaction(&last)
      writer = try openNext(started: started)
    } catch {
      // Not refused any more: something was recorded, and it is there.
      failure = CaptureError(
        .failed, "the recording cannot go on in another file: \(error.what)", path: error.path,
        remedy: "what was recorded before is readable, if its files are still there")
    }
    do throws(CaptureError) {
      finished.add(try last.finish())
      if failure == nil { try series.deleteOldest() }
    } catch {
      failure = failure ?? error
    }
    if let failure { throw failure }
  }

  private mutating func openNext(started: Int64?) throws(CaptureError) -> CaptureWriter {
    var next = try series.makeNext(started: started)
    redactor?.beginFile()
    if let opening = redactor?.opening(at: next.header.started) { try next.append(opening) }
    let known = containers.sorted { $0.key < $1.key }.map(\.value)
    if !known.isEmpty { try next.append(known) }
    fileBytes = next.bytesWritten + tailBytes
    hasState = false
    filesBegun += 1
    return next
  }

  /// Says at the end of a file what was taken out of it.
  private mutating func endRedaction(_ writer: inout CaptureWriter) throws(CaptureError) {
    guard let redactor else { return }
    finished.redacted += redactor.matches
    try writer.append(redactor.closing(at: lastExit ?? writer.header.started, changed: []))
  }

  /// Writes the tail.
  ///
  /// - Parameter error: the first one before, if writing failed. What was written before it gets its tail all the same, where
  ///   there is room for one, and that says how many events are missing behind it.
  /// - Throws: that error, or what fails now.
  mutating func finish(after error: CaptureError?) throws(CaptureError) -> Totals {
    guard var writer = writer.take() else {
      throw error ?? CaptureError(.failed, "the capture is finished already", path: path)
    }
    var error = error
    do throws(CaptureError) {
      if let unwritten { try writer.append(unwritten) }
      // Without room for it there may still be some for a tail.
      do throws(CaptureError) { try endRedaction(&writer) } catch let failure { error = error ?? failure }
      finished.add(try writer.finish())
    } catch let failure {
      throw error ?? failure
    }
    if let error { throw error }
    return finished
  }
}
