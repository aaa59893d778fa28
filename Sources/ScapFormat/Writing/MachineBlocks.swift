import BinaryCoding

extension ScapMachine {
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

extension ScapUser {
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

extension ScapInterface {
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
