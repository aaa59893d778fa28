import BinaryCoding

/// What stands at the front of a `.scap` file.
public struct ScapMachine: Sendable, Hashable {
  /// The machine's name.
  public var hostname: String
  /// How many processors it has: events are of processors below this number.
  public var processors: UInt32
  /// When it booted, in nanoseconds of the epoch.
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

  /// Appends the blocks with which a section begins.
  ///
  ///     machine  | processors u32 | memory u64 | greatest process u64 | name 128, a NUL at its end
  ///              | boot time u64, only in the current dialect | flags u64 | u64 | u64 |
  func append(to output: inout ByteBuffer, dialect: ScapDialect) {
    let section = output.beginBlock(.section)
    output.append(ScapBlock.byteOrderMagic)
    output.append(UInt16(1))
    output.append(UInt16(2))
    output.append(UInt64.max)
    output.endBlock(section)

    let machine = output.beginBlock(.machine)
    output.append(processors)
    output.append(memory)
    output.append(ScapMachine.greatestProcess)
    let name = Array(hostname.utf8.prefix(127))
    output.append(bytes: name)
    for _ in name.count..<128 { output.append(UInt8(0)) }
    // Readers of the classic dialect take these for reserved.
    output.append(UInt64(clamping: bootTime))
    for _ in 0..<3 { output.append(UInt64(0)) }
    output.endBlock(machine)
  }

  /// The greatest process id that Linux gives out.
  private static let greatestProcess: UInt64 = 4_194_304
}

/// A user or group of the machine.
public struct ScapUser: Sendable, Hashable {
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
  /// Whether it is a group.
  public var isGroup: Bool

  /// A user, or a group.
  public init(
    number: UInt32, group: UInt32 = UInt32.max, name: [UInt8], home: [UInt8] = [], shell: [UInt8] = [],
    isGroup: Bool = false
  ) {
    self.number = number
    self.group = group
    self.name = name
    self.home = home
    self.shell = shell
    self.isGroup = isGroup
  }

  /// Appends the list of users and groups. Each entry, after its length, which counts itself:
  ///
  ///     user   | 0 u8 | uid u32 | gid u32 | name | home | shell |
  ///     group  | 1 u8 | gid u32 | name |
  static func append(_ users: [ScapUser], to output: inout ByteBuffer) {
    let block = output.beginBlock(.usersV2)
    for user in users {
      let start = output.count
      output.append(UInt32(0))
      output.append(UInt8(user.isGroup ? 1 : 0))
      output.append(user.number)
      if !user.isGroup { output.append(user.group) }
      output.append(listText: user.name, limit: ScapLimits.user)
      if !user.isGroup {
        output.append(listText: user.home, limit: ScapLimits.user)
        output.append(listText: user.shell, limit: ScapLimits.user)
      }
      output.replace(at: start, with: UInt32(output.count - start))
    }
    output.endBlock(block)
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

  /// Appends the list of addresses. Each entry, after its length, which does not count itself:
  ///
  ///     | type u16, 1 IPv4, 2 IPv6 | length of the name u16 | address | mask | broadcast | speed u64 | name |
  static func append(_ interfaces: [ScapInterface], to output: inout ByteBuffer) {
    let block = output.beginBlock(.interfacesV2)
    for interface in interfaces where interface.address.count == 4 || interface.address.count == 16 {
      let start = output.count
      let name = Array(interface.name.utf8.prefix(255))
      output.append(UInt32(0))
      output.append(UInt16(interface.address.count == 4 ? 1 : 2))
      output.append(UInt16(name.count))
      output.append(bytes: interface.address)
      output.append(bytes: interface.mask)
      for (byte, mask) in zip(interface.address, interface.mask) { output.append(byte | ~mask) }
      output.append(UInt64(0))
      output.append(bytes: name)
      output.replace(at: start, with: UInt32(output.count - start - 4))
    }
    output.endBlock(block)
  }
}
