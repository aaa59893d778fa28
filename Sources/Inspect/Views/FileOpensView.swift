extension View {
  static let fileOpens = View(
    name: "file_opens", title: "Opened files", description: "Every call that opens a file, with its result.",
    filter: "evt.type in (open, openat, openat2, creat)", kind: .list,
    columns: [
      .when, .field("error", "RESULT", "evt.res"), .field("file", "FILE", "fd.name"), .listPid, .listContainer,
      .listCommand,
    ], sort: nil, drillDown: nil,
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.name", "fd.directory", "evt.res"])
}
