import ArgumentParser

/// How rows are written.
enum Form {
  case table, json, csv
}

/// `--json` or `--csv`.
struct FormOptions: ParsableArguments {
  @Flag(help: "Write one JSON object for each row.")
  var json = false

  @Flag(help: "Write comma-separated values with a line of headings.")
  var csv = false

  var form: Form { json ? .json : csv ? .csv : .table }

  func validate() throws {
    if json, csv { throw ValidationError("--json and --csv exclude each other") }
  }
}
