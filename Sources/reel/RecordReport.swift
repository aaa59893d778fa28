import KernelSource
import Presentation
import Recorder

/// How a recording went, for people and for programs.
struct RecordReport {
  let summary: RecordingSummary

  init(_ summary: RecordingSummary) { self.summary = summary }

  /// Losses by their stable names. A definition that had to be sent again cost no event.
  var losses: [(name: String, count: UInt64)] {
    summary.lostByCause.compactMap { cause, count in
      switch cause {
      case .ringFull: ("ring_full", count)
      case .nested: ("nested", count)
      case .noTask: ("no_task", count)
      case .unresolved: ("unresolved", count)
      case .definition: nil
      }
    }
  }

  /// One line when events were lost.
  var lossLine: ErrorLine? {
    guard summary.lost > 0 else { return nil }
    let causes = losses.map { "\($0.name) \(Units.count($0.count))" }.joined(separator: ", ")
    let isRingFull = losses.contains { $0.name == "ring_full" }
    return ErrorLine(
      "\(Units.count(summary.lost, "event was", "events were")) lost (\(causes))",
      remedy: isRingFull ? "a larger --buffer or a smaller --snaplen helps" : nil)
  }

  /// The summary as a short block.
  func rendered(for terminal: Terminal) -> String {
    let seconds = Double(summary.wallTime) / 1e9
    let rate = seconds > 0 ? " (\(Units.short(Double(summary.events) / seconds)) a second)" : ""
    var facts = FactList()
    facts.add(
      "recorded", "\(Units.count(summary.events, "event")) in \(Units.duration(summary.wallTime))\(rate)")
    if summary.lost == 0 {
      facts.add("lost", "none", .good)
    } else {
      let share = Units.share(Double(summary.lost), of: Double(summary.lost + summary.events))
      facts.add("lost", "\(Units.count(summary.lost)) (\(share))", .bad)
      let spans = LossSpan.all(of: summary.losses)
      for span in spans.prefix(LossSpan.shown) { facts.add("", span.text(.local), .bad) }
      if spans.count > LossSpan.shown {
        facts.add("", "and \(spans.count - LossSpan.shown) more, with --json", .bad)
      }
    }
    if let redacted = summary.redacted {
      facts.add("redacted", redacted == 0 ? "no secret was found" : Units.count(redacted, "secret"))
    }
    facts.add(
      "capture",
      place + ", \(Units.bytes(summary.bytes))"
        + (summary.events > 0 ? ", \(Units.fixed(summary.bytesPerEvent, digits: 1)) bytes an event" : ""))
    // Of a short recording most of the work is to load the kernel program, and a share of the time says little.
    let share =
      summary.wallTime >= 1_000_000_000
      ? " (\(Units.share(Double(summary.cpuTime), of: Double(summary.wallTime))) of one)" : ""
    facts.add(
      "recorder",
      "\(Units.duration(summary.cpuTime)) of CPU\(share), \(Units.bytes(summary.peakResidentBytes)) of memory")
    return facts.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  /// Where the capture is: of several files the first and the last that are there.
  private var place: String {
    if summary.path == "-" { return "standard output" }
    if summary.files == 1 { return VisibleText.of(summary.path) }
    let kept = summary.keptFiles < summary.files ? ", the last \(Units.count(summary.keptFiles)) kept" : ""
    let range = summary.keptFiles > 1 ? " to \(VisibleText.of(summary.lastPath))" : ""
    return "\(VisibleText.of(summary.path))\(range), \(Units.count(summary.files, "file"))\(kept)"
  }

  /// The summary as one object.
  var json: JSONObject {
    var object = JSONObject()
    object.add("events", summary.events)
    object.add("lost", summary.lost)
    var causes = JSONObject()
    for loss in losses { causes.add(loss.name, loss.count) }
    object.add("lost_by_cause", causes)
    object.add("losses", LossSpan.all(of: summary.losses).map(\.json))
    object.add("redacted", number: summary.redacted)
    object.add("bytes", summary.bytes)
    object.add("bytes_per_event", .decimal(summary.bytesPerEvent))
    object.add("cpu_ns", summary.cpuTime)
    object.add("wall_ns", summary.wallTime)
    object.add("peak_rss_bytes", summary.peakResidentBytes)
    object.add("path", summary.path)
    object.add("last_path", summary.lastPath)
    object.add("files", summary.files)
    object.add("files_kept", summary.keptFiles)
    return object
  }
}
