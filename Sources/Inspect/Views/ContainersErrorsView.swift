extension View {
  static let containersErrors = View(
    name: "containers_errors", title: "Errors of containers",
    description: "Failed calls of each container, by what they were about.",
    filter: "container.id != host and evt.failed = true", kind: .table,
    columns: [
      .key("id", "ID", "container.id"),
      .last("name", "NAME", "container.name", "container.id"),
      .errors,
      .sum("file_errors", "FILE", "evt.count.error.file"),
      .sum("net_errors", "NET", "evt.count.error.net"),
      .sum("memory_errors", "MEMORY", "evt.count.error.memory"),
      .sum("other_errors", "OTHER", "evt.count.error.other"),
    ], sort: "errors", drillDown: "errors", appliesTo: ["fd.name", "fd.sport", "evt.type", "fd.directory"])
}
