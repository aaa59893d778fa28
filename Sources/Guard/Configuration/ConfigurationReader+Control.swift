import YAML

#if canImport(Glibc)
import Glibc
#endif

extension ConfigurationReader {
  mutating func readControl(_ root: SectionReader) {
    guard let node = root.value("control"), let reader = SectionReader(ConfigurationTable.control, node, &found)
    else { return }
    if let socket = reader.text("socket", &found) {
      let full = path(socket)
      // What fits into the address of a unix socket, with its terminator.
      if full.utf8.count > 107 {
        found.error(
          reader.item, "the path has \(full.utf8.count) bytes; a socket's has 107 at most",
          at: reader.node["socket"] ?? node)
      } else {
        configuration.control.socket = full
      }
    }
    if let group = reader.text("group", &found) {
      if getgrnam(group) == nil {
        found.error(
          reader.item, "there is no group '\(group.prefix(60))' on this machine; `getent group` lists them",
          at: reader.node["group"] ?? node)
      } else {
        configuration.control.group = group
      }
    }
  }

  mutating func readMetrics(_ root: SectionReader) {
    guard let node = root.value("metrics"), let reader = SectionReader(ConfigurationTable.metrics, node, &found),
      let text = reader.text("listen", &found)
    else { return }
    let place = reader.node["listen"] ?? node
    guard let address = ListenAddress(text) else {
      found.error(reader.item, "'\(text.prefix(60))' is no address to listen on; write 127.0.0.1:9090", at: place)
      return
    }
    guard address.isLoopback else {
      found.error(
        reader.item,
        "'\(address.host)' is not of this machine alone: metrics have no password; listen on 127.0.0.1:\(address.port), and let something with TLS and names pass it on",
        at: place)
      return
    }
    configuration.metricsListen = text
  }
}

/// `HOST:PORT`, with an IPv6 address in brackets.
public struct ListenAddress: Sendable, Hashable {
  /// The address, without brackets; `localhost` stands for 127.0.0.1.
  public let host: String
  /// The port; 0 for any that is free.
  public let port: UInt16

  /// `nil` when the text is no such thing, or its host no address.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]) else { return nil }
    var host = String(text[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = String(host.dropFirst().dropLast())
      var address = in6_addr()
      guard inet_pton(AF_INET6, host, &address) == 1 else { return nil }
    } else {
      if host == "localhost" { host = "127.0.0.1" }
      var address = in_addr()
      guard inet_pton(AF_INET, host, &address) == 1 else { return nil }
    }
    self.host = host
    self.port = port
  }

  /// Whether nobody else's machine reaches it.
  public var isLoopback: Bool {
    var six = in6_addr()
    if inet_pton(AF_INET6, host, &six) == 1 {
      return withUnsafeBytes(of: &six) { $0.dropLast().allSatisfy { $0 == 0 } && $0.last == 1 }
    }
    return host.hasPrefix("127.")
  }
}
