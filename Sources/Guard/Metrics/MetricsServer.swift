import Delivery
import JSON

#if canImport(Glibc)
import Glibc
#endif

/// Serves `/metrics` and `/healthz` over HTTP, to this machine alone.
public final class MetricsServer: Sendable {
  private let listener: SocketListener
  /// Where it listens: what the system chose, if any port was asked for.
  public let port: UInt16

  private static let clients = 8
  private static let requestLimit = 8 << 10

  /// Begins to listen.
  /// - Parameter listen: `HOST:PORT` on loopback.
  /// - Throws: for other addresses, and for one that is taken.
  public init(_ listen: String, _ facts: GuardFacts) throws(ControlError) {
    guard let address = ListenAddress(listen), address.isLoopback else {
      throw ControlError(
        "metrics are served on loopback alone, not on \(listen); see metrics: {listen: …}", isRefusal: true)
    }
    let (socket, port) = try MetricsServer.bind(address, listen)
    self.port = port
    guard
      let listener = SocketListener(
        socket, limit: MetricsServer.clients, serve: { MetricsServer.serve(Connection($0, seconds: 5), facts) })
    else { throw ControlError("\(listen): no thread or descriptor is left to listen with") }
    self.listener = listener
  }

  /// Listens no more.
  public func close() { listener.stop() }

  private static func bind(_ address: ListenAddress, _ text: String) throws(ControlError) -> (Int32, UInt16) {
    let isSix = address.host.contains(":")
    let descriptor = socket(
      isSix ? AF_INET6 : AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw ControlError("\(text): \(String(cString: strerror(errno)))") }
    var yes: Int32 = 1
    setsockopt(descriptor, SOL_SOCKET, SO_REUSEADDR, &yes, 4)
    var storage = sockaddr_storage()
    var size = socklen_t(isSix ? MemoryLayout<sockaddr_in6>.size : MemoryLayout<sockaddr_in>.size)
    let code = withUnsafeMutablePointer(to: &storage) { storage in
      if isSix {
        storage.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
          $0.pointee.sin6_family = sa_family_t(AF_INET6)
          $0.pointee.sin6_port = address.port.bigEndian
          inet_pton(AF_INET6, address.host, &$0.pointee.sin6_addr)
        }
      } else {
        storage.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
          $0.pointee.sin_family = sa_family_t(AF_INET)
          $0.pointee.sin_port = address.port.bigEndian
          inet_pton(AF_INET, address.host, &$0.pointee.sin_addr)
        }
      }
      return storage.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
        let code = Glibc.bind(descriptor, pointer, size)
        return code == 0 ? getsockname(descriptor, pointer, &size) : code
      }
    }
    guard code == 0 else {
      let reason = String(cString: strerror(errno))
      Glibc.close(descriptor)
      throw ControlError("metrics cannot be served on \(text): \(reason)")
    }
    // The port stands at the same place for both families.
    let port = withUnsafeBytes(of: &storage) { UInt16($0[2]) << 8 | UInt16($0[3]) }
    return (descriptor, port)
  }

  private static func serve(_ connection: Connection, _ facts: GuardFacts) {
    var connection = connection
    guard
      let head = connection.read(upTo: Array("\r\n\r\n".utf8), limit: requestLimit, within: 5_000_000_000)
    else { return answer(connection, "400 Bad Request", "text/plain", "this is no request, too long, or too slow\n") }
    let line = String(decoding: head.prefix { $0 != 0x0D }, as: UTF8.self).split(separator: " ")
    guard line.count == 3, line[0] == "GET" || line[0] == "HEAD", line[2].hasPrefix("HTTP/1.") else {
      return answer(connection, "405 Method Not Allowed", "text/plain", "only GET is understood\n")
    }
    let hasBody = line[0] == "GET"
    switch line[1].prefix(while: { $0 != "?" }) {
    case "/metrics":
      answer(
        connection, "200 OK", MetricsText.contentType, MetricsText.of(facts.board.current, facts.channels()), hasBody)
    case "/healthz":
      let health = GuardHealth(facts.board.current, facts.channels())
      var json = JSONBuilder()
      json.object { health.write(to: &$0) }
      answer(
        connection, health.isWell ? "200 OK" : "503 Service Unavailable", "application/json", json.text + "\n", hasBody)
    default: answer(connection, "404 Not Found", "text/plain", "there are /metrics and /healthz\n", hasBody)
    }
  }

  private static func answer(
    _ connection: Connection, _ status: String, _ type: String, _ body: String, _ hasBody: Bool = true
  ) {
    let head =
      "HTTP/1.1 \(status)\r\nContent-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\nConnection: close\r\n\r\n"
    _ = connection.send(Array((head + (hasBody ? body : "")).utf8))
  }
}
