import JSON

/// What is known of a container, as texts by key: the keys of a capture's container frames.
///
/// `name`, `image`, `image.id`, `image.repository`, `image.tag`, `image.digest`, `engine`, `label.X`, `mounts`, `env.X`,
/// `privileged`, `user`, `limit.memory` (bytes), `limit.cpu` (thousandths of a CPU), `started` (nanoseconds of the epoch),
/// `ip`, `host_pid`, `host_network`, `host_ipc`, `healthcheck`; of Kubernetes `pod`, `pod_namespace`, `pod.uid`,
/// `pod.label.X`, `pod.full_sandbox_id`, `pod.sandbox_id`, `pod.container`.
public struct ContainerFacts: Hashable, Sendable {
  /// The texts.
  public private(set) var texts: [String: String] = [:]

  /// Nothing yet.
  public init() {}

  /// Most texts, and bytes of a text: no container has as many by accident.
  private static let textLimit = 2000
  private static let byteLimit = 16 << 10

  /// A text; setting takes what is not missing, and not more than fits.
  public subscript(key: String) -> String? {
    get { texts[key] }
    set {
      guard let newValue else { return }
      if texts[key] == nil, texts.count >= ContainerFacts.textLimit || key.utf8.count > 1024 { return }
      texts[key] = newValue.utf8.count > ContainerFacts.byteLimit ? cut(newValue) : newValue
    }
  }

  private func cut(_ text: String) -> String {
    String(decoding: text.utf8.prefix(ContainerFacts.byteLimit), as: UTF8.self)
  }

  /// Forgets a text.
  mutating func remove(_ key: String) { texts[key] = nil }

  /// Takes what another source knows and this one does not.
  public mutating func fill(from other: ContainerFacts) {
    for (key, text) in other.texts where texts[key] == nil { self[key] = text }
  }

  /// Whether people can recognise the container by it.
  public var isNamed: Bool { texts["name"] != nil && texts["image"] != nil }

  /// Sets the image and the parts of its name: `registry:5000/team/name:tag@digest`.
  mutating func setImage(_ name: String) {
    guard !name.isEmpty else { return }
    self["image"] = name
    // A digest alone is no name.
    if name.hasPrefix("sha256:") { return }
    let at = name.firstIndex(of: "@")
    let named = name[..<(at ?? name.endIndex)]
    let slash = named.lastIndex(of: "/") ?? named.startIndex
    let colon = named[slash...].lastIndex(of: ":")
    self["image.repository"] = String(named[..<(colon ?? named.endIndex)])
    if let colon { self["image.tag"] = String(named[named.index(after: colon)...]) }
    if let at { self["image.digest"] = String(name[name.index(after: at)...]) }
  }

  /// Sets labels, and what Kubernetes says in them.
  mutating func setLabels(_ labels: [(name: String, value: JSONDocument)]) {
    for (name, value) in labels {
      guard case .string(let text) = value else { continue }
      self["label.\(name)"] = text
      if let key = ContainerFacts.podLabels[name], !text.isEmpty { self[key] = text }
    }
  }

  /// The labels that a kubelet gives containers of engines that know no pods.
  private static let podLabels = [
    "io.kubernetes.pod.name": "pod", "io.kubernetes.pod.namespace": "pod_namespace", "io.kubernetes.pod.uid": "pod.uid",
    "io.kubernetes.container.name": "pod.container", "io.kubernetes.sandbox.id": "pod.full_sandbox_id",
  ]

  /// Sets the sandbox's short id beside its full one.
  mutating func completeSandbox() {
    if let full = texts["pod.full_sandbox_id"] { self["pod.sandbox_id"] = String(full.prefix(12)) }
  }

  /// Variables whose values say how a program runs, and that hold no secrets: only these are kept.
  private static let harmlessVariables: Set<String> = [
    "PATH", "HOME", "USER", "SHELL", "LANG", "LC_ALL", "TZ", "TERM", "HOSTNAME", "LD_PRELOAD", "LD_LIBRARY_PATH",
    "LD_AUDIT", "TMPDIR", "KUBERNETES_SERVICE_HOST", "container",
  ]

  /// Keeps the variables of interest of an environment as `NAME=value` texts.
  mutating func setEnvironment(_ variables: [JSONDocument]) {
    for variable in variables {
      guard let text = variable.text, let equals = text.firstIndex(of: "=") else { continue }
      let name = String(text[..<equals])
      if ContainerFacts.harmlessVariables.contains(name) {
        self["env.\(name)"] = String(text[text.index(after: equals)...])
      }
    }
  }

  /// One of the mounts as the ecosystem writes it.
  struct Mount {
    var source: String
    var destination: String
    var mode: String
    var isWritable: Bool
    var propagation: String

    var text: String {
      // Commas stand between mounts.
      "\(source):\(destination):\(mode.replacing(",", with: " ")):\(isWritable):\(propagation)"
    }
  }

  /// Sets the mounts, in their order.
  mutating func setMounts(_ mounts: [Mount]) {
    if !mounts.isEmpty { self["mounts"] = mounts.map(\.text).joined(separator: ",") }
  }

  mutating func set(_ key: String, _ value: Bool?) { if let value { self[key] = value ? "true" : "false" } }

  /// A number that is a limit: engines write 0 or -1 for none.
  mutating func setLimit(_ key: String, _ value: Int64?) {
    if let value, value > 0, value < Int64.max / 2 { self[key] = "\(value)" }
  }
}
