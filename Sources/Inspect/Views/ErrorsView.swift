extension View {
  static let errors = View(
    name: "errors", title: "Errors", description: "How often calls failed with each error.",
    filter: "evt.failed = true", kind: .table,
    columns: [
      .key("error", "ERROR", "evt.res"),
      .count("count", "COUNT"),
      .aggregate("processes", "PROCS", "distinct", "proc.pid"),
      .last("syscall", "LAST CALL", "evt.type"),
    ], sort: "count", drillDown: "processes_errors",
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.sport", "fd.directory"])
}
