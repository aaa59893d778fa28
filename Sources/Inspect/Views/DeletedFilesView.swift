extension View {
  static let deletedFiles = View(
    name: "deleted_files", title: "Deleted files", description: "Every file or directory whose name was removed.",
    filter: "evt.type in (unlink, unlinkat, rmdir) and evt.failed = false", kind: .list,
    columns: [
      .when, .field("file", "FILE", "fs.path.name"), .field("syscall", "CALL", "evt.type"), .listPid, .listContainer,
      .listCommand,
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid"])
}
