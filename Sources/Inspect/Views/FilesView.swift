extension View {
  static let files = View(
    name: "files", title: "Files", description: "Each file with the bytes read and written, opens, calls and errors.",
    filter: fileFilter, kind: .table,
    columns: [
      .key("file", "FILE", "fd.name"),
      .bytesIn, .bytesOut, .operations, .opens, .errors, .time, .p99, .container,
    ], sort: "ops", drillDown: "processes",
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.directory", "evt.res"])
}
