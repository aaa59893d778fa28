import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import Query

/// What the engine does to be fast changes nothing: columns read bit by bit, chunks side by side, lines from pieces.
struct EngineTests {
  /// A capture of a few random chunks, and its batches.
  private static func withCapture<Value>(
    seed: UInt64, chunks: Int = 3, schema: Schema = .builtIn,
    _ body: (CaptureReader, [EventBatch]) async throws -> Value
  ) async throws -> Value {
    var generator = SeededGenerator(seed: seed)
    let batches = (1...chunks).map { randomBatch(&generator, events: 60, firstTime: Int64($0) * 1_000_000) }
    let path = temporaryPath()
    defer { removeFile(path) }
    try write(batches, to: path)
    return try await body(CaptureReader(path: path), batches)
  }

  private static func write(_ batches: [EventBatch], to path: String) throws {
    let header = CaptureHeader(
      fileID: (0..<16).map { UInt8($0) }, sessionID: [UInt8](repeating: 7, count: 16), hostname: "test",
      kernelRelease: "6.1", architecture: "x86_64", writer: "test", started: 0, bootTime: 0, cpuCount: 4,
      snapLength: 80, latencyMode: .exact)
    var writer = try CaptureWriter(path: path, header: header, schema: batches[0].schema)
    for batch in batches { try writer.append(batch) }
    _ = try writer.finish()
  }

  private static func randomSelection(_ generator: inout SeededGenerator) -> ColumnSelection {
    let core = ColumnSelection.Core(
      rawValue: UInt16.random(in: 0...UInt16.max, using: &generator) & ColumnSelection.Core.all.rawValue)
    var keys: Set<ColumnSelection.ArgumentKey> = []
    for type in Schema.builtIn.types where Int.random(in: 0...3, using: &generator) == 0 {
      for index in type.parameters.indices { keys.insert(ColumnSelection.ArgumentKey(type: type.id, parameter: index)) }
    }
    let arguments: ColumnSelection.Arguments =
      switch Int.random(in: 0...3, using: &generator) {
      case 0: .all
      case 1: .only(keys)
      default: .none
      }
    return ColumnSelection(
      core: core, arguments: arguments, payloads: Bool.random(using: &generator), dimensions: false,
      tables: ColumnSelection.Tables(rawValue: UInt8.random(in: 0...3, using: &generator)))
  }

  /// Columns that are read some at a time are those that are read at once.
  @Test(arguments: 1...12)
  func stepsOfReadingAddUp(seed: UInt64) async throws {
    try await Self.withCapture(seed: seed) { reader, _ in
      var generator = SeededGenerator(seed: seed + 100)
      for chunk in 0..<reader.chunkCount {
        let opened = try reader.openChunk(chunk)
        var known: KnownColumns?
        for _ in 0..<4 {
          let wanted = Self.randomSelection(&generator)
          let missing = known.map { wanted.subtracting($0.selection) } ?? wanted
          let batch = try opened.read(missing, adding: known)
          known = KnownColumns(batch: batch, selection: known?.selection.havingRead(missing) ?? missing)
        }
        // In the end everything: nothing that was read before may stand in the way.
        let all = ColumnSelection(core: .all, arguments: .all, payloads: true, dimensions: true)
        let before = try #require(known)
        let batch = try opened.read(all.subtracting(before.selection), adding: before)
        #expect(try batch.difference(to: reader.readChunk(chunk, columns: all)) == nil)
      }
    }
  }

  /// Of a few events that are read last, each says what it says when all are read.
  @Test(arguments: 1...30)
  func fewEventsAreThoseOfAll(seed: UInt64) async throws {
    try await Self.withCapture(seed: seed) { reader, _ in
      var generator = SeededGenerator(seed: seed + 500)
      for chunk in 0..<reader.chunkCount {
        let whole = try reader.readChunk(chunk, columns: .all)
        let opened = try reader.openChunk(chunk)
        var before = Self.randomSelection(&generator)
        before.arguments = .none
        if Int.random(in: 0...4, using: &generator) > 0 { before.core.insert(.types) }
        let known = KnownColumns(batch: try opened.read(before), selection: before)
        let rows = (0..<UInt32(whole.count)).filter { _ in Int.random(in: 0...5, using: &generator) == 0 }
        let wanted = ColumnSelection(core: .all, arguments: .all, payloads: true)
        let batch = try opened.read(wanted.subtracting(before), adding: known, of: rows)
        #expect(batch.exitTimes == whole.exitTimes)
        let chosen = rows.map(Int.init)
        #expect(batch.selecting(rows: chosen).difference(to: whole.selecting(rows: chosen)) == nil)
        #expect(batch.dimensions.objects.count == whole.dimensions.objects.count)
      }
    }
  }

