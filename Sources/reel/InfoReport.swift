import CaptureFile
import CaptureFormat
import Presentation

/// What is in a capture, for people and for programs.
struct InfoReport {
  let reader: CaptureReader

  /// Why the capture was made, where something says that.
  private let trigger: Annotation?

  /// What of it could not be read.
  private(set) var failures: [String] = []

  init(_ reader: CaptureReader) {
    self.reader = reader
    do throws(CaptureError) {
      trigger = try reader.trigger()
    } catch {
      trigger = nil
      failures.append("\(error)")
    }
  }

  private var header: CaptureHeader { reader.header }
  private var summary: CaptureSummary { reader.summary }

  /// The facts, and a table of the containers when there are any.
  func rendered(for terminal: Terminal, zone: ClockZone) -> String {
    var facts = FactList()
    facts.add(
      "host",
      VisibleText.of(header.hostname) + ", Linux " + VisibleText.of(header.kernelRelease) + ", "
        + VisibleText.of(header.architecture) + ", " + Units.count(header.cpuCount, "CPU"))
    let (from, to) = (summary.started, summary.ended)
    let length = to.subtractingReportingOverflow(from)
    let isSameDay =
      ClockText.dateTime(from, zone: zone, digits: 0).prefix(10)
      == ClockText.dateTime(to, zone: zone, digits: 0).prefix(10)
    facts.add(
      "recorded",
      ClockText.dateTime(from, zone: zone) + " to "
        + (isSameDay ? ClockText.timeOfDay(to, zone: zone) : ClockText.dateTime(to, zone: zone)) + " "
        + ClockText.zoneName(at: from, zone: zone)
        + (length.overflow ? "" : ", " + Units.duration(length.partialValue)))
    if let command = header.command { facts.add("command", VisibleText.of(command)) }
    if let filter = header.filter { facts.add("filter", VisibleText.of(filter)) }
    if let trigger {
      facts.add("trigger", VisibleText.of([trigger.rule, trigger.text].filter { !$0.isEmpty }.joined(separator: ": ")))
    }
    facts.add("events", events)
    addLosses(to: &facts, zone)
    addStates(to: &facts, zone)
    facts.add(
      "size",
      Units.bytes(reader.size) + " in " + Units.count(summary.chunkCount, "chunk")
        + (summary.events > 0
          ? ", \(Units.fixed(Double(reader.size) / Double(summary.events), digits: 1)) bytes an event" : ""))
    facts.add(
      "seen",
      Units.count(summary.processes, "process", "processes") + ", " + Units.count(summary.threads, "thread") + ", "
        + Units.count(summary.objects, "object") + ", " + Units.count(summary.containers.count, "container"))
    if !summary.typeCounts.isEmpty { facts.add("most", mostFrequentTypes) }
    let payloads = header.snapLength == 0 ? "no payloads" : "payloads up to \(Units.count(header.snapLength, "byte"))"
    facts.add("kept", "latency \(latency); \(payloads)")
    addIntegrity(to: &facts)
    return facts.rendered(width: terminal.width, colour: terminal.allowsColour) + containerTable(for: terminal)
  }

  private var events: String {
    let seconds = Double(summary.ended) / 1e9 - Double(summary.started) / 1e9
    let rate = seconds > 0 && summary.events > 0 ? " (\(Units.short(Double(summary.events) / seconds)) a second)" : ""
    return Units.count(summary.events) + rate
  }

  private func addLosses(to facts: inout FactList, _ zone: ClockZone) {
    if summary.lost == 0 {
      facts.add("lost", "none", .good)
      return
    }
    let causes = summary.lostByCause.map { "\($0.cause.name) \(Units.count($0.count))" }.joined(separator: ", ")
    let share = Units.share(Double(summary.lost), of: Double(summary.lost) + Double(summary.events))
    facts.add("lost", "\(Units.count(summary.lost)) (\(share)): \(causes)", .bad)
    let losses = LossSpan.all(of: reader.losses)
    for loss in losses.prefix(LossSpan.shown) { facts.add("", loss.text(zone), .bad) }
    if reader.lossCount > reader.losses.count {
      facts.add("", "at \(Units.count(reader.lossCount)) times", .bad)
    }
    if losses.count > LossSpan.shown {
      facts.add("", "and \(losses.count - LossSpan.shown) more, with --json", .bad)
    }
  }

