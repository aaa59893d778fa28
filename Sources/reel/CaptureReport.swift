import Guard
import Presentation

/// Captures of a guard, for people.
enum CaptureReport {
  /// A table, or a line that says that there are none.
  static func table(_ records: [CaptureRecord], for terminal: Terminal) -> String {
    if records.isEmpty { return "there is no capture\n" }
    var table = Table([
      .left("ID"), .left("STATE"), .left("STARTED"), .right("LASTS"), .left("CONTAINER"),
      .left("POLICY", .keepsStart), .left("RULE", .keepsStart), .right("EVENTS"), .right("SIZE"),
      .left("MESSAGE", .keepsStart),
    ])
    for record in records {
      let time = record.ended.map { Units.duration(max($0 - record.started, 0)) } ?? "-"
      table.append([
        record.id, record.state.rawValue, ClockText.dateTime(record.started, zone: .local, digits: 0), time,
        record.container.isEmpty ? "host" : ContainersReport.shortID(record.container),
        record.policy.isEmpty ? "by hand" : VisibleText.of(record.policy),
        record.rule.isEmpty ? "-" : VisibleText.of(record.rule), Units.count(record.events), Units.bytes(record.bytes),
        VisibleText.of(record.message.isEmpty ? record.shipped : record.message),
      ])
    }
    return table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  /// What became of one.
  static func line(_ record: CaptureRecord) -> String {
    var line =
      "\(record.id) \(record.state.rawValue): \(Units.count(record.events, "event")), \(Units.bytes(record.bytes))"
    line += ", \(VisibleText.of(record.path))"
    if !record.shipped.isEmpty { line += ", shipped to \(VisibleText.of(record.shipped))" }
    return line + "\n"
  }
}
