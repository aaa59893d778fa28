extension View {
  static let threads = View(
    name: "threads", title: "Threads", description: "Each thread with its calls and the bytes that it moved.",
    filter: nil, kind: .table,
    columns: [
      .key("tid", "TID", "thread.tid"),
      .key("pid", "PID", "proc.pid"),
      .key("started", "STARTED", "proc.pid.ts", isHidden: true),
      .last("name", "NAME", "thread.name"),
      .count("count", "CALLS"),
      .sum("file_bytes", "FILE", "evt.buflen.file", .bytes),
      .sum("net_bytes", "NET", "evt.buflen.net", .bytes),
      .bytesIn, .bytesOut, .errors, .time, .container, .command,
    ], sort: "count", drillDown: "files",
    appliesTo: ["proc.pid", "proc.name", "container.id", "fd.sport", "fd.name", "fd.directory", "evt.res"])
}
