extension View {
  static let directories = View(
    name: "directories", title: "Directories",
    description: "Each directory with what was done to the files in it.",
    filter: fileFilter, kind: .table,
    columns: [
      .key("directory", "DIRECTORY", "fd.directory"),
      .aggregate("files", "FILES", "distinct", "fd.name"),
      .bytesIn, .bytesOut, .operations, .opens, .errors, .time, .p99, .container,
    ], sort: "ops", drillDown: "files",
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "evt.res"])
}
