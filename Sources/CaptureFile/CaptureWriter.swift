import BinaryCoding
import CaptureFormat
import Compression
import EventBatch
import EventSchema

/// Writes a capture file, from front to back and never back again: to a file and to a pipe the same bytes.
///
/// Whatever is on the disk when something goes wrong is a readable capture up to the last whole chunk. A writer that is
/// dropped without `finish` leaves a file without a tail. A pipe whose reader has gone is an error here only in a program
/// that ignores `SIGPIPE`; else the signal ends it.
///
///     var writer = try CaptureWriter(path: "host.reel", header: header, schema: schema, options: WriterOptions())
///     try writer.append(batch)
///     let totals = try writer.finish()
public struct CaptureWriter: ~Copyable {
  private let start: FileStart
  private let compression: BlockCompression
  private let sync: SyncPolicy
  private var encoder: ChunkEncoder
  private var file: OutputFile
  private var sequence: UInt64
  private var summary: SummaryBuilder
  private var losses = LossList()
  private var states: [StateEntry] = []
  private var frames: [FrameEntry] = []
  /// `nil` when there is to be none, or when events were appended that could not be counted.
  private var rollup: RollupBuilder?
  private var lostSinceChunk: UInt64 = 0
  private var lostInAll: UInt64 = 0
  private var lost: UInt64 = 0
  private var pages: [PageEntry] = []
  private var page: SummaryPageBuilder
  private var chunks = 0
  private var events: UInt64 = 0
  private var sealer: (any FrameSealer)?

  /// Makes the file and writes header and schema, each twice: damage to one does not cost the file.
  ///
  /// - Parameter path: `-` is standard output.
  /// - Throws: `CaptureError` of kind `refused` when the file exists or cannot be made.
  public init(
    path: String, header: CaptureHeader, schema: Schema, options: WriterOptions = WriterOptions()
  ) throws(CaptureError) {
    guard let fileID = FileID(header.fileID), header.sessionID.count == 16 else {
      throw CaptureError(.refused, "a file id and a session id of 16 bytes are needed", path: path)
    }
    try self.init(path, FileStart(header, fileID, schema, options), options)
  }

  /// Makes another copy of a file: with its id, and header and schema byte for byte.
  init(
    path: String, header: CaptureHeader, headerPayload: [UInt8], schemaPayload: [UInt8], options: WriterOptions
  ) throws(CaptureError) {
    guard let fileID = FileID(header.fileID) else {
      throw CaptureError(.refused, "a file id of 16 bytes is needed", path: path)
    }
    try self.init(path, FileStart(header, fileID, headerPayload, schemaPayload), options)
  }

  private init(_ path: String, _ start: FileStart, _ options: WriterOptions) throws(CaptureError) {
    var file = try OutputFile(path: path, replaceExisting: options.replaceExisting, owner: options.owner)
    try start.write(to: &file)
    self.init(file, start, options)
  }

  private init(_ file: consuming OutputFile, _ start: FileStart, _ options: WriterOptions) {
    self.file = file
    self.start = start
    compression = BlockCompression(options.codec, level: options.level)
    sync = options.sync
    encoder = ChunkEncoder(compression)
    summary = SummaryBuilder(start.header)
    page = SummaryPageBuilder()
    rollup = options.counting.map { RollupBuilder($0) }
    sequence = FileStart.frames
    sealer = options.seals?.sealer(fileID: start.header.fileID)
    for (index, frame) in start.frontFrames.enumerated() {
      sealer?.take(frame.type, sequence: UInt64(index), payload: frame.payload[...])
    }
  }

  /// The header that the file starts with.
  public var header: CaptureHeader { start.header }

  /// How many frames stand at the front: header and schema, each twice.
  static let frontFrames = FileStart.frames

  /// What errors call the file.
  var path: String { file.path }

  /// The sequence number that the next frame gets.
  public var nextSequence: UInt64 { sequence }

  /// What summary and rollup count of a chunk.
  package var countedColumns: ColumnSelection { ColumnSelection.counted.union(rollup?.columns ?? .nothing) }

  /// The bytes written so far.
  public var bytesWritten: UInt64 { file.bytesWritten }

  /// Encodes, compresses and appends a batch as one chunk. A batch without events is not written.
  ///
  /// - Throws: `CaptureError` of kind `failed` when the batch exceeds the format's limits or writing fails.
  public mutating func append(_ batch: EventBatch) throws(CaptureError) {
    if batch.count == 0 { return }
    try append(try encode(batch, remedy: "write smaller chunks"), of: batch)
  }

  /// Encodes, compresses and appends a part of a state as one frame, also one without rows.
  ///
  /// The parts of a state are appended in the order of their numbers; chunks may stand between them. Rows of states are
  /// no events: they do not count in any total, and only who asks for states reads them.
  ///
  /// - Throws: `CaptureError` of kind `failed` when the part exceeds the format's limits or writing fails.
  public mutating func append(_ state: MachineState) throws(CaptureError) {
    try append(StatePrefix(state), try encode(state.rows, remedy: "hand the state over in smaller parts"))
  }

