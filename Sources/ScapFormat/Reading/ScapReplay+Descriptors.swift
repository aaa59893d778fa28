import EventBatch

// What calls do to descriptors, and which object an event is about.

private let currentDirectory: Int64 = -100
private let inProgress: Int64 = -115

/// The portable values of flags that matter here.
private enum OpenFlags {
  static let directory: Int64 = 0x400
}

extension ScapReplay {
  /// The thread whose descriptors a thread uses.
  private func holder(_ thread: ScapThread) -> ScapThread {
    thread.sharesDescriptors ? threads.main(of: thread) ?? thread : thread
  }

  func object(_ descriptor: Int64, of thread: ScapThread) -> ScapObject? {
    descriptor >= 0 ? holder(thread).descriptors[descriptor] : nil
  }

  private func set(_ descriptor: Int64, of thread: ScapThread, _ object: ScapObject?) {
    holder(thread).descriptors[descriptor] = object
  }

  private mutating func make(_ kind: ScapObjectKind, name: [UInt8] = []) -> ScapObject {
    identity += 1
    return ScapObject(kind, name: name, identity: identity)
  }

  /// Does what a call did, and tells what it was about.
  mutating func act(
    _ values: ScapValues, _ plan: ScapPlan, _ thread: ScapThread, result: Int64?, time: Int64
  ) -> ScapObject? {
    var object: ScapObject?
    if plan.flags.contains(.usesDescriptor), let descriptor = values.descriptor {
      thread.lastDescriptor = descriptor
      object = self.object(descriptor, of: thread)
    }
    let succeeded = result.map { $0 >= 0 } ?? false
    switch plan.action {
    case .none: break
    case .open: object = open(values, thread, result ?? -1)
    case .close: if succeeded, let descriptor = values.descriptor { set(descriptor, of: thread, nil) }
    case .closeRange: if succeeded { closeRange(values, thread) }
    case .duplicate:
      if let result, result >= 0, let object { set(result, of: thread, object) }
    case .control:
      // F_DUPFD and F_DUPFD_CLOEXEC.
      if let result, result >= 0, let object, let command = values.integer(.cmd), command == 1 || command == 0x1A {
        set(result, of: thread, object)
      }
    case .pipe: if succeeded { makePipe(values, thread) }
    case .socket: if let result, result >= 0 { object = makeSocket(values, thread, result) }
    case .socketPair: if succeeded { makePair(values, thread) }
    case .bind: if succeeded { object = bind(values, thread, object) }
    case .connect: object = connect(values, thread, object, result ?? -1)
    case .accept: if let result, result >= 0 { object = accept(values, thread, result) }
    case .listen: if succeeded { object = listen(values, thread, object) }
    case .message: object = message(values, plan, thread, object, result ?? -1)
    case .newDescriptor: if let result, result >= 0 { object = makeOther(plan.kind, values, thread, result) }
    case .changeDirectory:
      if succeeded, let path = values.bytes(.path) {
        enter(ScapPath.join(directory(of: thread), trimmed(path)), thread)
      }
    case .changeDirectoryTo:
      if succeeded, let object { enter(object.name, thread) }
    case .currentDirectory:
      if succeeded, let path = values.text(.path), path != directory(of: thread) { enter(path, thread) }
    default: actOnThread(values, plan, thread, result: result, time: time)
    }
    return object
  }

