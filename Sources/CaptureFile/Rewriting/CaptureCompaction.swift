import CaptureFormat
import EventBatch
import EventSchema

/// Writes a capture anew with larger chunks, which compress better and are read faster. Events keep their numbers.
///
/// Memory holds a few of the larger chunks.
public struct CaptureCompaction {
  /// The most events of a chunk.
  public static let mostEvents = 81_920
  /// The most bytes of a chunk, about, before it is compressed.
  public static let mostBytes = 6 << 20
  /// How hard zstd tries when nobody says it: a twentieth to an eighth smaller than by its default, a million events a second
  /// and core. `formats/architecture.md`, "Writing", has the measurements.
  public static let level = 9

  private let reader: CaptureReader

  /// A compaction of an open capture.
  public init(_ reader: CaptureReader) { self.reader = reader }

  /// Writes the new file.
  ///
  /// - Parameter progress: is told the bytes of the input that were worked through.
  /// - Throws: when writing fails; what of the input is damaged is part of the report.
  public func write(
    to path: String, writerName: String, options: WriterOptions, progress: (UInt64) -> Void
  ) throws(CaptureError) -> RewriteReport {
    var header = reader.header
    header.fileID = CaptureHeader.randomID()
    header.writer = writerName
    var writer = try CaptureWriter(path: path, header: header, schema: reader.schema, options: options)
    var chunks = ChunkJoiner(reader.schema, options)
    var input = RewriteInput(reader)
    while let item = try input.next() {
      do throws(CaptureError) {
        switch item.content {
        case .chunk(let head):
          try chunks.append(try item.decode(head, reader), to: &writer)
        case .loss(let loss):
          // A loss stands in front of the chunk that was closed after it was known.
          try chunks.drain(to: &writer)
          try writer.append(loss)
        case .state(let prefix, let head): try writer.append(try item.state(prefix, head, reader))
        case .containers(let known): try writer.append(known)
        case .page: break
        case .other where item.type == .seal || item.type == .custody: break
        case .other: try writer.append(item.type, payload: item.payload)
        }
      } catch {
        guard error.kind == .partlyReadable else { throw error }
        if let loss = input.drop(item, error) { try writer.append(loss) }
      }
      progress(input.offset)
    }
    try chunks.finish(&writer)
    return RewriteReport(try writer.finish(), [input])
  }
}

extension RewriteItem {
  /// The part of a state in the payload.
  func state(
    _ prefix: StatePrefix, _ head: ChunkHead, _ reader: CaptureReader
  ) throws(CaptureError) -> MachineState {
    MachineState(
      time: prefix.time, reason: prefix.reason, part: prefix.part, isLast: prefix.isLast,
      rows: try decode(head, reader))
  }
}

/// Gathers events into large chunks and writes these.
struct ChunkJoiner: ~Copyable {
  private let schema: Schema
  private var joiner: BatchJoiner
  private var pipeline: ChunkPipeline
  /// The number of the next event, when events are numbered anew.
  private var nextNumber: UInt64?
  private var last: (number: UInt64, exit: Int64)?

  /// - Parameter firstNumber: events are numbered from here on; `nil`: they keep their numbers.
  init(_ schema: Schema, _ options: WriterOptions, firstNumber: UInt64? = nil) {
    self.schema = schema
    nextNumber = firstNumber
    joiner = BatchJoiner(schema: schema, firstNumber: firstNumber, capacity: CaptureCompaction.mostEvents)
    pipeline = ChunkPipeline(options.codec, level: options.level)
  }

  /// Events since the last chunk was closed.
  var count: Int { joiner.count }

  /// Whether the next event begins another chunk: then all sources have to be ended.
  var isFull: Bool {
    joiner.count >= CaptureCompaction.mostEvents || joiner.byteCount >= CaptureCompaction.mostBytes
  }

  /// How many events may be appended at once before `isFull` has to be asked again: the limit of bytes is passed by little.
  var room: Int { min(CaptureCompaction.mostEvents - joiner.count, 4096) }

  /// Appends events of a batch, at most as many as there is room for.
  ///
  /// - Precondition: they do not return before those that were appended.
  mutating func append(_ rows: Range<Int>, of batch: EventBatch, _ copied: inout CopiedRows) {
    joiner.append(rows, of: batch, &copied)
    last = (batch.numbers[rows.upperBound - 1], batch.exitTimes[rows.upperBound - 1])
  }

  /// Appends a whole batch; closes chunks as they are full.
  mutating func append(_ batch: EventBatch, to writer: inout CaptureWriter) throws(CaptureError) {
    if batch.count == 0 { return }
    // What is not in order cannot be one chunk.
    if let last, batch.exitTimes[0] < last.exit || batch.numbers[0] <= last.number { try close(to: &writer) }
    var copied = CopiedRows()
    var start = 0
    while start < batch.count {
      if isFull {
        endSource(batch, &copied)
        copied = CopiedRows()
        try close(to: &writer)
      }
      let end = min(start + room, batch.count)
      append(start..<end, of: batch, &copied)
      start = end
    }
    endSource(batch, &copied)
  }

  /// Says that nothing of a batch follows in this chunk.
  mutating func endSource(_ batch: EventBatch, _ copied: inout CopiedRows) { joiner.endSource(batch, &copied) }

  /// Closes the chunk that is gathered.
  mutating func close(to writer: inout CaptureWriter) throws(CaptureError) {
    last = nil
    if joiner.count == 0 { return }
    if let number = nextNumber { nextNumber = number + UInt64(joiner.count) }
    var full = BatchJoiner(schema: schema, firstNumber: nextNumber, capacity: CaptureCompaction.mostEvents)
    swap(&full, &joiner)
    try pipeline.append(full.finish(), to: &writer)
  }

  /// Writes the chunks that were closed.
  mutating func drain(to writer: inout CaptureWriter) throws(CaptureError) { try pipeline.drain(to: &writer) }

  /// Writes everything.
  mutating func finish(_ writer: inout CaptureWriter) throws(CaptureError) {
    try close(to: &writer)
    try drain(to: &writer)
  }
}
