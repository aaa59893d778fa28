import Presentation
import Rules

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reading rules files.
enum RulesFiles {
  /// A byte more than what is read of a file at most.
  private static let limit = 16 << 20

  /// The files, and of directories the `.yaml` and `.yml` files sorted by name.
  static func read(_ paths: [String]) throws(Failure) -> [RulesText] {
    var texts: [RulesText] = []
    for path in paths {
      for file in try files(path) { texts.append(RulesText(name: file, bytes: try bytes(file))) }
    }
    return texts
  }

  /// Loads rules for use: what is wrong ends the command.
  static func load(_ paths: [String]) throws(Failure) -> RuleSet {
    let set = RulesLoader.load(try read(paths))
    let errors = set.diagnostics.filter { $0.severity == .error }
    guard let first = errors.first else { return set }
    let more = errors.count - 1
    throw Failure(
      status: ExitStatus.refused,
      ErrorLine(
        first.message, place: "\(first.file):\(first.line):\(first.column)",
        remedy: more > 0 ? "and \(Units.count(more, "more error")); `reel rules check` shows all" : nil,
        excerpt: first.snippet))
  }

  private static func files(_ path: String) throws(Failure) -> [String] {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else { return [path] }
    guard let directory = opendir(path) else { throw .refused("the directory cannot be read", place: path) }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafeBytes(of: entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name.hasSuffix(".yaml") || name.hasSuffix(".yml") { names.append(name) }
    }
    if names.isEmpty {
      throw .refused("there is no rules file in the directory", place: path, remedy: "they end in .yaml or .yml")
    }
    return names.sorted().map { path.hasSuffix("/") ? path + $0 : "\(path)/\($0)" }
  }

  private static func bytes(_ path: String) throws(Failure) -> [UInt8] {
    let descriptor = path == "-" ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else {
      throw .refused("the rules file cannot be opened (\(String(cString: strerror(errno))))", place: path)
    }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while bytes.count <= limit {
      let count = Glibc.read(descriptor, &part, part.count)
      if count < 0, errno == EINTR { continue }
      if count < 0 {
        throw .refused("the rules file cannot be read (\(String(cString: strerror(errno))))", place: path)
      }
      if count == 0 { return bytes }
      bytes += part[..<count]
    }
    throw .refused("the rules file is larger than \(Units.bytes(UInt64(limit)))", place: path)
  }
}
