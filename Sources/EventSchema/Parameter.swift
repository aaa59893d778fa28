/// How a parameter's value is read and printed. The names are those of the ecosystem's tables.
public enum ParameterType: UInt8, CaseIterable, Sendable {
  case int8 = 1
  case int16, int32, int64
  case uint8, uint16, uint32, uint64
  /// A negative number is an error; zero or more is a plain result.
  case errno
  /// A descriptor number; negative numbers are errors or `AT_FDCWD`.
  case fd
  case pid
  case uid
  case gid
  /// Bits with names from the parameter's flag table.
  case flags8, flags16, flags32, flags64
  /// One value with a name from the parameter's flag table.
  case enumeration8, enumeration16, enumeration32
  /// Permission bits, printed in octal.
  case mode
  case signal
  case boolean
  /// Nanoseconds that pass.
  case relativeTime
  /// Nanoseconds of the epoch.
  case absoluteTime
  case port
  /// A number whose meaning is not described; printed in hexadecimal.
  case raw
  /// A pointer into the task's memory; printed in hexadecimal.
  case address
  /// Text that ends at a NUL in the task's memory.
  case string
  /// A path as the task wrote it; shown absolute against the working directory.
  case path
  /// A path as the task wrote it; relative to the descriptor in the parameter before it.
  case relativePath
  /// Bytes.
  case bytes
  /// Texts, each followed by a NUL.
  case strings
  /// One end of a connection, in the layout of `SocketAddress`.
  case socketAddress
  /// Both ends of a connection, in the layout of `SocketAddress`.
  case socketTuple

  /// Where a value of this type stands in a batch.
  public var storage: ParameterStorage {
    switch self {
    case .string, .path, .relativePath, .strings, .socketAddress, .socketTuple: .string
    case .bytes: .bytes
    default: .integer
    }
  }
}

/// The three kinds of argument columns.
public enum ParameterStorage: UInt8, Sendable {
  /// The value itself, unsigned ones by bit pattern.
  case integer
  /// The number of a row of the string table.
  case string
  /// Bytes of the column's own heap: payloads are seldom equal, so they are not interned.
  case bytes
}

/// Where the value of a parameter comes from.
public enum ParameterSource: Hashable, Sendable {
  /// What the call returned; not stored again beside the event's result.
  case result
  /// An argument register (0 to 5).
  case argument(UInt8)
  /// All bytes of one of the event type's captures.
  case capture(UInt8)
  /// A little-endian integer of `size` bytes (1, 2, 4 or 8) at `offset` of a captured structure. A size of 16 is a
  /// `timespec`: seconds and nanoseconds of 8 bytes each, whose value is the nanoseconds of both.
  case field(capture: UInt8, offset: UInt16, size: UInt8)
  /// The thread row of the event: not stored, read through the lineage.
  case thread(String)
  /// The object of the event: not stored.
  case object(String)
  /// Filled in by user space for events that are no system calls.
  case assembled

  /// Whether it is a part of a captured structure.
  public var isField: Bool {
    if case .field = self { true } else { false }
  }

  /// Whether batches hold a column for the parameter; the others are read from the event's result or dimensions.
  public var isStored: Bool {
    switch self {
    case .result, .thread, .object: false
    case .argument, .capture, .field, .assembled: true
    }
  }
}

/// What a parameter before it must be for a parameter to mean what the schema says: option 2 of a socket is
/// `SO_REUSEADDR` at the level `SOL_SOCKET` only.
public struct NameCondition: Hashable, Sendable {
  /// The index of the parameter that decides, in `EventType.parameters`.
  public let parameter: UInt8
  /// The value that it must have.
  public let value: UInt64

  /// Holds when the parameter at this index has this value.
  public init(parameter: UInt8, value: UInt64) {
    self.parameter = parameter
    self.value = value
  }
}

/// One parameter of an event type.
public struct Parameter: Hashable, Sendable {
  /// The name in `evt.arg.NAME`.
  public let name: String
  /// How the value is stored and printed.
  public let type: ParameterType
  /// The index of the flag table in the schema, for flags, enumerations and modes. Bytes with a table are an array of
  /// the kernel's `pollfd`, whose `events` and `revents` it names.
  public let flagTable: UInt16?
  /// Where the value comes from.
  public let source: ParameterSource
  /// Unless this holds, a register's number prints without its name and anything else is missing; `nil` when it always
  /// holds.
  public let nameCondition: NameCondition?

  /// A parameter as it stands in a schema; nothing is checked here.
  public init(
    name: String, type: ParameterType, flagTable: UInt16?, source: ParameterSource,
    nameCondition: NameCondition? = nil
  ) {
    self.name = name
    self.type = type
    self.flagTable = flagTable
    self.source = source
    self.nameCondition = nameCondition
  }
}

/// What the probe does to copy one thing from user memory when the call returns.
public struct Capture: Hashable, Sendable {
  /// The kinds that the probe implements. The numbers are shared with `probe_abi.h`.
  public enum Kind: UInt8, CaseIterable, Sendable {
    /// Text up to a NUL, at most 4095 bytes: a path or a name.
    case string = 1
    /// `size` bytes, only when the call succeeded if `onSuccess`.
    case structure = 2
    /// A `sockaddr` of the length in `lengthArgument`.
    case socketAddress = 3
    /// A `sockaddr` that the kernel filled in; `lengthArgument` points to its length. For a parameter of type
    /// `bytes`, other bytes that are counted in this way (`getsockopt`); at most 128.
    case socketAddressOut = 4
    /// Payload: as many bytes as the call returned, limited by the snap length, and by `lengthArgument` where there is one.
    case payload = 5
    /// Payload scattered over an array of `iovec`, whose count is in `lengthArgument`.
    case vector = 6
    /// A `msghdr`: payload of its vector.
    case message = 7
    /// The address in a `msghdr`.
    case messageName = 8
    /// A NULL-terminated array of texts.
    case stringArray = 9
    /// An array of `mmsghdr`: payload of all of them, one behind the other.
    case messages = 10
    /// The control bytes of a `msghdr` (passed descriptors).
    case messageControl = 11
    /// Payload: as many bytes as `lengthArgument` says, limited by the snap length.
    case buffer = 12
    /// An array of structures of `size` bytes each, whose number is in `lengthArgument`; at most 1024 bytes of it.
    case structureArray = 13
  }

  /// What the probe does.
  public let kind: Kind
  /// The argument that points to it (0 to 5).
  public let pointer: UInt8
  /// The argument with its length or count, or 0xFF.
  public let lengthArgument: UInt8
  /// The size of a structure in bytes.
  public let size: UInt16
  /// Only when the call did not fail: what the kernel writes is not there otherwise.
  public let onSuccess: Bool

  /// A capture as it stands in a schema; nothing is checked here.
  public init(kind: Kind, pointer: UInt8, lengthArgument: UInt8, size: UInt16, onSuccess: Bool) {
    self.kind = kind
    self.pointer = pointer
    self.lengthArgument = lengthArgument
    self.size = size
    self.onSuccess = onSuccess
  }
}
