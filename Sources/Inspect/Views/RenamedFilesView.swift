extension View {
  static let renamedFiles = View(
    name: "renamed_files", title: "Renamed files", description: "Every file or directory that got another name.",
    filter: "evt.type in (rename, renameat, renameat2) and evt.failed = false", kind: .list,
    columns: [
      .when, .field("file", "FILE", "fs.path.source"), .field("new_name", "NEW NAME", "fs.path.target"), .listPid,
      .listContainer, .listCommand,
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid"])
}
