extension View {
  static let newExecutables = View(
    name: "new_executables", title: "New executables",
    description: "Files that were made so that somebody may execute them, and starts of executables in memory.",
    filter: "evt.is_open_exec = true or "
      + "(evt.type in (execve, execveat) and evt.failed = false and proc.is_exe_from_memfd = true)",
    kind: .list,
    columns: [
      .when, .field("file", "FILE", "fd.name"), .field("syscall", "CALL", "evt.type"), .listPid, .listContainer,
      .listCommand,
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name"])
}
