extension View {
  static let slowIO = View(
    name: "slow_io", title: "Slow file I/O", description: "Reads and writes of files that took a millisecond or more.",
    filter: "evt.is_io = true and fd.type = file and not fd.name startswith /dev/ and evt.latency >= 1000000",
    kind: .list,
    columns: [
      .when, .field("time_ns", "LATENCY", "evt.latency", .duration), .field("syscall", "CALL", "evt.type"),
      .field("file", "FILE", "fd.name"), .field("bytes", "BYTES", "evt.buflen", .bytes), .listPid, .listContainer,
      .listCommand,
    ], sort: "time_ns", drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid"])
}
