import JSON

#if canImport(Glibc)
import Glibc
#endif

/// Asks a server behind a socket in the file system, in HTTP/1.1, once for each request.
///
/// Whoever answers is not trusted to be quick, to end, or to speak HTTP: there is a limit to the time of the whole
/// exchange and to the bytes of an answer.
struct UnixHTTP: Sendable {
  /// The socket.
  let path: String
  /// Milliseconds from the connection to the last byte.
  var timeLimit: Int32 = 2000
  /// Bytes of an answer.
  var byteLimit = 8 << 20

  /// Why there is no answer.
  enum Failure: Error, Hashable, CustomStringConvertible {
    /// Nothing listens there: an errno.
    case unreachable(Int32)
    case tooSlow
    case tooLarge
    /// What came is no HTTP answer.
    case malformed(String)
    /// An answer that says no.
    case status(Int)

    /// A part of a sentence.
    var description: String {
      switch self {
      case .unreachable(let code): "cannot be reached (\(String(cString: strerror(code))))"
      case .tooSlow: "does not answer in time"
      case .tooLarge: "answers without end"
      case .malformed(let what): "answers with \(what)"
      case .status(let status): "answers with status \(status)"
      }
    }
  }

  /// The body of the answer to a GET.
  func get(_ target: String) throws(Failure) -> [UInt8] {
    let connection = try Connection(path, deadline: Deadline(milliseconds: timeLimit))
    try connection.send(
      "GET \(target) HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\nConnection: close\r\n\r\n")
    var answer: [UInt8] = []
    while try connection.receive(into: &answer) {
      if answer.count > byteLimit { throw .tooLarge }
      // A server that keeps the connection open is done when it has said all.
      if let body = try HTTPAnswer.body(answer, isAtEnd: false) { return body }
    }
    guard let body = try HTTPAnswer.body(answer, isAtEnd: true) else { throw .malformed("half an answer") }
    return body
  }

  /// Sends a POST without content. Answers of success have no content that matters.
  func post(_ target: String) throws(Failure) {
    let connection = try Connection(path, deadline: Deadline(milliseconds: timeLimit))
    try connection.send(
      "POST \(target) HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
    var answer: [UInt8] = []
    while try connection.receive(into: &answer) {
      if answer.count > byteLimit { throw .tooLarge }
      if let status = HTTPAnswer.status(answer) {
        guard (200..<300).contains(status) else { throw .status(status) }
        return
      }
    }
    throw .malformed("half an answer")
  }

  /// The JSON of the answer to a GET.
  func json(_ target: String) throws(Failure) -> JSONDocument {
    let body = try get(target)
    do throws(JSONDocument.Malformed) { return try JSONDocument.parse(body) } catch {
      throw .malformed("what is no JSON: \(error)")
    }
  }
}

/// A moment after which nothing is waited for.
struct Deadline {
  private let end: Int64

  init(milliseconds: Int32) { end = Deadline.now + Int64(milliseconds) }

  private static var now: Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Milliseconds that are left, 0 when it has passed.
  var left: Int32 { Int32(clamping: max(end - Deadline.now, 0)) }
}

/// A connected socket, closed with its owner.
private struct Connection: ~Copyable {
  private let descriptor: Int32
  private let deadline: Deadline

  init(_ path: String, deadline: Deadline) throws(UnixHTTP.Failure) {
    self.deadline = deadline
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { throw .unreachable(errno) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = Array(path.utf8)
    guard name.count < MemoryLayout.size(ofValue: address.sun_path) else { throw .unreachable(ENAMETOOLONG) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
    while true {
      let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      if result == 0 { return }
      // The server's queue is full: it hangs, or will be back in a moment.
      guard errno == EAGAIN || errno == EINTR else { throw .unreachable(errno) }
      guard deadline.left > 0 else { throw .tooSlow }
      usleep(10_000)
    }
  }

  deinit { close(descriptor) }

  private func wait(for events: Int32) throws(UnixHTTP.Failure) {
    while true {
      let left = deadline.left
      guard left > 0 else { throw .tooSlow }
      var poll = pollfd(fd: descriptor, events: Int16(events), revents: 0)
      if Glibc.poll(&poll, 1, left) > 0 { return }
    }
  }

  func send(_ text: String) throws(UnixHTTP.Failure) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count > 0 {
        rest = rest.dropFirst(count)
      } else if errno == EAGAIN || errno == EINTR {
        try wait(for: POLLOUT)
      } else {
        throw .unreachable(errno)
      }
    }
  }

