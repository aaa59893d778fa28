import CaptureFormat
import EventBatch

/// Which events, and which rows of states, a cut takes over: handed in, since this room knows captures and no filters.
public struct EventSelection: Sendable {
  /// The least exit time, in nanoseconds of the epoch; `nil` for no limit.
  public var from: Int64?
  /// The first exit time that is not selected.
  public var to: Int64?
  /// Whether a chunk may hold an event that is selected; false is certain.
  public var mayMatch: @Sendable (ChunkHead) -> Bool
  /// The columns that `rows` reads.
  public var columns: ColumnSelection
  /// The rows of a batch that are selected, ascending, the times too. Given the batch and the last exit time before it.
  public var rows: @Sendable (EventBatch, _ previousExit: Int64?) -> [UInt32]
  /// The rows of a part of a state that are within the scope of the selection, ascending; `nil` when all are.
  public var stateRows: (@Sendable (EventBatch) -> [UInt32])?

  /// A selection.
  public init(
    from: Int64?, to: Int64?, columns: ColumnSelection, mayMatch: @escaping @Sendable (ChunkHead) -> Bool,
    rows: @escaping @Sendable (EventBatch, _ previousExit: Int64?) -> [UInt32],
    stateRows: (@Sendable (EventBatch) -> [UInt32])?
  ) {
    self.from = from
    self.to = to
    self.columns = columns
    self.mayMatch = mayMatch
    self.rows = rows
    self.stateRows = stateRows
  }

  /// Whether a moment is within the range.
  func includes(_ time: Int64) -> Bool { time >= from ?? .min && time < to ?? .max }

  /// Whether a stretch of time and the range have a moment in common.
  func overlaps(from first: Int64, to last: Int64) -> Bool { last >= from ?? .min && first < to ?? .max }
}
