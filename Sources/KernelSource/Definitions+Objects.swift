import EventBatch
import Probe

// Rows of objects.
extension Definitions {
  /// Takes the version of an object that an event has told.
  mutating func object(_ record: UnsafeRawPointer) {
    let identity = record.assumingMemoryBound(to: reel_object.self).pointee.identity
    let values = objectValues(record)
    _ = store.object(values, identity: identity)
  }

  /// The values of an object's row.
  mutating func objectValues(_ record: UnsafeRawPointer) -> [Int64] {
    let object = record.assumingMemoryBound(to: reel_object.self).pointee
    let textStart = record + MemoryLayout<reel_object>.size
    let text = UnsafeRawBufferPointer(start: textStart, count: Int(object.path_length))
    let requestStart = textStart + Int(object.path_length)
    let request = UnsafeRawBufferPointer(start: requestStart, count: Int(object.request_length))
    let directory = UnsafeRawBufferPointer(
      start: requestStart + Int(object.request_length), count: Int(object.directory_length))
    let kind = ObjectKind(object, name: text)
    var values = [Int64](repeating: EventBatch.missing, count: ObjectColumn.allCases.count)
    func set(_ column: ObjectColumn, _ value: Int64) { values[column.rawValue] = value }
    set(.identity, Int64(bitPattern: object.thing))
    set(.objectKind, kind.rawValue)
    set(.inode, Int64(bitPattern: object.inode))
    set(.device, DeviceNumber.userSpace(object.device))
    set(.mountID, Int64(object.mount_id))
    set(.openFlags, Int64(object.open_flags))
    var flags: ObjectFlags = []
    if object.path_flags & UInt32(REEL_PATH_DELETED) != 0, kind.hasPath { flags.insert(.deleted) }
    if object.path_flags & UInt32(REEL_PATH_TRUNCATED) != 0 { flags.insert(.nameTruncated) }
    if object.flags & UInt16(REEL_OBJECT_UPPER_LAYER) != 0 { flags.insert(.upperLayer) }
    if object.flags & UInt16(REEL_OBJECT_LOWER_LAYER) != 0 { flags.insert(.lowerLayer) }

    if object.family == 0 {
      let real = kind.label(of: object, text)
      let name = kind.hasPath || kind == .pipe ? name(of: object, request: request, in: directory, real: real) : real
      set(.label, store.text(name))
      if name != real { set(.realName, store.text(real)) }
    } else {
      let isInternet = kind == .ipv4Socket || kind == .ipv6Socket
      set(.family, Int64(object.family))
      set(.socketType, Int64(object.socket_type))
      set(.networkProtocol, Int64(object.protocol))
      if isInternet {
        let width = kind == .ipv4Socket ? 4 : 16
        let local = withUnsafeBytes(of: object.local_address) { Array($0.prefix(width)) }
        let remote = withUnsafeBytes(of: object.remote_address) { Array($0.prefix(width)) }
        if object.local_port != 0 {
          set(.localAddress, store.text(local))
          set(.localPort, Int64(object.local_port))
        }
        if object.remote_port != 0 {
          set(.remoteAddress, store.text(remote))
          set(.remotePort, Int64(object.remote_port))
        }
        if object.state == tcpListen, object.protocol == 6 {
          flags.insert(.listening)
          listeningPorts.insert(ListeningPort(namespace: object.net_namespace, port: object.local_port))
        }
      } else if kind == .unixSocket {
        let own = min(Int(object.own_length), text.count)
        let (local, remote) = (
          UnsafeRawBufferPointer(rebasing: text[..<own]), UnsafeRawBufferPointer(rebasing: text[own...])
        )
        if !local.isEmpty { set(.localAddress, store.text(unixPath(local))) }
        if !remote.isEmpty { set(.remoteAddress, store.text(unixPath(remote))) }
        set(.socketSource, Int64(bitPattern: object.socket_source))
        set(.socketPeer, Int64(bitPattern: object.socket_peer))
      } else {
        set(.label, store.text(Array("socket:[\(object.inode)]".utf8)))
        // Of netlink the port ids of both ends, of a packet socket the interface.
        set(.socketSource, Int64(bitPattern: object.socket_source))
        set(.socketPeer, Int64(bitPattern: object.socket_peer))
      }
      if tcpConnectedStates & 1 << object.state != 0 { flags.insert(.connected) }
      if object.role != 0 {
        let role: SocketRole = Int32(object.role) == REEL_ROLE_SERVER ? .server : .client
        set(.role, role.rawValue)
      } else if isInternet, object.remote_port != 0,
        listeningPorts.contains(ListeningPort(namespace: object.net_namespace, port: object.local_port))
      {
        set(.role, SocketRole.server.rawValue)
      }
    }
    set(.flags, flags.rawValue)
    return values
  }

