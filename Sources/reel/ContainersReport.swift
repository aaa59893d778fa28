import Presentation
import Recorder

/// The containers that run, for people and for programs.
struct ContainersReport {
  private let entries: [RunningContainers.Entry]

  init(_ running: RunningContainers) { entries = running.entries.filter(\.isRunning) }

  /// A table, or a line that says that there are none.
  func rendered(for terminal: Terminal) -> String {
    if entries.isEmpty { return "no container is running\n" }
    var table = Table([
      .left("ID"), .left("NAME", .keepsStart), .left("IMAGE", .keepsEnd), .left("ENGINE"), .left("POD", .keepsStart),
      .left("IP"), .right("PID"),
    ])
    for entry in entries {
      let facts = entry.facts
      let pod = [facts["pod_namespace"], facts["pod"]].compactMap { $0 }.joined(separator: "/")
      table.append(
        [
          ContainersReport.shortID(entry.group.container.id), facts["name"] ?? "-", facts["image"] ?? "-",
          facts["engine"] ?? "-", pod.isEmpty ? "-" : pod, facts["ip"] ?? "-",
          entry.group.processes().first.map(String.init) ?? "-",
        ].map { VisibleText.of($0) })
    }
    return table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  /// One object a container; what is not known is `null`.
  var json: [JSONObject] {
    entries.map { entry in
      let facts = entry.facts
      var object = JSONObject()
      object.add("id", entry.group.container.id)
      for (name, key) in ContainersReport.texts { object.add(name, facts[key]) }
      object.add("started", number: facts["started"].flatMap { Int64($0) })
      object.add("memory_limit", number: facts["limit.memory"].flatMap { Int64($0) })
      object.add("cpu_limit_thousandths", number: facts["limit.cpu"].flatMap { Int64($0) })
      object.add("pid", number: entry.group.processes().first)
      object.add("cgroup", entry.group.path)
      object.add("labels", ContainersReport.labels(facts.texts, "label."))
      object.add("pod_labels", ContainersReport.labels(facts.texts, "pod.label."))
      return object
    }
  }

  private static let texts = [
    ("name", "name"), ("image", "image"), ("image_id", "image.id"), ("image_digest", "image.digest"),
    ("type", "engine"),
    ("pod", "pod"), ("namespace", "pod_namespace"), ("pod_uid", "pod.uid"), ("ip", "ip"), ("user", "user"),
    ("privileged", "privileged"), ("mounts", "mounts"),
  ]

  private static func labels(_ texts: [String: String], _ prefix: String) -> JSONObject {
    var object = JSONObject()
    for (key, text) in texts.sorted(by: { $0.key < $1.key }) where key.hasPrefix(prefix) {
      object.add(String(key.dropFirst(prefix.count)), text)
    }
    return object
  }

  /// Twelve digits of an id; a name as it is.
  static func shortID(_ id: String) -> String { id.utf8.count == 64 ? String(id.prefix(12)) : id }
}
