import Presentation
import Query

/// Groups of events with their aggregates, sorted, for people and for programs.
struct GroupReport {
  let keyNames: [String]
  let columnNames: [String]
  let rows: [GroupTable.Row]
  /// How many groups there are without the limit.
  let groupCount: Int
  /// The sums of all groups' counts.
  let totals: [FieldValue]
  let progress: ScanProgress

  /// Scans and sorts.
  init(_ grouping: Grouping, _ selected: Selection, sort: String?, limit: Int?, cores: Int?) async throws {
    var bar = ProgressBar("reading", terminal: .progress)
    let (table, progress) = try await grouping.run(
      over: selected.source, selected.question, parallelism: cores
    ) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    keyNames = table.keyNames
    columnNames = table.columnNames
    groupCount = table.count
    rows = try table.sorted(by: sort, limit: limit)
    totals = table.columnNames.indices.map { .integer(table.total(ofColumn: $0)) }
    self.progress = progress
  }

  /// Writes to standard output.
  func write(_ form: Form, hasTotals: Bool, zone: ClockZone) throws {
    let output = StandardOutput()
    switch form {
    case .json:
      for row in rows {
        var object = JSONObject()
        for (name, value) in zip(keyNames + columnNames, row.key + row.values) { object.add(name, value) }
        try output.write(object.line)
      }
    case .csv:
      var lines: [UInt8] = []
      CSV.appendLine((keyNames + columnNames).map { Array($0.utf8) }, to: &lines)
      for row in rows { CSV.appendLine((row.key + row.values).map(CellText.csv), to: &lines) }
      try output.write(lines)
    case .table:
      try output.write(rendered(for: .standardOutput, hasTotals: hasTotals, zone: zone))
    }
    try output.flush()
  }

  /// Groups as a table: the aggregates first where their digits line up, then the fields.
  func rendered(for terminal: Terminal, hasTotals: Bool, zone: ClockZone) -> String {
    let valueUnits = columnNames.map { CellUnit(aggregate: $0) }
    let keyUnits = keyNames.map { $0 == Grouping.timeName ? .time : CellUnit(field: $0) }
    var columns: [Table.Column] = []
    for (index, name) in keyNames.enumerated() {
      columns.append(.holding(rows.lazy.map { $0.key[index] }, title: name, unit: keyUnits[index]))
    }
    for (index, name) in columnNames.enumerated() {
      columns.append(.holding(rows.lazy.map { $0.values[index] }, title: name, unit: valueUnits[index]))
    }
    var table = Table(columns)
    for row in rows {
      table.append(
        zip(row.key, keyUnits).map { CellText.of($0, $1, zone: zone) }
          + zip(row.values, valueUnits).map { CellText.of($0, $1, zone: zone) })
    }
    if hasTotals, rows.count > 1 {
      let title = rows.count < groupCount ? "all \(Units.count(groupCount))" : "total"
      table.totals =
        keyNames.indices.map { $0 == 0 ? title : "" } + zip(totals, valueUnits).map { CellText.of($0, $1, zone: zone) }
    }
    return table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }
}
