extension View {
  private static func activity(_ columns: View.Column...) -> [View.Column] {
    columns + [
      .aggregate("containers", "CONTAINERS", "distinct", "container.id"),
      .aggregate("processes", "PROCS", "distinct", "proc.pid"),
      .count("count", "CALLS"),
      .sum("file_bytes", "FILE", "evt.buflen.file", .bytes),
      .sum("net_bytes", "NET", "evt.buflen.net", .bytes),
      .errors, .time,
    ]
  }

  static let pods = View(
    name: "pods", title: "Pods", description: "What the containers of each pod did.",
    filter: "k8s.pod.name exists", kind: .table,
    columns: activity(.key("pod", "POD", "k8s.pod.name"), .key("namespace", "NAMESPACE", "k8s.ns.name")),
    sort: "count", drillDown: "containers", appliesTo: ["k8s.ns.name"])

  static let namespaces = View(
    name: "namespaces", title: "Namespaces", description: "What the pods of each Kubernetes namespace did.",
    filter: "k8s.ns.name exists", kind: .table, columns: activity(.key("namespace", "NAMESPACE", "k8s.ns.name")),
    sort: "count", drillDown: "pods", appliesTo: [])

  static let images = View(
    name: "images", title: "Images", description: "What the containers of each image did.",
    filter: "container.image exists", kind: .table, columns: activity(.key("image", "IMAGE", "container.image")),
    sort: "count", drillDown: "containers", appliesTo: [])
}
