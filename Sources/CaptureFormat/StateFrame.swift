import BinaryCoding
import EventBatch

/// One part of a state as the tail and a scan know it: where its frame begins, and of which moment it is.
public struct StateEntry: Sendable, Hashable {
  /// Where the frame begins, counted from the magic.
  public var offset: UInt64
  /// The bytes of the frame's payload.
  public var length: Int
  /// The moment, in nanoseconds of the epoch.
  public var time: Int64
  /// Why the state was taken.
  public var reason: MachineState.Reason
  /// The number of the part, from 0.
  public var part: UInt32
  /// Whether no further part follows.
  public var isLast: Bool
  /// How many rows the part has.
  public var rows: Int

  /// A part of a state and its place.
  public init(
    offset: UInt64, length: Int, time: Int64, reason: MachineState.Reason, part: UInt32, isLast: Bool, rows: Int
  ) {
    self.offset = offset
    self.length = length
    self.time = time
    self.reason = reason
    self.part = part
    self.isLast = isLast
    self.rows = rows
  }
}

/// What stands in front of the chunk in the payload of a state frame.
///
///      0  time      i64   the moment
///      8  reason    u8    `MachineState.Reason`; unknown ones are read as `other`
///      9  flags     u8    1: the last part
///     10  zero      u16
///     12  part      u32   from 0
///     16  the payload of a chunk frame: head and blocks
public struct StatePrefix: Hashable, Sendable {
  /// The bytes in front of the chunk.
  public static let byteCount = 16

  /// The moment, in nanoseconds of the epoch.
  public var time: Int64
  /// Why the state was taken.
  public var reason: MachineState.Reason
  /// The number of the part, from 0.
  public var part: UInt32
  /// Whether no further part follows.
  public var isLast: Bool

  /// What stands in front of a part.
  public init(_ state: MachineState) {
    (time, reason, part, isLast) = (state.time, state.reason, state.part, state.isLast)
  }

  /// The payload of a state frame: this, and a chunk that was sealed.
  public func encoded(with chunk: EncodedChunk) -> [UInt8] {
    var output = ByteBuffer(capacity: StatePrefix.byteCount + chunk.bytes.count)
    output.append(time)
    output.append(reason.rawValue)
    output.append(UInt8(isLast ? 1 : 0))
    output.append(UInt16(0))
    output.append(part)
    chunk.bytes.withUnsafeBytes { output.append(contentsOf: $0) }
    return output.array()
  }

  /// The first bytes of the payload of a state frame.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(MalformedBytes) {
    var cursor = ByteCursor(bytes)
    time = try cursor.integer(Int64.self)
    reason = MachineState.Reason(rawValue: try cursor.integer(UInt8.self)) ?? .other
    isLast = try cursor.integer(UInt8.self) & 1 != 0
    _ = try cursor.integer(UInt16.self)
    part = try cursor.integer(UInt32.self)
  }
}

extension StateEntry {
  /// The entry of a frame, from what stands in front and the chunk's head.
  public init(offset: UInt64, length: Int, _ prefix: StatePrefix, _ head: ChunkHead) {
    self.init(
      offset: offset, length: length, time: prefix.time, reason: prefix.reason, part: prefix.part,
      isLast: prefix.isLast, rows: head.count)
  }

  /// Checks the whole payload of a state frame, whose frame checks hold: what stands in front, and the chunk's head.
  public static func checked(
    _ payload: UnsafeRawBufferPointer, offset: UInt64, fileID: FileID
  ) throws(MalformedBytes) -> (entry: StateEntry, head: ChunkHead, chunk: UnsafeRawBufferPointer) {
    let prefix = try StatePrefix(decoding: payload)
    let chunk = UnsafeRawBufferPointer(rebasing: payload[StatePrefix.byteCount...])
    let head = try ChunkHead.checked(payload: chunk, fileID: fileID)
    return (StateEntry(offset: offset, length: payload.count, prefix, head), head, chunk)
  }

  // In the summary: offset (difference to that of the entry before) | payload length | time (zigzag) | reason u8 |
  // flags u8 | part | rows.

  static func write(_ entries: [StateEntry], into output: inout ByteBuffer) {
    output.append(varint: UInt64(entries.count))
    var before: UInt64 = 0
    for entry in entries {
      output.append(varint: entry.offset &- before)
      output.append(varint: UInt64(entry.length))
      output.append(zigzag: entry.time)
      output.append(entry.reason.rawValue)
      output.append(UInt8(entry.isLast ? 1 : 0))
      output.append(varint: UInt64(entry.part))
      output.append(varint: UInt64(entry.rows))
      before = entry.offset
    }
  }

  static func read(_ cursor: inout ByteCursor) throws(MalformedBytes) -> [StateEntry] {
    let count = try cursor.count(upTo: cursor.remaining, "the number of state frames")
    var entries: [StateEntry] = []
    var offset: UInt64 = 0
    for _ in 0..<count {
      offset = offset &+ (try cursor.varint())
      let length = try cursor.count(upTo: CaptureLimits.frameBytes, "the length of a state frame")
      let time = try cursor.zigzag()
      let reason = MachineState.Reason(rawValue: try cursor.integer(UInt8.self)) ?? .other
      let isLast = try cursor.integer(UInt8.self) & 1 != 0
      let part = try cursor.count(upTo: Int(UInt32.max), "the number of a state's part")
      let rows = try cursor.count(upTo: CaptureLimits.chunkEvents, "the number of a state's rows")
      entries.append(
        StateEntry(
          offset: offset, length: length, time: time, reason: reason, part: UInt32(part), isLast: isLast, rows: rows))
    }
    return entries
  }
}

extension ChunkHead {
  /// The head at the start of a chunk that is in memory as a whole.
  public static func checked(
    payload: UnsafeRawBufferPointer, fileID: FileID
  ) throws(MalformedBytes) -> ChunkHead {
    let length = payload.count < 8 ? 0 : Int(UInt32(littleEndian: payload.loadUnaligned(as: UInt32.self)))
    guard length <= payload.count, let head = ChunkHead.checked(Array(payload.prefix(length)), fileID: fileID) else {
      throw MalformedBytes("a chunk head does not match its checksum")
    }
    return head
  }
}
