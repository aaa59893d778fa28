import BinaryCoding

// What stands in front of the events: the machine, its processes with their descriptors, its users. All numbers are
// little-endian; a text is its length u16 and its bytes.

extension ScapMachine {
  /// The machine in the body of its block. The first versions of the format had reserved words in place of the boot time.
  init(reading body: UnsafeRawBufferPointer) throws(MalformedBytes) {
    var cursor = ByteCursor(body)
    let processors = try cursor.integer(UInt32.self)
    let memory = try cursor.integer(UInt64.self)
    _ = try cursor.integer(UInt64.self)
    let hostname = String(decoding: try cursor.take(128).prefix { $0 != 0 }, as: UTF8.self)
    let bootTime = cursor.remaining >= 8 ? try cursor.integer(UInt64.self) : 0
    self.init(hostname: hostname, processors: processors, bootTime: Int64(clamping: bootTime), memory: memory)
  }
}

extension ScapUser {
  /// The users and groups of a list. Entries of its second version begin with their length u32, themselves included.
  static func list(_ body: UnsafeRawBufferPointer, hasLengths: Bool) throws(MalformedBytes) -> [ScapUser] {
    var users: [ScapUser] = []
    try body.forEachEntry(hasLengths: hasLengths, smallest: 7) { (cursor) throws(MalformedBytes) in
      switch try cursor.integer(UInt8.self) {
      case 0:
        let number = try cursor.integer(UInt32.self)
        let group = try cursor.integer(UInt32.self)
        users.append(
          ScapUser(
            number: number, group: group, name: try cursor.scapText(), home: try cursor.scapText(),
            shell: try cursor.scapText()))
      case 1:
        let number = try cursor.integer(UInt32.self)
        users.append(ScapUser(isGroup: true, number: number, name: try cursor.scapText()))
      default: throw MalformedBytes("an entry is neither a user nor a group")
      }
    }
    return users
  }
}

extension ScapThread {
  /// The threads of a list. Each version of it has more of each thread; from the ninth on an entry begins with its length
  /// u32, itself included, and what an older writer did not know is not there.
  ///
  ///     tid, pid, ptid u64 × 3 | 6: sid u64 | 8: vpgid u64 | comm | exe | 7: exe path | args | cwd | descriptor limit u64
  ///     | flags u32 | uid, gid u32 × 2 | 2: vm size, rss, swap u32 × 3, page faults u64 × 2 | 3: env
  ///     | 4: vtid, vpid i64 × 2, cgroups | 5: root
  ///     | 9: start of the pid namespace u64, tty u32 | loginuid u32 | exe writable u8 | capabilities u64 × 3
  ///       | exe upper layer u8 | exe inode, changed, modified u64 × 3 | exe from memory u8 | exe lower layer u8 | pgid i64
  static func list(_ body: UnsafeRawBufferPointer, version: Int) throws(MalformedBytes) -> [ScapThread] {
    var threads: [ScapThread] = []
    try body.forEachEntry(hasLengths: version >= 9, smallest: 24) { (cursor) throws(MalformedBytes) in
      let tid = try cursor.integer(Int64.self)
      let pid = try cursor.integer(Int64.self)
      let thread = ScapThread(tid: tid, pid: pid, parent: try cursor.integer(Int64.self))
      if version >= 6 { thread.state.session = try cursor.integer(Int64.self) }
      if version >= 8 { thread.state.virtualGroup = try cursor.integer(Int64.self) }
      thread.state.comm = try cursor.scapText()
      thread.state.exe = try cursor.scapText()
      if version >= 7 { thread.state.executablePath = try cursor.scapText() }
      thread.state.arguments = try cursor.scapText()
      thread.state.workingDirectory = try cursor.scapText()
      thread.state.descriptorLimit = try cursor.integer(Int64.self)
      thread.flags = try cursor.integer(UInt32.self)
      thread.state.uid = Int64(try cursor.integer(UInt32.self))
      thread.state.gid = Int64(try cursor.integer(UInt32.self))
      if version >= 2 { _ = try cursor.take(3 * 4 + 2 * 8) }
      if version >= 3 { thread.state.environment = scapEnvironment(try cursor.scapText()) }
      if version >= 4 {
        thread.virtualTid = try cursor.integer(Int64.self)
        thread.virtualPid = try cursor.integer(Int64.self)
        thread.state.cgroups = try cursor.scapText()
      }
      if version >= 5 { thread.state.root = try cursor.scapText() }
      if version >= 9 { try thread.readTail(&cursor) }
      threads.append(thread)
    }
    return threads
  }

  private func readTail(_ cursor: inout ByteCursor) throws(MalformedBytes) {
    // Writers of a certain time left the first two out: then no more than these bytes are left.
    if cursor.remaining > 29 {
      _ = try cursor.integer(UInt64.self)
      state.tty = Int64(try cursor.integer(UInt32.self))
    }
    if cursor.remaining >= 4 { state.loginUid = Int64(try cursor.integer(UInt32.self)) }
    var bits: Int64?
    func flag(_ bit: Int64, _ value: UInt8) { bits = (bits ?? 0) | (value != 0 ? bit : 0) }
    if cursor.remaining >= 1 { flag(1, try cursor.integer(UInt8.self)) }
    if cursor.remaining >= 24 {
      state.capabilities.inheritable = try cursor.integer(Int64.self)
      state.capabilities.permitted = try cursor.integer(Int64.self)
      state.capabilities.effective = try cursor.integer(Int64.self)
    }
    if cursor.remaining >= 1 { flag(2, try cursor.integer(UInt8.self)) }
    if cursor.remaining >= 24 {
      state.executable.inode = try cursor.integer(Int64.self)
      state.executable.changeTime = try cursor.integer(Int64.self)
      state.executable.modificationTime = try cursor.integer(Int64.self)
    }
    if cursor.remaining >= 1 { flag(4, try cursor.integer(UInt8.self)) }
    if cursor.remaining >= 1 { flag(8, try cursor.integer(UInt8.self)) }
    if cursor.remaining >= 8 { state.group = try cursor.integer(Int64.self) }
    if let bits { state.executable.flags = bits }
  }
}

