import CaptureFormat
import EventBatch

/// A moment of which a capture holds what was there: the parts of one state.
public struct StateMoment: Sendable, Hashable {
  /// The moment, in nanoseconds of the epoch.
  public let time: Int64
  /// Why the state was taken.
  public let reason: MachineState.Reason
  /// The parts that are in the file, in its order.
  public internal(set) var parts: [StateEntry]

  /// Whether no part is missing: the file may end, or be damaged, in the middle of a state.
  public var isWhole: Bool {
    parts.last?.isLast == true && parts.enumerated().allSatisfy { $0.element.part == UInt32($0.offset) }
  }

  /// How many rows all parts have.
  public var rows: Int { parts.reduce(0) { $0 + $1.rows } }

  /// The moments of some parts, which stand in the order of the file.
  static func all(of entries: [StateEntry]) -> [StateMoment] {
    var moments: [StateMoment] = []
    for entry in entries {
      // A part that does not go on belongs to another state, even to one of the same time.
      if let last = moments.last, last.time == entry.time, last.reason == entry.reason,
        let before = last.parts.last, before.part < entry.part, !before.isLast
      {
        moments[moments.count - 1].parts.append(entry)
      } else {
        moments.append(StateMoment(time: entry.time, reason: entry.reason, parts: [entry]))
      }
    }
    return moments
  }
}

extension CaptureReader {
  /// The last whole state that is not later than a time; one with missing parts only where there is no whole one.
  ///
  /// Taking a state takes time. One that was still being taken is passed over where there is one before it.
  public func state(at time: Int64) -> StateMoment? {
    let earlier = states.filter { $0.time <= time }
      .sorted { ($0.isWhole ? 1 : 0, $0.time) < ($1.isWhole ? 1 : 0, $1.time) }
    guard let nearest = earlier.last, let before = earlier.dropLast().last, before.isWhole,
      let part = nearest.parts.last, part.rows > 0
    else { return earlier.last }
    do throws(CaptureError) {
      return try stateHead(part).greatestExit > time ? before : nearest
    } catch {
      return nearest
    }
  }

  /// What a part says about itself without being decompressed, for pruning; reads a few kilobytes. Thread-safe.
  ///
  /// - Throws: `CaptureError` of kind `partlyReadable` when the part is damaged.
  public func stateHead(_ part: StateEntry) throws(CaptureError) -> ChunkHead {
    try ChunkFetch(file, decompression).head(of: part, fileID: fileID)
  }

  /// Decodes the selected columns of a part of a state. Thread-safe.
  ///
  /// Parts are read one by one, so that memory is bounded by a part, never by the machine's size.
  ///
  /// - Throws: `CaptureError` of kind `partlyReadable` when the part is damaged; the others are not affected.
  public func readState(
    _ part: StateEntry, columns: ColumnSelection = .all
  ) throws(CaptureError) -> MachineState {
    let head = try stateHead(part)
    let rows = try ChunkFetch(file, decompression)
      .read(StoredChunk(part, head), columns, schema: schema, names: names)
    return MachineState(time: part.time, reason: part.reason, part: part.part, isLast: part.isLast, rows: rows)
  }
}
