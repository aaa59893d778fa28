import ArgumentParser
import EventSchema
import Presentation

struct SchemaCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "schema",
    abstract: "Lists the types of events that are recorded, or the parameters of one.",
    discussion: """
      EXAMPLES:
        reel schema
        reel schema openat
        reel schema --json
      """)

  @Argument(help: "A type of events, by its name in evt.type or the kernel's name of the call.")
  var name: String?

  @Flag(help: "Write one JSON object for each type.")
  var json = false

  func run() throws {
    let schema = Schema.builtIn
    let output = StandardOutput()
    let types = try selected(schema)
    if json {
      for type in types { try output.write(SchemaReport.json(type, schema).line) }
    } else if name == nil {
      try output.write(SchemaReport.table(of: types, for: .standardOutput))
    } else {
      for type in types { try output.write(SchemaReport.description(of: type, schema, for: .standardOutput)) }
    }
    try output.flush()
  }

  private func selected(_ schema: Schema) throws(Failure) -> [EventType] {
    guard let name else { return schema.types }
    let types = schema.types.filter { $0.name == name || $0.systemCall == name }
    if types.isEmpty {
      throw .refused("there is no event type '\(name)'", remedy: "`reel schema` lists them")
    }
    return types
  }
}