extension ScapObject {
  /// The descriptors of a list, which is that of one thread: its id u64, then entries, from the second version on with their
  /// length u32, themselves included.
  ///
  ///     descriptor u64 | inode u64 | kind u8, then by the kind:
  ///     IPv4 socket    source 4, destination 4, ports u16 × 2, protocol u8
  ///     IPv4 server    address 4, port u16, protocol u8
  ///     IPv6 socket    source 16, destination 16, ports u16 × 2, protocol u8
  ///     IPv6 server    address 16, port u16, protocol u8
  ///     unix socket    source u64, destination u64, path
  ///     opened file    flags u32, path, device u32 if the entry has it
  ///     others         name
  static func list(
    _ body: UnsafeRawBufferPointer, hasLengths: Bool, identity: inout Int64,
    _ take: (_ number: Int64, _ object: ScapObject) -> Void
  ) throws(MalformedBytes) -> Int64 {
    var head = ByteCursor(body)
    let tid = try head.integer(Int64.self)
    let rest = UnsafeRawBufferPointer(rebasing: body[8...])
    var next = identity
    try rest.forEachEntry(hasLengths: hasLengths, smallest: 17) { (cursor) throws(MalformedBytes) in
      let number = try cursor.integer(Int64.self)
      let inode = try cursor.integer(Int64.self)
      let kind = try cursor.integer(UInt8.self)
      next += 1
      let object = ScapObject(ScapObjectKind(rawValue: kind) ?? .unsupported, name: [], identity: next)
      object.inode = inode
      try object.readDetails(&cursor, hasLength: hasLengths)
      take(number, object)
    }
    identity = next
    return tid
  }

  private func readDetails(_ cursor: inout ByteCursor, hasLength: Bool) throws(MalformedBytes) {
    switch kind {
    case .ipv4Socket, .ipv6Socket:
      let size = kind == .ipv4Socket ? 4 : 16
      source = Array(try cursor.take(size))
      destination = Array(try cursor.take(size))
      sourcePort = Int64(try cursor.integer(UInt16.self))
      destinationPort = Int64(try cursor.integer(UInt16.self))
      setTransport(try cursor.integer(UInt8.self))
      isConnected = true
    case .ipv4Server, .ipv6Server:
      source = Array(try cursor.take(kind == .ipv4Server ? 4 : 16))
      sourcePort = Int64(try cursor.integer(UInt16.self))
      setTransport(try cursor.integer(UInt8.self))
      isListening = true
    case .unixSocket:
      unixSource = try cursor.integer(Int64.self)
      unixPeer = try cursor.integer(Int64.self)
      name = try cursor.scapText()
    case .fileV2:
      openFlags = Int64(try cursor.integer(UInt32.self))
      name = try cursor.scapText()
      if hasLength, cursor.remaining >= 4 { device = Int64(try cursor.integer(UInt32.self)) }
    case .unknown: break
    default: name = try cursor.scapText()
    }
  }

  /// Takes the ecosystem's number of a transport: 2 tcp, 3 udp, 4 icmp, 5 raw.
  func setTransport(_ number: UInt8) {
    switch number {
    case 2: networkProtocol = 6
    case 3: networkProtocol = 17
    case 4: networkProtocol = 1
    case 5: networkProtocol = 255
    default: networkProtocol = ScapThread.unknown
    }
  }
}

extension ByteCursor {
  /// A text behind its length u16.
  fileprivate mutating func scapText() throws(MalformedBytes) -> [UInt8] {
    Array(try take(Int(try integer(UInt16.self))))
  }
}

extension UnsafeRawBufferPointer {
  /// Goes through entries that stand behind each other up to the padding at the end.
  ///
  /// - Parameters:
  ///   - hasLengths: an entry begins with its length u32, itself included; then its cursor ends where it ends.
  ///   - smallest: what is shorter than an entry can be is padding.
  fileprivate func forEachEntry(
    hasLengths: Bool, smallest: Int, _ body: (inout ByteCursor) throws(MalformedBytes) -> Void
  ) throws(MalformedBytes) {
    var cursor = ByteCursor(self)
    // At most three bytes of padding; what cannot be an entry either is not worth an error.
    while cursor.remaining >= Swift.max(4, hasLengths ? 4 : smallest) {
      guard hasLengths else {
        try body(&cursor)
        continue
      }
      let length = Int(try cursor.integer(UInt32.self))
      guard length >= 4 else {
        throw MalformedBytes("an entry says that it is \(length) bytes long", at: cursor.offset)
      }
      var entry = ByteCursor(try cursor.take(length - 4))
      try body(&entry)
    }
  }
}
