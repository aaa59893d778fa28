import BinaryCoding

/// A frame as the tail and a scan know it, that is neither of events nor of losses nor of states.
public struct FrameEntry: Sendable, Hashable {
  /// What the frame holds.
  public var type: FrameType
  /// Where the frame begins, counted from the magic.
  public var offset: UInt64
  /// The bytes of the frame's payload.
  public var length: Int

  /// A frame and its place.
  public init(type: FrameType, offset: UInt64, length: Int) {
    self.type = type
    self.offset = offset
    self.length = length
  }

  // In the summary: type | offset (difference to that of the entry before) | payload length.

  static func write(_ entries: [FrameEntry], into output: inout ByteBuffer) {
    output.append(varint: UInt64(entries.count))
    var before: UInt64 = 0
    for entry in entries {
      output.append(varint: UInt64(entry.type.rawValue))
      output.append(varint: entry.offset &- before)
      output.append(varint: UInt64(entry.length))
      before = entry.offset
    }
  }

  static func read(_ cursor: inout ByteCursor) throws(MalformedBytes) -> [FrameEntry] {
    let count = try cursor.count(upTo: cursor.remaining / 3, "the number of other frames")
    var entries: [FrameEntry] = []
    var offset: UInt64 = 0
    for _ in 0..<count {
      let type = try cursor.count(upTo: Int(UInt16.max), "the type of a frame")
      offset = offset &+ (try cursor.varint())
      let length = try cursor.count(upTo: CaptureLimits.frameBytes, "the length of a frame")
      entries.append(FrameEntry(type: FrameType(rawValue: UInt16(type)), offset: offset, length: length))
    }
    return entries
  }
}
