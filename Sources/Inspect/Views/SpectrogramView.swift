extension View {
  private static let spectrum: [View.Column] = [
    .key("step", "STEP", "evt.latency.quantized"),
    .aggregate("least_ns", "FROM", "min", "evt.latency", .duration),
    .aggregate("most_ns", "TO", "max", "evt.latency", .duration),
    .count("count", "CALLS"), .time,
    .last("syscall", "LAST CALL", "evt.type"),
  ]

  static let spectrogram = View(
    name: "spectrogram", title: "Latencies",
    description: "How many calls took how long, ten steps for each power of ten.",
    filter: "syscall.type exists and evt.latency exists", kind: .table, columns: spectrum, sort: "-step",
    drillDown: "syscalls", appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "evt.type", "fd.name"])

  static let spectrogramFiles = View(
    name: "spectrogram_files", title: "Latencies of files",
    description: "How many calls about files took how long, ten steps for each power of ten.",
    filter: "syscall.type exists and fd.type = file and evt.latency exists", kind: .table, columns: spectrum,
    sort: "-step", drillDown: "files",
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.name", "fd.directory"])
}
