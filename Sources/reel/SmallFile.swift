import Presentation

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Files that people write: read whole, and bounded.
enum SmallFile {
  /// The most bytes of one.
  static let limit = 16 << 20

  /// All bytes of a file; `-` is standard input.
  /// - Parameter what: what messages call it.
  static func bytes(_ path: String, _ what: String) throws(Failure) -> [UInt8] {
    let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .refused("\(what) cannot be opened (\(String(cString: strerror(errno))))", place: path)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count <= limit {
      let count = read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 { throw .refused("\(what) cannot be read (\(String(cString: strerror(errno))))", place: path) }
      if count == 0 { return bytes }
      bytes += part[..<count]
    }
    throw .refused("the file is larger than \(Units.bytes(UInt64(limit)))", place: path)
  }
}