  private static let formats = [
    "*%evt.num %evt.outputtime %evt.cpu %proc.name (%thread.tid) %evt.dir %evt.type %evt.info",
    "%evt.num %fd.name %proc.aname %evt.latency", "*%fd.name%proc.name%evt.type", "*[%evt.args] %evt.arg.fd %evt.res",
    "*%evt.rawtime %evt.rawres %evt.failed %user.name %container.id %container.name",
    "*%12proc.name|%3evt.num|%6evt.args|",
    "plain", "*%(toupper(proc.name)) %fd.directory %evt.deltatime", "%container.name %evt.type",
  ]

  /// Lines are what the values of their fields say, one by one; also of selected events, and from the last to the first.
  @Test(arguments: 1...8, [EventPrinter.Style.text, .json, .csv])
  func linesAreThoseOfValues(seed: UInt64, style: EventPrinter.Style) async throws {
    try await Self.withCapture(seed: seed) { reader, _ in
      let source = CaptureSource(reader, zone: .utc)
      for format in Self.formats {
        let line = try LineFormat(format, schema: source.schema)
        let printer = EventPrinter(format: line, style: style, schema: source.schema)
        for filter in [nil, "evt.type in (openat, write) and proc.name exists", "fd.name contains etc"] {
          var scan = Scan(source, try Question(filter: filter, schema: source.schema), parallelism: Int(seed % 3) + 1)
          scan.isReversed = seed % 2 == 0
          let (fast, naive) = try await Self.lines(scan, printer, line, style)
          #expect(fast == naive, "\(format) of \(filter ?? "everything")")
        }
      }
    }
  }

  private static func lines(
    _ scan: Scan<CaptureSource>, _ printer: EventPrinter, _ format: LineFormat, _ style: EventPrinter.Style
  ) async throws -> (fast: String, naive: String) {
    var fast: [UInt8] = []
    var naive: [UInt8] = []
    try await scan.run(columns: printer.columns) { events in
      (printer.pages(for: events).flatMap(\.text), naiveLines(events, format, style))
    } consume: { lines, _ in
      fast += lines.0
      naive += lines.1
      return true
    }
    return (String(decoding: fast, as: UTF8.self), String(decoding: naive, as: UTF8.self))
  }

  private static func naiveLines(
    _ events: SelectedEvents, _ format: LineFormat, _ style: EventPrinter.Style
  ) -> [UInt8] {
    var lines: [UInt8] = []
    for row in events.rows {
      var line: [UInt8] = style == .json ? [UInt8(ascii: "{")] : []
      var isComplete = true
      var isFirst = true
      for token in format.tokens {
        guard case .value(let operand, let name, let width) = token else {
          if case .text(let bytes) = token, style == .text { line += bytes }
          continue
        }
        if !isFirst, style != .text { line.append(UInt8(ascii: ",")) }
        isFirst = false
        if style == .json {
          appendJSON(name, to: &line)
          line.append(UInt8(ascii: ":"))
        }
        var text: [UInt8] = []
        let value = events.view.value(operand, at: .event(Int(row)))
        if value == .missing { isComplete = false }
        appendNaively(value, operand, style, events, Int(row), to: &text)
        if style == .text, width > 0 {
          text += [UInt8](repeating: UInt8(ascii: " "), count: max(width - text.count, 0))
          text.removeLast(text.count - width)
        }
        line += text
      }
      if style == .json { line.append(UInt8(ascii: "}")) }
      if isComplete || format.toleratesMissing { lines += line + [0x0A] }
    }
    return lines
  }

