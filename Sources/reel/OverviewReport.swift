import CaptureFile
import CaptureFormat
import Inspect
import Presentation
import Query

/// An overview for people and for programs.
struct OverviewReport {
  let overviews: [Overview]
  let zone: ClockZone
  let showsAll: Bool
  /// What the overview is about: the first line.
  let heading: String

  init(_ overviews: [Overview], captures: [CaptureReader], zone: ClockZone, showsAll: Bool) {
    self.init(
      overviews, heading: OverviewReport.heading(captures, zone), zone: zone, showsAll: showsAll)
  }

  init(_ overviews: [Overview], heading: String, zone: ClockZone, showsAll: Bool) {
    self.overviews = overviews
    self.heading = heading
    self.zone = zone
    self.showsAll = showsAll
  }

  private static func heading(_ captures: [CaptureReader], _ zone: ClockZone) -> String {
    let summary = CaptureSummary.joined(captures.map(\.summary))
    let name = captures.count == 1 ? VisibleText.of(captures[0].name) : "\(Units.count(captures.count)) captures"
    let duration = summary.ended.subtractingReportingOverflow(summary.started)
    var facts = [name, ClockText.dateTime(summary.started, zone: zone, digits: 0)]
    if !duration.overflow { facts.append(Units.duration(duration.partialValue)) }
    facts.append(Units.count(summary.events, "event"))
    if summary.lost > 0 { facts.append("\(Units.count(summary.lost)) lost") }
    return facts.joined(separator: " · ")
  }

  func writeJSON() throws {
    let output = StandardOutput()
    for overview in overviews {
      for entry in overview.entries {
        var object = JSONObject()
        object.add("tile", entry.tile.name)
        if let container = overview.container {
          object.add("container", container.name)
          object.add("container_id", container.id)
        }
        object.add("title", entry.tile.title)
        object.add("category", entry.tile.category.rawValue)
        object.add("unit", entry.tile.unit == .bytes ? "bytes" : "count")
        object.add("total", entry.total)
        object.add("peak", entry.peak)
        object.add("start", overview.start)
        object.add("step_ns", overview.step)
        object.add("series", entry.series)
        object.add("noteworthy", entry.reason)
        object.add("view", entry.tile.view)
        object.add("filter", entry.tile.filter)
        try output.write(object.line)
      }
    }
    try output.flush()
  }

  func write() throws {
    let output = StandardOutput()
    try output.write(rendered(for: .standardOutput))
    try output.flush()
  }

  /// The tiles as lines.
  func rendered(for terminal: Terminal) -> String {
    guard let first = overviews.first else { return "" }
    if first.container != nil { return sideBySide(terminal) }
    let colour = terminal.allowsColour
    let entries = first.entries.filter(isShown)
    let step = Units.duration(first.step).replacing(".00 ", with: " ").replacing(".0 ", with: " ")
    let layout = Layout(entries, peakTitle: "PEAK/\(step)", width: terminal.width, value: value)
    var text = Truncation.keepsStart.fit(heading, width: terminal.width ?? Int.max) + "\n"
    for category in OverviewTile.Category.allCases {
      let shown = entries.filter { $0.tile.category == category }
      if shown.isEmpty { continue }
      text += "\n" + Style.bold.apply(to: layout.heading(category.title), colour: colour) + "\n"
      for entry in shown { text += layout.line(entry, value, colour: colour) }
    }
    return text
  }

  private func isShown(_ entry: Overview.Entry) -> Bool {
    showsAll || entry.total != 0 || entry.tile.isAlwaysShown
  }

  private func value(_ number: Int64, _ tile: OverviewTile) -> String {
    tile.unit == .bytes ? Units.bytes(number) : Units.count(number)
  }

