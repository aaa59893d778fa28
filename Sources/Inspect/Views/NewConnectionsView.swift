extension View {
  static let newConnections = View(
    name: "new_connections", title: "New connections",
    description: "Every connection that was accepted or made, also those that complete in the background.",
    filter: "(evt.type in (accept, accept4) and evt.failed = false) or "
      + "(evt.type = connect and fd.sport exists and (evt.failed = false or evt.res = EINPROGRESS))",
    kind: .list,
    columns: [
      .when, .field("syscall", "CALL", "evt.type"), .field("connection", "CONNECTION", "fd.name"),
      .field("port", "PORT", "fd.sport"), .listPid, .listContainer, .listCommand,
    ], sort: nil, drillDown: nil,
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.name", "fd.sport"])
}
