import JSON

/// Reads what engines keep of containers in their key-value stores, and nowhere else: labels.
enum EngineStores {
  private static let mostLabels = 500

  /// What containerd knows of a container: of a pod's one also the labels of the pod.
  /// - Parameters:
  ///   - root: containerd's folder of what lasts.
  ///   - sandbox: the full id of the container that holds the pod.
  static func containerd(root: String, namespace: String, id: String, sandbox: String?) -> ContainerFacts? {
    BoltFile.read("\(root)/io.containerd.metadata.v1.bolt/meta.db") { file throws(BoltFile.Malformed) in
      guard let containers = try file.bucket("v1", namespace, "containers"),
        let own = try file.bucket(id, in: containers)
      else { return nil }
      var facts = ContainerFacts()
      facts.setLabels(try labels(file, own))
      if let image = try file.value("image", in: own), !image.isEmpty {
        facts.setImage(String(decoding: image, as: UTF8.self))
      }
      if let sandbox, let pod = try file.bucket(sandbox, in: containers) {
        for (name, value) in try labels(file, pod) where !isEngines(name) {
          if let text = value.text { facts["pod.label.\(name)"] = text }
        }
      }
      return facts
    }
  }

  /// What Podman knows of a container.
  /// - Parameter storage: the folder with its storage.
  static func podman(storage: String, id: String) -> ContainerFacts? {
    let config = BoltFile.read("\(storage)/libpod/bolt_state.db") { file throws(BoltFile.Malformed) in
      guard let containers = try file.bucket("ctr"), let own = try file.bucket(id, in: containers) else {
        return nil as [UInt8]?
      }
      return try file.value("config", in: own)
    }
    guard let config else { return nil }
    var document = JSONDocument.null
    do throws(JSONDocument.Malformed) { document = try JSONDocument.parse(config) } catch { return nil }
    guard document["id"].text == id else { return nil }
    var facts = ContainerFacts()
    facts["name"] = document["name"].text
    if let image = document["rootfsImageName"].text { facts.setImage(image) }
    facts["image.id"] = document["rootfsImageID"].text
    facts.setLabels(document["labels"].members)
    return facts
  }

  private static func labels(
    _ file: borrowing BoltFile, _ container: BoltFile.Bucket
  ) throws(BoltFile.Malformed) -> [(name: String, value: JSONDocument)] {
    guard let labels = try file.bucket("labels", in: container) else { return [] }
    return try file.values(of: labels, limit: mostLabels).map { key, value in
      (String(decoding: key, as: UTF8.self), .string(String(decoding: value, as: UTF8.self)))
    }
  }

  /// Labels that a kubelet and containerd add to those of a pod.
  private static func isEngines(_ name: String) -> Bool {
    name.hasPrefix("io.kubernetes.") || name.hasPrefix("io.cri-containerd.")
  }
}
