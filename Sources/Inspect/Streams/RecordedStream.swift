import Query

/// What a process read and wrote through one descriptor.
public struct RecordedStream: Sendable {
  /// The process.
  public let process: ProcessInstance
  /// Its name.
  public let processName: FieldValue
  /// The number of the descriptor.
  public let descriptor: Int64?
  /// What it stood for: a path, both ends of a connection.
  public let name: FieldValue
  /// What kind of thing that is, in the words of `fd.type`.
  public let kind: FieldValue
  /// The container's name, or its id; missing outside.
  public let container: FieldValue
  /// By direction: input, output.
  public internal(set) var directions = [StreamTotals(), StreamTotals()]

  /// What went in one direction.
  public subscript(direction: StreamDirection) -> StreamTotals {
    get { directions[direction == .input ? 0 : 1] }
    set { directions[direction == .input ? 0 : 1] = newValue }
  }
}

/// How much went through a descriptor in one direction.
public struct StreamTotals: Sendable, Hashable {
  /// How many calls moved something.
  public var calls = 0
  /// How many bytes.
  public var bytes: Int64 = 0
  /// How many of them the capture holds.
  public var recorded: Int64 = 0
}

/// What one call moved, as a piece of a stream.
public struct StreamPiece: Sendable {
  /// The index of the stream.
  public var stream: Int
  /// Which way.
  public var direction: StreamDirection
  /// When the call returned, in nanoseconds of the epoch.
  public var time: Int64
  /// The event's number.
  public var number: UInt64
  /// How many bytes were moved.
  public var length: Int64
  /// Those of them that the capture holds: the first ones.
  public var bytes: ArraySlice<UInt8>

  /// A piece.
  public init(
    stream: Int, direction: StreamDirection, time: Int64, number: UInt64, length: Int64, bytes: ArraySlice<UInt8>
  ) {
    self.stream = stream
    self.direction = direction
    self.time = time
    self.number = number
    self.length = length
    self.bytes = bytes
  }

  /// How many bytes the capture does not hold.
  public var missing: Int64 { max(length - Int64(bytes.count), 0) }
}

/// Which stream: a descriptor of a process, as long as it stood for one thing.
struct StreamKey: Hashable, Sendable {
  var process: ProcessInstance
  var descriptor: Int64
  /// The recorder's number for the thing; where there is none, the row of the object in a chunk is not enough and the
  /// descriptor alone says it.
  var thing: Int64
}
