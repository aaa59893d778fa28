import Inspect
import Presentation
import Query

/// What a view answered, for people and for programs.
struct ViewReport {
  let result: ViewResult
  let zone: ClockZone
  /// Calls something with each row that is shown.
  private let forEachRow: (_ body: ([FieldValue]) throws -> Void) throws -> Void
  private let shownRows: Int

  /// - Parameter rows: where the rows are when they are not in the result.
  init(_ result: ViewResult, rows: ViewRows? = nil, zone: ClockZone) {
    self.result = result
    self.zone = zone
    forEachRow = rows.map { rows in { try rows.forEach($0) } } ?? { try result.rows.forEach($0) }
    shownRows = rows?.count ?? result.rows.count
  }

  /// Writes to standard output.
  /// - Parameter moment: stands as `at` behind the other values where programs read, if it is given.
  func write(_ form: Form, at moment: Int64? = nil) throws {
    let output = StandardOutput()
    switch form {
    case .json:
      var json: [UInt8] = []
      try forEachRow { row in
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
      try forEachRow { row in
        CSV.appendLine(columns.map { CellText.csv(row[$0.index]) } + last, to: &lines)
        try output.write(lines)
        lines.removeAll(keepingCapacity: true)
      }
      try output.write(lines)
    case .table:
      var leftOut: [String] = []
      try render(for: .standardOutput, leftOut: &leftOut) { try output.write($0) }
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
    // What a message says is what one looks for; whose it is comes behind.
    if case .messages = result.view.kind { return ViewReport.aroundMessages.contains(column.name) }
    return !ViewReport.essential.contains(column.name) && column.name != result.view.sort
  }

  private static let essential: Set<String> = ["name", "command", "file", "connection", "point", "fd"]

  private static let aroundMessages: Set<String> = [
    "time", "host", "server", "connection", "pid", "container", "command",
  ]

  /// The rows as a table with totals, cut at the limit.
  /// - Parameter leftOut: the headings of columns for which a terminal has no room.
  func rendered(for terminal: Terminal, leftOut: inout [String]) throws -> String {
    var text = ""
    try render(for: terminal, leftOut: &leftOut) { text += $0 }
    return text
  }

  private func render(
    for terminal: Terminal, leftOut: inout [String], to write: (String) throws -> Void
  ) throws {
    let shown = result.shownColumns.map { (index: $0.index, column: $0.column, unit: ViewReport.unit(of: $0.column)) }
    func cells(_ row: [FieldValue]) -> [String] { shown.map { CellText.of(row[$0.index], $0.unit, zone: zone) } }
    var kinds = shown.map { ColumnKind(unit: $0.unit, isCommand: $0.column.name == "command") }
    var measure = TableMeasure(shown.count)
    try forEachRow { row in
      for (place, column) in shown.enumerated() { kinds[place].note(row[column.index]) }
      measure.note(cells(row))
    }
    var table = Table(
      zip(shown, kinds).map { column, kind in
        var laidOut = kind.column(title: column.column.title)
        laidOut.isOptional = isOptional(column.column)
        return laidOut
      })
    if result.view.kind == .table, result.rowCount > 1 { table.totals = totals }
    var removed: [Int] = []
    if let width = terminal.width {
      let gone = table.leaveOutColumns(toFit: width, &measure)
      leftOut = gone.map(\.title)
      removed = gone.map(\.place)
    }
    let layout = table.layout(width: terminal.width, colour: terminal.allowsColour, measure)
    if let heading = layout.heading { try write(heading) }
    try forEachRow { row in
      var texts = cells(row)
      for place in removed { texts.remove(at: place) }
      try write(layout.line(texts))
    }
    for line in layout.ending { try write(line) }
  }

  /// The sums of counts, bytes and times over all rows, shown or not.
  private var totals: [String] {
    var cells = result.shownColumns.map { index, column -> String in
      let total = result.totals[index]
      return total == .missing ? "" : CellText.of(total, ViewReport.unit(of: column), zone: zone)
    }
    let label = shownRows < result.rowCount ? "all \(Units.count(result.rowCount))" : "total"
    if cells.first?.isEmpty == true { cells[0] = label }
    return cells
  }

  /// Says why there may be no rows, and what may help.
  func hint(isNarrowed: Bool) -> String? {
    if shownRows > 0 { return nil }
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
