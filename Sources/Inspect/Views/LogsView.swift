extension View {
  static let logs = View(
    name: "logs", title: "Log files", description: "Everything that was written to files named as logs are.",
    filter: "evt.is_io_write = true and evt.failed = false and fd.type = file and "
      + "(fd.name contains .log or fd.name contains _log or fd.name contains /var/log) and "
      + "not (fd.name endswith .gz or fd.name endswith .tgz)",
    kind: .list,
    columns: [
      .when, .field("file", "FILE", "fd.name"), .listPid, .field("name", "NAME", "proc.name"), .listContainer,
      .field("message", "MESSAGE", "evt.buffer"),
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.name"])

  static let syslog = View(
    name: "syslog", title: "System log", description: "Every message that was sent to the system's log.",
    filter: "evt.is_syslog = true and evt.failed = false", kind: .list,
    columns: [
      .when, .listPid, .field("name", "NAME", "proc.name"), .field("facility", "FACILITY", "syslog.facility.str"),
      .field("severity", "SEVERITY", "syslog.severity.str"), .listContainer,
      .field("message", "MESSAGE", "syslog.message"),
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid"])
}