  private func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    bytes.last == 0 ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes
  }

  // MARK: Directories

  func directory(of thread: ScapThread) -> [UInt8] {
    thread.flags & ScapCloneFlags.fileSystem != 0
      ? (threads.main(of: thread) ?? thread).workingDirectory : thread.workingDirectory
  }

  private mutating func enter(_ path: [UInt8], _ thread: ScapThread) {
    let owner = thread.flags & ScapCloneFlags.fileSystem != 0 ? threads.main(of: thread) ?? thread : thread
    let normal = path.first == UInt8(ascii: "/") ? path.withUnsafeBytes { ScapPath.normal($0) } : path
    if owner.workingDirectory == normal { return }
    owner.workingDirectory = normal
    owner.change()
    thread.change()
    star.epoch &+= 1
  }

  /// What a path is relative to.
  private func base(_ directory: Int64?, _ thread: ScapThread) -> [UInt8] {
    guard let directory, directory != currentDirectory else { return self.directory(of: thread) }
    return object(directory, of: thread)?.name ?? Array("<UNKNOWN>".utf8)
  }

  // MARK: Files

  private mutating func open(_ values: ScapValues, _ thread: ScapThread, _ result: Int64) -> ScapObject? {
    guard let path = values.bytes(.name) ?? values.bytes(.path) else {
      thread.lastDescriptor = result
      return nil
    }
    let text = trimmed(path)
    let directory = values.integer(.dirfd)
    let name = ScapPath.join(base(directory, thread), text)
    let flags = values.integer(.flags, isSigned: false) ?? 0
    let object = make(flags & OpenFlags.directory != 0 ? .directory : .fileV2, name: name)
    object.openFlags = values.bytes(.flags) == nil ? ScapThread.unknown : flags
    thread.lastDescriptor = result
    guard result >= 0 else {
      object.isFromArguments = true
      return object
    }
    if let device = values.integer(.dev, isSigned: false) { object.device = device }
    if let inode = values.integer(.ino, isSigned: false) { object.inode = inode }
    set(result, of: thread, object)
    return object
  }

  private func closeRange(_ values: ScapValues, _ thread: ScapThread) {
    guard let first = values.integer(.first, isSigned: false), let last = values.integer(.last, isSigned: false),
      first <= last
    else { return }
    // Those that are only to be closed by an execution stay.
    if (values.integer(.flags, isSigned: false) ?? 0) & 0x4 != 0 { return }
    holder(thread).descriptors.close(first...last)
  }

  private mutating func makePipe(_ values: ScapValues, _ thread: ScapThread) {
    for end in [values.integer(.fd1), values.integer(.fd2)] {
      guard let end, end >= 0 else { continue }
      let object = make(.fifo)
      if let inode = values.integer(.ino, isSigned: false) { object.inode = inode }
      set(end, of: thread, object)
    }
  }

  private mutating func makeOther(
    _ kind: ScapObjectKind, _ values: ScapValues, _ thread: ScapThread, _ result: Int64
  ) -> ScapObject {
    let object = make(kind)
    if kind == .memfd, let name = values.text(.name) { object.name = name }
    set(result, of: thread, object)
    thread.lastDescriptor = result
    return object
  }

  // MARK: Sockets

  private mutating func makeSocket(_ values: ScapValues, _ thread: ScapThread, _ result: Int64) -> ScapObject {
    let domain = values.integer(.domain, isSigned: false) ?? 0
    let type = (values.integer(.type, isSigned: false) ?? 0) & 0xFF
    let number = values.integer(.proto, isSigned: false) ?? 0
    let kind: ScapObjectKind =
      switch domain {
      case 1: .unixSocket
      case 2: .ipv4Socket
      case 10: .ipv6Socket
      case 16: .netlink
      default: .unknown
      }
    let object = make(kind)
    object.family = domain
    object.socketType = type
    if kind == .ipv4Socket || kind == .ipv6Socket {
      switch number {
      case 0: object.networkProtocol = type == 1 ? 6 : type == 2 ? 17 : ScapThread.unknown
      case 6: object.networkProtocol = type == 3 ? 255 : 6
      case 17: object.networkProtocol = type == 3 ? 255 : 17
      default: object.networkProtocol = number
      }
    }
    set(result, of: thread, object)
    thread.lastDescriptor = result
    return object
  }

  private mutating func makePair(_ values: ScapValues, _ thread: ScapThread) {
    let ends = [values.integer(.source), values.integer(.peer)]
    for (index, reference) in [ScapReference.fd1, .fd2].enumerated() {
      guard let number = values.integer(reference), number >= 0 else { continue }
      let object = make(.unixSocket)
      object.unixSource = ends[index] ?? ScapThread.unknown
      object.unixPeer = ends[1 - index] ?? ScapThread.unknown
      set(number, of: thread, object)
    }
  }

  private mutating func bind(_ values: ScapValues, _ thread: ScapThread, _ old: ScapObject?) -> ScapObject? {
    guard let address = values.bytes(.addr), let family = address.first, let descriptor = values.descriptor else {
      return old
    }
    let object = old?.copy() ?? make(.unknown)
    switch family {
    case 2 where address.count >= 7:
      object.kind = .ipv4Server
      object.source = Array(address[1..<5])
      object.sourcePort = scapInteger(UnsafeRawBufferPointer(rebasing: address[5..<7]), isSigned: false)
    case 10 where address.count >= 19:
      object.kind = .ipv6Server
      object.source = Array(address[1..<17])
      object.sourcePort = scapInteger(UnsafeRawBufferPointer(rebasing: address[17..<19]), isSigned: false)
    case 1:
      object.kind = .unixSocket
      object.name = Array(trimmed(UnsafeRawBufferPointer(rebasing: address[1...])))
    default: return old
    }
    object.destination = []
    object.destinationPort = ScapThread.unknown
    set(descriptor, of: thread, object)
    return object
  }

  private func listen(_ values: ScapValues, _ thread: ScapThread, _ old: ScapObject?) -> ScapObject? {
    guard let old, let descriptor = values.descriptor, !old.isListening else { return old }
    let object = old.copy()
    object.isListening = true
    set(descriptor, of: thread, object)
    return object
  }

  private mutating func connect(
    _ values: ScapValues, _ thread: ScapThread, _ old: ScapObject?, _ result: Int64
  ) -> ScapObject? {
    guard let descriptor = values.descriptor else { return old }
    let object = old?.copy() ?? make(.unknown)
    let succeeded = result >= 0 || result == inProgress
    if let tuple = values.bytes(.tuple), take(tuple, into: object) {
      if object.role == .none { object.role = .client }
    } else {
      // A call that failed was about what it was given.
      guard !succeeded, let address = values.bytes(.addr), takeTarget(address, into: object) else { return old }
    }
    object.isConnected = result >= 0
    guard succeeded else {
      object.isFromArguments = true
      return object
    }
    set(descriptor, of: thread, object)
    return object
  }

  private mutating func accept(_ values: ScapValues, _ thread: ScapThread, _ result: Int64) -> ScapObject {
    let object = make(.unknown)
    if let tuple = values.bytes(.tuple) { _ = take(tuple, into: object) }
    object.role = .server
    object.isConnected = true
    if object.isInternetSocket { object.networkProtocol = 6 }
    set(result, of: thread, object)
    thread.lastDescriptor = result
    return object
  }

  /// A message may tell both ends of a socket that is not connected.
  private mutating func message(
    _ values: ScapValues, _ plan: ScapPlan, _ thread: ScapThread, _ old: ScapObject?, _ result: Int64
  ) -> ScapObject? {
    guard result >= 0, let old, let descriptor = values.descriptor, let tuple = values.bytes(.tuple) else { return old }
    let isNamed = old.isInternetSocket ? !old.source.isEmpty || !old.destination.isEmpty : !old.name.isEmpty
    if isNamed, old.isInternetSocket, old.networkProtocol == 6 { return old }
    let object = old.copy()
    guard take(tuple, into: object) else { return old }
    let isRead = plan.flags.contains(.readsFromDescriptor)
    if object.isInternetSocket {
      if object.role == .none { object.role = guessRole(object, thread, isRead: isRead) }
      // What is received tells its sender first.
      if isRead, object.role == .client {
        swap(&object.source, &object.destination)
        swap(&object.sourcePort, &object.destinationPort)
      }
    }
    if object.isSame(as: old) { return old }
    set(descriptor, of: thread, object)
    return object
  }

  /// Who owns the port that a message goes to is the server.
  private func guessRole(_ object: ScapObject, _ thread: ScapThread, isRead: Bool) -> ScapObject.Role {
    var ownsTarget = false
    var ownsSource = false
    holder(thread).descriptors.forEach { _, other in
      guard other.kind == .ipv4Server || other.kind == .ipv6Server else { return }
      if other.sourcePort == object.destinationPort { ownsTarget = true }
      if other.sourcePort == object.sourcePort { ownsSource = true }
    }
    guard ownsTarget else { return .client }
    return ownsSource ? (isRead ? .server : .client) : .server
  }

  /// Takes both ends from a `socktuple`.
  private func take(_ tuple: UnsafeRawBufferPointer, into object: ScapObject) -> Bool {
    func port(_ offset: Int) -> Int64 {
      scapInteger(UnsafeRawBufferPointer(rebasing: tuple[offset..<offset + 2]), isSigned: false)
    }
    switch tuple[0] {
    case 2 where tuple.count >= 13:
      object.kind = .ipv4Socket
      object.source = Array(tuple[1..<5])
      object.sourcePort = port(5)
      object.destination = Array(tuple[7..<11])
      object.destinationPort = port(11)
    case 10 where tuple.count >= 37:
      object.kind = .ipv6Socket
      object.source = Array(tuple[1..<17])
      object.sourcePort = port(17)
      object.destination = Array(tuple[19..<35])
      object.destinationPort = port(35)
    case 1 where tuple.count >= 17:
      object.kind = .unixSocket
      object.unixSource = tuple.loadUnaligned(fromByteOffset: 1, as: Int64.self)
      object.unixPeer = tuple.loadUnaligned(fromByteOffset: 9, as: Int64.self)
      object.name = scapUnixName(
        object.unixSource, object.unixPeer, trimmed(UnsafeRawBufferPointer(rebasing: tuple[17...])))
    default: return false
    }
    return true
  }

  /// Takes the far end from a `sockaddr`.
  private func takeTarget(_ address: UnsafeRawBufferPointer, into object: ScapObject) -> Bool {
    switch address[0] {
    case 2 where address.count >= 7:
      object.kind = .ipv4Socket
      object.destination = Array(address[1..<5])
      object.destinationPort = scapInteger(UnsafeRawBufferPointer(rebasing: address[5..<7]), isSigned: false)
    case 10 where address.count >= 19:
      object.kind = .ipv6Socket
      object.destination = Array(address[1..<17])
      object.destinationPort = scapInteger(UnsafeRawBufferPointer(rebasing: address[17..<19]), isSigned: false)
    case 1 where address.count > 1:
      object.kind = .unixSocket
      object.name = Array(trimmed(UnsafeRawBufferPointer(rebasing: address[1...])))
    default: return false
    }
    object.role = .client
    return true
  }
}

extension ScapObject {
  /// Whether nothing that is shown differs.
  fileprivate func isSame(as other: ScapObject) -> Bool {
    kind == other.kind && name == other.name && source == other.source && destination == other.destination
      && sourcePort == other.sourcePort && destinationPort == other.destinationPort && role == other.role
      && unixSource == other.unixSource && unixPeer == other.unixPeer
  }
}

/// `source->destination path`, the addresses in hexadecimal, as `fd.name` shows a unix socket.
func scapUnixName(_ source: Int64, _ destination: Int64, _ path: UnsafeRawBufferPointer) -> [UInt8] {
  var name = Array(String(UInt64(bitPattern: source), radix: 16).utf8)
  name.append(contentsOf: "->".utf8)
  name.append(contentsOf: String(UInt64(bitPattern: destination), radix: 16).utf8)
  if !path.isEmpty {
    name.append(UInt8(ascii: " "))
    name.append(contentsOf: path)
  }
  return name
}
