extension View {
  static let processesDescriptors = View(
    name: "processes_fd_usage", title: "Descriptors of processes",
    description: "How many descriptors each process had open at most, and how many it may open.",
    filter: "proc.fdopencount exists", kind: .table,
    columns: [
      .key("pid", "PID", "proc.pid"),
      .key("started", "STARTED", "proc.pid.ts", isHidden: true),
      .last("name", "NAME", "proc.name"),
      .aggregate("open", "OPEN", "max", "proc.fdopencount"),
      .last("limit", "LIMIT", "proc.fdlimit"),
      .aggregate("percent", "%", "max", "proc.fdusage"),
      .container, .command,
    ], sort: "open", drillDown: "io_by_type", appliesTo: ["container.id", "proc.name"],
    hint: "descriptors are counted by the samples of a recording (--sample)")
}
