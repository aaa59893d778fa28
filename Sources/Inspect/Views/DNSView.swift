extension View {
  static let dns = View(
    name: "dns", title: "DNS questions",
    description: "Every name that was asked for, with what the server said and how long it took.",
    filter: nil, kind: .messages(.dns),
    columns: [
      .when, .field("name", "NAME", "dns.name"), .field("type", "TYPE", "dns.type"),
      .field("result", "RESULT", "dns.result"), .field("answers", "ANSWERS", "dns.answers"),
      .field("time_ns", "LATENCY", "dns.latency", .duration), .field("addresses", "ADDRESSES", "dns.addresses"),
      .field("server", "SERVER", "fd.sip"), .listPid, .listContainer, .listCommand,
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.sport"],
    hint: "messages are read from the first bytes of what was sent; names end where --snaplen ended them")
}
