/// The machine of a `.scap` file: what stands at its front.
public struct ScapMachine: Sendable, Hashable {
  /// The machine's name.
  public var hostname: String
  /// How many processors it has: events are of processors below this number.
  public var processors: UInt32
  /// When it booted, in nanoseconds of the epoch; 0 where a file does not say.
  public var bootTime: Int64
  /// Its memory in bytes; 0 when that is not known.
  public var memory: UInt64

  /// A machine.
  public init(hostname: String, processors: UInt32, bootTime: Int64, memory: UInt64 = 0) {
    self.hostname = hostname
    self.processors = processors
    self.bootTime = bootTime
    self.memory = memory
  }
}

/// A user or group of a list, or of an event that tells of one.
public struct ScapUser: Sendable, Hashable {
  /// Whether it is a group.
  public var isGroup: Bool
  /// The number.
  public var number: UInt32
  /// The first group of a user.
  public var group: UInt32
  /// Its name.
  public var name: [UInt8]
  /// The home directory of a user.
  public var home: [UInt8]
  /// The shell of a user.
  public var shell: [UInt8]

  /// A user, or a group.
  public init(
    isGroup: Bool = false, number: UInt32, group: UInt32 = UInt32.max, name: [UInt8], home: [UInt8] = [],
    shell: [UInt8] = []
  ) {
    self.isGroup = isGroup
    self.number = number
    self.group = group
    self.name = name
    self.home = home
    self.shell = shell
  }
}

/// An address of the machine itself: by them readers tell local and remote ends apart.
public struct ScapInterface: Sendable, Hashable {
  /// The interface's name.
  public var name: String
  /// 4 or 16 bytes.
  public var address: [UInt8]
  /// As many.
  public var mask: [UInt8]

  /// An address.
  public init(name: String, address: [UInt8], mask: [UInt8]) {
    self.name = name
    self.address = address
    self.mask = mask
  }
}
