extension View {
  static let ioByType = View(
    name: "io_by_type", title: "I/O by type", description: "What was read and written, by kind of descriptor.",
    filter: "fd.type exists", kind: .table,
    columns: [
      .key("type", "TYPE", "fd.type"), .bytesIn, .bytesOut, .operations, .errors, .time, .p99,
    ], sort: "ops", drillDown: "processes",
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.sport", "evt.res"])
}
