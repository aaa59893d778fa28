import ArgumentParser
import KernelSource
import Presentation

struct DoctorCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "doctor",
    abstract: "Says whether this machine can be recorded, and what is missing.",
    discussion: """
      Ends with 0 when it can, with 1 when it cannot. Loads the kernel program and takes it out again, which takes \
      about a second.

      EXAMPLES:
        sudo reel doctor
        reel doctor --json
      """)

  @Flag(help: "Write one JSON object for each check.")
  var json = false

  func run() throws {
    let report = DoctorReport(
      required: MachineCheck.run() + [MachineSurvey.ringMemory()],
      found: [MachineCheck.hooks(), MachineSurvey.engines()])
    let output = StandardOutput()
    if json {
      for line in report.json { try output.write(line.line) }
    } else {
      try output.write(report.rendered(for: .standardOutput))
    }
    try output.flush()
    if !report.canRecord { throw ExitCode(ExitStatus.failed) }
  }
}
