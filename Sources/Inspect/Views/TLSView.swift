extension View {
  static let tls = View(
    name: "tls", title: "TLS servers",
    description: "Every server that a client asked for by name when it began to speak TLS.",
    filter: nil, kind: .messages(.tls),
    columns: [
      .when, .field("name", "SERVER NAME", "tls.server_name"), .field("version", "VERSION", "tls.version"),
      .field("protocols", "PROTOCOLS", "tls.protocols"), .field("connection", "CONNECTION", "fd.name"),
      .field("port", "PORT", "fd.sport"), .listPid, .listContainer, .listCommand,
    ], sort: nil, drillDown: nil,
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.name", "fd.sport"],
    hint: "names stand some hundred bytes into the first message: record with --snaplen 1024")
}
