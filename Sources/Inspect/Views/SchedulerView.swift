extension View {
  static let scheduler = View(
    name: "scheduler", title: "Waiting for a CPU",
    description: "How long each thread could run and had to wait, and how long it ran.",
    filter: "evt.type = switch", kind: .table,
    columns: [
      .key("tid", "TID", "thread.tid"),
      .key("pid", "PID", "proc.pid"),
      .key("started", "STARTED", "proc.pid.ts", isHidden: true),
      .last("name", "NAME", "thread.name"),
      .count("count", "SWITCHES"),
      .count("preempted", "PREEMPTED", where: "evt.rawarg.preempted = true"),
      .sum("wait_ns", "WAITED", "evt.rawarg.wait_time", .duration),
      .aggregate("wait_p99_ns", "P99", "p99", "evt.rawarg.wait_time", .duration),
      .aggregate("wait_max_ns", "LONGEST", "max", "evt.rawarg.wait_time", .duration),
      .sum("run_ns", "RAN", "thread.exectime", .duration),
      .container, .command,
    ], sort: "wait_ns", drillDown: "threads", appliesTo: ["container.id", "proc.pid", "proc.name"],
    hint: "switches are recorded on request: reel record --switches")
}