  /// Totals, a column a container, those with most calls first.
  private func sideBySide(_ terminal: Terminal) -> String {
    var table = Table(
      [.left("TILE")]
        + overviews.enumerated().map { index, overview in
          var column = Table.Column.right(VisibleText.of(Array((overview.container?.name ?? "").utf8)))
          column.isOptional = index > 0
          return column
        })
    for tile in OverviewCatalogue.all {
      let entries = overviews.map { $0[tile.name] }
      guard showsAll || tile.isAlwaysShown || entries.contains(where: { $0?.total ?? 0 != 0 }) else { continue }
      table.append([tile.title] + entries.map { $0.map { value($0.total, tile) } ?? "" })
    }
    var text = Truncation.keepsStart.fit(heading, width: terminal.width ?? Int.max) + "\n\n"
    var leftOut: [String] = []
    if let width = terminal.width { leftOut = table.leaveOutColumns(toFit: width) }
    text += table.rendered(width: terminal.width, colour: terminal.allowsColour)
    if !leftOut.isEmpty {
      text += "no room for \(Units.count(leftOut.count, "more container")): a wider terminal shows them, and --json\n"
    }
    return text
  }
}

/// Where things stand in the lines of an overview: as wide as the numbers need, the trend takes what is left.
private struct Layout {
  private var title = 0
  private var total = 5
  private var peak: Int
  private var trend = 0
  private let peakTitle: String
  private let hasPeaks: Bool

  private static let gap = "  "
  private static let leastTrend = 12
  private static let mostTrend = 48
  private static let room = 200

  init(
    _ entries: [Overview.Entry], peakTitle: String, width: Int?, value: (Int64, OverviewTile) -> String
  ) {
    self.peakTitle = peakTitle
    peak = DisplayWidth.of(peakTitle)
    for category in OverviewTile.Category.allCases where entries.contains(where: { $0.tile.category == category }) {
      title = max(title, DisplayWidth.of(category.title) - 2)
    }
    for entry in entries {
      title = max(title, DisplayWidth.of(entry.tile.title))
      total = max(total, DisplayWidth.of(value(entry.total, entry.tile)))
      peak = max(peak, DisplayWidth.of(value(entry.peak, entry.tile)))
    }
    let width = width ?? Layout.room
    let fixed = 2 + title + 2 + total
    // On a narrow terminal the trend says more than the peak.
    hasPeaks = fixed + 2 + peak + 2 + Layout.leastTrend <= width
    let left = width - fixed - (hasPeaks ? 2 + peak : 0) - 2
    trend = left < Layout.leastTrend ? 0 : min(left, Layout.mostTrend)
    trendRoom = left - trend
  }

  /// What is left behind the trend, for reasons.
  private var trendRoom: Int

  func heading(_ category: String) -> String {
    var line = padded(category, 2 + title) + Layout.gap + padded("TOTAL", total, right: true)
    if hasPeaks { line += Layout.gap + padded(peakTitle, peak, right: true) }
    if trend > 0 { line += Layout.gap + "TREND" }
    return line
  }

  func line(_ entry: Overview.Entry, _ value: (Int64, OverviewTile) -> String, colour: Bool) -> String {
    let mark = entry.reason == nil ? "  " : Style.warning.apply(to: "! ", colour: colour)
    let name = padded(entry.tile.title, title)
    var line = mark + (entry.reason == nil ? name : Style.warning.apply(to: name, colour: colour))
    line += Layout.gap + padded(value(entry.total, entry.tile), total, right: true)
    if hasPeaks { line += Layout.gap + padded(value(entry.peak, entry.tile), peak, right: true) }
    var below = ""
    let isFlat = entry.total == 0
    var bars = 0
    if trend > 0, !isFlat {
      let spark = Sparkline.of(entry.series.map(Double.init), width: trend)
      bars = DisplayWidth.of(spark)
      line += Layout.gap + Style.dim.apply(to: spark, colour: colour)
    }
    if let reason = entry.reason {
      let needed = Layout.gap.count + DisplayWidth.of(reason)
      if trend > 0, needed <= trendRoom + trend - bars {
        line += Layout.gap + Style.warning.apply(to: reason, colour: colour)
      } else {
        below = "    " + Style.warning.apply(to: reason, colour: colour) + "\n"
      }
    }
    return trimmed(line) + "\n" + below
  }

  private func padded(_ text: String, _ width: Int, right: Bool = false) -> String {
    let blanks = String(repeating: " ", count: max(width - DisplayWidth.of(text), 0))
    return right ? blanks + text : text + blanks
  }

  private func trimmed(_ line: String) -> String {
    var line = Substring(line)
    while line.last == " " { line.removeLast() }
    return String(line)
  }
}
