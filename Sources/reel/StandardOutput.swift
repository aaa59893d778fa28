#if canImport(Glibc)
import Glibc
#endif

/// Why results could not be written.
enum OutputError: Error, Hashable {
  /// Whoever read them has gone.
  case closed
  /// Anything else: in words.
  case failed(String)
}

/// Results on their way to standard output, in writes of 64 KiB and more.
///
/// A class, because closures of a scan write to it; one a command.
final class StandardOutput {
  private var buffer: [UInt8] = []
  private let descriptor: Int32
  private static let writeSize = 64 << 10

  init(descriptor: Int32 = STDOUT_FILENO) {
    self.descriptor = descriptor
    buffer.reserveCapacity(2 * StandardOutput.writeSize)
  }

  /// Adds bytes; large amounts go out at once.
  func write(_ bytes: some Sequence<UInt8>) throws(OutputError) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= StandardOutput.writeSize { try flush() }
  }

  /// Adds bytes; large amounts go out from where they are.
  func write(_ bytes: ArraySlice<UInt8>) throws(OutputError) {
    if bytes.count < StandardOutput.writeSize {
      buffer.append(contentsOf: bytes)
      if buffer.count >= StandardOutput.writeSize { try flush() }
      return
    }
    try flush()
    let result = bytes.withUnsafeBytes { bytes in
      Result<Void, OutputError> { () throws(OutputError) in try send(bytes) }
    }
    try result.get()
  }

  /// Adds text.
  func write(_ text: String) throws(OutputError) { try write(text.utf8) }

  /// Writes what waits. To be called at the end: what was not flushed is not written.
  func flush() throws(OutputError) {
    defer { buffer.removeAll(keepingCapacity: true) }
    let result = buffer.withUnsafeBytes { bytes in
      Result<Void, OutputError> { () throws(OutputError) in try send(bytes) }
    }
    try result.get()
  }

  private func send(_ bytes: UnsafeRawBufferPointer) throws(OutputError) {
    var offset = 0
    while offset < bytes.count {
      let written = Glibc.write(descriptor, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
      if written >= 0 {
        offset += written
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&wait, 1, 1000)
      case EPIPE: throw .closed
      case let code: throw .failed("writing failed: \(String(cString: strerror(code)))")
      }
    }
  }

  /// Whether standard output is a pipe that nobody reads any more.
  static var hasLostItsReader: Bool {
    var state = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
    return poll(&state, 1, 0) == 1 && state.revents & Int16(POLLERR) != 0
  }
}

/// What is said about the work, not its results.
enum StandardError {
  /// Writes at once. What cannot be said is no error.
  static func write(_ text: String) {
    var text = text
    text.withUTF8 { bytes in
      var offset = 0
      while offset < bytes.count {
        let written = Glibc.write(STDERR_FILENO, bytes.baseAddress?.advanced(by: offset), bytes.count - offset)
        if written < 0, errno == EINTR { continue }
        if written <= 0 { return }
        offset += written
      }
    }
  }
}
