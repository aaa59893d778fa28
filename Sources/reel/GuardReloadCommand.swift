import ArgumentParser
import Guard
import Presentation

#if canImport(Glibc)
import Glibc
#endif

struct GuardReloadCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "reload",
    abstract: "Has a running guard read its configuration again, and says whether it is in use.",
    discussion: """
      A configuration with mistakes is not used: the guard goes on with the one before. `reel guard check` says all that is wrong.

      EXAMPLES:
        reel guard reload
      """)

  @OptionGroup var place: GuardSocketOption

  func run() throws {
    var client = try place.connect()
    let before = try asking { () throws(ControlError) in try client.status() }
    try asking { () throws(ControlError) in try client.reload() }
    let output = StandardOutput()
    // It is carried out by the guard's own thread, which looks for orders each few milliseconds.
    for _ in 0..<100 {
      usleep(100_000)
      let status = try asking { () throws(ControlError) in try client.status() }
      if let error = status["configuration_error"].text, before["configuration_error"].text != error {
        throw Failure(
          status: ExitStatus.failed,
          ErrorLine("the guard goes on with the configuration before: \(VisibleText.of(error))"))
      }
      if status["generation"] != before["generation"] {
        try output.write(
          "the configuration is in use: \(Units.count(status["policies"].integer ?? 0, "policy", "policies")), "
            + "\(Units.count(status["rules"].integer ?? 0, "rule"))\n"
        )
        return try output.flush()
      }
    }
    if let error = before["configuration_error"].text {
      throw Failure(
        status: ExitStatus.failed,
        ErrorLine("the guard goes on with the configuration before: \(VisibleText.of(error))"))
    }
    throw Failure(
      status: ExitStatus.failed,
      ErrorLine("the guard has not taken a configuration over within 10 s", remedy: "see its log"))
  }
}
