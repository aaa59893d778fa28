import BinaryCoding
import EventBatch
import EventSchema

/// What a row of a batch's objects says, in the terms of `.scap` files.
struct ObjectReader {
  let dimensions: Dimensions

  init(_ dimensions: Dimensions) { self.dimensions = dimensions }

  private func text(_ row: Int, _ column: ObjectColumn) -> ArraySlice<UInt8>? {
    let reference = dimensions.objects[row, column]
    guard reference >= 0, reference < Int64(dimensions.strings.count) else { return nil }
    return dimensions.strings[Int(reference)]
  }

  /// A number; `nil` when it is missing.
  func number(_ row: Int, _ column: ObjectColumn) -> Int64? { dimensions.objects.value(row, column) }

  /// What the object is. A socket of IPv6 that carries IPv4 addresses is one of IPv4.
  func kind(_ row: Int) -> ObjectKind {
    let kind = ObjectKind(rawValue: dimensions.objects[row, .objectKind]) ?? .unknown
    if kind == .ipv6Socket {
      let (local, remote) = (text(row, .localAddress), text(row, .remoteAddress))
      if ObjectReader.isMapped(remote) || (remote == nil && ObjectReader.isMapped(local)) { return .ipv4Socket }
    }
    return kind
  }

  private static func isMapped(_ address: ArraySlice<UInt8>?) -> Bool {
    guard let address, address.count == 16 else { return false }
    return address.prefix(10).allSatisfy { $0 == 0 } && address.dropFirst(10).prefix(2).allSatisfy { $0 == 0xFF }
  }

  /// One end of a connection.
  struct End {
    var address: ArraySlice<UInt8>
    var port: UInt16
  }

  /// An end as its family has it; `nil` when it is not known.
  func end(_ row: Int, isLocal: Bool) -> End? {
    let size = kind(row) == .ipv4Socket ? 4 : 16
    guard var address = text(row, isLocal ? .localAddress : .remoteAddress) else { return nil }
    if size == 4, ObjectReader.isMapped(address) { address = address.suffix(4) }
    guard address.count == size else { return nil }
    let port = UInt16(truncatingIfNeeded: number(row, isLocal ? .localPort : .remotePort) ?? 0)
    return End(address: address, port: port)
  }

  /// Whether the local end is the server; a socket without a remote end that is bound is one, too.
  func isServer(_ row: Int) -> Bool {
    switch SocketRole(rawValue: dimensions.objects[row, .role]) {
    case .server: true
    case .client: false
    case .unknown, nil: text(row, .remoteAddress) == nil && text(row, .localAddress) != nil
    }
  }

  /// The name as readers shall show it.
  func name(_ row: Int) -> [UInt8] {
    switch kind(row) {
    case .unixSocket: return unixName(row)
    default:
      // Pipes and the like have no name in these files.
      return text(row, .label).map(Array.init) ?? []
    }
  }

  /// The path that both ends of a unix socket know: the server's own, to which its clients are connected.
  private func unixName(_ row: Int) -> [UInt8] {
    if let label = text(row, .label), !label.isEmpty { return Array(label) }
    for column in isServer(row) ? [ObjectColumn.localAddress, .remoteAddress] : [.remoteAddress, .localAddress] {
      guard let path = text(row, column), !path.isEmpty else { continue }
      return path.first == 0 ? [UInt8(ascii: "@")] + path.dropFirst() : Array(path)
    }
    return []
  }

  /// The number of the transport in lists: 2 TCP, 3 UDP, 4 ICMP, 5 raw; 0 when it is not known.
  func transport(_ row: Int) -> UInt8 {
    switch number(row, .networkProtocol) {
    case 6: return 2
    case 17: return 3
    case 1, 58: return 4
    case 255: return 5
    default: break
    }
    switch number(row, .socketType) {
    case 1: return 2
    case 2: return 3
    case 3: return 5
    default: return 0
    }
  }

