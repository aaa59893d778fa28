import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema

/// A capture file as a source of events.
public struct CaptureSource: EventSource {
  /// The open capture.
  public let reader: CaptureReader
  public let scanContext: ScanContext

  /// A source that reads an open capture.
  /// - Parameter zone: how times of day are shown.
  public init(_ reader: CaptureReader, zone: TimeZoneRule = .local) {
    self.reader = reader
    scanContext = ScanContext(
      hostname: reader.header.hostname, start: reader.heads.first { $0.count > 0 }?.leastExit, zone: zone,
      architecture: Architecture(rawValue: reader.header.architecture) ?? .current)
  }

  public var schema: Schema { reader.schema }

  public var chunkCount: Int { reader.heads.count }

  public func head(ofChunk index: Int) -> ChunkHead? { reader.heads[index] }

  public func readChunk(_ index: Int, columns: ColumnSelection) throws -> EventBatch {
    try reader.readChunk(index, columns: columns)
  }

  public func isLimitedToChunk(_ error: any Error) -> Bool {
    (error as? CaptureError)?.kind == .partlyReadable
  }
}
