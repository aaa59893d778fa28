import EventBatch

// What calls do to sockets.

private let inProgress: Int64 = -115

extension ScapReplay {
  mutating func makeSocket(_ values: ScapValues, _ thread: ScapThread, _ result: Int64) -> ScapObject {
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

  mutating func makePair(_ values: ScapValues, _ thread: ScapThread) {
    let ends = [values.integer(.source), values.integer(.peer)]
    for (index, reference) in [ScapReference.fd1, .fd2].enumerated() {
      guard let number = values.integer(reference), number >= 0 else { continue }
      let object = make(.unixSocket)
      object.unixSource = ends[index] ?? ScapThread.unknown
      object.unixPeer = ends[1 - index] ?? ScapThread.unknown
      set(number, of: thread, object)
    }
  }

  mutating func bind(_ values: ScapValues, _ thread: ScapThread, _ old: ScapObject?) -> ScapObject? {
    guard let address = values.bytes(.addr), let descriptor = values.descriptor else { return old }
    guard let end = ScapEndpoint(address) else { return old }
    let object = old?.copy() ?? make(.unknown)
    switch end {
    case .ipv4(let address, let port): (object.kind, object.source, object.sourcePort) = (.ipv4Server, address, port)
    case .ipv6(let address, let port): (object.kind, object.source, object.sourcePort) = (.ipv6Server, address, port)
    case .unix(let path): (object.kind, object.name) = (.unixSocket, path)
    }
    object.destination = []
    object.destinationPort = ScapThread.unknown
    set(descriptor, of: thread, object)
    return object
  }

  func listen(_ values: ScapValues, _ thread: ScapThread, _ old: ScapObject?) -> ScapObject? {
    guard let old, let descriptor = values.descriptor, !old.isListening else { return old }
    let object = old.copy()
    object.isListening = true
    set(descriptor, of: thread, object)
    return object
  }

  mutating func connect(
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

  mutating func accept(_ values: ScapValues, _ thread: ScapThread, _ result: Int64) -> ScapObject {
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
  mutating func message(
    _ values: ScapValues, _ plan: UnsafePointer<ScapPlan>, _ thread: ScapThread, _ old: ScapObject?, _ result: Int64
  ) -> ScapObject? {
    guard result >= 0, let old, let descriptor = values.descriptor, let tuple = values.bytes(.tuple) else { return old }
    let isNamed = old.isInternetSocket ? !old.source.isEmpty || !old.destination.isEmpty : !old.name.isEmpty
    if isNamed, old.isInternetSocket, old.networkProtocol == 6 { return old }
    let object = old.copy()
    guard take(tuple, into: object) else { return old }
    let isRead = plan.pointee.flags.contains(.readsFromDescriptor)
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
    switch ScapEndpoint(address) {
    case .ipv4(let end, let port):
      (object.kind, object.destination, object.destinationPort) = (.ipv4Socket, end, port)
    case .ipv6(let end, let port):
      (object.kind, object.destination, object.destinationPort) = (.ipv6Socket, end, port)
    case .unix(let path): (object.kind, object.name) = (.unixSocket, path)
    case nil: return false
    }
    object.role = .client
    return true
  }
}

/// The address in a `sockaddr`: u8 family, then what `ScapParameterType` draws.
private enum ScapEndpoint {
  case ipv4([UInt8], port: Int64)
  case ipv6([UInt8], port: Int64)
  case unix([UInt8])

  init?(_ bytes: UnsafeRawBufferPointer) {
    func port(_ offset: Int) -> Int64 {
      scapInteger(UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + 2]), isSigned: false)
    }
    switch bytes.first {
    case 2 where bytes.count >= 7: self = .ipv4(Array(bytes[1..<5]), port: port(5))
    case 10 where bytes.count >= 19: self = .ipv6(Array(bytes[1..<17]), port: port(17))
    case 1 where bytes.count > 1:
      let path = bytes[1...]
      self = .unix(Array(path.last == 0 ? path.dropLast() : path))
    default: return nil
    }
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
