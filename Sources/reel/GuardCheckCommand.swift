import ArgumentParser
import Guard
import Presentation

struct GuardCheckCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "check",
    abstract: "Checks a configuration of the guard: all mistakes at once, each with its place, and what it would do.",
    discussion: """
      Also reads the rules files, secrets and certificates that it names. Ends with 2 when there are errors.

      EXAMPLES:
        reel guard check --config /etc/reel/guard.yaml
        reel guard check --config guard.yaml --strict
        reel guard check --config guard.yaml --json
      """)

  @Option(
    help: ArgumentHelp("The configuration.", valueName: "file"), completion: .file(extensions: ["yaml", "yml"]))
  var config: String

  @Flag(help: "Count warnings as errors, and show those of rules files.")
  var strict = false

  @Flag(help: "Write one JSON object: the mistakes, and what the configuration says.")
  var json = false

  func run() throws {
    let loaded = GuardConfigurationLoader.load(path: config)
    let errors = loaded.diagnostics.count { $0.severity == .error }
    let warnings = loaded.diagnostics.count - errors
    let output = StandardOutput()
    let report = GuardReport(loaded)
    if json {
      var object = report.object
      object.add("errors", errors)
      object.add("warnings", warnings)
      object.add("problems", loaded.diagnostics.map(RulesCheckCommand.jsonObject))
      try output.write(object.line)
    } else {
      let colour = Terminal.standardOutput.allowsColour
      let shown = loaded.diagnostics.filter { strict || $0.severity == .error || $0.file == config }
      for problem in shown { try output.write(RulesCheckCommand.lines(problem, colour: colour)) }
      if errors == 0 {
        if !shown.isEmpty { try output.write("\n") }
        try output.write(report.rendered(for: Terminal.standardOutput))
      }
      var line = "\(Units.count(errors, "error")), \(Units.count(warnings, "warning"))"
      if shown.count < loaded.diagnostics.count {
        line += ", of which \(Units.count(loaded.diagnostics.count - shown.count)) in rules files; --strict shows them"
      }
      try output.write(line + "\n")
    }
    try output.flush()
    if errors > 0 || strict && warnings > 0 { throw Failure(status: ExitStatus.refused, nil) }
  }
}
