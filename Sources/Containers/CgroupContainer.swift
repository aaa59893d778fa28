/// The container that a control group belongs to, as its path says it.
///
/// Engines name the group after the container. What a path says is true whether or not an engine can be asked, also long
/// after the container is gone; it is all that the hot path needs.
///
///     CgroupContainer(path: "/kubepods.slice/…/cri-containerd-5f0c….scope")   // 5f0c…, containerd, and the pod's uid
public struct CgroupContainer: Hashable, Sendable {
  /// The full id: 64 hexadecimal digits, or the name that an engine without such ids gave.
  public let id: String
  /// The engine as the path tells it; `oci` where only an id is seen and anybody may have made it.
  public let engine: String
  /// The uid of the Kubernetes pod around it.
  public let podUID: String?

  /// The innermost container of a path below a hierarchy's root; `nil` for groups of the host.
  /// - Complexity: one walk over the path. No allocation for paths without a container.
  public init?(path: some Sequence<UInt8>) {
    self.init(components: Array(path)[...].split(separator: UInt8(ascii: "/")))
  }

  /// The same of a path as text.
  public init?(path: String) { self.init(path: path.utf8) }

  private init?(components: [ArraySlice<UInt8>]) {
    for index in components.indices.reversed() {
      guard let (id, engine) = CgroupContainer.named(components, index) else { continue }
      self.id = String(decoding: id, as: UTF8.self)
      podUID = components[...index].reversed().lazy.compactMap(CgroupContainer.podUID).first
      self.engine = engine
      return
    }
    return nil
  }

  /// Whether a directory of the hierarchy belongs to a container by its own name, seen from its parents.
  private static func named(_ path: [ArraySlice<UInt8>], _ index: Int) -> (id: ArraySlice<UInt8>, engine: String)? {
    let name = path[index]
    if let (id, prefix) = digits(name) {
      // The engine's own process that watches a container is not in it.
      if monitors.contains(where: { prefix.starts(with: $0.utf8) || prefix.ends(with: $0) }) { return nil }
      for (mark, engine) in enginePrefixes where prefix.ends(with: mark) { return (id, engine) }
      for (folder, engine) in engineFolders where path[..<index].contains(where: { $0.elementsEqual(folder.utf8) }) {
        return (id, engine)
      }
      return (id, "oci")
    }
    return withoutDigits(path, index)
  }

  /// What stands right in front of an id, or further in front with a sign between.
  private static let enginePrefixes = [
    ("docker-", "docker"), ("cri-containerd-", "containerd"), ("cri-containerd:", "containerd"),
    ("containerd-", "containerd"), ("nerdctl-", "containerd"), ("crio-", "cri-o"), ("libpod-", "podman"),
    ("docker:", "docker"),
  ]

  /// Folders that only one engine makes.
  private static let engineFolders = [
    ("docker", "docker"), ("ecs", "docker"), ("actions_job", "docker"), ("libpod_parent", "podman"),
    ("cri-containerd", "containerd"),
  ]

  private static let monitors = ["libpod-conmon-", "crio-conmon-", "conmon-"]

  /// The id of 64 digits at the end of a name, or before its `.scope`, and what stands in front of it.
  private static func digits(_ name: ArraySlice<UInt8>) -> (id: ArraySlice<UInt8>, prefix: ArraySlice<UInt8>)? {
    let bare = name.dropping(suffix: ".scope") ?? name
    guard bare.count >= 64 else { return nil }
    let id = bare.suffix(64)
    let prefix = bare.dropLast(64)
    guard id.allSatisfy(isDigit) else { return nil }
    // Longer runs of digits are something else.
    if let last = prefix.last, isDigit(last) { return nil }
    return (id, prefix)
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte)
  }

  /// Engines that name containers as people do.
  private static func withoutDigits(
    _ path: [ArraySlice<UInt8>], _ index: Int
  ) -> (id: ArraySlice<UInt8>, engine: String)? {
    let name = path[index]
    func found(_ id: ArraySlice<UInt8>?, _ engine: String) -> (id: ArraySlice<UInt8>, engine: String)? {
      id.flatMap { $0.isEmpty ? nil : ($0, engine) }
    }
    if let id = name.dropping(prefix: "lxc.payload.") { return found(id, "lxc") }
    let parent = index > 0 ? path[index - 1] : []
    if parent.elementsEqual("lxc.payload".utf8) || parent.elementsEqual("lxc".utf8) { return found(name, "lxc") }
    if let machine = name.dropping(prefix: "machine-")?.dropping(suffix: ".scope"),
      parent.elementsEqual("machine.slice".utf8)
    {
      let plain = unescaped(machine)
      // Virtual machines stand there as well: they run no process of the container's.
      if plain.dropping(prefix: "qemu-") != nil { return nil }
      if let domain = plain.dropping(prefix: "lxc-") { return found(domain, "libvirt-lxc") }
      return found(plain, "systemd-nspawn")
    }
    if let unit = name.dropping(prefix: "systemd-nspawn@")?.dropping(suffix: ".service") {
      return found(unescaped(unit), "systemd-nspawn")
    }
    return nil
  }

  /// `\x2d` of systemd's unit names is a dash.
  private static func unescaped(_ name: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    guard name.contains(UInt8(ascii: "\\")) else { return name }
    var plain: [UInt8] = []
    var rest = name
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.first == UInt8(ascii: "x"),
        let value = UInt8(String(decoding: rest.dropFirst().prefix(2), as: UTF8.self), radix: 16)
      {
        plain.append(value)
        rest = rest.dropFirst(3)
      } else {
        plain.append(byte)
      }
    }
    return plain[...]
  }

  /// The pod's uid in a component: `pod<uid>`, or `kubepods-burstable-pod<uid>.slice` with underscores. Static pods have
  /// 32 digits without dashes.
  private static func podUID(_ name: ArraySlice<UInt8>) -> String? {
    // One component may hold several groups with a colon between, as older containerd writes them.
    let head = name.prefix { $0 != UInt8(ascii: ":") }
    let bare = head.dropping(suffix: ".slice") ?? head
    let tail = bare.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
    let isUnit = bare.starts(with: "kubepods".utf8)
    let candidate = isUnit ? tail.last.map { $0[...] } : bare
    guard let uid = candidate?.dropping(prefix: "pod") else { return nil }
    let text = String(decoding: uid.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }, as: UTF8.self)
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let isLong = parts.map(\.utf8.count) == [8, 4, 4, 4, 12]
    guard isLong || text.utf8.count == 32, parts.allSatisfy({ $0.utf8.allSatisfy(isDigit) }) else { return nil }
    return text
  }
}

extension ArraySlice<UInt8> {
  /// What is behind a text at the front; `nil` when it is not there.
  fileprivate func dropping(prefix: String) -> ArraySlice<UInt8>? {
    starts(with: prefix.utf8) ? dropFirst(prefix.utf8.count) : nil
  }

  /// What is in front of a text at the end; `nil` when it is not there.
  fileprivate func dropping(suffix: String) -> ArraySlice<UInt8>? {
    ends(with: suffix) ? dropLast(suffix.utf8.count) : nil
  }

  fileprivate func ends(with text: String) -> Bool {
    count >= text.utf8.count && self.suffix(text.utf8.count).elementsEqual(text.utf8)
  }
}
