import Rules

#if canImport(Glibc)
import Glibc
#endif

/// Reads the files that a configuration consists of.
enum ConfigurationFiles {
  /// A file or directory that cannot be read: in words.
  struct Unreadable: Error {
    let what: String
  }

  /// A file and who may do what with it.
  struct Content {
    let bytes: [UInt8]
    let mode: UInt32
    let owner: UInt32
  }

  /// The content of a regular file.
  static func read(_ path: String, limit: Int = 16 << 20) throws(Unreadable) -> Content {
    // A pipe in the place of a file would wait for a writer.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else { throw Unreadable(what: "cannot be opened (\(String(cString: strerror(errno))))") }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Unreadable(what: String(cString: strerror(errno))) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw Unreadable(what: "is no regular file") }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Unreadable(what: "cannot be read (\(String(cString: strerror(errno))))") }
      if count == 0 { return Content(bytes: bytes, mode: status.st_mode, owner: status.st_uid) }
      bytes += part[..<count]
    }
    throw Unreadable(what: "has more than \(limit >> 20) MiB")
  }

  /// The rules files at a path: it, or of a directory the `.yaml` and `.yml` files sorted by name.
  static func rulesFiles(_ path: String) throws(Unreadable) -> [RulesText] {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      return [RulesText(name: path, bytes: try read(path).bytes)]
    }
    guard let directory = opendir(path) else {
      throw Unreadable(what: "cannot be read (\(String(cString: strerror(errno))))")
    }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { names.append(name) }
    }
    guard !names.isEmpty else {
      throw Unreadable(what: "is a directory without rules files; they end in .yaml or .yml")
    }
    var texts: [RulesText] = []
    for name in names.sorted() {
      let file = path.hasSuffix("/") ? path + name : "\(path)/\(name)"
      do throws(Unreadable) { texts.append(RulesText(name: file, bytes: try read(file).bytes)) } catch {
        throw Unreadable(what: "has a file \(name) that \(error.what)")
      }
    }
    return texts
  }

  /// Whether a path is a program that this process may execute.
  static func isExecutable(_ path: String) -> Bool {
    var status = stat()
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFREG && access(path, X_OK) == 0
  }

  /// A path that may be relative to a folder.
  static func path(_ path: String, in folder: String) -> String {
    if path.hasPrefix("/") || folder.isEmpty { return path }
    return folder.hasSuffix("/") ? folder + path : "\(folder)/\(path)"
  }

  /// A folder as it is called from everywhere: a service may change to another one.
  static func absolute(_ folder: String) -> String {
    if folder.hasPrefix("/") { return folder }
    guard let current = getcwd(nil, 0) else { return folder }
    defer { free(current) }
    let path = String(cString: current)
    return folder.isEmpty ? path : path == "/" ? "/\(folder)" : "\(path)/\(folder)"
  }

  /// The folder of a file: what stands before the last slash.
  static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "" }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
