/// An IPv4 or IPv6 address.
///
/// The 128 bits are kept as two numbers; an IPv4 address is in the low 32 bits of `low`. Addresses of different families
/// are never equal, also where one is the other in IPv6 clothes; see `unmapped`.
public struct IPAddress: Sendable, Hashable, CustomStringConvertible {
  /// The address family.
  public enum Family: UInt8, Sendable, Hashable {
    case ipv4 = 4
    case ipv6 = 6
  }

  /// The address family.
  public let family: Family
  /// The first 64 bits of an IPv6 address; 0 for IPv4.
  public let high: UInt64
  /// The last 64 bits of an IPv6 address, or the IPv4 address in the last 32.
  public let low: UInt64

  /// The IPv4 address with these 32 bits, the first number of its text being the most significant.
  public init(ipv4 bits: UInt32) {
    family = .ipv4
    high = 0
    low = UInt64(bits)
  }

  /// The IPv6 address with these 128 bits.
  public init(ipv6High high: UInt64, low: UInt64) {
    family = .ipv6
    self.high = high
    self.low = low
  }

  /// Reads an address: `127.0.0.1`, `::1`, `2001:db8::8a2e:370:7334`, `::ffff:10.0.0.1`, in either case. Nil if the text
  /// is anything else: leading zeros in IPv4 numbers (octal to some tools), zones and ports are not accepted.
  public init?(_ text: String) { self.init(Array(text.utf8)) }

  /// Reads an address from bytes.
  public init?(_ bytes: [UInt8]) { self.init(bytes[...]) }

  init?(_ bytes: ArraySlice<UInt8>) {
    guard bytes.count <= 45 else { return nil }
    if bytes.contains(UInt8(ascii: ":")) {
      guard let groups = IPAddress.ipv6Groups(bytes) else { return nil }
      let words = [groups[0..<4], groups[4..<8]].map { $0.reduce(0) { $0 << 16 | UInt64($1) } }
      self.init(ipv6High: words[0], low: words[1])
    } else {
      guard let bits = IPAddress.ipv4Bits(bytes) else { return nil }
      self.init(ipv4: bits)
    }
  }

  /// The IPv4 address that an address like `::ffff:10.0.0.1` stands for; other addresses as they are. Sockets of both
  /// families report IPv4 peers in this form.
  public var unmapped: IPAddress {
    family == .ipv6 && high == 0 && low >> 32 == 0xFFFF ? IPAddress(ipv4: UInt32(truncatingIfNeeded: low)) : self
  }

  /// The number of bits: 32 or 128.
  public var bitWidth: Int { family == .ipv4 ? 32 : 128 }

  /// The usual text: dotted decimal, or RFC 5952 (lower case, the longest run of zeros as `::`).
  public var description: String {
    if family == .ipv4 { return IPAddress.dotted(low) }
    let groups = (0..<8).map { UInt16(truncatingIfNeeded: ($0 < 4 ? high : low) >> UInt64(48 - $0 % 4 * 16)) }
    if high == 0, low >> 32 == 0xFFFF { return "::ffff:\(IPAddress.dotted(low))" }
    var best = 0..<0
    var start = 0
    while start < 8 {
      var end = start
      while end < 8, groups[end] == 0 { end += 1 }
      if end - start > max(1, best.count) { best = start..<end }
      start = max(end, start + 1)
    }
    func text(_ range: Range<Int>) -> String {
      groups[range].map { String($0, radix: 16) }.joined(separator: ":")
    }
    return best.isEmpty ? text(0..<8) : "\(text(0..<best.lowerBound))::\(text(best.upperBound..<8))"
  }

  private static func dotted(_ bits: UInt64) -> String {
    [24, 16, 8, 0].map { String(bits >> UInt64($0) & 0xFF) }.joined(separator: ".")
  }