  /// Appends both ends as a `socktuple`.
  ///
  /// - Parameter isInbound: whether the bytes come from the remote end, which is then the source.
  /// - Returns: whether there is something to say.
  func appendTuple(_ row: Int, isInbound: Bool, to output: inout ByteBuffer) -> Bool {
    let kind = kind(row)
    switch kind {
    case .ipv4Socket, .ipv6Socket:
      let local = end(row, isLocal: true)
      let remote = end(row, isLocal: false)
      guard local != nil || remote != nil else { return false }
      output.append(UInt8(kind == .ipv4Socket ? SocketAddress.ipv4Family : SocketAddress.ipv6Family))
      append(end: isInbound ? remote : local, kind, to: &output)
      append(end: isInbound ? local : remote, kind, to: &output)
      return true
    case .unixSocket:
      output.append(UInt8(SocketAddress.unixFamily))
      output.append(number(row, isInbound ? .socketPeer : .socketSource) ?? 0)
      output.append(number(row, isInbound ? .socketSource : .socketPeer) ?? 0)
      output.append(bytes: unixName(row).prefix(ScapLimits.path))
      output.append(UInt8(0))
      return true
    default: return false
    }
  }

  private func append(end: End?, _ kind: ObjectKind, to output: inout ByteBuffer) {
    if let end {
      output.append(bytes: end.address)
    } else {
      for _ in 0..<(kind == .ipv4Socket ? 4 : 16) { output.append(UInt8(0)) }
    }
    output.append(end?.port ?? 0)
  }
}

extension ObjectReader {
  /// Appends an entry of a list of descriptors:
  ///
  ///     | length u32, all of the entry | descriptor u64 | inode u64 | type u8 | what the type has |
  ///
  ///     3, 4   IPv4 and IPv6 socket   source, destination, their ports u16 each | transport u8
  ///     5, 6   bound or listening     address, port u16 | transport u8
  ///     8      unix socket            own and peer's address u64 each | name
  ///     16     file                   flags u32 | name | device u32
  ///     others                        name
  func append(descriptor: Int64, object row: Int, to output: inout ByteBuffer, dialect: ScapDialect, flags: UInt32) {
    let start = output.count
    output.append(UInt32(0))
    output.append(descriptor)
    output.append(number(row, .inode) ?? 0)
    let kind = kind(row)
    switch kind {
    case .ipv4Socket, .ipv6Socket: appendSocket(row, kind, to: &output)
    case .unixSocket:
      output.append(UInt8(8))
      output.append(number(row, .socketSource) ?? 0)
      output.append(number(row, .socketPeer) ?? 0)
      output.append(listText: unixName(row), limit: ScapLimits.path)
    case .file, .characterDevice, .blockDevice, .symbolicLink:
      output.append(UInt8(16))
      output.append(flags)
      output.append(listText: name(row), limit: ScapLimits.path)
      output.append(UInt32(truncatingIfNeeded: number(row, .device) ?? 0))
    default:
      output.append(ObjectReader.listType(kind, dialect))
      output.append(listText: name(row), limit: ScapLimits.path)
    }
    output.replace(at: start, with: UInt32(output.count - start))
  }

  private func appendSocket(_ row: Int, _ kind: ObjectKind, to output: inout ByteBuffer) {
    let isIPv4 = kind == .ipv4Socket
    let local = end(row, isLocal: true)
    let remote = end(row, isLocal: false)
    func address(_ end: End?) {
      if let end {
        output.append(bytes: end.address)
      } else {
        for _ in 0..<(isIPv4 ? 4 : 16) { output.append(UInt8(0)) }
      }
    }
    if remote == nil, local != nil {
      output.append(UInt8(isIPv4 ? 5 : 6))
      address(local)
      output.append(local?.port ?? 0)
    } else {
      // The client is the source: so readers show it.
      let (source, destination) = isServer(row) ? (remote, local) : (local, remote)
      output.append(UInt8(isIPv4 ? 3 : 4))
      address(source)
      address(destination)
      output.append(source?.port ?? 0)
      output.append(destination?.port ?? 0)
    }
    output.append(transport(row))
  }

  /// The number of a kind in lists. Readers refuse numbers that they do not know: what is too new is "unsupported".
  private static func listType(_ kind: ObjectKind, _ dialect: ScapDialect) -> UInt8 {
    switch kind {
    case .directory: 2
    case .pipe: 7
    case .eventfd: 9
    case .signalfd: 11
    case .epoll: 12
    case .inotify: 13
    case .timerfd: 14
    case .netlinkSocket: 15
    case .bpf: dialect == .current ? 17 : 10
    case .userfaultfd: dialect == .current ? 18 : 10
    case .ioUring: dialect == .current ? 19 : 10
    case .memfd: dialect == .current ? 20 : 10
    case .pidfd: dialect == .current ? 21 : 10
    default: 10
    }
  }
}
