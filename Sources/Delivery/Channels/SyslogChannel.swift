import CCurl

#if canImport(Glibc)
import Glibc
#endif

/// RFC 5424 over datagrams, or over a stream with a count in front of each message (RFC 6587, RFC 5425).
///
/// Neither datagrams nor the stream are acknowledged by who reads them: what is in the buffers of a connection when it breaks is not
/// known to be lost.
final class SyslogChannel: Channel {
  let batchSize = 64
  private let address: String
  private let authorities: String?
  private var datagrams: Int32 = -1
  private var stream: UnsafeMutableRawPointer?

  init(_ address: String, _ authorities: String?) {
    self.address = address
    self.authorities = authorities
  }

  deinit { disconnect() }

  private func disconnect() {
    if datagrams >= 0 { close(datagrams) }
    datagrams = -1
    if let stream { reel_curl_cleanup(stream) }
    stream = nil
  }

  func deliver(_ notices: ArraySlice<Notice>, isCancelled: @escaping () -> Bool) -> DeliveryOutcome {
    let isStream = address.hasPrefix("tcp://") || address.hasPrefix("tls://")
    for (index, notice) in notices.enumerated() {
      let message = SyslogMessage(notice, process: getpid()).bytes
      let reason = isStream ? sendStream(message, isCancelled) : sendDatagram(message)
      if let reason {
        disconnect()
        return .failed(index, reason, after: nil)
      }
    }
    return .delivered
  }

  // MARK: Datagrams

  private func sendDatagram(_ message: [UInt8]) -> String? {
    // Once more over a new socket: the daemon behind the old one may have been restarted.
    for attempt in 0..<2 {
      if datagrams < 0, let reason = connectDatagrams() { return reason }
      let sent = message.withUnsafeBytes { send(datagrams, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if sent == message.count { return nil }
      let code = errno
      if code == EINTR { continue }
      close(datagrams)
      datagrams = -1
      if attempt == 1 || code != ECONNREFUSED && code != ECONNRESET && code != ENOTCONN {
        return "\(address): \(String(cString: strerror(code)))"
      }
    }
    return "\(address): interrupted"
  }

  private func connectDatagrams() -> String? {
    if address.hasPrefix("udp://") { return connectUDP() }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return String(cString: strerror(errno)) }
    limitWaiting(descriptor)
    guard let connected = withUnixAddress(address, { connect(descriptor, $0, $1) }) else {
      close(descriptor)
      return "\(address): the path is too long for a socket"
    }
    guard connected == 0 else {
      let reason = String(cString: strerror(errno))
      close(descriptor)
      return "\(address): \(reason)"
    }
    datagrams = descriptor
    return nil
  }

  private func connectUDP() -> String? {
    let rest = address.dropFirst("udp://".count).prefix { $0 != "/" }
    guard let colon = rest.lastIndex(of: ":") else { return "\(address) has no port" }
    var host = String(rest[..<colon])
    if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
    var hints = addrinfo()
    hints.ai_socktype = Int32(SOCK_DGRAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    let code = getaddrinfo(host, String(rest[rest.index(after: colon)...]), &hints, &list)
    guard code == 0 else { return "\(address): \(String(cString: gai_strerror(code)))" }
    defer { freeaddrinfo(list) }
    var reason = "\(address): there is no such address"
    var next = list
    while let entry = next?.pointee {
      next = entry.ai_next
      let descriptor = socket(entry.ai_family, entry.ai_socktype | Int32(SOCK_CLOEXEC.rawValue), entry.ai_protocol)
      if descriptor < 0 { continue }
      limitWaiting(descriptor)
      if connect(descriptor, entry.ai_addr, entry.ai_addrlen) == 0 {
        datagrams = descriptor
        return nil
      }
      reason = "\(address): \(String(cString: strerror(errno)))"
      close(descriptor)
    }
    return reason
  }

  private func limitWaiting(_ descriptor: Int32) {
    var time = timeval(tv_sec: 5, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  // MARK: Streams

  private func sendStream(_ message: [UInt8], _ isCancelled: () -> Bool) -> String? {
    let record = Array("\(message.count) ".utf8) + message
    if let stream, hasEnded(stream) { disconnect() }
    if stream == nil, let reason = connectStream() { return reason }
    guard let stream else { return "\(address): not connected" }
    let deadline = Moment.now + 15_000_000_000
    var offset = 0
    while offset < record.count {
      var sent = 0
      let code = record.withUnsafeBytes {
        reel_curl_send(stream, $0.baseAddress?.advanced(by: offset), $0.count - offset, &sent)
      }
      if code == CURLE_OK {
        offset += sent
        continue
      }
      guard code == CURLE_AGAIN else { return "\(address): \(HTTPClient.words(code))" }
      var state = pollfd(fd: reel_curl_socket(stream), events: Int16(POLLOUT), revents: 0)
      _ = poll(&state, 1, 1000)
      if Moment.now > deadline || isCancelled() { return "\(address): it does not read what is sent" }
    }
    return nil
  }

  /// Whether the other side has closed the connection. It has nothing to say otherwise.
  private func hasEnded(_ stream: UnsafeMutableRawPointer) -> Bool {
    var byte: UInt8 = 0
    var count = 0
    let code = reel_curl_recv(stream, &byte, 1, &count)
    return code == CURLE_OK ? count == 0 : code != CURLE_AGAIN
  }

  /// The library makes the connection and the handshake, with the certificate verified, and leaves the rest to us.
  private func connectStream() -> String? {
    guard let curl = reel_curl_init() else { return "libcurl.so.4 cannot be loaded: install libcurl4" }
    let isTLS = address.hasPrefix("tls://")
    let rest = address.dropFirst("tls://".count).prefix { $0 != "/" }
    var codes = [
      reel_curl_text(curl, CURLOPT_URL, (isTLS ? "https://" : "http://") + rest + "/"),
      reel_curl_number(curl, CURLOPT_CONNECT_ONLY, 1), reel_curl_number(curl, CURLOPT_NOSIGNAL, 1),
      reel_curl_text(curl, CURLOPT_PROXY, ""), reel_curl_number(curl, CURLOPT_SSL_ENABLE_ALPN, 0),
      reel_curl_number(curl, CURLOPT_CONNECTTIMEOUT_MS, 5000), reel_curl_number(curl, CURLOPT_SSL_VERIFYPEER, 1),
      reel_curl_number(curl, CURLOPT_SSL_VERIFYHOST, 2),
    ]
    if let authorities { codes.append(reel_curl_text(curl, CURLOPT_CAINFO, authorities)) }
    let code = codes.first { $0 != CURLE_OK } ?? reel_curl_perform(curl)
    guard code == CURLE_OK else {
      reel_curl_cleanup(curl)
      return "\(address): \(HTTPClient.words(code))"
    }
    stream = curl
    return nil
  }
}

/// Calls a body with the address of a unix socket; `nil` when the path does not fit into one.
package func withUnixAddress<Result>(
  _ path: String, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
) -> Result? {
  var address = sockaddr_un()
  address.sun_family = sa_family_t(AF_UNIX)
  let bytes = Array(path.utf8)
  let fits = withUnsafeMutableBytes(of: &address.sun_path) { buffer in
    guard bytes.count < buffer.count else { return false }
    buffer.copyBytes(from: bytes)
    return true
  }
  guard fits else { return nil }
  return withUnsafePointer(to: &address) {
    $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_un>.size)) }
  }
}
