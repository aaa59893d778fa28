extension View {
  static let portBindings = View(
    name: "port_bindings", title: "Port bindings", description: "Every address and port that was taken.",
    filter: "evt.type = bind and fd.type in (ipv4, ipv6)", kind: .list,
    columns: [
      .when, .field("port", "PORT", "fd.lport"), .field("address", "ADDRESS", "fd.lip"),
      .field("protocol", "PROTO", "fd.l4proto"), .field("error", "RESULT", "evt.res"), .listPid, .listContainer,
      .listCommand,
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name", "fd.sport"])
}
