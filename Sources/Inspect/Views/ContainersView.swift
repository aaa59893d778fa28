extension View {
  static let containers = View(
    name: "containers", title: "Containers",
    description: "What each container did: processes, files, network, errors.",
    filter: "container.id != host", kind: .table,
    columns: [
      .key("id", "ID", "container.id"),
      .last("name", "NAME", "container.name", "container.id"),
      .last("image", "IMAGE", "container.image"),
      .last("engine", "ENGINE", "container.type"),
      .aggregate("processes", "PROCS", "distinct", "proc.pid"),
      .aggregate("threads", "THREADS", "distinct", "thread.tid"),
      .count("count", "CALLS"),
      .sum("file_bytes", "FILE", "evt.buflen.file", .bytes),
      .sum("net_bytes", "NET", "evt.buflen.net", .bytes),
      .errors,
    ], sort: "count", drillDown: "processes", appliesTo: ["evt.res"],
    hint: "nothing that ran was in a container; `reel view processes` shows what ran on the machine itself")
}
