import Presentation
import Query

/// Groups of events with their aggregates, sorted, for people and for programs. Rows are made when they are written.
struct GroupReport {
  let progress: ScanProgress
  private let groups: SortedGroups

  /// Scans and sorts.
  init(_ grouping: Grouping, _ selected: Selection, sort: String?, limit: Int?, cores: Int?) async throws {
    var bar = ProgressBar("reading", terminal: .progress)
    let gathered: Groups
    (gathered, progress) = try await grouping.gather(
      over: selected.source, selected.question, parallelism: cores
    ) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    groups = try gathered.sorted(by: sort, limit: limit)
  }

  /// Writes to standard output.
  func write(_ form: Form, hasTotals: Bool, zone: ClockZone) throws {
    let output = StandardOutput()
    let names = groups.keyNames + groups.columnNames
    switch form {
    case .json:
      try groups.forEach { row in
        var object = JSONObject()
        for (name, value) in zip(names, row.key + row.values) { object.add(name, value) }
        try output.write(object.line)
      }
    case .csv:
      var lines: [UInt8] = []
      CSV.appendLine(names.map { Array($0.utf8) }, to: &lines)
      try groups.forEach { row in
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
    let valueUnits = groups.columnNames.map { CellUnit(aggregate: $0) }
    let units = groups.keyNames.map { $0 == Grouping.timeName ? .time : CellUnit(field: $0) } + valueUnits
    var kinds = units.map { ColumnKind(unit: $0) }
    var measure = TableMeasure(units.count)
    func cells(_ row: GroupTable.Row) -> [String] {
      zip(row.key + row.values, units).map { CellText.of($0, $1, zone: zone) }
    }
    try groups.forEach { row in
      for (index, value) in (row.key + row.values).enumerated() { kinds[index].note(value) }
      measure.note(cells(row))
    }
    var shown = Table(zip(groups.keyNames + groups.columnNames, kinds).map { $1.column(title: $0) })
    if hasTotals, groups.count > 1 {
      let title = groups.count < groups.groupCount ? "all \(Units.count(groups.groupCount))" : "total"
      let totals = groups.totals.map { FieldValue.integer($0) }
      shown.totals =
        groups.keyNames.indices.map { $0 == 0 ? title : "" }
        + zip(totals, valueUnits).map { CellText.of($0, $1, zone: zone) }
    }
    let layout = shown.layout(width: terminal.width, colour: terminal.allowsColour, measure)
    if let heading = layout.heading { try output.write(heading) }
    try groups.forEach { try output.write(layout.line(cells($0))) }
    for line in layout.ending { try output.write(line) }
  }
}
