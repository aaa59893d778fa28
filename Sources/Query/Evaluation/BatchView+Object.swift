import EventBatch

extension BatchView {
  /// What a descriptor field says about an object row.
  func value(_ property: ObjectProperty, object row: Int) -> FieldValue {
    let objects = batch.dimensions.objects
    guard row < objects.count else { return .missing }
    switch property {
    case .name: return objectName(row)
    case .realName:
      let real = text(objects[row, .realName])
      return real == .missing ? objectName(row) : real
    case .type: return .text(kind(ofObject: row).typeName)
    case .typeCharacter: return .text(kind(ofObject: row).typeCharacter)
    case .directory, .filename: return pathPart(property, row)
    case .bothAddresses, .clientAddress, .serverAddress, .localAddress, .remoteAddress, .bothPorts, .clientPort,
      .serverPort, .localPort, .remotePort:
      return endpoint(property, row)
    case .transport: return transport(row).map { .text($0) } ?? .missing
    case .family: return kind(ofObject: row).socketFamily.map { .text($0) } ?? .missing
    case .isServer:
      // What is no connection has no server, and is not missing one.
      return .boolean(objects[row, .role] == SocketRole.server.rawValue)
    case .isConnected:
      guard kind(ofObject: row).isInternetSocket else { return .missing }
      return flag(.connected, row)
    case .isListening:
      guard kind(ofObject: row).isSocket else { return .missing }
      return flag(.listening, row)
    case .device: return number(objects[row, .device])
    // The device number as user space sees it: the minor number surrounds the major one.
    case .deviceMajor: return objects.value(row, .device).map { .integer(($0 >> 8) & 0xFFF) } ?? .missing
    case .deviceMinor:
      return objects.value(row, .device).map { .integer(($0 & 0xFF) | (($0 >> 12) & 0xFFF00)) } ?? .missing
    case .inode: return number(objects[row, .inode])
    case .upperLayer: return flag(.upperLayer, row)
    case .lowerLayer: return flag(.lowerLayer, row)
    case .isDeleted: return flag(.deleted, row)
    case .isNameTruncated: return flag(.nameTruncated, row)
    case .mount: return number(objects[row, .mountID])
    case .openFlags: return objects.value(row, .openFlags).map { openFlagNames(UInt64(bitPattern: $0)) } ?? .missing
    case .socketSource: return objects.value(row, .socketSource).map { .unsigned(UInt64(bitPattern: $0)) } ?? .missing
    case .socketPeer: return objects.value(row, .socketPeer).map { .unsigned(UInt64(bitPattern: $0)) } ?? .missing
    }
  }

  /// What kind of object a row is. A socket of IPv6 that carries IPv4 addresses counts as one of IPv4.
  func kind(ofObject row: Int) -> ObjectKind {
    let objects = batch.dimensions.objects
    guard row < objects.count else { return .unknown }
    let kind = ObjectKind(rawValue: objects[row, .objectKind]) ?? .unknown
    if kind == .ipv6Socket {
      let local = text(objects[row, .localAddress]).bytesValue
      let remote = text(objects[row, .remoteAddress]).bytesValue
      if isMapped(remote) || (isMapped(local) && remote == nil) { return .ipv4Socket }
    }
    return kind
  }

  private func flag(_ flag: ObjectFlags, _ row: Int) -> FieldValue {
    batch.dimensions.objects.value(row, .flags).map { .boolean(ObjectFlags(rawValue: $0).contains(flag)) } ?? .missing
  }

  /// The flags of an open file by name, as arguments of `open` show them.
  private func openFlagNames(_ flags: UInt64) -> FieldValue {
    guard let table = schema.flagTables.first(where: { $0.name == "file_flags" }) else { return .missing }
    return .text(Array(table.text(for: flags, architecture: context.architecture).utf8)[...])
  }

  private func isMapped(_ address: ArraySlice<UInt8>?) -> Bool {
    guard let address, address.count == 16 else { return false }
    return address.prefix(10).allSatisfy { $0 == 0 } && address.dropFirst(10).prefix(2).allSatisfy { $0 == 0xFF }
  }

  private func address(_ reference: Int64) -> ArraySlice<UInt8>? {
    guard let bytes = text(reference).bytesValue, bytes.count == 4 || bytes.count == 16 else { return nil }
    return isMapped(bytes) ? bytes.suffix(4) : bytes
  }

