import ArgumentParser
import Presentation

struct InfoCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract: "Says what is in a capture: where and when it was recorded, and how much of what.",
    discussion: """
      EXAMPLES:
        reel info build.reel
        reel info --json build.reel
      """)

  @Argument(
    help: ArgumentHelp("A capture, or a directory of them; - is standard input.", valueName: "capture"),
    completion: .file())
  var capture: String

  @Argument(help: ArgumentHelp("Further captures.", valueName: "captures"), completion: .file())
  var more: [String] = []

  @Flag(help: "Write one JSON object.")
  var json = false

  @Flag(help: "Show times in UTC.")
  var utc = false

  func run() throws {
    let readers = try Captures.open([capture] + more)
    let report = InfoReport(readers)
    let output = StandardOutput()
    if json {
      try output.write(report.json.line)
    } else {
      try output.write(report.rendered(for: .standardOutput, zone: utc ? .utc : .local))
    }
    try output.flush()
    try Captures.reportMissingParts(of: readers, failures: report.failures)
  }
}
