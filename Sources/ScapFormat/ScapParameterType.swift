/// How a parameter of an event in a `.scap` file is written. All numbers are little-endian.
///
///     charbuf, fspath, fsrelpath   text and a NUL
///     bytebuf                      bytes; `args`, `env` and `cgroups` are texts, each followed by a NUL
///     sockaddr                     u8 family | IPv4: address 4, port u16 | IPv6: address 16, port u16 | unix: path and NUL
///     socktuple                    u8 family | IPv4: 4, u16, 4, u16 | IPv6: 16, u16, 16, u16
///                                  | unix: source u64, destination u64, path and NUL
///     fdlist                       u16 count | each: descriptor i64, flags u16
///     dyn                          u8 which of the selected types | a value of it
///     charbufarray                 texts, each followed by a NUL
///
/// Addresses are as in the packet, ports in the order of the host. A parameter of length 0 is not there.
public enum ScapParameterType: UInt8, CaseIterable, Sendable {
  case none, int8, int16, int32, int64, uint8, uint16, uint32, uint64, charbuf, bytebuf, errno, sockaddr, socktuple
  case fd, pid, fdlist, fspath, syscallid, sigtype, reltime, abstime, port, l4proto, sockfamily, bool, ipv4addr, dyn
  case flags8, flags16, flags32, uid, gid, double, sigset, charbufarray
  case charbufPairArray
  case ipv4net, ipv6addr, ipv6net, ipaddr, ipnet, mode, fsrelpath, enumflags8, enumflags16, enumflags32, fd32, pid32

  /// The type by its name in `formats/scap-events.json`.
  public init?(name: some StringProtocol) {
    guard let type = ScapParameterType.byName[String(name)] else { return nil }
    self = type
  }

  private static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.name, $0) })

  /// The name in `formats/scap-events.json`.
  public var name: String { self == .charbufPairArray ? "charbuf_pair_array" : "\(self)" }

  /// The bytes of a number, `nil` for what has no fixed size.
  public var size: Int? {
    switch self {
    case .int8, .uint8, .sigtype, .l4proto, .sockfamily, .flags8, .enumflags8: 1
    case .int16, .uint16, .syscallid, .port, .flags16, .enumflags16: 2
    case .int32, .uint32, .bool, .flags32, .uid, .gid, .sigset, .mode, .enumflags32, .fd32, .pid32: 4
    case .int64, .uint64, .errno, .fd, .pid, .reltime, .abstime: 8
    default: nil
    }
  }

  /// Whether a number may be negative.
  public var isSigned: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .errno, .fd, .pid, .fd32, .pid32: true
    default: false
    }
  }

  /// Whether a value ends with a NUL that is not part of it.
  public var endsWithNUL: Bool { self == .charbuf || self == .fspath || self == .fsrelpath }
}
