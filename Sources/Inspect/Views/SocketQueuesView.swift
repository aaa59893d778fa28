extension View {
  static let socketQueues = View(
    name: "socket_queues", title: "Socket queues",
    description: "How many connections waited at each port while one was accepted.",
    filter: "evt.type in (accept, accept4) and evt.failed = false and fd.sport exists", kind: .table,
    columns: [
      .key("port", "PORT", "fd.sport"),
      .key("pid", "PID", "proc.pid"),
      .count("count", "ACCEPTED"),
      .aggregate("waiting", "WAITING", "avg", "evt.rawarg.queuelen"),
      .aggregate("most_waiting", "MOST", "max", "evt.rawarg.queuelen"),
      .aggregate("room", "ROOM", "max", "evt.rawarg.queuemax"),
      .aggregate("percent", "FULL %", "max", "evt.rawarg.queuepct"),
      .container, .command,
    ], sort: "most_waiting", drillDown: "connections", appliesTo: ["container.id", "proc.pid", "proc.name", "fd.sport"])
}
