extension View {
  static let connections = View(
    name: "connections", title: "Connections",
    description: "Each network connection with the bytes received and sent.",
    filter: networkFilter, kind: .table,
    columns: [
      .key("connection", "CONNECTION", "fd.name"),
      .last("protocol", "PROTO", "fd.l4proto"),
      .last("local_address", "LOCAL IP", "fd.lip"),
      .last("local_port", "LOCAL PORT", "fd.lport"),
      .last("remote_address", "REMOTE IP", "fd.rip"),
      .last("remote_port", "REMOTE PORT", "fd.rport"),
      .last("port", "SERVER PORT", "fd.sport"),
      .sum("bytes_in", "BYTES IN", "evt.buflen.net.in", .bytes),
      .sum("bytes_out", "BYTES OUT", "evt.buflen.net.out", .bytes),
      .operations, .errors, .time, .p99, .last("pid", "PID", "proc.pid"), .container, .command,
    ], sort: "bytes_in", drillDown: "new_connections",
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.sport", "evt.res"])
}
