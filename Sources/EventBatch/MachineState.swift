/// Everything that was there at one moment: processes, threads, descriptors, sockets, mounts, users.
///
/// A state is told in rows like events, so that whatever filters, encodes and asks batches does so with states: each row
/// is of one of the types `state_thread`, `state_descriptor`, `state_socket`, `state_mount`, `state_user` and
/// `state_group` of the schema, its exit time is when it was looked at, and its lineage and object are the thread and the
/// thing that it is about. A large state comes in several parts, which together are one moment.
///
/// - `state_thread`: a row for each thread. Memory is in bytes and that of the process; the processor time is that of the
///   thread, user and system.
/// - `state_descriptor`: a row for each descriptor of a process, whose main thread it names.
/// - `state_socket`: a row for each socket that no descriptor holds; those that one holds are told by it.
/// - `state_mount`, `state_user`, `state_group`: named by a thread in the namespace or container concerned, if there is
///   one.
public struct MachineState: Sendable {
  /// Why a state was taken. Raw values stand in files.
  public enum Reason: UInt8, CaseIterable, Sendable {
    /// The recording began.
    case start = 1
    /// The time since the one before was over.
    case periodic = 2
    /// The recording went on in another file.
    case rotation = 3
    /// Something was found that asks for it.
    case trigger = 4
    /// The recording ended.
    case end = 5
    /// A reason that this program does not know: a newer one wrote the file.
    case other = 255
  }

  /// The moment, in nanoseconds of the epoch: taken before the first look, so that no row is of an earlier time. What
  /// happened to a thing up to the time of its row is in the row.
  public var time: Int64
  /// Why it was taken.
  public var reason: Reason
  /// The number of this part, from 0.
  public var part: UInt32
  /// Whether no further part follows.
  public var isLast: Bool
  /// The rows of this part.
  public var rows: EventBatch

  /// Whether it says nothing, not even that it is the last one: there is nothing to write.
  public var isEmpty: Bool { rows.count == 0 && !isLast }

  /// One part of a state.
  public init(time: Int64, reason: Reason, part: UInt32, isLast: Bool, rows: EventBatch) {
    self.time = time
    self.reason = reason
    self.part = part
    self.isLast = isLast
    self.rows = rows
  }
}
