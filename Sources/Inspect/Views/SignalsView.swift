extension View {
  static let signals = View(
    name: "signals", title: "Signals", description: "Every signal that was delivered.",
    filter: "evt.type = signaldeliver", kind: .list,
    columns: [
      .when, .field("signal", "SIGNAL", "evt.arg.sig"), .listPid, .field("name", "NAME", "proc.name"), .listContainer,
      .listCommand,
    ], sort: nil, drillDown: nil, appliesTo: ["container.id", "proc.pid", "proc.name"])
}