  private func endpoint(_ property: ObjectProperty, _ row: Int) -> FieldValue {
    let objects = batch.dimensions.objects
    guard kind(ofObject: row).isInternetSocket else { return .missing }
    let localIsServer = isLocalServer(row)
    func address(_ isLocal: Bool) -> FieldValue {
      self.address(objects[row, isLocal ? .localAddress : .remoteAddress]).map { .address($0) } ?? .missing
    }
    func port(_ isLocal: Bool) -> FieldValue {
      objects.value(row, isLocal ? .localPort : .remotePort).map { .unsigned(UInt64(UInt16(truncatingIfNeeded: $0))) }
        ?? .missing
    }
    func both(_ one: FieldValue, _ other: FieldValue) -> FieldValue {
      let values = [one, other].filter { $0 != .missing }
      return values.isEmpty ? .missing : .list(values)
    }
    switch property {
    case .bothAddresses: return both(address(!localIsServer), address(localIsServer))
    case .clientAddress: return address(!localIsServer)
    case .serverAddress: return address(localIsServer)
    case .localAddress: return address(true)
    case .remoteAddress: return address(false)
    case .bothPorts: return both(port(!localIsServer), port(localIsServer))
    case .clientPort: return port(!localIsServer)
    case .serverPort: return port(localIsServer)
    case .localPort: return port(true)
    default: return port(false)
    }
  }

  /// Whether the local end is the server. A socket without a remote end that is bound is one, too.
  func isLocalServer(_ row: Int) -> Bool {
    let objects = batch.dimensions.objects
    switch SocketRole(rawValue: objects[row, .role]) {
    case .server: return true
    case .client: return false
    case .unknown, nil:
      return objects[row, .remoteAddress] == EventBatch.missing && objects[row, .localAddress] != EventBatch.missing
    }
  }

  /// `fd.name`: of sockets made from their addresses, the client first.
  func objectName(_ row: Int) -> FieldValue {
    let objects = batch.dimensions.objects
    let label = text(objects[row, .label])
    switch kind(ofObject: row) {
    case .ipv4Socket, .ipv6Socket:
      var name: [UInt8] = []
      let local = address(objects[row, .localAddress]).map { ($0, objects[row, .localPort]) }
      let remote = address(objects[row, .remoteAddress]).map { ($0, objects[row, .remotePort]) }
      if isLocalServer(row) {
        appendConnection(remote, local, to: &name)
      } else {
        appendConnection(local, remote, to: &name)
      }
      return .text(name[...])
    case .unixSocket:
      if let label = label.bytesValue, !label.isEmpty { return .text(label) }
      // The name that both ends know: the server's own, which its clients are connected to.
      let isServer = objects[row, .role] == SocketRole.server.rawValue
      for column in isServer ? [ObjectColumn.localAddress, .remoteAddress] : [.remoteAddress, .localAddress] {
        guard let path = text(objects[row, column]).bytesValue, !path.isEmpty else { continue }
        if path.first != 0 { return .text(path) }
        return .text(([UInt8(ascii: "@")] + path.dropFirst())[...])
      }
      return .text(ArraySlice<UInt8>())
    case .pipe:
      if label != .missing { return label }
      return objects.value(row, .inode).map { .text("pipe:[\($0)]") } ?? .missing
    default:
      return label
    }
  }

  private func pathPart(_ property: ObjectProperty, _ row: Int) -> FieldValue {
    let kind = kind(ofObject: row)
    guard kind.isFile || (kind == .directory && property == .directory),
      let name = text(batch.dimensions.objects[row, .label]).bytesValue
    else { return .missing }
    if kind == .directory { return .text(name) }
    guard let slash = name.lastIndex(of: UInt8(ascii: "/")) else {
      return property == .filename ? .text(name) : .text("/")
    }
    if property == .filename { return .text(name[(slash + 1)...]) }
    return .text(slash == name.startIndex ? name[...slash] : name[..<slash])
  }

  private func transport(_ row: Int) -> String? {
    guard kind(ofObject: row).isInternetSocket else { return nil }
    let objects = batch.dimensions.objects
    switch objects[row, .networkProtocol] {
    case 6: return "tcp"
    case 17: return "udp"
    case 1, 58: return "icmp"
    case 255: return "raw"
    default: break
    }
    // Without a protocol the type of the socket tells.
    switch objects[row, .socketType] {
    case 1: return "tcp"
    case 2: return "udp"
    case 3: return "raw"
    default: return nil
    }
  }

