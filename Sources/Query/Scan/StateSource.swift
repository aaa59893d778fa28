import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema

/// A state in a capture file as a source of rows, which are asked like events: a part is a chunk.
public struct StateSource: EventSource {
  /// The moment that is asked.
  public let moment: StateMoment
  /// Host, moment and processor.
  public let scanContext: ScanContext
  private let reader: CaptureReader

  /// A source that reads a state of an open capture.
  /// - Parameter zone: how times of day are shown.
  public init(_ reader: CaptureReader, _ moment: StateMoment, zone: TimeZoneRule = .local) {
    self.reader = reader
    self.moment = moment
    var context = CaptureSource(reader, zone: zone).scanContext
    context.start = context.start ?? moment.time
    scanContext = context
  }

  /// The schema in the file.
  public var schema: Schema { reader.schema }

  /// How many parts of the state the file has.
  public var chunkCount: Int { moment.parts.count }

  /// The part's head. One that cannot be read excludes nothing: reading the part says why.
  public func head(ofChunk index: Int) -> ChunkHead? {
    do throws(CaptureError) { return try reader.stateHead(moment.parts[index]) } catch { return nil }
  }

  /// Reads and decodes the selected columns.
  /// - Throws: `CaptureError`.
  public func readChunk(_ index: Int, columns: ColumnSelection) throws -> EventBatch {
    try reader.readState(moment.parts[index], columns: columns).rows
  }

  /// A damaged part does not affect the others.
  public func isLimitedToChunk(_ error: any Error) -> Bool {
    (error as? CaptureError)?.kind == .partlyReadable
  }
}
