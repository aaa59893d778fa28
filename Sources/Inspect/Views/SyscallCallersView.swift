extension View {
  static let syscallCallers = View(
    name: "syscall_callers", title: "Callers of system calls",
    description: "Each process with how many system calls it made and how long they took.",
    filter: "syscall.type exists", kind: .table,
    columns: [
      .key("pid", "PID", "proc.pid"),
      .key("started", "STARTED", "proc.pid.ts", isHidden: true),
      .count("count", "CALLS"), .errors, .time, .p99, .container, .command,
    ], sort: "count", drillDown: "syscalls", appliesTo: ["evt.type"])
}
