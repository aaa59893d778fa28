import Presentation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Writing a picture to a file.
enum PictureFile {
  /// - Parameters:
  ///   - path: `-` is standard output.
  ///   - force: whether a file of this name is overwritten.
  static func write(_ text: String, to path: String, force: Bool) throws {
    if path == "-" {
      let output = StandardOutput()
      try output.write(text)
      return try output.flush()
    }
    let flags = O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL)
    let descriptor = open(path, flags, 0o644)
    guard descriptor >= 0 else {
      let error = errno
      throw Failure.refused(
        "the picture cannot be made (\(String(cString: strerror(error))))", place: path,
        remedy: error == EEXIST ? "choose another name or replace it with --force" : nil)
    }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else {
        let reason = String(cString: strerror(errno))
        close(descriptor)
        throw Failure(status: ExitStatus.failed, ErrorLine("the picture cannot be written (\(reason))", place: path))
      }
      bytes = bytes.dropFirst(count)
    }
    guard close(descriptor) == 0 else {
      throw Failure(
        status: ExitStatus.failed,
        ErrorLine("the picture cannot be written (\(String(cString: strerror(errno))))", place: path))
    }
  }
}
