import ArgumentParser
import Guard
import Presentation

struct CaptureListCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Lists the captures of a running guard, the oldest first.",
    discussion: """
      EXAMPLES:
        reel capture list
        reel capture list --state error
        reel capture list --json
      """)

  @OptionGroup var place: GuardSocketOption

  @Option(
    help: ArgumentHelp(
      "Only those that are so far: \(CaptureRecord.State.allCases.map(\.rawValue).joined(separator: ", ")).",
      valueName: "state"),
    transform: CaptureListCommand.parse)
  var state: CaptureRecord.State?

  @Flag(help: "Write one JSON object for each capture.")
  var json = false

  private static func parse(_ text: String) throws -> CaptureRecord.State {
    if let state = CaptureRecord.State(rawValue: text) { return state }
    throw ValidationError(
      "'\(text)' is no state; these are: \(CaptureRecord.State.allCases.map(\.rawValue).joined(separator: ", "))")
  }

  func run() throws {
    var client = try place.connect()
    let records = try asking { () throws(ControlError) in try client.list() }.filter {
      state == nil || $0.state == state
    }
    let output = StandardOutput()
    if json {
      for record in records { try output.write(record.jsonText + "\n") }
    } else {
      try output.write(CaptureReport.table(records, for: Terminal.standardOutput))
    }
    try output.flush()
  }
}
