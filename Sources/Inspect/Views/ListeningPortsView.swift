extension View {
  static let listeningPorts = View(
    name: "listening_ports", title: "Listening ports",
    description: "The ports at which processes began to listen, or at which they accepted connections.",
    filter: "evt.type in (listen, accept, accept4) and evt.failed = false and fd.sport exists", kind: .table,
    columns: [
      .key("port", "PORT", "fd.sport"),
      .key("pid", "PID", "proc.pid"),
      .last("protocol", "PROTO", "fd.l4proto"),
      .last("address", "ADDRESS", "fd.sip"),
      .count("count", "CALLS"),
      .count("connections", "CONNECTIONS", where: "evt.type in (accept, accept4)"),
      .container, .command,
    ], sort: "connections", drillDown: "connections", appliesTo: ["container.id", "proc.pid", "proc.name"])
}
