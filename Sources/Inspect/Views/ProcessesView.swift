extension View {
  static let processes = View(
    name: "processes", title: "Processes",
    description: "Each process with its calls, the bytes that it read and wrote, and its errors.",
    filter: nil, kind: .table,
    columns: [
      .key("pid", "PID", "proc.pid"),
      // A process id is used again; its start tells processes apart.
      .key("started", "STARTED", "proc.pid.ts", isHidden: true),
      .last("ppid", "PPID", "proc.ppid"),
      .last("name", "NAME", "proc.name"),
      .last("user", "USER", "user.name", "user.uid"),
      .count("count", "CALLS"),
      .sum("file_bytes", "FILE", "evt.buflen.file", .bytes),
      .sum("net_bytes", "NET", "evt.buflen.net", .bytes),
      .bytesIn, .bytesOut, .opens,
      .count("ops", "I/O OPS", where: "evt.is_io = true"),
      .errors, .time, .p99, .container, .command,
    ], sort: "count", drillDown: "threads",
    appliesTo: ["container.id", "fd.name", "fd.directory", "fd.sport", "evt.type", "fd.type", "evt.res"])
}
