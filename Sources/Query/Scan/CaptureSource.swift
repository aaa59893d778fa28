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
      hostname: reader.header.hostname, start: reader.heads.first { $0.count > 0 }?.leastExit, zone: zone,
      architecture: Architecture(rawValue: reader.header.architecture) ?? .current)
  }

  /// The schema in the file.
  public var schema: Schema { reader.schema }

  /// How many chunks the file has.
  public var chunkCount: Int { reader.heads.count }

  /// The chunk's head.
  public func head(ofChunk index: Int) -> ChunkHead? { reader.heads[index] }

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
