import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Query
import TestSupport
import Testing

/// A field that is asked alone reads the columns that it needs: from a file it says what it says of the whole batch.
struct FieldColumnTests {
  /// Each answered field as a filter names it, with arguments where it takes some.
  private static let spellings: [String] = FieldTable.all.filter { $0.unanswered == nil }.flatMap { field in
    switch field.argument {
    case .none: [field.name]
    case .optionalIndex: [field.name, field.name + "[1]"]
    case .optionalName: [field.name, field.name + "[HOME]"]
    case .optionalIndexOrName: [field.name, field.name + "[2]", field.name + "[HOME]"]
    case .optionalDotted: [field.name, field.name + ".src", field.name + ".dst"]
    case .required:
      switch field.name {
      case "evt.arg", "evt.rawarg":
        ["fd", "flags", "name", "data", "res"].map { "\(field.name).\($0)" } + ["\(field.name)[1]"]
      case "evt.type.is": ["evt.type.is.openat"]
      default: ["\(field.name)[1]"]
      }
    }
  }

  @Test(arguments: [UInt64(3), 4])
  func fieldsFromFiles(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    let batches = [randomBatch(&generator, events: 60), FieldTextTests.batch, CarriedFieldTests.batch]
    for batch in batches {
      let path = temporaryPath()
      defer { removeFile(path) }
      let header = CaptureHeader(
        fileID: [UInt8](repeating: 1, count: 16), sessionID: [UInt8](repeating: 7, count: 16), hostname: "test",
        kernelRelease: "6.1", architecture: "x86_64", writer: "test", started: 0, bootTime: 0, cpuCount: 4,
        snapLength: 80, latencyMode: .exact)
      var writer = try CaptureWriter(path: path, header: header, schema: .builtIn)
      try writer.append(batch)
      _ = try writer.finish()
      let file = CaptureSource(try CaptureReader(path: path), zone: .utc)
      let memory = BatchSource([batch], schema: .builtIn, context: file.scanContext)
      for spelling in Self.spellings {
        let fields = try EventValues([spelling], schema: .builtIn)
        let expected = try await rows(fields, memory)
        #expect(expected.count == batch.count)
        #expect(try await rows(fields, file) == expected, "\(spelling)")
        // As a filter, a field selects where it has a value.
        let question = try Question(filter: "\(spelling) exists", schema: .builtIn)
        let there = expected.count { $0[0] != .missing }
        #expect(try await count(question, file) == there, "\(spelling) exists")
      }
    }
  }

  /// The same for the forms of the time in event lists.
  @Test(arguments: EventTimeStyle.allCases)
  func timesFromFiles(style: EventTimeStyle) async throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let header = CaptureHeader(
      fileID: [UInt8](repeating: 1, count: 16), sessionID: [UInt8](repeating: 7, count: 16), hostname: "test",
      kernelRelease: "6.1", architecture: "x86_64", writer: "test", started: 0, bootTime: 0, cpuCount: 4,
      snapLength: 80, latencyMode: .exact)
    var writer = try CaptureWriter(path: path, header: header, schema: .builtIn)
    try writer.append(FieldTextTests.batch)
    _ = try writer.finish()
    let file = CaptureSource(try CaptureReader(path: path), zone: .utc)
    let format = try LineFormat("*%evt.outputtime", schema: .builtIn, time: style)
    let printer = EventPrinter(format: format, style: .text, schema: .builtIn)
    var text: [UInt8] = []
    _ = try await EventList(Scan(file, Question(schema: .builtIn)), printer).run { lines, _ in
      text += lines
      return true
    }
    #expect(text == printer.lines(for: FieldTextTests.batch, context: file.scanContext).text)
  }

  private func rows(_ fields: EventValues, _ source: some EventSource) async throws -> [[FieldValue]] {
    var rows: [[FieldValue]] = []
    try await Scan(source, Question(schema: .builtIn)).run(columns: fields.columns) {
      fields.rows(of: $0)
    } consume: { found, _ in
      rows += found
      return true
    }
    return rows
  }

  private func count(_ question: Question, _ source: some EventSource) async throws -> Int {
    var count = 0
    let nothing = ColumnSelection(core: [], arguments: .none, payloads: false, dimensions: false)
    try await Scan(source, question).run(columns: nothing) {
      $0.rows.count
    } consume: { found, _ in
      count += found
      return true
    }
    return count
  }
}