  private static func ipv4Bits(_ bytes: ArraySlice<UInt8>) -> UInt32? {
    let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count == 4 else { return nil }
    var bits: UInt32 = 0
    for part in parts {
      guard (1...3).contains(part.count), part.allSatisfy(isDigit) else { return nil }
      if part.count > 1, part.first == UInt8(ascii: "0") { return nil }
      let value = part.reduce(UInt32(0)) { $0 * 10 + UInt32($1 - UInt8(ascii: "0")) }
      guard value <= 255 else { return nil }
      bits = bits << 8 | value
    }
    return bits
  }

  /// The eight groups of an IPv6 address.
  private static func ipv6Groups(_ bytes: ArraySlice<UInt8>) -> [UInt16]? {
    var head: [UInt16] = []
    var tail: [UInt16] = []
    var hasGap = false
    var rest = bytes
    let colon = UInt8(ascii: ":")
    if rest.starts(with: [colon, colon]) {
      hasGap = true
      rest = rest.dropFirst(2)
    }
    while !rest.isEmpty {
      let part = rest.prefix { $0 != colon }
      rest = rest.dropFirst(part.count)
      if part.contains(UInt8(ascii: ".")) {
        guard rest.isEmpty, let bits = ipv4Bits(part) else { return nil }
        tail += [UInt16(bits >> 16), UInt16(truncatingIfNeeded: bits)]
        break
      }
      guard (1...4).contains(part.count) else { return nil }
      var value: UInt16 = 0
      for byte in part {
        guard let digit = hexDigit(byte) else { return nil }
        value = value << 4 | UInt16(digit)
      }
      if hasGap { tail.append(value) } else { head.append(value) }
      guard !rest.isEmpty else { break }
      rest = rest.dropFirst()
      if rest.first == colon {
        guard !hasGap else { return nil }
        hasGap = true
        rest = rest.dropFirst()
      } else if rest.isEmpty {
        return nil
      }
    }
    let missing = 8 - head.count - tail.count
    guard hasGap ? missing >= 1 : missing == 0 else { return nil }
    return head + Array(repeating: 0, count: missing) + tail
  }
}

/// A range of addresses that share their first bits: `10.0.0.0/8`, `fe80::/10`.
public struct IPNetwork: Sendable, Hashable, CustomStringConvertible {
  /// The first address. Bits behind the prefix are zero.
  public let address: IPAddress
  /// How many bits are shared.
  public let prefixLength: Int

  /// The network of an address; bits behind the prefix are cleared. Nil if the prefix is longer than the address.
  public init?(_ address: IPAddress, prefixLength: Int) {
    guard (0...address.bitWidth).contains(prefixLength) else { return nil }
    self.address = address.keeping(first: prefixLength)
    self.prefixLength = prefixLength
  }

  /// Reads a network: an address, a slash and a number of bits. A lone address is a network of one. Nil if the text is
  /// anything else.
  public init?(_ text: String) { self.init(Array(text.utf8)) }

  /// Reads a network from bytes.
  public init?(_ bytes: [UInt8]) {
    let slash = bytes.firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
    guard let address = IPAddress(bytes[..<slash]) else { return nil }
    var length = address.bitWidth
    if slash < bytes.count {
      let digits = bytes[(slash + 1)...]
      guard (1...3).contains(digits.count), digits.allSatisfy(isDigit) else { return nil }
      length = digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
    }
    self.init(address, prefixLength: length)
  }

  /// Whether an address is one of the network's. Never, if the families differ.
  public func contains(_ other: IPAddress) -> Bool {
    other.family == address.family && other.keeping(first: prefixLength) == address
  }

  /// The usual text.
  public var description: String { "\(address)/\(prefixLength)" }
}

extension IPAddress {
  /// The address with all bits but the first ones cleared.
  fileprivate func keeping(first count: Int) -> IPAddress {
    switch family {
    case .ipv4: IPAddress(ipv4: UInt32(truncatingIfNeeded: low) & ~(count >= 32 ? 0 : UInt32.max >> count))
    case .ipv6:
      IPAddress(
        ipv6High: high & ~(count >= 64 ? 0 : UInt64.max >> count),
        low: low & ~(count <= 64 ? .max : count >= 128 ? 0 : UInt64.max >> (count - 64)))
    }
  }
}
