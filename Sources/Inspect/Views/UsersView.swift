extension View {
  static let users = View(
    name: "users", title: "Users", description: "What each user's processes did.",
    filter: nil, kind: .table,
    columns: [
      .key("uid", "UID", "user.uid"),
      .last("user", "USER", "user.name"),
      .aggregate("processes", "PROCS", "distinct", "proc.pid"),
      .count("count", "CALLS"),
      .sum("file_bytes", "FILE", "evt.buflen.file", .bytes),
      .sum("net_bytes", "NET", "evt.buflen.net", .bytes),
      .errors, .time,
    ], sort: "count", drillDown: "processes", appliesTo: ["container.id"])
}
