extension View {
  static let processesCPU = View(
    name: "processes_cpu", title: "CPU of processes",
    description: "CPU time of each process, from samples, and its calls. Times on the CPU need recorded switches.",
    filter: nil, kind: .table,
    columns: [
      .key("pid", "PID", "proc.pid"),
      .key("started", "STARTED", "proc.pid.ts", isHidden: true),
      .last("name", "NAME", "proc.name"),
      .sum("cpu_ns", "CPU", "evt.rawarg.cpu_used", .duration),
      .aggregate("cpu_peak", "PEAK %", "max", "thread.cpu"),
      .sum("run_ns", "ON CPU", "thread.exectime", .duration),
      .count("count", "CALLS", where: "syscall.type exists"),
      .time, .container, .command,
    ], sort: "cpu_ns", drillDown: "threads",
    appliesTo: ["container.id", "fd.name", "fd.directory", "fd.sport", "evt.type", "fd.type"])
}