  private static func appendNaively(
    _ value: FieldValue, _ operand: Operand, _ style: EventPrinter.Style, _ events: SelectedEvents, _ row: Int,
    to text: inout [UInt8]
  ) {
    if case .field(let field) = operand {
      if style == .json, field.field.source == .event(.arguments) {
        return events.view.appendArgumentsJSON(row: row, to: &text)
      }
      if style != .text, field.field.source == .event(.outputTime) || field.field.source == .event(.timeOfDay) {
        return appendDecimal(events.batch.exitTimes[row], to: &text)
      }
    }
    switch (style, value) {
    case (.json, _): value.appendJSON(to: &text)
    case (.text, .missing): text += Array("<NA>".utf8)
    case (.csv, .missing): break
    case (_, .list(let values)):
      var shown: [UInt8] = []
      for (index, value) in values.enumerated() {
        // Ancestors are a chain.
        if index > 0 { shown += Array("->".utf8) }
        value.append(to: &shown)
      }
      if style == .csv { appendCSV(shown, to: &text) } else { text += shown }
    case (.text, _): value.append(to: &text)
    case (.csv, _):
      var shown: [UInt8] = []
      value.append(to: &shown)
      appendCSV(shown, to: &text)
    }
  }

  private static let keys = [
    "proc.name", "fd.name", "evt.type", "evt.cpu", "container.id", "evt.res", "proc.aname", "evt.failed", "fd.ip",
  ]

