import Presentation
import Rules

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// Reading rules files.
enum RulesFiles {
  /// The files, and of directories the `.yaml` and `.yml` files sorted by name.
  static func read(_ paths: [String]) throws(Failure) -> [RulesText] {
    var texts: [RulesText] = []
    for path in paths {
      for file in try files(path) {
        texts.append(RulesText(name: file, bytes: try SmallFile.bytes(file, "the rules file")))
      }
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
}