  /// Appends what comes; false at the end.
  func receive(into bytes: inout [UInt8]) throws(UnixHTTP.Failure) -> Bool {
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      try wait(for: POLLIN)
      let count = recv(descriptor, &part, part.count, 0)
      if count > 0 {
        bytes += part[..<count]
        return true
      }
      if count == 0 { return false }
      guard errno == EAGAIN || errno == EINTR else { throw .unreachable(errno) }
    }
  }
}

/// Takes an HTTP/1.1 answer apart.
enum HTTPAnswer {
  /// The body, once all of it is there.
  /// - Parameter isAtEnd: nothing more will come.
  static func body(_ bytes: [UInt8], isAtEnd: Bool) throws(UnixHTTP.Failure) -> [UInt8]? {
    guard let end = find(Array("\r\n\r\n".utf8), in: bytes[...]) else {
      if bytes.count > 64 << 10 || (bytes.count >= 7 && !bytes.starts(with: "HTTP/1.".utf8)) {
        throw .malformed("no HTTP")
      }
      return nil
    }
    let lines = String(decoding: bytes[..<end], as: UTF8.self).split(
      separator: "\r\n", omittingEmptySubsequences: false)
    let first = lines.first?.split(separator: " ") ?? []
    guard first.count >= 2, first[0].hasPrefix("HTTP/1."), let status = Int(first[1]) else {
      throw .malformed("no HTTP")
    }
    guard status == 200 else { throw .status(status) }
    let body = bytes[(end + 4)...]
    var length: Int?
    var isChunked = false
    for line in lines.dropFirst() {
      let parts = line.split(separator: ":", maxSplits: 1)
      guard parts.count == 2 else { continue }
      let value = parts[1].drop { $0 == " " }.lowercased()
      switch parts[0].lowercased() {
      case "content-length":
        guard let number = Int(value), number >= 0 else { throw .malformed("a length that is none") }
        length = number
      case "transfer-encoding": isChunked = value.contains("chunked")
      default: break
      }
    }
    if isChunked { return try unchunked(body) }
    if let length { return body.count >= length ? Array(body.prefix(length)) : nil }
    return isAtEnd ? Array(body) : nil
  }

  /// The status, once the first line is there; `nil` as well for what is no HTTP.
  static func status(_ bytes: [UInt8]) -> Int? {
    guard let end = find(Array("\r\n".utf8), in: bytes.prefix(4096)) else { return nil }
    let words = String(decoding: bytes[..<end], as: UTF8.self).split(separator: " ")
    guard words.count >= 2, words[0].hasPrefix("HTTP/1.") else { return nil }
    return Int(words[1])
  }

  /// The parts of a body put together, once the last one is there.
  private static func unchunked(_ body: ArraySlice<UInt8>) throws(UnixHTTP.Failure) -> [UInt8]? {
    var whole: [UInt8] = []
    var rest = body
    while true {
      guard let end = find(Array("\r\n".utf8), in: rest.prefix(1024)) else {
        if rest.count >= 1024 { throw .malformed("a part without a length") }
        return nil
      }
      let digits = rest[..<end].prefix { $0 != UInt8(ascii: ";") }
      guard digits.count <= 8, let size = Int(String(decoding: digits, as: UTF8.self), radix: 16), size >= 0 else {
        throw .malformed("a part without a length")
      }
      rest = rest[(end + 2)...]
      if size == 0 { return whole }
      guard rest.count >= size + 2 else { return nil }
      whole += rest.prefix(size)
      rest = rest.dropFirst(size + 2)
    }
  }

  private static func find(_ mark: [UInt8], in bytes: ArraySlice<UInt8>) -> Int? {
    guard bytes.count >= mark.count else { return nil }
    for start in bytes.startIndex...(bytes.endIndex - mark.count) where bytes[start] == mark[0] {
      if bytes[start..<(start + mark.count)].elementsEqual(mark) { return start }
    }
    return nil
  }
}
