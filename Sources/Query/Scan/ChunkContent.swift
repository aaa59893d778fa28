import CaptureFile
import CaptureFormat
import EventBatch

/// A chunk that is read some columns at a time.
public protocol ChunkContent: Sendable {
  /// Reads columns; may give more.
  /// - Parameters:
  ///   - known: what was read before, which is to be in the result, too.
  ///   - rows: the only events that are looked at from now on, ascending; `nil` for all. See `OpenChunk.read`.
  func read(_ columns: ColumnSelection, adding known: KnownColumns?, of rows: [UInt32]?) throws -> EventBatch
}

extension OpenChunk: ChunkContent {}

extension ChunkContent {
  func read(_ columns: ColumnSelection, adding known: KnownColumns?) throws -> EventBatch {
    try read(columns, adding: known, of: nil)
  }
}

/// A chunk of a source that reads what it is asked for in one go.
struct WholeChunk<Source: EventSource>: ChunkContent {
  let source: Source
  let index: Int

  func read(_ columns: ColumnSelection, adding known: KnownColumns?, of rows: [UInt32]?) throws -> EventBatch {
    try source.readChunk(index, columns: known.map { columns.union($0.selection) } ?? columns)
  }
}
