import CaptureFile
import CaptureFormat
import EventBatch
import Query

/// What stands in a capture beside its events, and is an event in a `.scap` file: containers and losses.
struct MetaEvents {
  /// What is known of containers that no event was of so far, by id.
  private var untold: [String: ContainerInfo] = [:]
  /// Losses within the window of time, the earliest last.
  private var waiting: [LossRecord] = []

  init(_ readers: [CaptureReader], _ question: Question) throws {
    for reader in readers {
      for container in reader.summary.containers { untold[container.id] = container }
      waiting += try reader.allLosses().filter { $0.to >= question.from ?? .min && $0.from < question.to ?? .max }
    }
    waiting.sort { $0.from > $1.from }
  }

  /// The containers that some events are of and that were not told yet, each as the JSON that readers of such files take.
  mutating func containers(of batch: EventBatch, rows: [UInt32]) -> [[UInt8]] {
    let dimensions = batch.dimensions
    if untold.isEmpty || dimensions.containers.count == 0 { return [] }
    var isUsed = [Bool](repeating: false, count: dimensions.containers.count)
    for row in rows {
      let lineage = Int(batch.lineages[Int(row)])
      guard lineage < dimensions.lineages.count, let thread = dimensions.lineages.value(lineage, .thread),
        let container = dimensions.threads.value(Int(thread), .container)
      else { continue }
      isUsed[Int(container)] = true
    }
    return isUsed.indices.filter { isUsed[$0] }.compactMap { row in
      guard let id = dimensions.containers.value(row, .id) else { return nil }
      return untold.removeValue(forKey: dimensions.strings.text(Int(id))).map(MetaEvents.json)
    }
  }

  /// The losses that began by then and were not told yet.
  mutating func losses(until time: Int64) -> [LossRecord] {
    var losses: [LossRecord] = []
    while let next = waiting.last, next.from <= time {
      waiting.removeLast()
      losses.append(next)
    }
    return losses
  }

  private static func json(_ container: ContainerInfo) -> [UInt8] {
    let image = container.image ?? ""
    let (repository, tag, digest) = parts(ofImage: image)
    var json = "{\"container\":{\"Mounts\":[],\"env\":[],\"full_id\":\(quoted(container.id))"
    // Readers bind by the first twelve digits, which they find in the names of control groups.
    json += ",\"id\":\(quoted(String(container.id.prefix(12)))),\"image\":\(quoted(image))"
    json += ",\"imagedigest\":\(quoted(container.texts["image.digest"] ?? digest))"
    json += ",\"imageid\":\(quoted(container.texts["image.id"] ?? "")),\"imagerepo\":\(quoted(repository))"
    json += ",\"imagetag\":\(quoted(tag)),\"ip\":\"0.0.0.0\",\"is_pod_sandbox\":false,\"labels\":{"
    var labels: [String: String] = [:]
    for (key, value) in container.texts where key.hasPrefix("label.") { labels[String(key.dropFirst(6))] = value }
    if let pod = container.pod { labels["io.kubernetes.pod.name"] = pod }
    if let namespace = container.podNamespace { labels["io.kubernetes.pod.namespace"] = namespace }
    json += labels.sorted { $0.key < $1.key }.map { "\(quoted($0.key)):\(quoted($0.value))" }.joined(separator: ",")
    json += "},\"lookup_state\":1,\"metadata_deadline\":0,\"name\":\(quoted(container.name ?? ""))"
    json += ",\"port_mappings\":[],\"privileged\":\(container.texts["privileged"] == "true")"
    json += ",\"type\":\(engines[container.engine ?? ""] ?? 0)}}"
    return Array(json.utf8)
  }

  /// The numbers of engines in such files.
  private static let engines: [String: Int] = [
    "docker": 0, "lxc": 1, "libvirt-lxc": 2, "rkt": 4, "cri": 6, "containerd": 7, "cri-o": 8, "crio": 8, "bpm": 9,
    "podman": 11,
  ]

  /// `repository:tag@digest`; a colon in front of a slash belongs to a port.
  private static func parts(ofImage image: String) -> (repository: String, tag: String, digest: String) {
    let whole = image.split(separator: "@", maxSplits: 1).map(String.init)
    let name = whole.first ?? ""
    let digest = whole.count > 1 ? whole[1] : ""
    guard let colon = name.lastIndex(of: ":"), !name[colon...].contains("/") else { return (name, "", digest) }
    return (String(name[..<colon]), String(name[name.index(after: colon)...]), digest)
  }

  private static func quoted(_ text: String) -> String {
    var json: [UInt8] = []
    appendJSON(Array(text.utf8)[...], to: &json)
    return String(decoding: json, as: UTF8.self)
  }
}
