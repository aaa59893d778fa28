extension View {
  static let userActivity = View(
    name: "user_activity", title: "What users did",
    description: "Programs that were started and directories that shells went to, by user and login shell.",
    filter: "(evt.type in (execve, execveat) or (evt.type in (chdir, fchdir) and proc.name endswith sh)) and "
      + "evt.failed = false",
    kind: .list,
    columns: [
      .when, .field("user", "USER", "user.name"), .field("login", "LOGIN", "user.loginname"),
      .field("shell", "SHELL", "proc.loginshellid"), .field("terminal", "TTY", "proc.tty"),
      .field("syscall", "CALL", "evt.type"), .listPid, .field("directory", "DIRECTORY", "proc.cwd"), .listContainer,
      .listCommand,
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "user.name"])
}
