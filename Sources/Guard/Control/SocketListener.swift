import CLinux
import Delivery
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Accepts connections on a thread of its own, and serves each on another one, up to so many at once.
final class SocketListener: Sendable {
  private let socket: Int32
  /// Becomes readable when the listener is to end.
  private let end: Int32
  private let limit: Int
  private let serve: @Sendable (Int32) -> Void
  private let connections = Mutex(0)
  private let hasEnded = Mutex(false)

  /// - Parameters:
  ///   - socket: bound; owned from now on.
  ///   - limit: those that come while so many are served are closed at once.
  ///   - serve: is called on a thread with a connection, which is closed behind it.
  init?(_ socket: Int32, limit: Int, serve: @escaping @Sendable (Int32) -> Void) {
    self.socket = socket
    self.limit = limit
    self.serve = serve
    end = reel_make_wakener()
    guard end >= 0, listen(socket, 64) == 0, WorkerThread.start({ [self] in accept() }) else {
      close(socket)
      if end >= 0 { close(end) }
      return nil
    }
  }

  /// Takes no more connections. Those that are served go on to their end.
  func stop() {
    var one: UInt64 = 1
    _ = write(end, &one, 8)
    // So that the address is free when this returns.
    for _ in 0..<200 where !hasEnded.withLock({ $0 }) { usleep(5000) }
  }

  private func accept() {
    while true {
      var states = [
        pollfd(fd: socket, events: Int16(POLLIN), revents: 0), pollfd(fd: end, events: Int16(POLLIN), revents: 0),
      ]
      if poll(&states, 2, -1) < 0, errno != EINTR { break }
      if states[1].revents != 0 { break }
      if states[0].revents == 0 { continue }
      let connection = reel_accept(socket)
      if connection < 0 {
        // Without descriptors accepting again at once would fail again at once.
        if errno != EINTR, errno != ECONNABORTED { usleep(50_000) }
        continue
      }
      let isFree = connections.withLock { count in
        if count >= limit { return false }
        count += 1
        return true
      }
      let isServed =
        isFree
        && WorkerThread.start { [self] in
          serve(connection)
          close(connection)
          connections.withLock { $0 -= 1 }
        }
      if !isServed {
        close(connection)
        if isFree { connections.withLock { $0 -= 1 } }
      }
    }
    close(socket)
    close(end)
    hasEnded.withLock { $0 = true }
  }
}

/// A connection that is read and written within time limits.
struct Connection {
  let descriptor: Int32
  private var buffer: [UInt8] = []

  /// - Parameter seconds: how long one read or write may take.
  init(_ descriptor: Int32, seconds: Int) {
    self.descriptor = descriptor
    var time = timeval(tv_sec: seconds, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &time, socklen_t(MemoryLayout<timeval>.size))
  }

  /// What is read up to an end, without it; `nil` when the connection ends, is too slow, or sends more than the limit before it.
  ///
  /// - Parameter deadline: of the monotonic clock, for all of it: who sends a byte a second is too slow, too.
  mutating func read(upTo end: [UInt8], limit: Int, within nanoseconds: Int64) -> [UInt8]? {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    let start = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    while true {
      if let found = buffer.firstRange(of: end) {
        let line = Array(buffer[..<found.lowerBound])
        buffer.removeFirst(found.upperBound)
        return line
      }
      clock_gettime(CLOCK_MONOTONIC, &now)
      let passed = Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec) - start
      guard buffer.count <= limit, passed < nanoseconds, let part = readSome() else { return nil }
      buffer += part
    }
  }

  /// What comes next, at most 64 KiB; `nil` at the end.
  mutating func readSome() -> [UInt8]? {
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = recv(descriptor, &part, part.count, 0)
      if count < 0, errno == EINTR { continue }
      return count > 0 ? Array(part[..<count]) : nil
    }
  }

  /// Whether the other side has ended the connection.
  var hasEnded: Bool {
    var byte: UInt8 = 0
    let count = recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT))
    return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)
  }

  /// What was read already and belongs to what follows a line.
  mutating func takeBuffer() -> [UInt8] {
    defer { buffer = [] }
    return buffer
  }

  /// Whether all of it was taken.
  func send(_ bytes: [UInt8]) -> Bool {
    var offset = 0
    while offset < bytes.count {
      let sent = bytes.withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset, Int32(MSG_NOSIGNAL))
      }
      if sent < 0, errno == EINTR { continue }
      if sent <= 0 { return false }
      offset += sent
    }
    return true
  }
}
