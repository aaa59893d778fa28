import CaptureFile
import CaptureFormat
import Presentation

/// What is in a capture, or in several together, for people and for programs.
struct InfoReport {
  private let readers: [CaptureReader]
  /// The totals of all.
  private let summary: CaptureSummary
  /// Why the capture was made, where something says that.
  private let trigger: Annotation?
  /// What was taken out of them.
  private let redactions: [Annotation]
  /// What of it could not be read.
  private(set) var failures: [String] = []

  init(_ reader: CaptureReader) { self.init([reader]) }

  /// - Precondition: there is a capture.
  init(_ readers: [CaptureReader]) {
    self.readers = readers
    summary = CaptureSummary.joined(readers.map(\.summary))
    var trigger: Annotation?
    for reader in readers where trigger == nil {
      do throws(CaptureError) { trigger = try reader.trigger() } catch { failures.append("\(error)") }
    }
    self.trigger = trigger
    var redactions: [Annotation] = []
    for reader in readers {
      do throws(CaptureError) { redactions += try RedactionReport.redactions(of: reader) } catch {
        failures.append("\(error)")
      }
    }
    self.redactions = redactions
  }

  /// Of the first capture.
  private var header: CaptureHeader { readers[0].header }
  private var losses: [LossRecord] { readers.flatMap(\.losses) }
  private var lossCount: Int { readers.reduce(0) { $0 + $1.lossCount } }
  private var states: [StateMoment] { readers.flatMap(\.states) }
  private var size: UInt64 { readers.reduce(0) { $0 + $1.size } }
  private var damagedBytes: UInt64 { readers.reduce(0) { $0 + $1.damagedBytes } }
  private var isComplete: Bool { readers.allSatisfy(\.isComplete) }

  /// The facts, and a table of the containers when there are any.
  func rendered(for terminal: Terminal, zone: ClockZone) -> String {
    var facts = FactList()
    facts.add(
      "host",
      [
        VisibleText.of(header.hostname), isImported ? "" : "Linux " + VisibleText.of(header.kernelRelease),
        VisibleText.of(header.architecture), Units.count(header.cpuCount, "CPU"),
      ].filter { !$0.isEmpty }.joined(separator: ", "))
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
    if readers.count > 1 {
      facts.add("captures", Units.count(readers.count) + ", read one after the other; the first of them is told above")
    }
    facts.add("events", events)
    addLosses(to: &facts, zone)
    addStates(to: &facts, zone)
    facts.add(
      "size",
      Units.bytes(size) + " in " + Units.count(summary.chunkCount, "chunk")
        + (summary.events > 0
          ? ", \(Units.fixed(Double(size) / Double(summary.events), digits: 1)) bytes an event" : ""))
    facts.add(
      "seen",
      // Whoever is in several captures counts in each of them.
      (readers.count > 1 ? "up to " : "") + Units.count(summary.processes, "process", "processes") + ", "
        + Units.count(summary.threads, "thread") + ", "
        + Units.count(summary.objects, "object") + ", " + Units.count(summary.containers.count, "container"))
    if !summary.typeCounts.isEmpty { facts.add("most", mostFrequentTypes) }
    let payloads = header.snapLength == 0 ? "no payloads" : "payloads up to \(Units.count(header.snapLength, "byte"))"
    facts.add("kept", isImported ? "what the imported file has" : "latency \(latency); \(payloads)")
    for redaction in redactions { facts.add("redacted", VisibleText.of(redaction.text)) }
    addIntegrity(to: &facts)
    return facts.rendered(width: terminal.width, colour: terminal.allowsColour) + containerTable(for: terminal)
  }

  /// Files of other programs do not say which kernel they are of.
  private var isImported: Bool { header.kernelRelease.isEmpty && header.architecture.isEmpty }

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
    let spans = LossSpan.all(of: losses)
    for span in spans.prefix(LossSpan.shown) { facts.add("", span.text(zone), .bad) }
    if lossCount > losses.count {
      facts.add("", "at \(Units.count(lossCount)) times", .bad)
    }
    if spans.count > LossSpan.shown {
      facts.add("", "and \(spans.count - LossSpan.shown) more, with --json", .bad)
    }
  }

  private func addStates(to facts: inout FactList, _ zone: ClockZone) {
    guard let first = states.first, let last = states.last else { return }
    let time = ClockText.timeOfDay(first.time, zone: zone)
    facts.add(
      "states",
      states.count == 1
        ? "1, at \(time)"
        : "\(Units.count(states.count)), \(time) to \(ClockText.timeOfDay(last.time, zone: zone))")
  }

  private func addIntegrity(to facts: inout FactList) {
    let damage = damagedBytes > 0 ? "; \(Units.bytes(damagedBytes)) cannot be read" : ""
    if !isComplete {
      facts.add("integrity", "no end: still being written, or cut off" + damage, .warning)
    } else if !damage.isEmpty {
      facts.add("integrity", "damaged" + damage, .bad)
    } else {
      let seals = readers.reduce(0) { $0 + $1.seals.count }
      facts.add(
        "integrity", "complete" + (seals == 0 ? "" : ", \(Units.count(seals, "seal")): reel verify --key checks"), .good
      )
    }
  }

  private var mostFrequentTypes: String {
    summary.typeCounts.sorted { ($1.count, $0.type) < ($0.count, $1.type) }.prefix(6)
      .map { type, count in
        "\(readers[0].schema.type(type).map { VisibleText.of($0.name) } ?? "type \(type.rawValue)") \(Units.count(count))"
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
    object.add("complete", isComplete)
    object.add("damaged", damagedBytes)
    object.add("started", summary.started)
    object.add("ended", summary.ended)
    object.add("events", summary.events)
    object.add("lost", summary.lost)
    var causes = JSONObject()
    for (cause, count) in summary.lostByCause { causes.add(cause.name, count) }
    object.add("lost_by_cause", causes)
    object.add("losses", LossSpan.all(of: losses).map(\.json))
    var states = JSONObject()
    states.add("count", self.states.count)
    states.add("from", number: self.states.first?.time)
    states.add("to", number: self.states.last?.time)
    object.add("states", states)
    object.add("captures", readers.count)
    object.add("bytes", size)
    object.add("chunks", summary.chunkCount)
    // Whoever is in several captures counts in each of them: how many there are together is not known.
    object.add("threads", number: readers.count == 1 ? summary.threads : nil)
    object.add("processes", number: readers.count == 1 ? summary.processes : nil)
    object.add("objects", number: readers.count == 1 ? summary.objects : nil)
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
    object.add("redactions", redactions.map(RedactionReport.json))
    object.add("sealed", readers.allSatisfy { !$0.seals.isEmpty })
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
