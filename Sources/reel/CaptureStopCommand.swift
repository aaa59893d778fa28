import ArgumentParser
import Guard
import Presentation

struct CaptureStopCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "stop",
    abstract: "Ends a capture now; what was written is a whole capture.",
    discussion: """
      EXAMPLES:
        reel capture stop 20261128-1203
      """)

  @OptionGroup var capture: GuardCaptureArgument

  @Flag(help: "Write one JSON object.")
  var json = false

  func run() throws {
    var client = try capture.place.connect()
    let record = try asking { () throws(ControlError) in try client.stop(capture.id) }
    let output = StandardOutput()
    try output.write(json ? record.jsonText + "\n" : CaptureReport.line(record))
    try output.flush()
  }
}

struct CaptureDeleteCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Deletes a finished capture and its file.",
    discussion: """
      EXAMPLES:
        reel capture delete 20261128-1203
      """)

  @OptionGroup var capture: GuardCaptureArgument

  @Flag(help: "Write one JSON object.")
  var json = false

  func run() throws {
    var client = try capture.place.connect()
    let record = try asking { () throws(ControlError) in try client.delete(capture.id) }
    let output = StandardOutput()
    try output.write(json ? record.jsonText + "\n" : "deleted \(VisibleText.of(record.path))\n")
    try output.flush()
  }
}
