/// One end of a connection as bytes: what parameters of type `socketAddress` hold.
///
///     offset  0        1                                  5        7
///     IPv4   | family | address, 4 bytes as in the packet | port LE |
///     IPv6   | family | address, 16 bytes                           | port LE |   (port at 17)
///     unix   | family | path; an abstract name keeps its leading NUL
///     other  | family | the rest of the kernel's sockaddr, as it is
///
/// `family` is `AF_*` (1 unix, 2 IPv4, 10 IPv6, 16 netlink, 17 packet, 40 vsock). Of the others, three are shown by
/// what their rest says:
///
///     netlink  | padding, 2 bytes   | process or port, u32  | groups, u32 |
///     packet   | protocol, u16 BE   | interface, i32        | …
///     vsock    | reserved, 2 bytes  | port, u32             | context, u32 | …
public enum SocketAddress {
  /// `AF_UNIX`.
  public static let unixFamily: UInt16 = 1
  /// `AF_INET`.
  public static let ipv4Family: UInt16 = 2
  /// `AF_INET6`.
  public static let ipv6Family: UInt16 = 10

  /// `AF_NETLINK`, `AF_PACKET`, `AF_VSOCK`.
  private static let netlinkFamily: UInt16 = 16
  private static let packetFamily: UInt16 = 17
  private static let virtualFamily: UInt16 = 40

  /// Turns a kernel `sockaddr` into the layout above; `nil` when it is too short to say anything.
  public static func encode(sockaddr bytes: UnsafeRawBufferPointer) -> [UInt8]? {
    guard bytes.count >= 2 else { return nil }
    let family = bytes.loadUnaligned(as: UInt16.self)
    switch family {
    case ipv4Family where bytes.count >= 8:
      return [UInt8(family)] + bytes[4..<8] + [bytes[3], bytes[2]]
    case ipv6Family where bytes.count >= 24:
      return [UInt8(family)] + bytes[8..<24] + [bytes[3], bytes[2]]
    case unixFamily:
      var path = Array(bytes[2...])
      // A path ends at its NUL; an abstract name begins with one and is as long as the call said.
      if path.first != 0, let end = path.firstIndex(of: 0) { path.removeSubrange(end...) }
      return [UInt8(family)] + path
    case 0...255:
      return [UInt8(family)] + bytes[2...]
    default:
      return nil
    }
  }

  /// The address as text: `127.0.0.1:80`, `[::1]:80`, a path, `@name` for an abstract one; `netlink 0 groups 1`,
  /// `packet interface 2 protocol 0x800`, `vsock 2:1024`.
  public static func text(_ bytes: ArraySlice<UInt8>) -> String {
    guard let family = bytes.first else { return "" }
    let rest = bytes.dropFirst()
    switch UInt16(family) {
    case ipv4Family where rest.count == 6:
      return "\(ipText(rest.prefix(4))):\(port(rest.suffix(2)))"
    case ipv6Family where rest.count == 18:
      return "[\(ipText(rest.prefix(16)))]:\(port(rest.suffix(2)))"
    case unixFamily:
      return pathText(rest)
    case netlinkFamily where rest.count >= 10:
      return "netlink \(word(rest, 2)) groups \(word(rest, 6))"
    case packetFamily where rest.count >= 6:
      let protocolNumber = UInt16(rest[rest.startIndex]) << 8 | UInt16(rest[rest.startIndex + 1])
      return "packet interface \(word(rest, 2)) protocol 0x\(String(protocolNumber, radix: 16))"
    case virtualFamily where rest.count >= 10:
      return "vsock \(word(rest, 6)):\(word(rest, 2))"
    default:
      return "family \(family)"
    }
  }

  /// Four bytes of an address, little-endian.
  private static func word(_ bytes: ArraySlice<UInt8>, _ offset: Int) -> UInt32 {
    bytes[(bytes.startIndex + offset)...].prefix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) }
  }

  /// The path of a unix socket, an abstract name with `@` in place of its NUL.
  public static func pathText(_ path: ArraySlice<UInt8>) -> String {
    if path.first == 0 { return "@" + String(decoding: path.dropFirst(), as: UTF8.self) }
    return String(decoding: path, as: UTF8.self)
  }

  /// An IP address of 4 or 16 bytes as text; IPv6 in the form of RFC 5952.
  public static func ipText(_ address: ArraySlice<UInt8>) -> String {
    let bytes = Array(address)
    if bytes.count == 4 { return bytes.map(String.init).joined(separator: ".") }
    guard bytes.count == 16 else { return "" }
    if bytes[..<10].allSatisfy({ $0 == 0 }), bytes[10] == 0xFF, bytes[11] == 0xFF {
      return "::ffff:" + bytes[12...].map(String.init).joined(separator: ".")
    }
    let groups = (0..<8).map { UInt16(bytes[2 * $0]) << 8 | UInt16(bytes[2 * $0 + 1]) }
    // The longest run of two or more zero groups is written as "::".
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > best.count, end - start >= 2 { best = start..<end }
      start = max(end, start + 1)
    }
    let head = groups[..<best.lowerBound].map { String($0, radix: 16) }.joined(separator: ":")
    if best.isEmpty { return groups.map { String($0, radix: 16) }.joined(separator: ":") }
    let tail = groups[best.upperBound...].map { String($0, radix: 16) }.joined(separator: ":")
    return head + "::" + tail
  }

  private static func port(_ bytes: ArraySlice<UInt8>) -> Int {
    Int(bytes[bytes.startIndex]) | Int(bytes[bytes.startIndex + 1]) << 8
  }
}