  /// An object as arguments show it: `<f>/etc/passwd`, `<4t>10.0.0.1:40000->10.0.0.2:80`.
  func appendObject(_ row: Int, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "<"))
    text.append(contentsOf: kind(ofObject: row).typeCharacter.utf8)
    if let letter = transport(row)?.utf8.first { text.append(letter) }
    text.append(UInt8(ascii: ">"))
    if let name = objectName(row).bytesValue { text.append(contentsOf: name) }
  }
}

/// Appends `client:port->server:port`, or the one end that there is.
func appendConnection(
  _ client: (address: ArraySlice<UInt8>, port: Int64)?, _ server: (address: ArraySlice<UInt8>, port: Int64)?,
  to text: inout [UInt8]
) {
  if let client { appendEndpoint(client.address, client.port, to: &text) }
  if client != nil, server != nil { text.append(contentsOf: "->".utf8) }
  if let server { appendEndpoint(server.address, server.port, to: &text) }
}

/// Appends an address of 4 or 16 bytes. Those of IPv4 are common enough to be written without a string.
func appendIP(_ address: ArraySlice<UInt8>, to text: inout [UInt8]) {
  guard address.count == 4 else {
    text.append(contentsOf: SocketAddress.ipText(address).utf8)
    return
  }
  for (index, byte) in address.enumerated() {
    if index > 0 { text.append(UInt8(ascii: ".")) }
    if byte >= 100 { text.append(UInt8(ascii: "0") + byte / 100) }
    if byte >= 10 { text.append(UInt8(ascii: "0") + byte / 10 % 10) }
    text.append(UInt8(ascii: "0") + byte % 10)
  }
}

/// Appends `address:port`. The ecosystem writes IPv6 addresses without brackets, and filters compare with that.
func appendEndpoint(_ address: ArraySlice<UInt8>, _ port: Int64, to text: inout [UInt8]) {
  appendIP(address, to: &text)
  text.append(UInt8(ascii: ":"))
  appendDecimal(port == EventBatch.missing ? 0 : port & 0xFFFF, to: &text)
}

extension ObjectKind {
  /// The name in `fd.type`.
  var typeName: String {
    switch self {
    case .file, .characterDevice, .blockDevice, .symbolicLink: "file"
    case .directory: "directory"
    case .ipv4Socket: "ipv4"
    case .ipv6Socket: "ipv6"
    case .unixSocket: "unix"
    case .netlinkSocket: "netlink"
    case .packetSocket: "packet"
    case .otherSocket: "socket"
    case .pipe: "pipe"
    case .eventfd: "event"
    case .timerfd: "timerfd"
    case .signalfd: "signalfd"
    case .epoll: "eventpoll"
    case .inotify: "inotify"
    case .memfd: "memfd"
    case .pidfd: "pidfd"
    case .bpf: "bpf"
    case .ioUring: "io_uring"
    case .userfaultfd: "userfaultfd"
    case .anonymous, .unknown: "other"
    }
  }

  /// The character in `fd.typechar`.
  var typeCharacter: String {
    switch self {
    case .file, .characterDevice, .blockDevice, .symbolicLink: "f"
    case .directory: "d"
    case .ipv4Socket: "4"
    case .ipv6Socket: "6"
    case .unixSocket: "u"
    case .netlinkSocket: "n"
    case .pipe: "p"
    case .eventfd: "e"
    case .timerfd: "t"
    case .signalfd: "s"
    case .epoll: "l"
    case .inotify: "i"
    case .memfd: "m"
    case .pidfd: "P"
    case .bpf: "b"
    case .ioUring: "r"
    case .userfaultfd: "u"
    case .packetSocket, .otherSocket, .anonymous, .unknown: "o"
    }
  }

  var isSocket: Bool {
    switch self {
    case .ipv4Socket, .ipv6Socket, .unixSocket, .netlinkSocket, .packetSocket, .otherSocket: true
    default: false
    }
  }

  var isInternetSocket: Bool { self == .ipv4Socket || self == .ipv6Socket }

  /// Whether the ecosystem calls it a file.
  var isFile: Bool {
    switch self {
    case .file, .characterDevice, .blockDevice, .symbolicLink: true
    default: false
    }
  }

  /// The name in `fd.sockfamily`.
  var socketFamily: String? {
    isInternetSocket ? "ip" : self == .unixSocket ? "unix" : nil
  }
}