  private mutating func encode(_ batch: EventBatch, remedy: String) throws(CaptureError) -> EncodedChunk {
    do {
      return try encoder.encode(batch)
    } catch {
      throw CaptureError(.failed, error.description, path: file.path, offset: file.bytesWritten, remedy: remedy)
    }
  }

  /// Appends a chunk that was encoded elsewhere: by a `ChunkEncoder(BlockCompression(codec))` on a thread of its own.
  ///
  /// - Parameter batch: the chunk's events, for the rollup, with `countedColumns`. Without them the file gets no rollup.
  public mutating func append(
    _ chunk: consuming EncodedChunk, of batch: EventBatch? = nil
  ) throws(CaptureError) {
    if chunk.head.count == 0 { return }
    try append(counted: chunk)
    if let batch { count(batch) } else { rollup = nil }
  }

  /// Counts the events of a chunk for the rollup.
  mutating func count(_ batch: EventBatch) { rollup?.add(batch) }

  /// Appends a chunk that was encoded elsewhere, and whose events are counted elsewhere.
  mutating func append(counted chunk: consuming EncodedChunk) throws(CaptureError) {
    if chunk.head.count == 0 { return }
    var chunk = chunk
    chunk.seal(fileID: start.fileID, lost: lostSinceChunk, lostInAll: lostInAll)
    let offset = file.bytesWritten
    try write(.chunk, chunk.bytes[...])
    lostSinceChunk = 0
    note(chunk.head, chunk.headBytes, chunk.facts, offset: offset, length: chunk.bytes.count)
    if page.isFull { try writePage() }
    if sealer?.isDue ?? false { try seal(isLast: false) }
    if sync == .chunk { try file.synchronize() }
  }

  private mutating func note(
    _ head: ChunkHead, _ headBytes: ArraySlice<UInt8>, _ facts: ChunkFacts, offset: UInt64, length: Int
  ) {
    summary.add(head, facts)
    page.append(offset: offset, length: length, headBytes: headBytes, head)
    chunks += 1
    events += UInt64(head.count)
  }

  /// Appends a loss.
  public mutating func append(_ loss: LossRecord) throws(CaptureError) {
    try write(.loss, loss.encoded()[...])
    losses.append(loss)
    summary.add(loss)
    page.append(loss)
    // What a rewrite found damaged is no loss that chunks count: they are older.
    if loss.cause != .damaged {
      lostSinceChunk &+= loss.count
      lostInAll &+= loss.count
    }
    lost &+= loss.count
    if page.isFull { try writePage() }
  }

  private mutating func seal(isLast: Bool) throws(CaptureError) {
    guard let payload = sealer?.seal(isLast: isLast) else { return }
    try appendListed(.seal, payload)
  }

  /// Appends what is known of containers, at any time: it binds to events before and after by the containers' ids.
  public mutating func append(_ containers: [ContainerInfo]) throws(CaptureError) {
    try appendListed(.container, ContainerInfo.encodedFrame(containers, compression))
    summary.add(containers)
  }

  /// Appends a file that is to travel with the capture.
  ///
  /// - Throws: `CaptureError` of kind `failed` when it exceeds the limit of a frame or writing fails.
  public mutating func append(_ attachment: AttachedFile) throws(CaptureError) {
    guard attachment.bytes.count < CaptureLimits.chunkBytes - (1 << 20) else {
      throw CaptureError(
        .failed, "the attachment \(attachment.name) has \(attachment.bytes.count) bytes, 63 MiB are possible",
        path: file.path, offset: file.bytesWritten)
    }
    try appendListed(.attachment, attachment.encoded(compression))
  }

  /// Appends something that is said about the capture.
  public mutating func append(_ annotation: Annotation) throws(CaptureError) {
    try appendListed(.annotation, annotation.encoded(compression))
  }

  /// Appends a frame as it is, and lists it in the summary: a seal, or one that this program does not know.
  ///
  /// - Precondition: the type is neither critical nor one of those for which there is another way (`FrameType.isListed`);
  ///   containers are handed over as such.
  public mutating func append(_ type: FrameType, payload: [UInt8]) throws(CaptureError) {
    precondition(type.isListed && !type.isCritical && type != .container, "frames of type \(type) are not copied")
    try appendListed(type, payload)
  }

  private mutating func appendListed(_ type: FrameType, _ payload: [UInt8]) throws(CaptureError) {
    let entry = FrameEntry(type: type, offset: file.bytesWritten, length: payload.count)
    try write(type, payload[...])
    frames.append(entry)
  }

