import CaptureFormat
import EventBatch
import EventSchema

/// A chunk whose directory was read, so that its columns can be read some at a time: first those that decide whether
/// anything in it is wanted.
public struct OpenChunk: Sendable {
  private let fetch: ChunkFetch
  private let chunk: StoredChunk
  private let layout: ChunkLayout
  private let schema: Schema
  private let names: DimensionNames

  fileprivate init(_ reader: CaptureReader, _ chunk: StoredChunk) throws(CaptureError) {
    fetch = ChunkFetch(reader.file, reader.decompression)
    self.chunk = chunk
    layout = try fetch.layout(of: chunk)
    schema = reader.schema
    names = reader.names
  }

  /// What the chunk says about itself.
  public var head: ChunkHead { chunk.head }

  /// Decodes the selected columns.
  ///
  /// - Parameters:
  ///   - known: what was read before; it is in the result, too, and not read again.
  ///   - rows: the only events that are looked at, ascending: where types are known, the core columns that are read have no
  ///     value for the others, save times and numbers. Nothing can be added to such a result. `nil` for all.
  /// - Throws: `CaptureError` of kind `partlyReadable` when the chunk is damaged.
  public func read(
    _ columns: ColumnSelection, adding known: KnownColumns? = nil, of rows: [UInt32]? = nil
  ) throws(CaptureError) -> EventBatch {
    try fetch.read(chunk, layout, columns, schema: schema, names: names, adding: known, of: rows)
  }
}

extension CaptureReader {
  /// Reads a chunk's directory alone. Thread-safe.
  ///
  /// - Throws: `CaptureError` of kind `partlyReadable` when the chunk is damaged; the others are not affected.
  public func openChunk(_ index: Int) throws(CaptureError) -> OpenChunk {
    precondition((0..<chunkCount).contains(index), "there is no chunk \(index)")
    return try OpenChunk(self, StoredChunk(try entry(ofChunk: index)))
  }
}
