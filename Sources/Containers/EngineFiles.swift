import JSON

#if canImport(Glibc)
import Glibc
#endif

/// Finds what engines wrote about a container, wherever they keep it.
///
/// Two ways lead there: the usual folders of the engines, and the container's own processes, whose keeper (a shim, or
/// conmon) works in the container's bundle. The second one finds engines that were set up to keep their files elsewhere.
struct EngineFiles {
  /// Folders that a user named.
  let folders: [String]

  /// What all files say.
  /// - Parameter processes: some of the container's processes, its first one before others.
  func facts(of container: CgroupContainer, processes: [Int32]) -> ContainerFacts {
    var facts = ContainerFacts()
    let id = container.id
    // Ids become parts of paths.
    guard !id.isEmpty, id.utf8.count <= 255, !id.contains("/"), id != ".", id != ".." else { return facts }
    var dockerFolders = folders.map { "\($0)/containers/\(id)" } + ["/var/lib/docker/containers/\(id)"]
    var storages = (folders + EngineFiles.usualStorages).flatMap { folder in
      ["overlay-containers", "vfs-containers", "btrfs-containers"].map { "\(folder)/\($0)" }
    }
    var bundleFacts = ContainerFacts()
    for bundle in bundles(id, processes) {
      guard let config = BoundedFile.json("\(bundle)/config.json") else { continue }
      bundleFacts = BundleFacts.facts(config)
      if let storage = bundle.storage { storages.insert(storage, at: 0) }
      if let folder = dockerFolder(id, in: config) { dockerFolders.insert(folder, at: 0) }
      if bundleFacts["engine"] == nil, let engine = keeper(bundle) { bundleFacts["engine"] = engine }
      if bundleFacts["engine"] == "containerd" { addLabels(&bundleFacts, bundle, id) }
      break
    }
    for folder in dockerFolders {
      guard let config = BoundedFile.json("\(folder)/config.v2.json"), config["ID"].text == id else { continue }
      facts = DockerFacts.facts(config: config, host: BoundedFile.json("\(folder)/hostconfig.json") ?? .null)
      facts["engine"] = "docker"
      break
    }
    // The engine's own list of mounts has no such that it makes by itself for every container.
    if facts["engine"] == "docker" { bundleFacts.remove("mounts") }
    for storage in storages {
      guard let list = BoundedFile.json("\(storage)/containers.json"), let found = PodmanFacts.facts(list: list, id: id)
      else { continue }
      // The bundle of CRI-O says more of its names than the storage does.
      if bundleFacts["engine"] == "cri-o" {
        bundleFacts.fill(from: found)
      } else {
        facts.fill(from: found)
        facts["engine"] = facts["engine"] ?? "podman"
        if let slash = storage.lastIndex(of: "/"),
          let more = EngineStores.podman(storage: String(storage[..<slash]), id: id)
        {
          facts.fill(from: more)
        }
      }
      break
    }
    facts.fill(from: bundleFacts)
    facts.completeSandbox()
    return facts
  }

  /// Adds what containerd keeps in its own store: the bundle has links to where that is.
  private func addLabels(_ facts: inout ContainerFacts, _ bundle: Bundle, _ id: String) {
    let words = bundle.path.split(separator: "/")
    guard let namespace = words.dropLast().last.map(String.init), words.last?.elementsEqual(id) == true else { return }
    var roots = folders + ["/var/lib/containerd", "/var/lib/rancher/k3s/agent/containerd"]
    if let work = BoundedFile.link("\(bundle)/work"), let end = work.firstRange(of: "/io.containerd.runtime.v") {
      roots = [String(work[..<end.lowerBound])]
    }
    for root in roots {
      guard
        let found = EngineStores.containerd(
          root: root, namespace: namespace, id: id, sandbox: facts["pod.full_sandbox_id"])
      else { continue }
      return facts.fill(from: found)
    }
  }

  private static let usualStorages: [String] = {
    let homes = ["/root"] + BoundedFile.names("/home").map { "/home/\($0)" }
    return ["/var/lib/containers/storage", "/run/containers/storage"]
      + homes.map { "\($0)/.local/share/containers/storage" }
  }()

