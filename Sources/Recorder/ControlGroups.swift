import KernelSource

#if canImport(Glibc)
import Glibc
#endif

/// The control groups of the machine, as the unified hierarchy shows them, and the containers that they belong to.
public struct ControlGroups: Sendable {
  /// Where the hierarchy is mounted.
  public let mountPoint: String

  /// A control group that is named after a container.
  public struct ContainerGroup: Sendable, Hashable {
    /// The container's id: 64 hexadecimal digits.
    public let container: String
    /// The group's directory.
    public let path: String
    /// The group's id: the directory's inode number.
    public let id: UInt64
  }

  /// The hierarchy of this machine; `nil` when there is none.
  public static func current() -> ControlGroups? {
    guard let table = contents("/proc/self/mountinfo") else { return nil }
    return ControlGroups(mountTable: table)
  }

  /// The hierarchy in a table as `/proc/self/mountinfo` is. One that shows the whole hierarchy is preferred.
  public init?(mountTable: [UInt8]) {
    let mounts = MountInfo.parse(mountTable).filter { $0.type.elementsEqual("cgroup2".utf8) }
    guard let found = mounts.first(where: { $0.root == [UInt8(ascii: "/")] }) ?? mounts.first else { return nil }
    mountPoint = String(decoding: found.point, as: UTF8.self)
  }

  init(mountPoint: String) { self.mountPoint = mountPoint }

  /// All groups that are named after a container, in the order of their paths.
  /// - Complexity: a look at every directory of the hierarchy.
  public func containerGroups() -> [ContainerGroup] {
    var found: [ContainerGroup] = []
    collect(mountPoint, depth: 0, into: &found)
    return found.sorted { $0.path < $1.path }
  }

  private func collect(_ folder: String, depth: Int, into found: inout [ContainerGroup]) {
    guard depth < 64, let directory = opendir(folder) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if bytes == [UInt8(ascii: ".")] || bytes == [UInt8(ascii: "."), UInt8(ascii: ".")] { continue }
      let path = "\(folder)/\(String(decoding: bytes, as: UTF8.self))"
      var status = stat()
      if let id = ContainerPath.trailingID(bytes[...]), lstat(path, &status) == 0 {
        let container = String(decoding: id, as: UTF8.self)
        found.append(ContainerGroup(container: container, path: path, id: UInt64(status.st_ino)))
      }
      collect(path, depth: depth + 1, into: &found)
    }
  }

  /// Whether a group, or one below it, has processes; `nil` when it is gone.
  static func isPopulated(_ path: String) -> Bool? {
    guard let events = contents(path + "/cgroup.events") else { return nil }
    return String(decoding: events, as: UTF8.self).split(separator: "\n").contains("populated 1")
  }

  private static func contents(_ path: String) -> [UInt8]? {
    guard let file = fopen(path, "re") else { return nil }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 64 << 10)
    while true {
      let count = fread(&part, 1, part.count, file)
      if count == 0 { return bytes }
      bytes += part.prefix(count)
    }
  }
}

/// A container as a user names it: its id, or how that begins.
public struct ContainerName: Sendable, Hashable {
  /// The digits, in small letters.
  public let prefix: String

  /// `nil` for what cannot be an id, or has fewer than four digits. An engine in front (`docker://`) is left out, as
  /// orchestrators write it.
  public init?(_ text: String) {
    let scheme = text.split(separator: "://", maxSplits: 1, omittingEmptySubsequences: false)
    let digits = (scheme.count == 2 ? scheme[1] : text[...]).lowercased()
    guard (4...64).contains(digits.utf8.count),
      digits.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    prefix = digits
  }

  /// What a name stands for among the groups that are there.
  public enum Match: Sendable, Equatable {
    case none
    /// The groups of one container.
    case groups([ControlGroups.ContainerGroup])
    /// The ids of several containers.
    case ambiguous([String])
  }

  /// Finds the container.
  public func match(among groups: [ControlGroups.ContainerGroup]) -> Match {
    let found = groups.filter { $0.container.hasPrefix(prefix) }
    let containers = Set(found.map(\.container))
    if containers.count > 1 { return .ambiguous(containers.sorted()) }
    return found.isEmpty ? .none : .groups(found)
  }
}
