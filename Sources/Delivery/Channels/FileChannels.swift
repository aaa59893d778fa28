#if canImport(Glibc)
import Glibc
#endif

/// Lines on standard output.
final class StandardOutputChannel: Channel {
  let batchSize = 64
  private let isJSON: Bool
  private var isInLine = false

  init(isJSON: Bool) { self.isJSON = isJSON }

  func deliver(_ notices: ArraySlice<Notice>, isCancelled: @escaping () -> Bool) -> DeliveryOutcome {
    for (index, notice) in notices.enumerated() {
      // What was left unfinished when nobody read is ended first.
      let start = isInLine ? "\n" : ""
      let text = isJSON ? notice.json : notice.text
      // One notice is one line, whatever is in it.
      let line =
        start + String(String.UnicodeScalarView(text.unicodeScalars.map { $0 == "\n" || $0 == "\r" ? " " : $0 })) + "\n"
      if let reason = write(Array(line.utf8), isCancelled) { return .failed(index, reason, after: nil) }
    }
    return .delivered
  }

  private func write(_ bytes: [UInt8], _ isCancelled: () -> Bool) -> String? {
    var offset = 0
    while offset < bytes.count {
      var state = pollfd(fd: STDOUT_FILENO, events: Int16(POLLOUT), revents: 0)
      if poll(&state, 1, 1000) <= 0 {
        if isCancelled() { return "nobody reads standard output" }
        continue
      }
      // A pipe that takes something takes at least so much without making the writer wait.
      let count = min(bytes.count - offset, 4096)
      let written = bytes.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress?.advanced(by: offset), count) }
      if written < 0, errno == EINTR || errno == EAGAIN { continue }
      if written <= 0 { return "standard output: \(String(cString: strerror(errno)))" }
      offset += written
      isInLine = offset < bytes.count
    }
    return nil
  }
}

/// Lines of JSON in a file.
final class FileChannel: Channel {
  let batchSize = 256
  private let path: String
  private var descriptor: Int32 = -1
  private var isInLine = false

  init(_ path: String) { self.path = path }

  deinit { if descriptor >= 0 { close(descriptor) } }

  func deliver(_ notices: ArraySlice<Notice>, isCancelled: @escaping () -> Bool) -> DeliveryOutcome {
    if let reason = open() { return .failed(0, reason, after: nil) }
    for (index, notice) in notices.enumerated() {
      let bytes = Array(((isInLine ? "\n" : "") + notice.json + "\n").utf8)
      var offset = 0
      while offset < bytes.count {
        let written = bytes.withUnsafeBytes {
          Glibc.write(descriptor, $0.baseAddress?.advanced(by: offset), $0.count - offset)
        }
        if written < 0, errno == EINTR { continue }
        if written <= 0 { return .failed(index, "\(path): \(String(cString: strerror(errno)))", after: nil) }
        offset += written
        // A line that a full disk cut off is ended before the next one begins.
        isInLine = offset < bytes.count
      }
    }
    return .delivered
  }

  /// Opens the file, again when it is not the one at the path any more.
  private func open() -> String? {
    var there = stat()
    var mine = stat()
    if descriptor >= 0, stat(path, &there) == 0, fstat(descriptor, &mine) == 0, there.st_ino == mine.st_ino,
      there.st_dev == mine.st_dev
    {
      return nil
    }
    if descriptor >= 0 { close(descriptor) }
    isInLine = false
    descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
    guard descriptor >= 0 else { return "\(path): \(String(cString: strerror(errno)))" }
    guard fstat(descriptor, &mine) == 0, mine.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      descriptor = -1
      return "\(path): is no regular file"
    }
    return nil
  }
}
