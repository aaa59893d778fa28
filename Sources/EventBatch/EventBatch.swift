import EventSchema

/// A run of events as columns, with the dimension rows that they use: the hub between sources and sinks.
///
/// A batch is self-contained: every reference in it resolves in it, and it can be filtered, merged, written or asked
/// without any other. Batches that a reader made hold only the columns that were asked for; the others are empty
/// (`EventBatch.count` says how many rows there are in any case).
///
/// Rows are ordered by exit time, ties by CPU.
public struct EventBatch: Sendable {
  /// What the type numbers and argument columns mean.
  public var schema: Schema
  /// How many events there are.
  public var count: Int
  /// The ordinal of each event in its capture (`evt.num`).
  public var numbers: EventNumbers
  /// When the call returned, in nanoseconds of the epoch.
  public var exitTimes: [Int64]
  /// How long the call took in nanoseconds; `EventBatch.missing` when that is not known. Of a call that has not returned
  /// (`EventFlags.unfinished`) the time so far: see `latency(of:)`.
  public var latencies: [Int64]
  /// `EventTypeID.rawValue` of each event.
  public var types: [UInt16]
  /// The CPU on which the call returned.
  public var cpus: [UInt16]
  /// `EventFlags.rawValue` of each event.
  public var flags: [UInt16]
  /// The row of `dimensions.lineages`: who did it. `EventBatch.noRow` when the identity was lost.
  public var lineages: [UInt32]
  /// The row of `dimensions.objects`: to what. `EventBatch.noRow` when the event has no object.
  public var objects: [UInt32]
  /// What the call returned; `EventBatch.missing` when it has not returned or does not return anything.
  public var results: [Int64]
  /// The position of each event among the events of its type: its index in the type's argument columns.
  public var ranks: [UInt32]
  /// One entry for each event type in the batch, in ascending order of type.
  public var arguments: [TypeArguments]
  /// The rows that the events refer to, and nothing else.
  public var dimensions: Dimensions

  /// Stands for a value that is not there in signed 64-bit columns.
  @inlinable
  public static var missing: Int64 { Int64.min }

  /// Stands for a reference that is not there.
  @inlinable
  public static var noRow: UInt32 { UInt32.max }

  /// An empty batch.
  public init(schema: Schema) {
    self.schema = schema
    count = 0
    numbers = .consecutive(first: 1)
    exitTimes = []
    latencies = []
    types = []
    cpus = []
    flags = []
    lineages = []
    objects = []
    results = []
    ranks = []
    arguments = []
    dimensions = Dimensions()
  }

  /// How long a call took, `EventBatch.missing` when that is not known or the call has not returned. Needs the flags.
  @inlinable
  public func latency(of row: Int) -> Int64 {
    isUnfinished(row) ? EventBatch.missing : latencies[row]
  }

  /// Whether a call had not returned when the recording ended.
  @inlinable
  public func isUnfinished(_ row: Int) -> Bool { flags[row] & EventFlags.unfinished.rawValue != 0 }

  /// The latencies of calls that have returned; see `latency(of:)`.
  public var knownLatencies: [Int64] {
    // Few captures have such calls, and only at their end.
    guard flags.contains(where: { $0 & EventFlags.unfinished.rawValue != 0 }) else { return latencies }
    return latencies.indices.map { latency(of: $0) }
  }

  /// The argument columns of a type, `nil` when the batch has no event of it. O(log types).
  public func arguments(of type: EventTypeID) -> TypeArguments? {
    var low = 0
    var high = arguments.count
    while low < high {
      let middle = (low + high) / 2
      if arguments[middle].type < type { low = middle + 1 } else { high = middle }
    }
    guard low < arguments.count, arguments[low].type == type else { return nil }
    return arguments[low]
  }
}

/// The ordinals of events. They are consecutive until somebody cuts a capture.
public enum EventNumbers: Sendable, Hashable {
  /// Row 0 has this number, each further row the next.
  case consecutive(first: UInt64)
  /// One number a row, ascending.
  case listed([UInt64])

  /// The number of a row.
  @inlinable
  public subscript(row: Int) -> UInt64 {
    switch self {
    case .consecutive(let first): first + UInt64(row)
    case .listed(let numbers): numbers[row]
    }
  }
}

/// What is special about one event.
public struct EventFlags: OptionSet, Hashable, Sendable {
  /// One bit for each member.
  public let rawValue: UInt16

  /// A set from its bits.
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The latency is an upper bound (recorded with adaptive latency in a tight loop).
  public static let latencyIsUpperBound = EventFlags(rawValue: 1 << 0)
  /// The call was still running when the recording ended.
  public static let unfinished = EventFlags(rawValue: 1 << 1)
  /// Something that the event should carry could not be read from the task's memory.
  public static let argumentUnreadable = EventFlags(rawValue: 1 << 2)
  /// A text or list was longer than what is recorded of it.
  public static let argumentTruncated = EventFlags(rawValue: 1 << 3)
  /// The payload was longer than the snap length.
  public static let payloadTruncated = EventFlags(rawValue: 1 << 4)
  /// The return of a new task from the call that made it.
  public static let childReturn = EventFlags(rawValue: 1 << 5)
  /// Identity or object could not be resolved; counted as a loss.
  public static let unresolved = EventFlags(rawValue: 1 << 6)
  /// The system call was made through the 32-bit entry of the kernel.
  public static let compat = EventFlags(rawValue: 1 << 7)
}
