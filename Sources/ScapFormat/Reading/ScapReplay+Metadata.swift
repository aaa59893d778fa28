// What recorders write down about containers and users.

extension ScapReplay {
  mutating func noteContainer(_ values: ScapValues) {
    if let json = values.bytes(.json) ?? values.bytes(.data) {
      let text = json.last == 0 ? UnsafeRawBufferPointer(rebasing: json.dropLast()) : json
      if let container = ScapJSON(text)?["container"].flatMap(ScapContainer.init) { star.note(container) }
      return
    }
    // The first events about containers told them in parameters of their own.
    guard let id = values.text(.id), !id.isEmpty else { return }
    star.note(ScapContainer(id: id, name: values.text(.name) ?? [], image: values.text(.image) ?? []))
  }

  mutating func noteUser(_ values: ScapValues) {
    let container = values.text(.containerID) ?? []
    let name = values.text(.name) ?? []
    let full = container.isEmpty ? container : star.directory.fullID(ofContainer: container)
    if let uid = values.integer(.uid, isSigned: false) {
      star.directory.note(
        ScapUser(
          number: UInt32(truncatingIfNeeded: uid),
          group: UInt32(truncatingIfNeeded: values.integer(.gid, isSigned: false) ?? 0), name: name,
          home: values.text(.home) ?? [], shell: values.text(.shell) ?? []), container: full)
    } else if let gid = values.integer(.gid, isSigned: false) {
      star.directory.note(ScapUser(isGroup: true, number: UInt32(truncatingIfNeeded: gid), name: name), container: full)
    }
  }
}

extension ScapContainer {
  /// What an engine told, as the recorder wrote it down.
  fileprivate init?(_ json: ScapJSON) {
    guard let id = (json["full_id"] ?? json["id"])?.text, !id.isEmpty else { return nil }
    self.init(id: id)
    name = json["name"]?.text ?? []
    image = json["image"]?.text ?? []
    if let type = json["type"]?.number { engine = Array(ScapContainer.engine(type).utf8) }
    let labels = json["labels"]
    pod = labels?["io.kubernetes.pod.name"]?.text ?? []
    podNamespace = labels?["io.kubernetes.pod.namespace"]?.text ?? []
  }

  private static func engine(_ type: Int) -> String {
    let names = [
      "docker", "lxc", "libvirt-lxc", "mesos", "rkt", "custom", "cri", "containerd", "cri-o", "bpm", "static", "podman",
    ]
    return names.indices.contains(type) ? names[type] : "unknown"
  }
}