  /// The name of something with a path: what it was opened by, absolute and normal. A rename does not change it, nor does
  /// a new generation; without a path that was seen it is what the directory entries said first.
  private mutating func name(
    of object: reel_object, request: UnsafeRawBufferPointer, in directory: UnsafeRawBufferPointer, real: [UInt8]
  ) -> [UInt8] {
    var name = real
    if !request.isEmpty {
      name = PathText.normal(Array(request)[...], in: PathText.absolute(leafFirst: directory)[...])
    } else if object.name != object.identity {
      if let known = requestedNames[object.name] {
        name = known
      } else if let row = objectRow(object.name), let label = store.dimensions.objects.value(Int(row), .label) {
        name = Array(store.strings.table[Int(label)])
      }
    }
    if name != real {
      if requestedNames.count >= Definitions.requestedNameLimit { requestedNames = [:] }
      requestedNames[object.name] = name
    }
    return name
  }

  /// The name that the object of a number was opened by, `nil` when that is not known (any more).
  func openedName(ofObject identity: UInt64) -> [UInt8]? {
    if let known = requestedNames[identity] { return known }
    guard let row = store.objectRows[identity] else { return nil }
    return store.dimensions.objects.value(Int(row), .label).map { Array(store.strings.table[Int($0)]) }
  }

  /// An object as one text: its name, or its ends.
  mutating func shownName(ofObject identity: UInt64) -> [UInt8]? {
    guard identity != 0, identity != unknownObject, let row = objectRow(identity) else { return nil }
    let objects = store.dimensions.objects
    if let label = objects.value(Int(row), .label) { return Array(store.strings.table[Int(label)]) }
    func text(_ column: ObjectColumn) -> ArraySlice<UInt8>? {
      objects.value(Int(row), column).map { Array(store.strings.table[Int($0)])[...] }
    }
    if objects[Int(row), .objectKind] == ObjectKind.unixSocket.rawValue {
      return (text(.remoteAddress) ?? text(.localAddress)).map { Array($0) }
    }
    let ends = [(ObjectColumn.localAddress, ObjectColumn.localPort), (.remoteAddress, .remotePort)].compactMap {
      address, port in
      text(address).map { "\(SocketAddress.ipText($0)):\(objects.value(Int(row), port) ?? 0)" }
    }
    return Array(ends.joined(separator: "->").utf8)
  }

  private func unixPath(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    // A path ends at its NUL; an abstract name begins with one and may hold more.
    text.first == 0 ? Array(text) : Array(text.prefix { $0 != 0 })
  }
}

private let tcpListen: UInt16 = 10
/// ESTABLISHED, SYN_RECV, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT, LAST_ACK, CLOSING: there is, or was until now, another end.
private let tcpConnectedStates: UInt32 = 1 << 1 | 1 << 3 | 1 << 4 | 1 << 5 | 1 << 8 | 1 << 9 | 1 << 11

/// A port of one network namespace.
struct ListeningPort: Hashable {
  /// The namespace's number.
  var namespace: UInt32
  var port: UInt16
}

/// Device numbers: the kernel keeps the minor in the low 20 bits, `stat` shows it split around the major.
enum DeviceNumber {
  static func userSpace(_ device: UInt32) -> Int64 {
    let major = Int64(device >> 20)
    let minor = Int64(device & 0xFFFFF)
    return (minor & 0xFF) | major << 8 | (minor & ~0xFF) << 12
  }
}
