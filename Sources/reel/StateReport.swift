import CaptureFile
import EventBatch
import Inspect
import Presentation
import Query

/// What a state says, for people and for programs.
struct StateReport {
  private let result: ViewResult
  private let moment: StateMoment
  private let limit: Int?
  private let zone: ClockZone

  init(_ result: ViewResult, _ moment: StateMoment, limit: Int?, zone: ClockZone) {
    self.result = result
    self.moment = moment
    self.limit = limit
    self.zone = zone
  }

  /// Writes to standard output. Programs get the moment with each row, people in the last line.
  func write(_ form: Form) throws {
    let view = ViewReport(result, limit: limit, zone: zone)
    let output = StandardOutput()
    switch form {
    case .table:
      try view.write(.table)
      try output.write(momentLine + "\n")
    case .json, .csv: try view.write(form, at: moment.time)
    }
    try output.flush()
  }

  /// `state of 2026-11-24 12:03:04.250 UTC, when the recording began`.
  private var momentLine: String {
    let time = ClockText.dateTime(moment.time, zone: zone) + " " + ClockText.zoneName(at: moment.time, zone: zone)
    let reason: String? =
      switch moment.reason {
      case .start: "when the recording began"
      case .periodic: nil
      case .rotation: "when the recording went on in this file"
      case .trigger: "when a rule asked for it"
      case .end: "when the recording ended"
      case .other: nil
      }
    return "state of \(time)" + (reason.map { ", " + $0 } ?? "")
  }
}
