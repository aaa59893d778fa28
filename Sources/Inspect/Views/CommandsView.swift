extension View {
  static let commands = View(
    name: "commands", title: "Commands", description: "Every program that was started, by whom and from where.",
    filter: "evt.type in (execve, execveat) and evt.failed = false", kind: .list,
    columns: [
      .when, .field("user", "USER", "user.name"), .listPid, .field("ppid", "PPID", "proc.ppid"),
      .field("parent", "PARENT", "proc.pname"), .field("directory", "DIRECTORY", "proc.cwd"), .listContainer,
      .listCommand,
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid"])
}
