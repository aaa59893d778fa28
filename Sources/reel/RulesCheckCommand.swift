import ArgumentParser
import Presentation
import Rules

struct RulesCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks rules files: all mistakes at once, each with its place.",
    discussion: """
      Files are read together, in the order given: later ones see what earlier ones define. Ends with 2 when there are \
      errors.

      EXAMPLES:
        reel rules check falco_rules.yaml
        reel rules check falco_rules.yaml my_rules.yaml --json
      """)

  @Argument(
    help: ArgumentHelp("A rules file, or a directory of them; - is standard input.", valueName: "file"),
    completion: .file())
  var files: [String]

  @Flag(help: "Count warnings as errors.")
  var strict = false

  @Flag(help: "Write one JSON object for each problem.")
  var json = false

  func run() throws {
    let texts = try RulesFiles.read(files)
    let set = RulesLoader.load(texts)
    let output = StandardOutput()
    let colour = Terminal.standardOutput.allowsColour
    for problem in set.diagnostics {
      try output.write(
        json ? RulesCheckCommand.object(problem) : Array(RulesCheckCommand.lines(problem, colour: colour).utf8))
    }
    let errors = set.diagnostics.count { $0.severity == .error }
    let warnings = set.diagnostics.count - errors
    if !json {
      let skipped = set.rules.count { $0.skipped != nil }
      try output.write(
        "\(Units.count(set.rules.count, "rule")) in \(Units.count(texts.count, "file")): "
          + "\(Units.count(errors, "error")), \(Units.count(warnings, "warning"))"
          + (skipped > 0 ? ", \(Units.count(skipped, "rule")) of other sources or fields skipped" : "") + "\n")
    }
    try output.flush()
    if errors > 0 || strict && warnings > 0 { throw Failure(status: ExitStatus.refused, nil) }
  }

  static func lines(_ problem: RulesDiagnostic, colour: Bool) -> String {
    let style: Style = problem.severity == .error ? .bad : .bold
    let item = problem.itemName.isEmpty ? problem.itemKind : "\(problem.itemKind) '\(problem.itemName)'"
    var text = "\(VisibleText.of(problem.file)):\(problem.line):\(problem.column): "
    text += style.apply(to: problem.severity.rawValue + ":", colour: colour)
    text += " \(VisibleText.of(problem.message)) (\(VisibleText.of(item)), \(problem.code.rawValue))\n"
    for line in problem.snippet where !line.isEmpty { text += "  \(VisibleText.of(line))\n" }
    return text
  }

  private static func object(_ problem: RulesDiagnostic) -> [UInt8] { jsonObject(problem).line }

  static func jsonObject(_ problem: RulesDiagnostic) -> JSONObject {
    var object = JSONObject()
    object.add("severity", problem.severity.rawValue)
    object.add("code", problem.code.rawValue)
    object.add("message", problem.message)
    object.add("item_type", problem.itemKind)
    object.add("item_name", problem.itemName)
    object.add("file", problem.file)
    object.add("line", problem.line)
    object.add("column", problem.column)
    object.add("snippet", problem.snippet.first)
    return object
  }
}
