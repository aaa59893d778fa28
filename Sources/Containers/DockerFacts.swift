import JSON

/// Reads what Docker and those that speak its language say: an engine's own file of a container, and answers of its API.
enum DockerFacts {
  /// What `config.v2.json` and `hostconfig.json` in a container's folder say.
  static func facts(config: JSONDocument, host: JSONDocument) -> ContainerFacts {
    var facts = ContainerFacts()
    set(&facts, name: config["Name"], config: config["Config"], host: host, network: config["NetworkSettings"])
    if let image = config["Config"]["Image"].text { facts.setImage(image) }
    facts["image.id"] = config["Image"].text.map(plainDigest)
    setState(&facts, config["State"])
    // An object here, by destination, and an array in the API.
    facts.setMounts(config["MountPoints"].members.map { mount($0.value, mode: $0.value["Mode"].text) })
    return facts
  }

  /// What the API answers about one container; `nil` when it is about another one.
  static func facts(inspected: JSONDocument, id: String) -> ContainerFacts? {
    guard inspected["Id"].text == id else { return nil }
    var facts = ContainerFacts()
    let host = inspected["HostConfig"]
    set(
      &facts, name: inspected["Name"], config: inspected["Config"], host: host, network: inspected["NetworkSettings"])
    // Podman gives the image's name here as well.
    if let image = inspected["Config"]["Image"].text ?? inspected["ImageName"].text { facts.setImage(image) }
    facts["image.id"] = inspected["Image"].text.map(plainDigest)
    setState(&facts, inspected["State"])
    facts.setMounts(inspected["Mounts"].elements.map { mount($0, mode: $0["Mode"].text) })
    return facts
  }

  /// What the API answers about an image: the digest that registries know it by.
  static func digest(image: JSONDocument, repository: String?) -> String? {
    let digests = image["RepoDigests"].elements.compactMap(\.text)
    let own = repository.flatMap { repository in digests.first { $0.hasPrefix(repository + "@") } }
    guard let found = own ?? digests.first, let at = found.lastIndex(of: "@") else { return nil }
    return String(found[found.index(after: at)...])
  }

  /// `sha256:` in front of an image's id is no part of it.
  private static func plainDigest(_ text: String) -> String {
    text.hasPrefix("sha256:") ? String(text.dropFirst(7)) : text
  }

  private static func set(
    _ facts: inout ContainerFacts, name: JSONDocument, config: JSONDocument, host: JSONDocument, network: JSONDocument
  ) {
    facts["name"] = name.text.map { $0.hasPrefix("/") ? String($0.dropFirst()) : $0 }
    facts.setLabels(config["Labels"].members)
    facts.setEnvironment(config["Env"].elements)
    facts["user"] = config["User"].text
    facts.set("privileged", host["Privileged"].boolean)
    facts.setLimit("limit.memory", host["Memory"].integer)
    if let nano = host["NanoCpus"].integer, nano > 0 {
      facts.setLimit("limit.cpu", nano / 1_000_000)
    } else if let quota = host["CpuQuota"].integer, quota > 0, quota < 1 << 40 {
      let period = host["CpuPeriod"].integer ?? 0
      facts.setLimit("limit.cpu", quota * 1000 / (period > 0 ? period : 100_000))
    }
    facts["limit.cpuset"] = host["CpusetCpus"].text
    for (mode, key) in [("PidMode", "host_pid"), ("NetworkMode", "host_network"), ("IpcMode", "host_ipc")] {
      if case .string(let text) = host[mode] { facts.set(key, text == "host") }
    }
    let test = config["Healthcheck"]["Test"].elements.compactMap(\.text)
    if !test.isEmpty { facts["healthcheck"] = test.joined(separator: " ") }
    facts["ip"] =
      network["IPAddress"].text
      ?? network["Networks"].members.lazy.compactMap { $0.value["IPAddress"].text }.first
    facts.completeSandbox()
  }

  private static func setState(_ facts: inout ContainerFacts, _ state: JSONDocument) {
    if let started = state["StartedAt"].text.flatMap(TimeText.nanoseconds) { facts["started"] = "\(started)" }
  }

  private static func mount(_ mount: JSONDocument, mode: String?) -> ContainerFacts.Mount {
    ContainerFacts.Mount(
      source: mount["Source"].text ?? mount["Name"].text ?? "", destination: mount["Destination"].text ?? "",
      mode: mode ?? "", isWritable: mount["RW"].boolean ?? true, propagation: mount["Propagation"].text ?? "")
  }
}