  /// Groups by random fields and slices of time are those that a dictionary of values has.
  @Test(arguments: 1...16)
  func groupsAreThoseOfADictionary(seed: UInt64) async throws {
    try await Self.withCapture(seed: seed) { reader, _ in
      var generator = SeededGenerator(seed: seed + 7)
      let source = CaptureSource(reader, zone: .utc)
      let fields = (0..<Int.random(in: 0...3, using: &generator)).compactMap { _ in
        Self.keys.randomElement(using: &generator)
      }
      let every: Int64? = Bool.random(using: &generator) ? Int64.random(in: 1...2_000_000, using: &generator) : nil
      let filter = ["evt.cpu != 2", "fd.name exists or evt.failed = true", "evt.num > 1"].randomElement(
        using: &generator)
      let question = try Question(filter: filter, schema: source.schema)
      let grouping = try Grouping(
        by: fields, every: every, show: ["count", "sum(evt.buflen)", "max(evt.latency)", "last(evt.num)"],
        schema: source.schema)
      let values = try EventValues(
        fields + ["evt.rawtime", "evt.buflen", "evt.latency", "evt.num"], schema: source.schema)
      var groups: [[FieldValue]: (count: UInt64, sum: Int64, most: FieldValue, last: FieldValue)] = [:]
      try await Scan(source, question).run(columns: values.columns) {
        values.rows(of: $0)
      } consume: { rows, _ in
        for row in rows {
          let slice = every.map { every in
            [FieldValue.integer(floorDivide(row[fields.count].integerValue ?? 0, every) * every)]
          }
          let key = (slice ?? []) + row.prefix(fields.count)
          var group = groups[key] ?? (0, 0, .missing, .missing)
          group.count += 1
          group.sum += row[fields.count + 1].integerValue ?? 0
          group.most.keepExtreme(row[fields.count + 2], .maximum)
          group.last = row[fields.count + 3]
          groups[key] = group
        }
        return true
      }
      let (table, _) = try await grouping.run(over: source, question, parallelism: Int(seed % 4) + 1)
      #expect(table.count == max(groups.count, fields.isEmpty && every == nil ? 1 : 0))
      for row in table.rows where !groups.isEmpty {
        let group = try #require(groups[row.key], "\(row.key)")
        #expect(row.values == [.unsigned(group.count), .integer(group.sum), group.most, group.last])
      }
      #expect(table.total(ofColumn: 0) == groups.values.reduce(0) { $0 + Int64($1.count) })
      // A few of many groups are found in another way than all of them are sorted.
      #expect(
        try table.sorted(by: nil).map(\.key) == table.rows.map(\.key).sorted { $0.lexicographicallyPrecedes($1) })
      let names: [String?] = [nil] + table.keyNames + table.columnNames
      for name in names + names.compactMap({ $0.map { "-" + $0 } }) {
        let all = try table.sorted(by: name).map(\.key)
        for limit in [1, 2, 5] {
          #expect(try table.sorted(by: name, limit: limit).map(\.key) == Array(all.prefix(limit)), "\(name ?? "key")")
        }
      }
    }
  }

  /// One part of a key reads back as the value that it was made of.
  @Test(arguments: [
    FieldValue.missing, .boolean(true), .boolean(false), .integer(-5), .unsigned(.max), .decimal(0.25), .text("a\0b"),
    .text(""), .bytes([0, 255]), .address([127, 0, 0, 1]), .list([.text("a"), .missing, .list([.integer(1)])]),
    .list([]),
  ])
  func keysReadBack(value: FieldValue) {
    var key: [UInt8] = []
    value.appendKey(to: &key)
    FieldValue.integer(7).appendKey(to: &key)
    var rest = key[...]
    #expect(FieldValue.takeKey(&rest) == value)
    #expect(FieldValue.takeKey(&rest) == .integer(7) && rest.isEmpty)
  }

  /// Captures whose event types have other numbers are asked as one.
  @Test func captureOfAnotherSchemaIsAskedTogether() async throws {
    try await Self.withCapture(seed: 4) { reader, batches in
      let shifted = Schema(
        types: Schema.builtIn.types.map { type in
          EventType(
            id: EventTypeID(rawValue: type.id.rawValue + 1), name: type.name, systemCall: type.systemCall,
            numberX86: type.numberX86, numberARM: type.numberARM, category: type.category, traits: type.traits,
            object: type.object, argumentCount: type.argumentCount, captures: type.captures, parameters: type.parameters
          )
        }, flagTables: Schema.builtIn.flagTables)
      let map = Dictionary(
        uniqueKeysWithValues: Schema.builtIn.types.map { ($0.id, EventTypeID(rawValue: $0.id.rawValue + 1)) })
      let path = temporaryPath()
      defer { removeFile(path) }
      try Self.write(batches.map { $0.converted(to: shifted, types: map) }, to: path)
      let both = CaptureSource([reader, try CaptureReader(path: path)], zone: .utc)
      let one = CaptureSource(reader, zone: .utc)
      for filter in [
        "evt.type = openat", "evt.arg.name contains etc or evt.arg.fd = 3", "not evt.type = read", "evt.num > 0",
      ] {
        func lines(_ source: CaptureSource) async throws -> [UInt8] {
          let printer = EventPrinter(format: try .standard(schema: source.schema), style: .text, schema: source.schema)
          var text: [UInt8] = []
          let scan = Scan(source, try Question(filter: filter, schema: source.schema))
          _ = try await EventList(scan, printer).run { lines, _ in
            text += lines
            return true
          }
          return text
        }
        let alone = try await lines(one)
        #expect(try await lines(both) == alone + alone, "\(filter)")
      }
    }
  }

  /// What a step leaves nothing of is not read further, and the plan says what was.
  @Test func planTellsWhatWasDone() async throws {
    try await Self.withCapture(seed: 11) { reader, _ in
      let source = CaptureSource(reader, zone: .utc)
      let question = try Question(
        filter: "fd.name = /etc/passwd and evt.type = openat and evt.num >= 2000", schema: source.schema)
      let progress = try await Scan(source, question).run(columns: .nothing) { _ in
      } consume: { _, _ in
        true
      }
      let plan = QueryPlan(question)
      #expect(plan.steps.count == 3 && progress.rowsAfterSteps.count == 3)
      #expect(plan.steps.map(\.condition).contains("evt.type = openat"))
      #expect(progress.rowsAfterSteps.last == progress.eventsSelected)
      #expect(progress.rowsAfterSteps == progress.rowsAfterSteps.sorted(by: >))
      #expect(progress.chunks == 3 && progress.chunksRead + progress.excluded.values.reduce(0, +) == 3)
      #expect(plan.reasons(progress).contains { $0.reason.contains("evt.num >= 2000") && $0.chunks == 1 })
    }
  }

  @Test(
    arguments: [
      ("evt.type = openat and fd.name contains x", ["evt.type = openat"], ["fd.name contains x"]),
      ("proc.name in (a, b)", ["proc.name in (a, b)"], []), ("evt.num < 3", [], ["evt.num < 3"]),
      ("proc.name startswith a", [], ["proc.name startswith a"]),
    ])
  func pushedDown(filter: String, bounds: [String], batches: [String]) throws {
    let terms = try Question(filter: filter, schema: .builtIn).pushedDown
    #expect(terms.bounds == bounds && terms.batches == batches)
  }
}
