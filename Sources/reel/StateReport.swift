import CaptureFile
import EventBatch
import Inspect
import Presentation
import Query

/// What was there at a moment, for people and for programs.
struct StateReport {
  private let result: StateResult
  private let filter: String?
  private let limit: Int?
  private let zone: ClockZone

  /// - Parameter filter: that of the recording.
  init(_ result: StateResult, filter: String?, limit: Int?, zone: ClockZone) {
    self.result = result
    self.filter = filter
    self.limit = limit
    self.zone = zone
  }

  /// Writes to standard output. The last lines say of when the rows are and what may be hidden: to people there, to
  /// programs, whose rows carry the moment, on standard error.
  func write(_ form: Form) throws {
    guard let view = result.view else { return }
    let report = ViewReport(view.first(limit), zone: zone)
    switch form {
    case .table:
      try report.write(.table)
      let output = StandardOutput()
      for line in doubts + [momentLine] { try output.write(line + "\n") }
      try output.flush()
    case .json, .csv:
      // Rows that nothing was applied to are those of the state, whatever was asked for.
      try report.write(form, at: result.appliesEvents ? result.time : result.moment.time)
      for line in doubts { StandardError.write("reel: \(line)\n") }
    }
  }

  /// `state at 2026-11-24 12:03:04.250 UTC, when the recording began`.
  var momentLine: String {
    if result.time == result.moment.time {
      let reason: String? =
        switch result.moment.reason {
        case .start: "when the recording began"
        case .periodic, .other: nil
        case .rotation: "when the recording went on in this file"
        case .trigger: "when a rule asked for it"
        case .end: "when the recording ended"
        }
      return "state at \(text(result.time))" + (reason.map { ", " + $0 } ?? "")
    }
    let noted = text(result.moment.time)
    if !result.appliesEvents { return "state at \(noted), the last that was noted before \(text(result.time))" }
    let events = Units.count(result.events, "event")
    return "state at \(text(result.time)): as noted at \(noted), and \(events) since then"
  }

  /// What may be hidden or wrong between the state and the moment.
  var doubts: [String] {
    guard result.time != result.moment.time, result.appliesEvents else { return [] }
    var doubts: [String] = []
    if result.takenUntil > result.time {
      doubts.append("the state was still being taken: some rows are of a moment up to \(text(result.takenUntil))")
    }
    if result.leavesOutLonelySockets { doubts.append("sockets that no descriptor holds are not shown") }
    if result.lost > 0 {
      doubts.append("what \(Units.count(result.lost, "lost event")) changed since then is not shown")
    }
    if let filter { doubts.append("what the recording's filter (\(VisibleText.of(filter))) left out is not shown") }
    if result.uncertainDescriptors > 0 {
      doubts.append(
        "\(Units.count(result.uncertainDescriptors, "descriptor")) may have been closed when a program started")
    }
    return doubts
  }

  private func text(_ time: Int64) -> String {
    ClockText.dateTime(time, zone: zone) + " " + ClockText.zoneName(at: time, zone: zone)
  }
}
