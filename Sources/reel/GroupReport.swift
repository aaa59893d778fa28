import Presentation
import Query

/// Groups of events with their aggregates, sorted, for people and for programs. Rows are made when they are written, so that
/// many groups take little more than their bytes.
struct GroupReport {
  let keyNames: [String]
  let columnNames: [String]
  let progress: ScanProgress
  private let table: GroupTable
  /// The groups that are shown, in order.
  private let order: [Int]

  /// Scans and sorts.
  init(_ grouping: Grouping, _ selected: Selection, sort: String?, limit: Int?, cores: Int?) async throws {
    var bar = ProgressBar("reading", terminal: .progress)
    (table, progress) = try await grouping.run(
      over: selected.source, selected.question, parallelism: cores
    ) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    keyNames = table.keyNames
    columnNames = table.columnNames
    order = try table.order(by: sort, limit: limit)
  }

  /// Writes to standard output.
  func write(_ form: Form, hasTotals: Bool, zone: ClockZone) throws {
    let output = StandardOutput()
    switch form {
    case .json:
      for group in order {
        let row = table.row(group)
        var object = JSONObject()
        for (name, value) in zip(keyNames + columnNames, row.key + row.values) { object.add(name, value) }
        try output.write(object.line)
      }
    case .csv:
      var lines: [UInt8] = []
      CSV.appendLine((keyNames + columnNames).map { Array($0.utf8) }, to: &lines)
      for group in order {
        let row = table.row(group)
        CSV.appendLine((row.key + row.values).map(CellText.csv), to: &lines)
        try output.write(lines)
        lines.removeAll(keepingCapacity: true)
      }
      try output.write(lines)
    case .table:
      try write(to: output, for: .standardOutput, hasTotals: hasTotals, zone: zone)
    }
    try output.flush()
  }

  /// Groups as a table: fields, then aggregates.
  private func write(to output: StandardOutput, for terminal: Terminal, hasTotals: Bool, zone: ClockZone) throws {
    let valueUnits = columnNames.map { CellUnit(aggregate: $0) }
    let keyUnits = keyNames.map { $0 == Grouping.timeName ? .time : CellUnit(field: $0) }
    var columns: [Table.Column] = []
    for (index, name) in keyNames.enumerated() {
      columns.append(.holding(order.lazy.map { table.row($0).key[index] }, title: name, unit: keyUnits[index]))
    }
    for (index, name) in columnNames.enumerated() {
      columns.append(.holding(order.lazy.map { table.row($0).values[index] }, title: name, unit: valueUnits[index]))
    }
    var shown = Table(columns)
    if hasTotals, order.count > 1 {
      let title = order.count < table.count ? "all \(Units.count(table.count))" : "total"
      let totals = columnNames.indices.map { FieldValue.integer(table.total(ofColumn: $0)) }
      shown.totals =
        keyNames.indices.map { $0 == 0 ? title : "" } + zip(totals, valueUnits).map { CellText.of($0, $1, zone: zone) }
    }
    let units = keyUnits + valueUnits
    try shown.render(
      count: order.count,
      row: { index in
        let row = table.row(order[index])
        return zip(row.key + row.values, units).map { CellText.of($0, $1, zone: zone) }
      }, width: terminal.width, colour: terminal.allowsColour
    ) { line throws(OutputError) in try output.write(line) }
  }
}
