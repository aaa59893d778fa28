import Inspect
import Presentation
import Query

/// What a view answered, for people and for programs.
struct ViewReport {
  let result: ViewResult
  let limit: Int?
  let zone: ClockZone

  init(_ result: ViewResult, limit: Int?, zone: ClockZone) {
    self.result = result
    self.limit = limit
    self.zone = zone
  }

  private var rows: ArraySlice<[FieldValue]> { result.rows.prefix(limit ?? Int.max) }

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
    if result.view.kind == .table, result.rows.count > 1 { table.totals = totals }
    if let width = terminal.width { leftOut = table.leaveOutColumns(toFit: width) }
    return table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  /// The sums of counts, bytes and times over all rows, shown or not.
  private var totals: [String] {
    var cells = result.shownColumns.map { index, column -> String in
      switch column.content {
      case .aggregate("count", _, _), .aggregate("sum", _, _): sum(index, column)
      default: ""
      }
    }
    let label = rows.count < result.rows.count ? "all \(Units.count(result.rows.count))" : "total"
    if cells.first?.isEmpty == true { cells[0] = label }
    return cells
  }

  /// Nothing where a value is missing: a sum of the others would be a guess.
  private func sum(_ index: Int, _ column: View.Column) -> String {
    if result.rows.contains(where: { $0[index] == .missing }) { return "" }
    let sum = result.rows.reduce(Int64(0)) { $0 &+ ($1[index].integerValue ?? 0) }
    return CellText.of(.integer(sum), ViewReport.unit(of: column), zone: zone)
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

/// The catalogue of views.
enum ViewList {
  static func write(_ form: Form) throws {
    let output = StandardOutput()
    switch form {
    case .json:
      for view in ViewCatalogue.all {
        var object = JSONObject()
        object.add("name", view.name)
        object.add("title", view.title)
        object.add("description", view.description)
        object.add("sort", view.sort)
        object.add("drill_down", view.drillDown)
        try output.write(object.line)
      }
    case .csv:
      var lines: [UInt8] = []
      for row in [["name", "description"]] + ViewCatalogue.all.map({ [$0.name, $0.description] }) {
        CSV.appendLine(row.map { Array($0.utf8) }, to: &lines)
      }
      try output.write(lines)
    case .table:
      var table = Table([.left("VIEW"), .left("SHOWS", .keepsStart)])
      for view in ViewCatalogue.all { table.append([view.name, view.description]) }
      let terminal = Terminal.standardOutput
      try output.write(table.rendered(width: terminal.width, colour: terminal.allowsColour))
    }
    try output.flush()
  }
}
