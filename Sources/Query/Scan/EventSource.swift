import CaptureFormat
import EventBatch
import EventSchema

/// Something that holds events in chunks: a capture file, or batches in memory.
public protocol EventSource: Sendable {
  /// What the chunks' type numbers mean.
  var schema: Schema { get }
  /// How many chunks there are, in order of time.
  var chunkCount: Int { get }
  /// What a chunk says about itself without being read; `nil` when nothing is known, so that it has to be read.
  func head(ofChunk index: Int) -> ChunkHead?
  /// The chunks in groups whose heads are looked at together, in order; each chunk is in one group.
  var groups: [ChunkGroup] { get }
  /// The heads of a group's chunks; `nil` where nothing is known. At most a few groups are asked for at a time, in order.
  func heads(ofGroup index: Int) throws -> [ChunkHead?]
  /// Reads a chunk. Called from several threads at once.
  /// - Parameter columns: what is needed; a source may give more.
  func readChunk(_ index: Int, columns: ColumnSelection) throws -> EventBatch
  /// Opens a chunk whose columns are read as they are needed. Called from several threads at once.
  func openChunk(_ index: Int) throws -> any ChunkContent
  /// Whether an error of reading is about that chunk alone, so that the others can still be read.
  func isLimitedToChunk(_ error: any Error) -> Bool
  /// What fields may ask about the whole: host, start.
  var scanContext: ScanContext { get }
  /// The same for the events of a chunk: where a source is several captures, each has its own host.
  func context(ofChunk index: Int) -> ScanContext
}

/// Some consecutive chunks of a source.
public struct ChunkGroup: Sendable {
  /// Which chunks.
  public var chunks: Range<Int>
  /// What their heads say together; `nil` when that is not known.
  public var bounds: ChunkBounds?

  /// A group of chunks.
  public init(chunks: Range<Int>, bounds: ChunkBounds? = nil) {
    self.chunks = chunks
    self.bounds = bounds
  }
}

extension EventSource {
  /// All chunks are of one capture.
  public func context(ofChunk index: Int) -> ScanContext { scanContext }

  /// Every step reads anew what was read before it: for sources to which reading costs little.
  public func openChunk(_ index: Int) throws -> any ChunkContent { WholeChunk(source: self, index: index) }

  /// All chunks are one group: for sources of few chunks.
  public var groups: [ChunkGroup] { [ChunkGroup(chunks: 0..<chunkCount)] }

  /// The heads one by one.
  public func heads(ofGroup index: Int) throws -> [ChunkHead?] {
    groups[index].chunks.map { head(ofChunk: $0) }
  }
}

/// Batches in memory as a source: what live views and tests ask.
public struct BatchSource: EventSource {
  /// The batches' schema.
  public let schema: Schema
  /// The batches, in order of time.
  public let batches: [EventBatch]
  /// What fields may ask about the whole.
  public var scanContext: ScanContext

  /// A source of batches in order of time.
  public init(_ batches: [EventBatch], schema: Schema, context: ScanContext? = nil) {
    self.batches = batches
    self.schema = schema
    let start = batches.first { $0.count > 0 }?.exitTimes.first
    scanContext = context ?? ScanContext(start: start)
  }

  /// One chunk for each batch.
  public var chunkCount: Int { batches.count }

  /// Batches in memory have no heads.
  public func head(ofChunk index: Int) -> ChunkHead? { nil }

  /// The batch itself, with all its columns.
  public func readChunk(_ index: Int, columns: ColumnSelection) -> EventBatch { batches[index] }

  /// Nothing can fail.
  public func isLimitedToChunk(_ error: any Error) -> Bool { false }
}
