extension View {
  static let serverPorts = View(
    name: "server_ports", title: "Server ports", description: "Each server port with the bytes that went through it.",
    filter: networkFilter, kind: .table,
    columns: [
      .key("port", "PORT", "fd.sport"),
      .sum("bytes_in", "BYTES IN", "evt.buflen.net.in", .bytes),
      .sum("bytes_out", "BYTES OUT", "evt.buflen.net.out", .bytes),
      .aggregate("connections", "CONNECTIONS", "distinct", "fd.name"),
      .count("ops", "I/O OPS", where: "evt.is_io = true"), .errors, .time, .p99,
    ], sort: "bytes_in", drillDown: "connections",
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "evt.res"])
}
