extension View {
  static let syscalls = View(
    name: "syscalls", title: "System calls",
    description: "Each system call with how often it was made and how long it took.",
    filter: "syscall.type exists", kind: .table,
    columns: [
      .key("syscall", "SYSCALL", "evt.type"),
      .count("count", "CALLS"),
      .errors, .time,
      .aggregate("avg_ns", "AVERAGE", "avg", "evt.latency", .duration),
      .aggregate("p50_ns", "P50", "p50", "evt.latency", .duration),
      .p99,
      .aggregate("max_ns", "LONGEST", "max", "evt.latency", .duration),
    ], sort: "count", drillDown: "syscall_callers",
    appliesTo: [
      "container.id", "proc.pid", "proc.name", "thread.tid", "fd.sport", "fd.name", "fd.directory", "evt.res",
    ])
}
