import ArgumentParser
import Presentation
import Query

struct FieldsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fields",
    abstract: "Lists the fields of filters, formats and groups.",
    discussion: """
      EXAMPLES:
        reel fields
        reel fields fd
        reel fields --json
        reel fields --markdown > fields.md
      """)

  @Argument(help: "Only fields whose name holds this.")
  var word: String?

  @Flag(help: "Write one JSON object for each field.")
  var json = false

  @Flag(help: "Write a document in Markdown.")
  var markdown = false

  func validate() throws {
    if json, markdown { throw ValidationError("--json and --markdown exclude each other") }
  }

  func run() throws {
    let fields = FieldTable.all.filter { field in word.map { field.name.contains($0) } ?? true }
    if fields.isEmpty, let word {
      throw Failure.refused("there is no field with '\(word)' in its name", remedy: "`reel fields` lists all")
    }
    let output = StandardOutput()
    if json {
      for field in fields { try output.write(FieldsReport.json(field).line) }
    } else if markdown {
      try output.write(FieldsReport.document(fields))
    } else {
      try output.write(FieldsReport.rendered(fields, for: .standardOutput))
    }
    try output.flush()
  }
}
