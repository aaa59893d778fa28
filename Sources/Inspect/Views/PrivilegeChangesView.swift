extension View {
  static let privilegeChanges = View(
    name: "privilege_changes", title: "Privilege changes",
    description: "Calls that changed users, groups, capabilities or namespaces.",
    filter: "evt.type in (setuid, setreuid, setresuid, setfsuid, setgid, setregid, setresgid, setfsgid, setgroups, "
      + "capset, setns, unshare) and evt.failed = false",
    kind: .list,
    columns: [
      .when, .field("syscall", "CALL", "evt.type"), .field("arguments", "ARGUMENTS", "evt.args"),
      .field("user", "USER", "user.name"), .listPid, .listContainer, .listCommand,
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name"])
}