  /// Appends a part of a state that was encoded elsewhere, or copied from another file.
  public mutating func append(_ prefix: StatePrefix, _ chunk: consuming EncodedChunk) throws(CaptureError) {
    var chunk = chunk
    chunk.seal(fileID: start.fileID, lost: lostSinceChunk, lostInAll: lostInAll)
    let offset = file.bytesWritten
    let payload = prefix.encoded(with: chunk)
    try write(.state, payload[...])
    states.append(StateEntry(offset: offset, length: payload.count, prefix, chunk.head))
  }

  /// Appends a frame of another copy of this file as it is, its number too.
  ///
  /// - Parameters:
  ///   - facts: of a chunk's dimensions.
  ///   - batch: the chunk's events, for the rollup; see `append`.
  mutating func copy(_ item: RewriteItem, _ facts: ChunkFacts, of batch: EventBatch? = nil) throws(CaptureError) {
    // Where a number is free a page was, or something else that is lost.
    if page.isFull, item.sequence > sequence { try writePage() }
    sequence = item.sequence
    let offset = file.bytesWritten
    if case .page(let isWhole) = item.content { return try copyPage(item, isWhole: isWhole) }
    try write(item.type, item.payload[...])
    switch item.content {
    case .chunk(let head):
      note(head, item.payload[..<head.byteCount], facts, offset: offset, length: item.payload.count)
      if let batch { rollup?.add(batch) } else { rollup = nil }
    case .state(let prefix, let head):
      states.append(StateEntry(offset: offset, length: item.payload.count, prefix, head))
    case .loss(let loss):
      losses.append(loss)
      summary.add(loss)
      page.append(loss)
      lost &+= loss.count
    case .containers(let known): summary.add(known)
    case .page, .other: break
    }
    if item.type.isListed { frames.append(FrameEntry(type: item.type, offset: offset, length: item.payload.count)) }
  }

  /// Copies a page that says what was copied, or writes one that does in its place.
  private mutating func copyPage(_ item: RewriteItem, isWhole: Bool) throws(CaptureError) {
    var holds = false
    if isWhole {
      do throws(MalformedBytes) {
        holds = try item.payload.withBytes { (bytes) throws(MalformedBytes) in
          try page.equals(payload: bytes, .all())
        }
      } catch {
        holds = false
      }
    }
    guard holds else { return try writePage() }
    try writePage(item.payload)
  }

  /// Ends the file with the tail of another copy of it, of which everything in front of the tail was copied.
  consuming func finish(copyingTail read: () throws(CaptureError) -> [UInt8]?) throws(CaptureError) -> CaptureTotals {
    while let bytes = try read() { try file.write(bytes) }
    if sync != .none { try file.synchronize() }
    return totals
  }

  private var totals: CaptureTotals {
    CaptureTotals(events: events, lost: lost, bytes: file.bytesWritten, chunks: chunks)
  }

  /// Writes the tail: header, schema, the last page of chunk heads, totals, rollup, footer.
  ///
  /// A tail that cannot be written whole is taken back: the file then ends with what was appended.
  public consuming func finish() throws(CaptureError) -> CaptureTotals {
    try seal(isLast: true)
    let tail = file.bytesWritten
    do throws(CaptureError) {
      try writeTail(at: tail)
    } catch {
      file.cutBack(to: tail)
      throw error
    }
    if sync != .none { try file.synchronize() }
    return totals
  }

  private mutating func writeTail(at tail: UInt64) throws(CaptureError) {
    try write(.header, start.headerPayload[...])
    try write(.schema, start.schemaPayload[...])
    if !page.isEmpty { try writePage() }
    let root = SummaryFrame(totals: summary.summary, losses: losses, states: states, frames: frames, pages: pages)
    try write(.summary, root.encoded(compression)[...])
    if let rollup = rollup?.rollup { try write(.rollup, rollup.encoded(compression)[...]) }
    let footer = Footer(fileID: start.fileID, length: file.bytesWritten + UInt64(Footer.frameBytes), tail: tail)
    try write(.footer, footer.encoded()[...])
  }

  /// Writes the page where the file has come to, so that memory does not grow with the file.
  private mutating func writePage() throws(CaptureError) { try writePage(page.encoded(compression)) }

  private mutating func writePage(_ payload: [UInt8]) throws(CaptureError) {
    let entry = page.entry(offset: file.bytesWritten, length: payload.count, sequence: sequence)
    try write(.summaryPage, payload[...])
    pages.append(entry)
    page = SummaryPageBuilder()
  }

  private mutating func write(_ type: FrameType, _ payload: ArraySlice<UInt8>) throws(CaptureError) {
    let before = file.bytesWritten
    do throws(CaptureError) {
      try file.write(type, sequence: sequence, payload, start.fileID)
    } catch {
      // Nothing may stand between the last whole frame and the tail.
      file.cutBack(to: before)
      throw error
    }
    sealer?.take(type, sequence: sequence, payload: payload)
    sequence += 1
  }
}
