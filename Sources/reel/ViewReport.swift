import Inspect
import Presentation
import Query

/// What a view answered, for people and for programs.
struct ViewReport {
  let result: ViewResult
  let zone: ClockZone

  init(_ result: ViewResult, zone: ClockZone) {
    self.result = result
    self.zone = zone
  }

  private var rows: [[FieldValue]] { result.rows }

  /// Writes to standard output.
  /// - Parameter moment: stands as `at` behind the other values where programs read, if it is given.
  func write(_ form: Form, at moment: Int64? = nil) throws {
    let output = StandardOutput()
    switch form {
    case .json:
      var json: [UInt8] = []
      for row in rows {
        json.removeAll(keepingCapacity: true)
        result.appendJSON(row, to: &json, also: moment.map { [("at", .integer($0))] } ?? [])
        json.append(UInt8(ascii: "\n"))
        try output.write(json)
      }
    case .csv:
      let columns = result.shownColumns
      var lines: [UInt8] = []
      let last = moment.map { [Array(String($0).utf8)] } ?? []
      CSV.appendLine(columns.map { Array($0.column.name.utf8) } + last.map { _ in Array("at".utf8) }, to: &lines)
      for row in rows { CSV.appendLine(columns.map { CellText.csv(row[$0.index]) } + last, to: &lines) }
      try output.write(lines)
    case .table:
      var leftOut: [String] = []
      try output.write(rendered(for: .standardOutput, leftOut: &leftOut))
      try output.flush()
      if !leftOut.isEmpty {
        let titles = result.view.columns.map(\.title).filter(leftOut.contains).joined(separator: ", ")
        StandardError.write("reel: no room for \(titles): a wider terminal shows them, and so does --json\n")
      }
    }
    try output.flush()
  }

  /// What a row is about and what it is sorted by stay on a narrow terminal.
  private func isOptional(_ column: View.Column) -> Bool {
    if case .key = column.content { return false }
    return !ViewReport.essential.contains(column.name) && column.name != result.view.sort
  }

  private static let essential: Set<String> = ["name", "command", "file", "connection", "point", "fd"]

  /// The rows as a table with totals, cut at the limit.
  /// - Parameter leftOut: the headings of columns for which a terminal has no room.
  func rendered(for terminal: Terminal, leftOut: inout [String]) -> String {
    let shown = result.shownColumns
    let columns = shown.map { index, column in
      var shown = Table.Column.holding(
        rows.lazy.map { $0[index] }, title: column.title, unit: ViewReport.unit(of: column),
        isCommand: column.name == "command")
      shown.isOptional = isOptional(column)
      return shown
    }
    var table = Table(columns)
    for row in rows {
      table.append(shown.map { CellText.of(row[$0.index], ViewReport.unit(of: $0.column), zone: zone) })
    }
    if result.view.kind == .table, result.rowCount > 1 { table.totals = totals }
    if let width = terminal.width { leftOut = table.leaveOutColumns(toFit: width) }
    return table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  /// The sums of counts, bytes and times over all rows, shown or not.
  private var totals: [String] {
    var cells = result.shownColumns.map { index, column -> String in
      let total = result.totals[index]
      return total == .missing ? "" : CellText.of(total, ViewReport.unit(of: column), zone: zone)
    }
    let label = rows.count < result.rowCount ? "all \(Units.count(result.rowCount))" : "total"
    if cells.first?.isEmpty == true { cells[0] = label }
    return cells
  }

  /// Says why there may be no rows, and what may help.
  static func hint(for result: ViewResult, isNarrowed: Bool) -> String? {
    if !result.rows.isEmpty { return nil }
    let name = "`\(result.view.name)`"
    if result.rowCount > 0 {
      return "reel: there are \(Units.count(result.rowCount, "row")), and --offset is behind the last\n"
    }
    var reasons: [String] = []
    if isNarrowed { reasons.append("with a wider filter, window or search there may be some") }
    if let hint = result.view.hint { reasons.append(VisibleText.of(hint)) }
    return "reel: nothing for \(name)" + (reasons.isEmpty ? "" : ": " + reasons.joined(separator: "; ")) + "\n"
  }

  private static func unit(of column: View.Column) -> CellUnit {
    switch column.unit {
    case .bytes: return .bytes
    case .duration: return .duration
    case .time: return .time
    case .plain: break
    }
    if case .aggregate = column.content { return .count }
    return .plain
  }
}
