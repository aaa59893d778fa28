import JSON

#if canImport(Glibc)
import Glibc
#endif

/// Reads files of engines: none of them is large, and none may make the reader wait.
enum BoundedFile {
  /// The content of a regular file of at most `limit` bytes; `nil` when it is not there, not readable, or larger.
  static func bytes(_ path: String, limit: Int = 8 << 20) -> [UInt8]? {
    // A pipe in the place of a file would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = read(descriptor, &part, part.count)
      if count < 0 { return nil }
      if count == 0 { return bytes }
      bytes += part[..<count]
      if bytes.count > limit { return nil }
    }
  }

  /// The content as text.
  static func text(_ path: String) -> String? { bytes(path).map { String(decoding: $0, as: UTF8.self) } }

  /// The JSON in a file; `nil` for anything else.
  static func json(_ path: String) -> JSONDocument? {
    guard let bytes = bytes(path) else { return nil }
    do throws(JSONDocument.Malformed) {
      return try JSONDocument.parse(bytes)
    } catch {
      // A file that is being written. Whoever asks asks again.
      return nil
    }
  }

  /// Whether something is there.
  static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

  /// Where a link leads.
  static func link(_ path: String) -> String? {
    var buffer = [CChar](repeating: 0, count: 4096)
    let length = readlink(path, &buffer, buffer.count)
    guard length > 0, length < buffer.count else { return nil }
    return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The names in a folder, at most `limit` of them, in order.
  static func names(_ path: String, limit: Int = 10_000) -> [String] {
    guard let folder = opendir(path) else { return [] }
    defer { closedir(folder) }
    var names: [String] = []
    while names.count < limit, let entry = readdir(folder) {
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }
}
