import CaptureFormat
import Compression
import EventBatch
import EventSchema

/// How a capture is written.
public struct WriterOptions: Sendable {
  /// What columns are compressed with.
  public var codec: Codec
  /// How hard; `nil` for the codec's default. See `Codec.levels`.
  public var level: Int?
  /// Whether a file of the same name is overwritten (`--force`).
  public var replaceExisting: Bool
  /// Whether the finished file is handed to the disk before `finish` returns.
  public var synchronizes: Bool
  /// What counts events for the rollup; `nil` for no rollup.
  public var counting: (any RollupCounting)?
  /// Whose file it becomes, for a writer that gives up its rights later; `nil` for its own.
  public var owner: FileOwner?

  /// The options of a recording: lz4, no replacement.
  public init(
    codec: Codec = .lz4, level: Int? = nil, replaceExisting: Bool = false, synchronizes: Bool = false,
    owner: FileOwner? = nil, counting: (any RollupCounting)? = nil
  ) {
    self.codec = codec
    self.level = level
    self.replaceExisting = replaceExisting
    self.synchronizes = synchronizes
    self.owner = owner
    self.counting = counting
  }
}

/// A user and a group, by their numbers.
public struct FileOwner: Sendable, Hashable {
  /// The user.
  public var user: UInt32
  /// The group.
  public var group: UInt32

  /// An owner.
  public init(user: UInt32, group: UInt32) {
    self.user = user
    self.group = group
  }
}

/// What a writer made.
public struct CaptureTotals: Sendable, Hashable {
  /// The events written.
  public let events: UInt64
  /// The events that loss records speak of.
  public let lost: UInt64
  /// The bytes of the file.
  public let bytes: UInt64
  /// The chunks written.
  public let chunks: Int
}

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
  private let synchronizes: Bool
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
  private var pages: [PageEntry] = []
  private var page: SummaryPageBuilder
  private var chunks = 0
  private var events: UInt64 = 0

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
    let start = FileStart(header, fileID, schema, options)
    var file = try OutputFile(path: path, replaceExisting: options.replaceExisting, owner: options.owner)
    try start.write(to: &file)
    self.init(file, start, options)
  }

  private init(_ file: consuming OutputFile, _ start: FileStart, _ options: WriterOptions) {
    self.file = file
    self.start = start
    compression = BlockCompression(options.codec, level: options.level)
    synchronizes = options.synchronizes
    encoder = ChunkEncoder(compression)
    summary = SummaryBuilder(start.header)
    page = SummaryPageBuilder()
    rollup = options.counting.map { RollupBuilder($0) }
    sequence = FileStart.frames
  }

  /// The header that the file starts with.
  public var header: CaptureHeader { start.header }

  /// The sequence number that the next frame gets.
  public var nextSequence: UInt64 { sequence }

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
  /// - Parameter batch: the chunk's events, for the rollup; exit times, types, results, objects and the dimensions are
  ///   needed. Without them the file gets no rollup.
  public mutating func append(
    _ chunk: consuming EncodedChunk, of batch: EventBatch? = nil
  ) throws(CaptureError) {
    if chunk.head.count == 0 { return }
    var chunk = chunk
    chunk.seal(fileID: start.fileID, lost: lostSinceChunk, lostInAll: lostInAll)
    let offset = file.bytesWritten
    try write(.chunk, chunk.bytes[...])
    lostSinceChunk = 0
    summary.add(chunk.head, chunk.facts)
    page.append(offset: offset, length: chunk.bytes.count, headBytes: chunk.headBytes, chunk.head)
    chunks += 1
    events += UInt64(chunk.head.count)
    if page.isFull { try writePage() }
    if let batch { rollup?.add(batch) } else { rollup = nil }
  }

  /// Appends a loss.
  public mutating func append(_ loss: LossRecord) throws(CaptureError) {
    try write(.loss, loss.encoded()[...])
    losses.append(loss)
    summary.add(loss)
    lostSinceChunk &+= loss.count
    lostInAll &+= loss.count
    page.append(loss)
    if page.isFull { try writePage() }
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

  /// Writes the tail: header, schema, the last page of chunk heads, totals, rollup, footer.
  public consuming func finish() throws(CaptureError) -> CaptureTotals {
    let tail = file.bytesWritten
    try write(.header, start.headerPayload[...])
    try write(.schema, start.schemaPayload[...])
    if !page.isEmpty { try writePage() }
    let root = SummaryFrame(totals: summary.summary, losses: losses, states: states, frames: frames, pages: pages)
    try write(.summary, root.encoded(compression)[...])
    if let rollup = rollup?.rollup { try write(.rollup, rollup.encoded(compression)[...]) }
    let footer = Footer(fileID: start.fileID, length: file.bytesWritten + UInt64(Footer.frameBytes), tail: tail)
    try write(.footer, footer.encoded()[...])
    if synchronizes { try file.synchronize() }
    return CaptureTotals(events: events, lost: lostInAll, bytes: file.bytesWritten, chunks: chunks)
  }

  /// Writes the page where the file has come to, so that memory does not grow with the file.
  private mutating func writePage() throws(CaptureError) {
    let payload = page.encoded(compression)
    pages.append(page.entry(offset: file.bytesWritten, length: payload.count, sequence: sequence))
    try write(.summaryPage, payload[...])
    page = SummaryPageBuilder()
  }

  private mutating func write(_ type: FrameType, _ payload: ArraySlice<UInt8>) throws(CaptureError) {
    try file.write(type, sequence: sequence, payload, start.fileID)
    sequence += 1
  }
}

/// What every file begins with, and its tail repeats.
private struct FileStart {
  let header: CaptureHeader
  let fileID: FileID
  let headerPayload: [UInt8]
  let schemaPayload: [UInt8]

  /// The frames that `write` writes.
  static let frames: UInt64 = 4

  init(_ header: CaptureHeader, _ fileID: FileID, _ schema: Schema, _ options: WriterOptions) {
    self.header = header
    self.fileID = fileID
    headerPayload = header.encoded()
    // The schema stands in the file three times: it is worth the better codec.
    schemaPayload = SchemaFrame.encode(schema, options.codec == .none ? .none : BlockCompression(.zstd, level: 19))
  }

  /// Magic, then header and schema, each twice.
  func write(to file: inout OutputFile) throws(CaptureError) {
    try file.write(CaptureHeader.magic)
    for sequence in stride(from: 0, to: FileStart.frames, by: 2) {
      try file.write(.header, sequence: sequence, headerPayload[...], fileID)
      try file.write(.schema, sequence: sequence + 1, schemaPayload[...], fileID)
    }
  }
}

extension OutputFile {
  /// Appends a frame.
  fileprivate mutating func write(
    _ type: FrameType, sequence: UInt64, _ payload: ArraySlice<UInt8>, _ fileID: FileID
  ) throws(CaptureError) {
    let frame: [UInt8]
    do {
      frame = try FrameHeader.frame(type, sequence: sequence, payload: payload, fileID: fileID)
    } catch {
      throw CaptureError(.failed, error.description, path: path, offset: bytesWritten)
    }
    try write(frame)
  }
}

extension CaptureHeader {
  /// Sixteen bytes that no other file has.
  public static func randomID() -> [UInt8] {
    var generator = SystemRandomNumberGenerator()
    return (0..<16).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
  }
}
