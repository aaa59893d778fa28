/// The dimension tables of a batch or of a source.
public struct Dimensions: Sendable {
  /// Every text that the other tables and the argument columns name.
  public var strings = StringTable()
  /// What was executed.
  public var images = DimensionTable<ImageColumn>()
  /// Versions of threads.
  public var threads = DimensionTable<ThreadColumn>()
  /// Threads with their ancestors.
  public var lineages = DimensionTable<LineageColumn>()
  /// Versions of what descriptors point to.
  public var objects = DimensionTable<ObjectColumn>()
  /// Containers.
  public var containers = DimensionTable<ContainerColumn>()
  /// Users and groups.
  public var users = DimensionTable<UserColumn>()

  /// Tables without rows.
  public init() {}
}

/// What a descriptor points to. Raw values stand in files.
public enum ObjectKind: Int64, CaseIterable, Sendable {
  case unknown = 0
  case file = 1
  case directory = 2
  case ipv4Socket = 3
  case ipv6Socket = 4
  case unixSocket = 5
  case netlinkSocket = 6
  case packetSocket = 7
  case otherSocket = 8
  case pipe = 9
  case eventfd = 10
  case timerfd = 11
  case signalfd = 12
  case epoll = 13
  case inotify = 14
  case memfd = 15
  case pidfd = 16
  case bpf = 17
  case ioUring = 18
  case userfaultfd = 19
  case characterDevice = 20
  case blockDevice = 21
  case anonymous = 22
  case symbolicLink = 23
}

/// What is special about an object.
public struct ObjectFlags: OptionSet, Hashable, Sendable {
  /// One bit for each member.
  public let rawValue: Int64
  /// A set from its bits.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// The file had no name any more when it was seen.
  public static let deleted = ObjectFlags(rawValue: 1 << 0)
  /// The path was deeper than what is recorded; its tail is kept.
  public static let nameTruncated = ObjectFlags(rawValue: 1 << 1)
  /// The socket's connection is established.
  public static let connected = ObjectFlags(rawValue: 1 << 2)
  /// The socket listens.
  public static let listening = ObjectFlags(rawValue: 1 << 3)
  /// Made from the arguments of a call that failed: there never was a descriptor.
  public static let fromArguments = ObjectFlags(rawValue: 1 << 4)
  /// On the upper layer of an overlay file system.
  public static let upperLayer = ObjectFlags(rawValue: 1 << 5)
  /// On a lower layer of an overlay file system.
  public static let lowerLayer = ObjectFlags(rawValue: 1 << 6)
}

/// Which side of a connection the local end is.
public enum SocketRole: Int64, Sendable {
  case unknown = 0
  case client = 1
  case server = 2
}

/// What is special about an executable.
public struct ImageFlags: OptionSet, Hashable, Sendable {
  /// One bit for each member.
  public let rawValue: Int64
  /// A set from its bits.
  public init(rawValue: Int64) { self.rawValue = rawValue }

  /// The process may write to its executable.
  public static let writable = ImageFlags(rawValue: 1 << 0)
  /// On the upper layer of an overlay file system.
  public static let upperLayer = ImageFlags(rawValue: 1 << 1)
  /// On a lower layer of an overlay file system.
  public static let lowerLayer = ImageFlags(rawValue: 1 << 2)
  /// Executed from memory, without a file.
  public static let memfd = ImageFlags(rawValue: 1 << 3)
  /// Arguments or environment were longer than what is recorded.
  public static let truncated = ImageFlags(rawValue: 1 << 4)
  /// A task of the kernel itself: nothing was executed.
  public static let kernelTask = ImageFlags(rawValue: 1 << 5)
}
