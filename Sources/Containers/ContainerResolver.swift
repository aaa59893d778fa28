/// Finds out what is known of a container from files and the kernel: quick, and without asking anybody.
public struct ContainerResolver: Sendable {
  private let folders: [String]

  /// - Parameter addresses: what a user said of engines; usual folders are looked at as well.
  public init(_ addresses: EngineAddresses) { folders = addresses.folders }

  /// What files say of a container.
  ///
  /// Takes a millisecond or so. A container that is being made may be known only in part: ask again.
  /// - Parameter processes: ids of some of its processes, its first one before others; empty for one that ended.
  public func facts(of container: CgroupContainer, processes: [Int32]) -> ContainerFacts {
    var facts = EngineFiles(folders: folders).facts(of: container, processes: processes)
    facts["pod.uid"] = facts["pod.uid"] ?? container.podUID
    facts["engine"] = facts["engine"] ?? container.engine
    // Engines without ids name the container by what is its id here.
    if facts["name"] == nil, container.id.utf8.count < 64 { facts["name"] = container.id }
    if let process = processes.first {
      let seen = ProcessFacts.facts(of: process)
      for key in ["started", "ip", "host_network"] where facts[key] == nil { facts[key] = seen[key] }
    }
    return facts
  }
}
