import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema

/// A capture file as a source of events.
public struct CaptureSource: EventSource {
  /// The open capture.
  public let reader: CaptureReader
  /// Host, first event and processor, from the header and the heads.
  public let scanContext: ScanContext

  /// A source that reads an open capture.
  /// - Parameter zone: how times of day are shown.
  public init(_ reader: CaptureReader, zone: TimeZoneRule = .local) {
    self.reader = reader
    scanContext = ScanContext(
      hostname: reader.header.hostname, start: reader.pages.first { $0.bounds.events > 0 }?.bounds.leastExit,
      zone: zone,
      architecture: Architecture(rawValue: reader.header.architecture) ?? .current)
  }

  /// The schema in the file.
  public var schema: Schema { reader.schema }

  /// How many chunks the file has.
  public var chunkCount: Int { reader.chunkCount }

  /// The chunk's head. One that cannot be read excludes nothing: reading the chunk says why.
  public func head(ofChunk index: Int) -> ChunkHead? {
    do throws(CaptureError) { return try reader.head(ofChunk: index) } catch { return nil }
  }

  /// The pages of the summary.
  public var groups: [ChunkGroup] { reader.pages.map { ChunkGroup(chunks: $0.chunks, bounds: $0.bounds) } }

  /// Reads a page of heads.
  public func heads(ofGroup index: Int) throws -> [ChunkHead?] {
    let heads: [ChunkHead?] = try reader.heads(ofPage: index)
    // Chunks that are not found are asked for, so that reading them says why.
    return heads + Array(repeating: nil, count: reader.pages[index].chunks.count - heads.count)
  }

  /// Reads and decodes the selected columns.
  /// - Throws: `CaptureError`.
  public func readChunk(_ index: Int, columns: ColumnSelection) throws -> EventBatch {
    try reader.readChunk(index, columns: columns)
  }

  /// A damaged chunk does not affect the others.
  public func isLimitedToChunk(_ error: any Error) -> Bool {
    (error as? CaptureError)?.kind == .partlyReadable
  }
}
