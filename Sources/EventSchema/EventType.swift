/// The number that stands for an event type in columns and files.
///
/// Stable: a number is never given to another type, in any version of the schema.
public struct EventTypeID: RawRepresentable, Hashable, Comparable, Sendable {
  /// The number itself; 0 is never given out.
  public let rawValue: UInt16

  /// The id with a number, whether or not a schema has such a type.
  @inlinable
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The order of the numbers, which is that of types in a schema.
  @inlinable
  public static func < (a: EventTypeID, b: EventTypeID) -> Bool { a.rawValue < b.rawValue }
}

/// What a call is about; the `evt.category` of the ecosystem.
public enum EventCategory: UInt8, CaseIterable, Sendable {
  case other = 0
  case file
  case net
  case ipc
  case memory
  case process
  case sleep
  case system
  case signal
  case user
  case time
  case processing
  case ioRead
  case ioWrite
  case ioOther
  case wait
  case scheduler
  case `internal`
}

/// What an event type does to descriptors and to the state of a task.
public struct EventTraits: OptionSet, Hashable, Sendable {
  /// The bits, as they stand in files.
  public let rawValue: UInt16

  /// Traits from their bits; bits that this version does not know are kept.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The call makes a descriptor: its object is the one at exit.
  public static let createsDescriptor = EventTraits(rawValue: 1 << 0)
  /// The call ends a descriptor: its object is the one at entry.
  public static let destroysDescriptor = EventTraits(rawValue: 1 << 1)
  /// The call takes a descriptor.
  public static let usesDescriptor = EventTraits(rawValue: 1 << 2)
  /// Bytes come from the descriptor to the task.
  public static let readsFromDescriptor = EventTraits(rawValue: 1 << 3)
  /// Bytes go from the task to the descriptor.
  public static let writesToDescriptor = EventTraits(rawValue: 1 << 4)
  /// The call changes what later events of the task look like.
  public static let modifiesState = EventTraits(rawValue: 1 << 5)
  /// The call may sleep until something happens.
  public static let waits = EventTraits(rawValue: 1 << 6)
  /// The event is a system call (else it comes from another hook of the kernel, or from the recorder).
  public static let systemCall = EventTraits(rawValue: 1 << 7)
  /// The call opens or executes what a path names; a failed one gets its object from its arguments.
  public static let namesObject = EventTraits(rawValue: 1 << 8)
  /// The call changes the object itself (`connect`, `bind`): the event is about the object as it is afterwards.
  public static let changesObject = EventTraits(rawValue: 1 << 9)
  /// The call ends the task and never returns: its event is sent when it begins, and has neither result nor latency.
  public static let endsTask = EventTraits(rawValue: 1 << 10)
  /// The call may change what something is called that others have open: it renames, or changes what is mounted where.
  public static let movesNames = EventTraits(rawValue: 1 << 11)
  /// The call makes a task or changes what one executes: its events are the last to be lost.
  public static let lifeCycle = EventTraits(rawValue: 1 << 12)
  /// The call makes the server's end of a connection.
  public static let acceptsConnection = EventTraits(rawValue: 1 << 13)
  /// The call makes its socket the client's end of a connection.
  public static let connects = EventTraits(rawValue: 1 << 14)
  /// The call makes its socket one that connections come to.
  public static let listens = EventTraits(rawValue: 1 << 15)
}

/// Which descriptor of a call the ecosystem binds to `fd.*`.
public enum ObjectBinding: Hashable, Sendable {
  /// The event has no object.
  case none
  /// The descriptor in this argument (0 to 5).
  case argument(UInt8)
  /// The descriptor that the call returns.
  case result
}

/// One kind of event, with its parameters in the order in which they are shown.
public struct EventType: Hashable, Sendable {
  /// What stands for the type in columns and files.
  public let id: EventTypeID
  /// The name in `evt.type`: the ecosystem's (`pread`).
  public let name: String
  /// The kernel's name of the system call (`pread64`), `nil` when the event is none.
  public let systemCall: String?
  /// The system call's number on x86_64, `nil` where it does not exist.
  public let numberX86: UInt16?
  /// The system call's number on aarch64, `nil` where it does not exist.
  public let numberARM: UInt16?
  /// What the call is about.
  public let category: EventCategory
  /// What the call does to descriptors and to the task.
  public let traits: EventTraits
  /// The descriptor that `fd.*` describes.
  public let object: ObjectBinding
  /// How many argument registers the probe records (0 to 6): as many as the parameters need.
  public let argumentCount: UInt8
  /// What the probe copies from user memory besides the registers; at most 4.
  public let captures: [Capture]
  /// The ecosystem's parameters in its order, then those that Reel adds.
  public let parameters: [Parameter]

  /// An event type as it stands in a schema; nothing is checked here.
  public init(
    id: EventTypeID, name: String, systemCall: String?, numberX86: UInt16?, numberARM: UInt16?,
    category: EventCategory, traits: EventTraits, object: ObjectBinding, argumentCount: UInt8,
    captures: [Capture], parameters: [Parameter]
  ) {
    self.id = id
    self.name = name
    self.systemCall = systemCall
    self.numberX86 = numberX86
    self.numberARM = numberARM
    self.category = category
    self.traits = traits
    self.object = object
    self.argumentCount = argumentCount
    self.captures = captures
    self.parameters = parameters
  }
}
