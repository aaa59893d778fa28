extension View {
  static let processesErrors = View(
    name: "processes_errors", title: "Errors of processes",
    description: "Failed calls of each process, by what they were about.",
    filter: "evt.failed = true", kind: .table,
    columns: [
      .key("pid", "PID", "proc.pid"),
      .key("started", "STARTED", "proc.pid.ts", isHidden: true),
      .sum("errors", "ERRORS", "evt.count.error"),
      .sum("file_errors", "FILE", "evt.count.error.file"),
      .sum("net_errors", "NET", "evt.count.error.net"),
      .sum("memory_errors", "MEMORY", "evt.count.error.memory"),
      .sum("other_errors", "OTHER", "evt.count.error.other"),
      .container, .command,
    ], sort: "errors", drillDown: "errors",
    appliesTo: ["container.id", "fd.name", "fd.directory", "fd.sport", "evt.type", "evt.res"])
}
