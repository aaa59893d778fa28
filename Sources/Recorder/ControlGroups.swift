import Containers
import KernelSource

#if canImport(Glibc)
import Glibc
#endif

/// The control groups of the machine, and the containers that they belong to.
///
/// Those of the unified hierarchy, and of two of the older kind: the kernel program looks at the same ones (`bpf/cgroup.h`).
/// A container has a group in each, and a task is moved into one after the other.
public struct ControlGroups: Sendable {
  /// A mounted hierarchy.
  public struct Hierarchy: Sendable, Hashable {
    /// Where it is mounted.
    public let mountPoint: String
    /// Whether it is the unified one.
    public let isUnified: Bool
  }

  /// The unified hierarchy first.
  public let hierarchies: [Hierarchy]

  /// Where the older kind's freezer is mounted; the unified hierarchy has one of its own.
  private let freezer: String?

  /// A control group that is named after a container.
  public struct ContainerGroup: Sendable, Hashable {
    /// The container.
    public let container: CgroupContainer
    /// The group's directory.
    public let path: String
    /// The group's id: the directory's inode number, with the highest bit set for those of older hierarchies.
    public let id: UInt64

    /// Its processes, at most a few: its own first, then those of the groups right below.
    public func processes() -> [Int32] {
      let folders = [path] + ControlGroups.folders(in: path).map { "\(path)/\($0)" }
      var found: [Int32] = []
      for folder in folders where found.count < 16 {
        let text = ControlGroups.contents(folder + "/cgroup.procs").map { String(decoding: $0, as: UTF8.self) } ?? ""
        found += text.split(separator: "\n").prefix(16).compactMap { Int32($0) }.filter { $0 > 0 }
      }
      return found
    }
  }

  /// The hierarchies of this machine; `nil` when there is none.
  public static func current() -> ControlGroups? {
    guard let table = contents("/proc/self/mountinfo") else { return nil }
    return ControlGroups(mountTable: table)
  }

  /// The hierarchies in a table as `/proc/self/mountinfo` is. Of several mounts of one, that which shows all of it is preferred.
  public init?(mountTable: [UInt8]) {
    let mounts = MountInfo.parse(mountTable)
    func hierarchy(_ isWanted: (MountInfo) -> Bool, isUnified: Bool) -> Hierarchy? {
      let candidates = mounts.filter(isWanted)
      let found = candidates.first { $0.root == [UInt8(ascii: "/")] } ?? candidates.first
      return found.map { Hierarchy(mountPoint: String(decoding: $0.point, as: UTF8.self), isUnified: isUnified) }
    }
    func old(_ controller: String) -> Hierarchy? {
      hierarchy(
        { mount in
          mount.type.elementsEqual("cgroup".utf8)
            && mount.superOptions.split(separator: UInt8(ascii: ",")).contains { $0.elementsEqual(controller.utf8) }
        }, isUnified: false)
    }
    let unified = hierarchy({ $0.type.elementsEqual("cgroup2".utf8) }, isUnified: true)
    let (memory, pids) = (old("memory"), old("pids"))
    hierarchies = [unified, memory, pids == memory ? nil : pids].compactMap { $0 }
    freezer = old("freezer")?.mountPoint
    if hierarchies.isEmpty { return nil }
  }

  init(mountPoint: String) {
    hierarchies = [Hierarchy(mountPoint: mountPoint, isUnified: true)]
    freezer = nil
  }

  /// For tests: hierarchies that are plain directories.
  init(hierarchies: [Hierarchy]) {
    self.hierarchies = hierarchies
    freezer = nil
  }

  /// All groups that are named after a container, in the order of their paths. A container that is in several hierarchies
  /// comes once.
  /// - Complexity: a look at every directory of the hierarchies.
  public func containerGroups() -> [ContainerGroup] {
    var found: [ContainerGroup] = []
    for hierarchy in hierarchies {
      let known = Set(found.map(\.container.id))
      forEachGroup(below: hierarchy.mountPoint, in: hierarchy) { path, group in
        if let group, !known.contains(group.container.id) { found.append(group) }
      }
    }
    return found.sorted { $0.path < $1.path }
  }

  /// Looks at a group and all below it, each before those that are in it.
  /// - Parameter body: gets each directory, and the container's group that it is.
  func forEachGroup(below folder: String, in hierarchy: Hierarchy, _ body: (String, ContainerGroup?) -> Void) {
    var open = [(path: folder, depth: 0)]
    while let (path, depth) = open.popLast() {
      body(path, ControlGroups.containerGroup(path, in: hierarchy))
      guard depth < 64 else { continue }
      open += ControlGroups.folders(in: path).map { ("\(path)/\($0)", depth + 1) }
    }
  }

  /// The container's group that a directory is: its own name, not one above, names the container.
  static func containerGroup(_ path: String, in hierarchy: Hierarchy) -> ContainerGroup? {
    let own = path.dropFirst(hierarchy.mountPoint.count)
    guard let container = CgroupContainer(path: String(own)), let slash = own.lastIndex(of: "/"),
      CgroupContainer(path: String(own[..<slash]))?.id != container.id
    else { return nil }
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    let mark: UInt64 = hierarchy.isUnified ? 0 : 1 << 63
    return ContainerGroup(container: container, path: path, id: UInt64(status.st_ino) | mark)
  }

  /// The groups in a group, by name.
  static func folders(in folder: String) -> [String] {
    guard let directory = opendir(folder) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      guard entry.pointee.d_type == UInt8(DT_DIR) else { continue }
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
      if name != ".", name != ".." { names.append(name) }
    }
    return names.sorted()
  }

  /// Whether a group, or one below it, has processes; `nil` when it is gone.
  static func isPopulated(_ path: String) -> Bool? {
    if let events = contents(path + "/cgroup.events") {
      return String(decoding: events, as: UTF8.self).split(separator: "\n").contains("populated 1")
    }
    // Older hierarchies do not say so of a group and all below it.
    guard let processes = contents(path + "/cgroup.procs") else { return nil }
    return !processes.isEmpty || folders(in: path).contains { isPopulated("\(path)/\($0)") == true }
  }

  /// Whether everything in a container's group stands still; `nil` when no hierarchy says so.
  func isFrozen(_ group: ContainerGroup) -> Bool? {
    var isFrozen: Bool?
    if let events = ControlGroups.contents(group.path + "/cgroup.events") {
      let lines = String(decoding: events, as: UTF8.self).split(separator: "\n")
      isFrozen = lines.first { $0.hasPrefix("frozen ") }.map { $0 == "frozen 1" }
    }
    if isFrozen == true { return true }
    guard let folder = freezerFolder(group), let state = ControlGroups.contents(folder + "/freezer.state") else {
      return isFrozen
    }
    return state.starts(with: "FROZEN".utf8)
  }

  /// The directories of the older freezer for a container's group; `nil` where there is none.
  func freezerFolder(_ group: ContainerGroup) -> String? {
    // Engines give a container's group the same path in all hierarchies.
    guard let freezer, let own = hierarchies.first(where: { group.path.hasPrefix($0.mountPoint + "/") }) else {
      return nil
    }
    return freezer + group.path.dropFirst(own.mountPoint.count)
  }

  fileprivate static func contents(_ path: String) -> [UInt8]? {
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
