extension View {
  static let pageFaults = View(
    name: "page_faults", title: "Page faults",
    description: "Page faults of each process; recorded on request only.",
    filter: "evt.type = page_fault", kind: .table,
    columns: [
      .key("pid", "PID", "proc.pid"),
      .key("started", "STARTED", "proc.pid.ts", isHidden: true),
      .count("count", "FAULTS"), .container, .command,
    ], sort: "count", drillDown: "processes", appliesTo: ["container.id", "proc.pid", "proc.name"],
    hint: "page faults are recorded on request: reel record --page-faults")
}
