import CaptureFormat
import EventBatch

/// Takes a part of a capture over into a new one. Events keep their numbers.
///
/// Chunks of which everything is selected are copied as they are; of others the rows are chosen and encoded anew. Memory
/// holds one chunk.
public struct CaptureCut {
  private let reader: CaptureReader
  private let selection: EventSelection
  private let canCopy: Bool
  private var input: RewriteInput
  /// What frames say of containers; which of them are still spoken of is known at the end.
  private var containers: [ContainerInfo] = []
  private var usedContainers: Set<String> = []
  private var lastExit: Int64?
  /// The frames that were taken over as they are: their sequence numbers here and in the new file.
  private var copied: [UInt64: UInt64] = [:]
  /// Takes out what must not be in the new file.
  private var redactor: (any ContentRedactor)?
  /// The numbers of the frames here in which it found something.
  private var redacted: [UInt64] = []
  /// Frames of types that nobody here knows, and whose content cannot be looked through.
  private var leftOut = 0

  /// A cut of an open capture.
  /// - Parameter redactor: what takes out of it what must not be in the new file; `nil` to take over all that is selected.
  public init(
    _ reader: CaptureReader, _ selection: EventSelection, redactor: (any ContentRedactor)? = nil
  ) throws(CaptureError) {
    self.reader = reader
    self.redactor = redactor
    self.selection = selection
    canCopy = try reader.chunksCanBeCopied()
    input = RewriteInput(reader)
  }

  /// Writes the new file.
  ///
  /// - Parameters:
  ///   - filter: what the new header says about which events are in the file.
  ///   - writerName: what it says about its maker.
  ///   - digest: what stands for a frame in seals. With it, a cut of a sealed capture tells which of its frames are those of
  ///     the original; the input is read once more for that.
  ///   - progress: is told the bytes of the input that were worked through.
  /// - Throws: when writing fails; what of the input is damaged is part of the report.
  public consuming func write(
    to path: String, filter: String?, writerName: String, options: WriterOptions,
    digest: ((FrameType, ArraySlice<UInt8>) -> [UInt8])? = nil, progress: (UInt64) -> Void
  ) throws(CaptureError) -> RewriteReport {
    var header = reader.header
    header.fileID = CaptureHeader.randomID()
    header.filter = filter
    header.writer = writerName
    header.started = max(header.started, selection.from ?? header.started)
    var cut = self
    cut.redactor?.redact(&header)
    var writer = try CaptureWriter(path: path, header: header, schema: cut.reader.schema, options: options)
    if let opening = cut.redactor?.opening(at: header.started) { try writer.append(opening) }
    while let item = try cut.input.next() {
      do throws(CaptureError) {
        try cut.take(item, &writer)
      } catch {
        guard error.kind == .partlyReadable else { throw error }
        if let loss = cut.input.drop(item, error) { try writer.append(loss) }
      }
      progress(cut.input.offset)
    }
    var used = cut.containers.filter { cut.usedContainers.contains($0.id) }
    _ = cut.redactor?.redact(&used)
    if !used.isEmpty { try writer.append(used) }
    if let digest, let custody = try cut.reader.custody(copied: cut.copied, digest) {
      try writer.append(.custody, payload: custody.encoded(BlockCompression(.none)))
    }
    let closing = cut.redactor?.closing(at: cut.lastExit ?? header.started, changed: cut.redacted)
    if let closing { try writer.append(closing) }
    var report = RewriteReport(try writer.finish(), [cut.input])
    report.redaction = closing
    report.leftOut = cut.leftOut
    return report
  }

  private mutating func take(_ item: RewriteItem, _ writer: inout CaptureWriter) throws(CaptureError) {
    switch item.content {
    case .chunk(let head): try takeChunk(item, head, &writer)
    case .state(let prefix, let head):
      if selection.includes(prefix.time) { try takeState(item, prefix, head, &writer) }
    case .loss(let loss):
      if selection.overlaps(from: loss.from, to: loss.to) {
        copied[item.sequence] = writer.nextSequence
        try writer.append(loss)
      }
    case .containers(let known): containers += known
    case .page: break
    case .other: try takeOther(item, &writer)
    }
  }

  private mutating func takeChunk(
    _ item: RewriteItem, _ head: ChunkHead, _ writer: inout CaptureWriter
  ) throws(CaptureError) {
    let before = lastExit
    lastExit = head.greatestExit
    guard selection.mayMatch(head) else { return }
    var columns = selection.columns
    columns.core.insert(.exitTimes)
    let rows = selection.rows(try item.decode(head, reader, columns), before)
    if rows.isEmpty { return }
    var batch: EventBatch?
    if redactor != nil || rows.count != head.count || !canCopy {
      var taken = try item.decode(head, reader)
      if rows.count != head.count { taken = taken.selecting(rows: rows.map(Int.init)) }
      let isRedacted = redactor?.redact(&taken) ?? false
      if isRedacted { redacted.append(item.sequence) }
      if isRedacted || rows.count != head.count || !canCopy { batch = taken }
    }
    if let batch {
      note(ChunkFacts(batch))
      return try writer.append(batch)
    }
    let (chunk, counted) = try item.copy(head, reader, writer.countedColumns)
    note(chunk.facts)
    copied[item.sequence] = writer.nextSequence
    try writer.append(chunk, of: counted)
  }

  private mutating func takeState(
    _ item: RewriteItem, _ prefix: StatePrefix, _ head: ChunkHead, _ writer: inout CaptureWriter
  ) throws(CaptureError) {
    var rows = EventBatch(schema: reader.schema)
    var canCopy = canCopy && selection.stateRows == nil
    if redactor != nil || !canCopy {
      rows = try item.decode(head, reader)
      if let chosen = selection.stateRows?(rows) { rows = rows.selecting(rows: chosen.map(Int.init)) }
      if redactor?.redact(&rows) ?? false {
        redacted.append(item.sequence)
        canCopy = false
      }
    }
    if canCopy {
      let (chunk, _) = try item.copy(head, reader)
      note(chunk.facts)
      copied[item.sequence] = writer.nextSequence
      return try writer.append(prefix, chunk)
    }
    note(ChunkFacts(rows))
    try writer.append(
      MachineState(time: prefix.time, reason: prefix.reason, part: prefix.part, isLast: prefix.isLast, rows: rows))
  }

  private mutating func takeOther(_ item: RewriteItem, _ writer: inout CaptureWriter) throws(CaptureError) {
    switch item.type {
    // They speak of the frames of the file that is cut, which are other frames now.
    case .seal, .custody: return
    case .attachment:
      var attachment = try item.attachment(reader)
      guard selection.includes(attachment.time) else { return }
      if redactor?.redact(&attachment) ?? false {
        redacted.append(item.sequence)
        return try writer.append(attachment)
      }
    case .annotation:
      var annotation = try item.annotation(reader)
      if annotation.from != EventBatch.missing, !selection.overlaps(from: annotation.from, to: annotation.to) { return }
      if redactor?.redact(&annotation) ?? false {
        redacted.append(item.sequence)
        return try writer.append(annotation)
      }
    default:
      // What nobody here can read may hold anything.
      if redactor != nil {
        leftOut += 1
        return
      }
    }
    copied[item.sequence] = writer.nextSequence
    try writer.append(item.type, payload: item.payload)
  }

  private mutating func note(_ facts: ChunkFacts) {
    for container in facts.containers { usedContainers.insert(container.id) }
  }
}
