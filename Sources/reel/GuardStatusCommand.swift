import ArgumentParser
import Guard
import JSON
import Presentation

struct GuardStatusCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Says how a running guard does: events, alerts, captures, channels, and what is amiss.",
    discussion: """
      Ends with 1 when something is amiss.

      EXAMPLES:
        reel guard status
        reel guard status --json
        reel guard status --metrics
      """)

  @OptionGroup var place: GuardSocketOption

  @Flag(help: "Write one JSON object.")
  var json = false

  @Flag(help: "Say nothing, and end with 1 only if the guard should be started again: for probes.")
  var alive = false

  @Flag(help: "Write metrics in Prometheus' text format.")
  var metrics = false

  func run() throws {
    var client = try place.connect()
    let output = StandardOutput()
    if metrics {
      try output.write(try asking { () throws(ControlError) in try client.metrics() })
      return try output.flush()
    }
    let status = try asking { () throws(ControlError) in try client.status() }
    if alive {
      if status["status"].text == "failing" { throw Failure(status: ExitStatus.failed, nil) }
      return
    }
    try output.write(json ? status.line + "\n" : GuardStatusReport(status).rendered(for: Terminal.standardOutput))
    try output.flush()
    if status["status"].text != "ok" { throw Failure(status: ExitStatus.failed, nil) }
  }
}

/// How a guard does, for people.
struct GuardStatusReport {
  private let status: JSONDocument

  init(_ status: JSONDocument) { self.status = status }

  func rendered(for terminal: Terminal) -> String {
    var facts = FactList()
    let word = status["status"].text ?? "unknown"
    facts.add("guard", word, word == "ok" ? .good : .bad)
    for trouble in status["troubles"].elements { facts.add("amiss", VisibleText.of(trouble.text ?? ""), .bad) }
    facts.add("host", VisibleText.of(status["hostname"].text ?? "-"))
    facts.add("rules", "\(count("rules")) in \(Units.count(status["policies"].integer ?? 0, "policy", "policies"))")
    let lost = status["lost"].members.filter { ($0.value.integer ?? 0) > 0 }
    let losses = lost.map { "\($0.name) \(Units.count($0.value.integer ?? 0))" }.joined(separator: ", ")
    facts.add("events", count("events") + (losses.isEmpty ? "" : ", lost: \(losses)"))
    facts.add("alerts", count("alerts") + ", \(count("throttled")) of them not told")
    let states = status["captures"].members.filter { ($0.value.integer ?? 0) > 0 }
    facts.add(
      "captures",
      states.isEmpty ? "none" : states.map { "\($0.value.integer ?? 0) \($0.name)" }.joined(separator: ", "))
    let recorder = status["flight_recorder"]
    facts.add(
      "past kept",
      "\(Units.duration(recorder["time_ns"].integer ?? 0)), \(Units.count(recorder["events"].integer ?? 0)) events, "
        + Units.bytes(recorder["bytes"].integer ?? 0))
    let latency = status["alert_latency"]
    if let number = latency["count"].integer, number > 0 {
      facts.add(
        "alert latency",
        "\(Units.duration((latency["sum_ns"].integer ?? 0) / number)) on average, "
          + "\(Units.duration(latency["greatest_ns"].integer ?? 0)) at the most")
    }
    facts.add("memory", Units.bytes(status["rss_bytes"].integer ?? 0))
    facts.add("processor time", Units.duration(status["cpu_ns"].integer ?? 0))
    var text = facts.rendered(width: terminal.width, colour: terminal.allowsColour)
    let channels = status["channels"].elements
    if channels.isEmpty { return text }
    var table = Table([
      .left("CHANNEL"), .left("KIND"), .right("DELIVERED"), .right("WAITING"), .right("LOST"), .right("REFUSED"),
      .left("TROUBLE", .keepsStart),
    ])
    for channel in channels {
      func number(_ name: String) -> String { Units.count(channel[name].integer ?? 0) }
      table.append([
        VisibleText.of(channel["name"].text ?? "-"), channel["kind"].text ?? "-", number("delivered"),
        number("waiting"), number("lost"), number("rejected"), VisibleText.of(channel["trouble"].text ?? ""),
      ])
    }
    text += "\n" + table.rendered(width: terminal.width, colour: terminal.allowsColour)
    return text
  }

  private func count(_ name: String) -> String { Units.count(status[name].integer ?? 0) }
}
