import CaptureFile
import CaptureFormat
import EventBatch

/// A chunk that is read some columns at a time.
public protocol ChunkContent: Sendable {
  /// Reads columns; may give more.
  /// - Parameter known: what was read before, which is to be in the result, too.
  func read(_ columns: ColumnSelection, adding known: KnownColumns?) throws -> EventBatch
}

extension OpenChunk: ChunkContent {}

/// A chunk of a source that reads what it is asked for in one go.
struct WholeChunk<Source: EventSource>: ChunkContent {
  let source: Source
  let index: Int

  func read(_ columns: ColumnSelection, adding known: KnownColumns?) throws -> EventBatch {
    try source.readChunk(index, columns: known.map { columns.union($0.selection) } ?? columns)
  }
}
