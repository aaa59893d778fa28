import BinaryCoding

/// Why events were lost. Raw values stand in files.
public enum LossCause: UInt8, CaseIterable, Hashable, Sendable {
  /// The kernel's ring was full: the recorder did not keep up.
  case ringFull = 1
  /// An event happened while the probe was at work on the same CPU.
  case nested = 2
  /// An event whose identity or object never arrived; it is there, without them.
  case unresolved = 3
  /// The start of a call was not seen, and its arguments with it.
  case enterUnknown = 4
  /// There was no memory for the state of a task.
  case noTask = 5
  /// A part of the file is damaged: said by whoever rewrote the rest.
  case damaged = 6
  /// The disk was full, or writing failed in another way: the recording ended with them.
  case unwritten = 7
  /// A cause that this program does not know: a newer one wrote the file.
  case other = 255

  /// The stable name in output.
  public var name: String {
    switch self {
    case .ringFull: "ring_full"
    case .nested: "nested"
    case .unresolved: "unresolved"
    case .enterUnknown: "enter_unknown"
    case .noTask: "no_task"
    case .damaged: "damaged"
    case .unwritten: "unwritten"
    case .other: "other"
    }
  }
}

/// Events that were lost: how many, why, where and when.
public struct LossRecord: Sendable, Hashable {
  /// Why.
  public var cause: LossCause
  /// The CPU, where it is known.
  public var cpu: UInt32?
  /// How many events; at least so many where the number is not known.
  public var count: UInt64
  /// Whether that is the number: of a damaged part nobody may know what was in it.
  public var isCountKnown: Bool
  /// The time range in nanoseconds of the epoch.
  public var from: Int64
  /// See `from`.
  public var to: Int64

  /// A loss.
  public init(
    cause: LossCause, cpu: UInt32?, count: UInt64, isCountKnown: Bool = true, from: Int64, to: Int64
  ) {
    self.cause = cause
    self.cpu = cpu
    self.count = count
    self.isCountKnown = isCountKnown
    self.from = from
    self.to = to
  }
}

// The payload of a loss frame, 32 bytes (later versions may append):
//
//      0  cause    u8
//      1  flags    u8    1: the CPU is known; 2: there may be more events than `count`
//      2  zero     u16
//      4  cpu      u32
//      8  count    u64
//     16  from     i64
//     24  to       i64
extension LossRecord {
  static let byteCount = 32

  /// The payload of a loss frame.
  public func encoded() -> [UInt8] {
    var output = ByteBuffer()
    output.append(cause.rawValue)
    output.append(UInt8(cpu == nil ? 0 : 1) | UInt8(isCountKnown ? 0 : 2))
    output.append(UInt16(0))
    output.append(cpu ?? 0)
    output.append(count)
    output.append(from)
    output.append(to)
    return output.array()
  }

  /// The loss in the payload of a loss frame.
  public init(decoding bytes: UnsafeRawBufferPointer) throws(MalformedBytes) {
    var cursor = ByteCursor(bytes)
    cause = LossCause(rawValue: try cursor.integer(UInt8.self)) ?? .other
    let flags = try cursor.integer(UInt8.self)
    _ = try cursor.integer(UInt16.self)
    let number = try cursor.integer(UInt32.self)
    cpu = flags & 1 != 0 ? number : nil
    count = try cursor.integer(UInt64.self)
    isCountKnown = flags & 2 == 0
    from = try cursor.integer(Int64.self)
    to = try cursor.integer(Int64.self)
  }
}
