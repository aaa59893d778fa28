extension View {
  static let http = View(
    name: "http", title: "HTTP requests",
    description: "Every request of HTTP/1 with its status and how long the answer took, at each end that was recorded.",
    filter: nil, kind: .messages(.http),
    columns: [
      .when, .field("method", "METHOD", "http.method"), .field("host", "HOST", "http.host"),
      .field("path", "PATH", "http.path"), .field("status", "STATUS", "http.status"),
      .field("time_ns", "LATENCY", "http.latency", .duration), .field("server", "SERVER END", "fd.is_server"),
      .field("connection", "CONNECTION", "fd.name"), .listPid, .listContainer, .listCommand,
    ], sort: nil, drillDown: nil,
    appliesTo: ["container.id", "proc.pid", "proc.name", "thread.tid", "fd.name", "fd.sport"],
    hint: "encrypted requests cannot be read; of others the first bytes of each call are recorded (--snaplen)")
}
