import JSON

/// Reads an OCI bundle's `config.json`: what every runtime is started with, whichever engine made it.
enum BundleFacts {
  /// What a configuration says, with the annotations of the engines that put names there.
  static func facts(_ config: JSONDocument) -> ContainerFacts {
    var facts = ContainerFacts()
    let annotations = config["annotations"]
    setNames(&facts, annotations)
    facts.setEnvironment(config["process"]["env"].elements)
    if let uid = config["process"]["user"]["uid"].integer {
      facts["user"] = config["process"]["user"]["gid"].integer.map { "\(uid):\($0)" } ?? "\(uid)"
    }
    facts.setMounts(config["mounts"].elements.compactMap(mount))
    setLimits(&facts, config["linux"]["resources"])
    setNamespaces(&facts, config["linux"])
    facts.set("privileged", privileged(config, annotations))
    facts.completeSandbox()
    return facts
  }

  /// Annotations by the key of what they say. Of several for one key the first that is there counts.
  private static let annotated: [(key: String, annotations: [String])] = [
    ("pod", ["io.kubernetes.cri.sandbox-name", "io.kubernetes.cri-o.KubeName", "io.kubernetes.pod.name"]),
    (
      "pod_namespace",
      ["io.kubernetes.cri.sandbox-namespace", "io.kubernetes.cri-o.Namespace", "io.kubernetes.pod.namespace"]
    ),
    ("pod.uid", ["io.kubernetes.cri.sandbox-uid", "io.kubernetes.pod.uid"]),
    ("pod.full_sandbox_id", ["io.kubernetes.cri.sandbox-id", "io.kubernetes.cri-o.SandboxID"]),
    ("pod.container", ["io.kubernetes.cri.container-name", "io.kubernetes.container.name"]),
    ("pod.ip", ["io.kubernetes.cri-o.IP.0"]),
    ("image.id", ["io.kubernetes.cri-o.ImageRef"]),
    ("name", ["nerdctl/name", "io.kubernetes.cri.container-name", "io.kubernetes.cri-o.Name", "io.container.name"]),
  ]

  private static func setNames(_ facts: inout ContainerFacts, _ annotations: JSONDocument) {
    for (key, names) in annotated { facts[key] = names.lazy.compactMap { annotations[$0].text }.first }
    let image = ["io.kubernetes.cri.image-name", "io.kubernetes.cri-o.ImageName", "org.opencontainers.image.ref.name"]
      .lazy.compactMap { annotations[$0].text }.first
    if let image { facts.setImage(image) }
    // The container that only holds the pod's namespaces has no name of its own.
    let kind =
      annotations["io.kubernetes.cri.container-type"].text ?? annotations["io.kubernetes.cri-o.ContainerType"].text
    if kind == "sandbox", facts["name"] == nil, let pod = facts["pod"] { facts["name"] = pod }
    if let labels = nested(annotations["io.kubernetes.cri-o.Labels"]) { facts.setLabels(labels.members) }
    if let labels = nested(annotations["nerdctl/labels"]) { facts.setLabels(labels.members) }
    for (name, value) in annotations.members where name.hasPrefix("io.reel.") || isPlain(name) {
      if let text = value.text { facts["annotation.\(name)"] = text }
    }
    switch annotations["io.container.manager"].text {
    case "cri-o": facts["engine"] = "cri-o"
    case "libpod": facts["engine"] = "podman"
    default:
      if annotations["io.kubernetes.cri.sandbox-id"].text != nil { facts["engine"] = "containerd" }
      if annotations["io.kubernetes.cri-o.ContainerID"].text != nil { facts["engine"] = "cri-o" }
    }
  }

  /// Annotations of people, not of engines, which repeat what is said elsewhere.
  private static func isPlain(_ name: String) -> Bool {
    !["io.kubernetes.", "kubernetes.io/", "io.container", "io.podman.", "org.opencontainers.", "nerdctl/", "kubectl."]
      .contains { name.hasPrefix($0) }
  }

  /// Engines write some objects as texts.
  private static func nested(_ value: JSONDocument) -> JSONDocument? {
    guard let text = value.text else { return nil }
    do throws(JSONDocument.Malformed) { return try JSONDocument.parse(Array(text.utf8)) } catch { return nil }
  }

  private static func mount(_ mount: JSONDocument) -> ContainerFacts.Mount? {
    // Those that every container has are of no interest: only what comes from the host's files is.
    guard let destination = mount["destination"].text, let source = mount["source"].text, source.hasPrefix("/") else {
      return nil
    }
    let options = mount["options"].elements.compactMap(\.text)
    let propagation = options.first { option in
      ["shared", "slave", "private", "unbindable"].contains { option == $0 || option == "r" + $0 }
    }
    let mode = options.filter { $0 == "ro" || $0 == "rw" || $0 == "z" || $0 == "Z" }.joined(separator: " ")
    return ContainerFacts.Mount(
      source: source, destination: destination, mode: mode, isWritable: !options.contains("ro"),
      propagation: propagation ?? "")
  }

  private static func setLimits(_ facts: inout ContainerFacts, _ resources: JSONDocument) {
    facts.setLimit("limit.memory", resources["memory"]["limit"].integer)
    if let quota = resources["cpu"]["quota"].integer, quota > 0, quota < 1 << 40 {
      let period = resources["cpu"]["period"].integer ?? 100_000
      if period > 0 { facts.setLimit("limit.cpu", quota * 1000 / period) }
    }
    facts["limit.cpuset"] = resources["cpu"]["cpus"].text
  }

  private static func setNamespaces(_ facts: inout ContainerFacts, _ linux: JSONDocument) {
    guard case .array(let namespaces) = linux["namespaces"] else { return }
    let own = Set(namespaces.compactMap { $0["type"].text })
    for (kind, key) in [("pid", "host_pid"), ("network", "host_network"), ("ipc", "host_ipc")] where !own.contains(kind)
    {
      facts.set(key, true)
    }
    for namespace in namespaces {
      // That of another container, or of the host, by its path.
      let isHosts = namespace["path"].text.map { $0.hasPrefix("/proc/1/") } ?? false
      switch namespace["type"].text {
      case "pid": facts.set("host_pid", isHosts)
      case "network": facts.set("host_network", isHosts)
      case "ipc": facts.set("host_ipc", isHosts)
      default: break
      }
    }
  }

  /// What engines call privileged has no name here, but is seen: nothing of `/proc` is hidden, and there are all rights.
  private static func privileged(_ config: JSONDocument, _ annotations: JSONDocument) -> Bool? {
    if let said = annotations["io.podman.annotations.privileged"].text { return said.lowercased() == "true" }
    if let said = annotations["io.kubernetes.cri-o.PrivilegedRuntime"].text { return said == "true" }
    guard case .object = config["linux"] else { return nil }
    let rights = Set(config["process"]["capabilities"]["bounding"].elements.compactMap(\.text))
    return config["linux"]["maskedPaths"].elements.isEmpty && config["linux"]["readonlyPaths"].elements.isEmpty
      && rights.contains("CAP_SYS_ADMIN") && rights.contains("CAP_SYS_MODULE")
  }
}
