import BinaryCoding
import CaptureFormat
import EventBatch
import EventSchema

/// Reads a capture file, a chunk at a time and from any number of threads.
///
/// A finished file is opened by its tail alone. A file without one (still being written, or torn) and a damaged file are
/// opened by hopping from frame to frame: every whole chunk is there, what is damaged is counted.
public struct CaptureReader: Sendable {
  /// The path that was opened; `-` for standard input.
  public let path: String
  /// How, where and when the capture was made.
  public let header: CaptureHeader
  /// The event types of the file.
  public let schema: Schema
  /// Whether the file was finished: it ends with a footer.
  public let isComplete: Bool
  /// Bytes that could not be read. Damage inside of chunks shows only when they are read, or by `verify`.
  public let damagedBytes: UInt64
  /// The bytes of the file.
  public let size: UInt64
  /// What each chunk says about itself, in the order of the file, which is that of exit times.
  public let heads: [ChunkHead]
  /// The losses, in the order of the file.
  public let losses: [LossRecord]
  /// The moments of which the file holds everything that was there, in its order, which is that of time.
  public let states: [StateMoment]
  /// The frames that are neither of events nor of losses nor of states, in the order of the file.
  public let frames: [FrameEntry]
  /// The totals: from the tail, or made from the whole chunks.
  public let summary: CaptureSummary

  let file: InputFile
  let fileID: FileID
  let names: DimensionNames
  let decompression: BlockDecompression
  let chunks: [ChunkEntry]

  /// Opens a capture.
  ///
  /// - Parameter path: `-` is standard input, which is copied to a temporary file when it is a pipe.
  /// - Throws: `CaptureError` of kind `refused` when this is no capture file or one that this program cannot read.
  public init(path: String) throws(CaptureError) {
    let file = try InputFile(path: path)
    let decompression = BlockDecompression.all()
    let contents: CaptureContents
    if let tail = try CaptureTail.read(file, decompression) {
      contents = tail
    } else {
      contents = try CaptureScan.read(file, decompression)
    }
    self.path = path
    self.file = file
    self.decompression = decompression
    size = file.size
    header = contents.header
    fileID = contents.fileID
    schema = contents.schema
    names = contents.names
    isComplete = contents.isComplete
    damagedBytes = contents.damagedBytes
    chunks = contents.chunks
    heads = contents.chunks.map(\.head)
    losses = contents.summary.losses
    states = StateMoment.all(of: contents.summary.states)
    frames = contents.summary.frames
    summary = contents.summary.totals
  }

  /// Decodes the selected columns of a chunk. Reads just the blocks that hold them. Thread-safe.
  ///
  /// - Throws: `CaptureError` of kind `partlyReadable` when the chunk is damaged; the others are not affected.
  public func readChunk(_ index: Int, columns: ColumnSelection = .all) throws(CaptureError) -> EventBatch {
    precondition(chunks.indices.contains(index), "there is no chunk \(index)")
    return try ChunkFetch(file, decompression).read(StoredChunk(chunks[index]), columns, schema: schema, names: names)
  }
}

/// What is known of a file once it is open.
struct CaptureContents {
  var header: CaptureHeader
  var fileID: FileID
  var schema: Schema
  var names: DimensionNames
  var isComplete: Bool
  var damagedBytes: UInt64
  var chunks: [ChunkEntry]
  var summary: SummaryFrame
}
