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
  /// What messages call it: the path, and which capture of the file it is where there are several.
  public var name: String { file.path }
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
  /// The losses, in the order of the file; where there are more than `CaptureLimits.rootLosses` of them, `allLosses` tells
  /// them and this is empty.
  public let losses: [LossRecord]
  /// How many loss records there are.
  public let lossCount: Int
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
  let rollupFrame: FrameEntry?
  private let pageReader: PageReader

  /// Opens a capture.
  ///
  /// - Parameter path: `-` is standard input, which is copied to a temporary file when it is a pipe.
  /// - Throws: `CaptureError` of kind `refused` when this is no capture file, one that this program cannot read, or one
  ///   that holds several captures: then `sections` opens them.
  public init(path: String) throws(CaptureError) {
    let file = try InputFile(path: path)
    let sections = try CaptureSections.find(file)
    if sections.count > 1 {
      throw CaptureError(
        .refused, "the file holds \(sections.count) captures, one behind the other", path: file.path,
        remedy: "reel merge makes one of them")
    }
    try self.init(file, path: path)
  }

  /// Opens the captures of a file, which are several where files were put one behind the other (`cat a b`).
  ///
  /// - Throws: as opening one does; when one of several cannot be opened, none is.
  public static func sections(path: String) throws(CaptureError) -> [CaptureReader] {
    try sections(of: try InputFile(path: path), path: path)
  }

  static func sections(of file: InputFile, path: String) throws(CaptureError) -> [CaptureReader] {
    let sections = try CaptureSections.find(file)
    if sections.count < 2 { return [try CaptureReader(file, path: path)] }
    var readers: [CaptureReader] = []
    for (index, section) in sections.enumerated() {
      let name = "\(file.path), capture \(index + 1) of \(sections.count)"
      readers.append(try CaptureReader(InputFile(file, section, name: name), path: path))
    }
    return readers
  }

  private init(_ file: InputFile, path: String) throws(CaptureError) {
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
    pageReader = PageReader(contents.pages, file, contents.fileID, decompression)
    losses = contents.summary.losses
    lossCount = contents.summary.lossCount
    states = StateMoment.all(of: contents.summary.states)
    frames = contents.summary.frames
    rollupFrame = contents.rollup
    summary = contents.summary.totals
  }

  /// Decodes the selected columns of a chunk. Reads just the blocks that hold them. Thread-safe.
  ///
  /// - Throws: `CaptureError` of kind `partlyReadable` when the chunk is damaged; the others are not affected.
  public func readChunk(_ index: Int, columns: ColumnSelection = .all) throws(CaptureError) -> EventBatch {
    precondition((0..<chunkCount).contains(index), "there is no chunk \(index)")
    let entry = try pageReader.entry(ofChunk: index)
    return try ChunkFetch(file, decompression).read(StoredChunk(entry), columns, schema: schema, names: names)
  }

  func entry(ofChunk index: Int) throws(CaptureError) -> ChunkEntry { try pageReader.entry(ofChunk: index) }
}

// Heads are read page by page when they are asked for: what is in memory does not grow with the file.
extension CaptureReader {
  /// How many chunks the file has, in the order of exit times.
  public var chunkCount: Int { summary.chunkCount }

  /// The chunks in groups whose heads are read together. Costs nothing.
  public var pages: [CapturePage] { pageReader.pages }

  /// What the chunks of a page say about themselves. Reads a few hundred kilobytes, unless the page was read of late.
  /// Thread-safe.
  ///
  /// - Returns: a head for each chunk of the page; fewer when the page is damaged and so are chunks of it.
  public func heads(ofPage page: Int) throws(CaptureError) -> [ChunkHead] {
    try pageReader.content(of: page).chunks.map(\.head)
  }

  /// What a chunk says about itself. Thread-safe.
  public func head(ofChunk chunk: Int) throws(CaptureError) -> ChunkHead {
    precondition((0..<chunkCount).contains(chunk), "there is no chunk \(chunk)")
    return try pageReader.entry(ofChunk: chunk).head
  }

  /// What each chunk says about itself. Reads all pages; memory grows with the file, so that scans go page by page.
  public var heads: [ChunkHead] {
    get throws(CaptureError) {
      var heads: [ChunkHead] = []
      for page in pages.indices { heads += try self.heads(ofPage: page) }
      return heads
    }
  }

  /// The losses, however many, in the order of the file. Reads all pages where the summary does not tell them.
  public func allLosses() throws(CaptureError) -> [LossRecord] {
    if lossCount <= CaptureLimits.rootLosses { return losses }
    var all: [LossRecord] = []
    for page in pages.indices where pages[page].losses > 0 { all += try pageReader.content(of: page).losses }
    return all
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
  var pages: [CapturePage]
  var summary: SummaryFrame
  var rollup: FrameEntry?
}