  private func addStates(to facts: inout FactList, _ zone: ClockZone) {
    guard let first = reader.states.first, let last = reader.states.last else { return }
    let time = ClockText.timeOfDay(first.time, zone: zone)
    facts.add(
      "states",
      reader.states.count == 1
        ? "1, at \(time)"
        : "\(Units.count(reader.states.count)), \(time) to \(ClockText.timeOfDay(last.time, zone: zone))")
  }

  private func addIntegrity(to facts: inout FactList) {
    let damage = reader.damagedBytes > 0 ? "; \(Units.bytes(reader.damagedBytes)) cannot be read" : ""
    if !reader.isComplete {
      facts.add("integrity", "no end: still being written, or cut off" + damage, .warning)
    } else if !damage.isEmpty {
      facts.add("integrity", "damaged" + damage, .bad)
    } else {
      facts.add("integrity", "complete", .good)
    }
  }

  private var mostFrequentTypes: String {
    summary.typeCounts.sorted { ($1.count, $0.type) < ($0.count, $1.type) }.prefix(6)
      .map { type, count in
        "\(reader.schema.type(type).map { VisibleText.of($0.name) } ?? "type \(type.rawValue)") \(Units.count(count))"
      }
      .joined(separator: ", ")
  }

  private var latency: String {
    switch header.latencyMode {
    case .exact: "exact"
    case .adaptive: "adaptive"
    case .none: "not measured"
    }
  }

  private func containerTable(for terminal: Terminal) -> String {
    guard !summary.containers.isEmpty else { return "" }
    var table = Table([
      .left("CONTAINER"), .left("NAME", .keepsStart), .left("IMAGE", .keepsEnd), .left("TYPE"),
      .left("POD", .keepsStart),
    ])
    for container in summary.containers {
      let pod = [container.podNamespace, container.pod].compactMap(\.self).joined(separator: "/")
      table.append(
        [String(container.id.prefix(12)), container.name ?? "", container.image ?? "", container.engine ?? "", pod]
          .map(VisibleText.of))
    }
    return "\n" + table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  /// The object of `info --json`.
  var json: JSONObject {
    var object = JSONObject()
    object.add("format", "reel")
    object.add("complete", reader.isComplete)
    object.add("damaged", reader.damagedBytes)
    object.add("started", summary.started)
    object.add("ended", summary.ended)
    object.add("events", summary.events)
    object.add("lost", summary.lost)
    var causes = JSONObject()
    for (cause, count) in summary.lostByCause { causes.add(cause.name, count) }
    object.add("lost_by_cause", causes)
    object.add("losses", LossSpan.all(of: reader.losses).map(\.json))
    var states = JSONObject()
    states.add("count", reader.states.count)
    states.add("from", number: reader.states.first?.time)
    states.add("to", number: reader.states.last?.time)
    object.add("states", states)
    object.add("bytes", reader.size)
    object.add("chunks", summary.chunkCount)
    object.add("threads", summary.threads)
    object.add("processes", summary.processes)
    object.add("objects", summary.objects)
    object.add("containers", summary.containers.map(InfoReport.json))
    object.add("hostname", header.hostname)
    object.add("kernel", header.kernelRelease)
    object.add("architecture", header.architecture)
    object.add("cpus", header.cpuCount)
    object.add("filter", header.filter)
    object.add("command", header.command)
    object.add("snaplen", header.snapLength)
    object.add("latency", "\(header.latencyMode)")
    if let trigger {
      object.add("trigger", json: trigger.json.isEmpty ? trigger.text : trigger.json)
    } else {
      object.add("trigger", nil)
    }
    object.add("sealed", !reader.seals.isEmpty)
    return object
  }

  private static func json(_ container: ContainerInfo) -> JSONObject {
    var object = JSONObject()
    object.add("id", container.id)
    object.add("name", container.name)
    object.add("image", container.image)
    object.add("type", container.engine)
    object.add("pod", container.pod)
    object.add("namespace", container.podNamespace)
    return object
  }
}