  /// Where the container's bundle may be.
  private func bundles(_ id: String, _ processes: [Int32]) -> [Bundle] {
    var found = processes.prefix(4).compactMap { EngineFiles.keptBundle(of: $0, id) }
    for folder in folders {
      found += [Bundle("\(folder)/\(id)"), Bundle("\(folder)/overlay-containers/\(id)/userdata")]
      for tasks in [folder, "\(folder)/io.containerd.runtime.v2.task"] { found += EngineFiles.task(id, below: tasks) }
    }
    for state in [
      "/run/containerd", "/run/docker/containerd/daemon", "/var/run/docker/containerd", "/run/k3s/containerd",
    ] {
      found += EngineFiles.task(id, below: "\(state)/io.containerd.runtime.v2.task")
    }
    for storage in EngineFiles.usualStorages { found.append(Bundle("\(storage)/overlay-containers/\(id)/userdata")) }
    for state in folders.map({ "\($0)/\(id)/state.json" }) + ["/run/runc/\(id)/state.json", "/run/crun/\(id)/status"] {
      guard let state = BoundedFile.json(state) else { continue }
      let labels = state["config"]["labels"].elements.compactMap(\.text)
      if let label = labels.first(where: { $0.hasPrefix("bundle=/") }) {
        found.append(Bundle(String(label.dropFirst(7))))
      }
      if let bundle = state["bundle"].text, bundle.hasPrefix("/") { found.append(Bundle(bundle)) }
    }
    return found
  }

  /// The bundles of a container below containerd's folder of tasks, one folder a namespace.
  private static func task(_ id: String, below folder: String) -> [Bundle] {
    BoundedFile.names(folder, limit: 200).map { Bundle("\(folder)/\($0)/\(id)") }
      .filter { BoundedFile.exists("\($0)/config.json") }
  }

  /// The bundle that the keeper of a process works in.
  private static func keptBundle(of process: Int32, _ id: String) -> Bundle? {
    var process = process
    for _ in 0..<4 {
      guard let parent = parent(of: process), parent > 1 else { return nil }
      process = parent
      guard let arguments = BoundedFile.bytes("/proc/\(process)/cmdline", limit: 1 << 20) else { return nil }
      let words = arguments.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
      let program = words.first.map {
        String($0[($0.lastIndex(of: "/").map { words[0].index(after: $0) } ?? $0.startIndex)...])
      }
      if program?.hasPrefix("conmon") == true, let flag = words.firstIndex(of: "-b"), flag + 1 < words.count,
        words.contains(id)
      {
        return Bundle(words[flag + 1])
      }
      // One shim keeps all containers of a pod, and works in the bundle of the pod's first one.
      if program?.hasPrefix("containerd-shim") == true, let folder = BoundedFile.link("/proc/\(process)/cwd"),
        let slash = folder.lastIndex(of: "/")
      {
        return Bundle("\(folder[..<slash])/\(id)")
      }
    }
    return nil
  }

  private static func parent(of process: Int32) -> Int32? {
    guard let stat = BoundedFile.text("/proc/\(process)/stat"), let end = stat.lastIndex(of: ")") else { return nil }
    let fields = stat[stat.index(after: end)...].split(separator: " ")
    return fields.count > 1 ? Int32(fields[1]) : nil
  }

  /// The folder that Docker mounts some of the container's files from.
  private func dockerFolder(_ id: String, in config: JSONDocument) -> String? {
    let tail = "/containers/\(id)/"
    return config["mounts"].elements.lazy.compactMap { $0["source"].text }.compactMap { source in
      source.firstRange(of: tail).map { String(source[..<source.index(before: $0.upperBound)]) }
    }.first
  }

  /// The engine that keeps bundles at such a place. Docker's containers are tasks of containerd in a namespace of its own.
  private func keeper(_ bundle: Bundle) -> String? {
    guard let range = bundle.path.firstRange(of: "/io.containerd.runtime.v") else {
      return bundle.storage == nil ? nil : "podman"
    }
    return bundle.path[range.upperBound...].contains("/moby/") ? "docker" : "containerd"
  }
}

/// The folder that a runtime was started with.
private struct Bundle: CustomStringConvertible {
  let path: String

  init(_ path: String) { self.path = path }

  var description: String { path }

  /// The folder of all containers of Podman's or CRI-O's storage that the bundle stands in: `…/overlay-containers`.
  var storage: String? {
    path.firstRange(of: "-containers/").map { String(path[..<path.index(before: $0.upperBound)]) }
  }
}
