extension View {
  static let containerEvents = View(
    name: "container_events", title: "Container events",
    description: "What container engines reported, in imported captures that have it.",
    filter: "evt.type in (container, infra)", kind: .list,
    columns: [
      .when, .field("event", "EVENT", "evt.type"), .listContainer, .field("details", "DETAILS", "evt.args"),
    ], sort: nil, drillDown: nil, appliesTo: ["container.id"],
    hint: "recordings keep what engines say beside the events: `reel containers` and `reel info` show it")

  static let notifications = View(
    name: "notifications", title: "Notifications",
    description: "Notifications of policies, in imported captures that have them.",
    filter: "evt.type = notification", kind: .list,
    columns: [.when, .listContainer, .field("details", "DETAILS", "evt.args")], sort: nil, drillDown: nil,
    appliesTo: ["container.id"])
}
