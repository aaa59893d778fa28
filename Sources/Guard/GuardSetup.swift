import Rules

#if canImport(Glibc)
import Glibc
#endif

/// What a guard is started with, and goes on with when it changes: a configuration, and the rules that it names.
public struct GuardSetup: Sendable {
  /// What is watched, and what happens then.
  public var configuration: GuardConfiguration
  /// All rules of its files.
  public var rules: [Rule]
  /// The files that all of it was read from: when one changes, all is read again.
  public var files: [String]

  /// A setup.
  public init(_ configuration: GuardConfiguration, _ rules: [Rule], files: [String] = []) {
    self.configuration = configuration
    self.rules = rules
    self.files = files
  }
}

extension GuardSetup {
  /// Its files, and the directories of rules, in which new ones may come up.
  var watchedFiles: [String] {
    files
      + configuration.rulesFiles.filter { path in
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
      }
  }
}

/// Notices when files change: written, replaced, made or deleted.
struct FileWatch: Sendable {
  private struct Mark: Hashable {
    var inode: UInt64 = 0
    var size: Int64 = 0
    var seconds = 0
    var nanoseconds = 0
  }

  private let files: [String]
  private var marks: [Mark]

  /// - Parameter files: files, and directories of which it counts what is made, renamed or deleted in them.
  init(_ files: [String]) {
    self.files = files
    marks = self.files.map(FileWatch.mark)
  }

  /// Whether something changed since the last call. A few microseconds a file.
  mutating func hasChanged() -> Bool {
    let now = files.map(FileWatch.mark)
    defer { marks = now }
    return now != marks
  }

  private static func mark(_ path: String) -> Mark {
    var status = stat()
    guard stat(path, &status) == 0 else { return Mark() }
    // Of a directory only what was made or renamed in it counts.
    let isFolder = status.st_mode & S_IFMT == S_IFDIR
    return Mark(
      inode: UInt64(status.st_ino), size: isFolder ? 0 : Int64(status.st_size), seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec)
  }
}
