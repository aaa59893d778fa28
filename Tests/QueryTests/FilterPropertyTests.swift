import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Filter
import Foundation
import Query
import TestSupport
import Testing

/// A random filter: its text, and what it means for one event, worked out without any of the engine's shortcuts.
private indirect enum RandomFilter {
  case and([RandomFilter])
  case or([RandomFilter])
  case not(RandomFilter)
  case exists(Int)
  case check(Int, String, String)
  case list(Int, String, [String])

  func text(_ fields: [String]) -> String {
    switch self {
    case .and(let terms): "(" + terms.map { $0.text(fields) }.joined(separator: " and ") + ")"
    case .or(let terms): "(" + terms.map { $0.text(fields) }.joined(separator: " or ") + ")"
    case .not(let term): "not " + term.text(fields)
    case .exists(let field): "\(fields[field]) exists"
    case .check(let field, let comparison, let literal): "\(fields[field]) \(comparison) \(quoted(literal, comparison))"
    case .list(let field, let comparison, let literals):
      "\(fields[field]) \(comparison) (\(literals.map { quoted($0, comparison) }.joined(separator: ", ")))"
    }
  }

  private func quoted(_ literal: String, _ comparison: String) -> String {
    if ["<", "<=", ">", ">="].contains(comparison) { return literal }
    return "\"" + literal.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }

  func holds(_ values: [FieldValue], _ fields: [String]) -> Bool {
    switch self {
    case .and(let terms): return terms.allSatisfy { $0.holds(values, fields) }
    case .or(let terms): return terms.contains { $0.holds(values, fields) }
    case .not(let term): return !term.holds(values, fields)
    case .exists(let field): return values[field] != .missing
    case .check(let field, let comparison, let literal):
      return RandomFilter.holds(values[field], fields[field], comparison, literal)
    case .list(let field, let comparison, let literals):
      let words = comparison.split(separator: " ")
      func matches(_ literal: String) -> Bool {
        RandomFilter.holds(values[field], fields[field], words.count > 1 ? String(words[0]) : "=", literal)
      }
      switch words.last {
      case "oneof": return literals.count(where: matches) == 1
      case "allof": return !literals.isEmpty && literals.allSatisfy(matches)
      default: return literals.contains(where: matches)
      }
    }
  }

  static func holds(_ value: FieldValue, _ field: String, _ comparison: String, _ literal: String) -> Bool {
    if value == .missing { return false }
    if case .list(let values) = value {
      return comparison == "!=" && field != "proc.aname"
        ? values.allSatisfy { holds($0, field, comparison, literal) }
        : values.contains { holds($0, field, comparison, literal) }
    }
    let text = value.text
    switch comparison {
    case "=": return text == literal
    case "!=": return text != literal
    case "contains": return text.contains(literal) || literal.isEmpty
    case "icontains": return text.lowercased().contains(literal.lowercased()) || literal.isEmpty
    case "startswith": return text.hasPrefix(literal)
    case "endswith": return text.hasSuffix(literal)
    case "regex", "glob": return text == literal
    default:
      guard let one = value.integerValue, let other = Int64(literal) else { return false }
      switch comparison {
      case "<": return one < other
      case "<=": return one <= other
      case ">": return one > other
      default: return one >= other
      }
    }
  }
}

struct FilterPropertyTests {
  @Test("Filters that are asked together select what each selects alone", arguments: 1...16)
  func together(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed &* 7919)
    var worker: QuestionSetWorker?
    var filters: [FilterExpression] = []
    for round in 0..<4 {
      let batch = randomBatch(&generator, events: 300, firstTime: 1_000_000_000 * Int64(round + 1))
      if worker == nil {
        let pool = try await values(FilterPropertyTests.fields, of: batch)
        for _ in 0..<90 {
          let text = FilterPropertyTests.random(&generator, pool, depth: 3).text(FilterPropertyTests.fields)
          filters.append(try parseFilter(text))
        }
        worker = QuestionSetWorker(try QuestionSet(filters, schema: batch.schema))
      }
      let asked = try #require(worker)
      let context = ScanContext(zone: .utc)
      var found = [[UInt32]](repeating: [], count: filters.count)
      for match in asked.matches(in: batch, context: context) { found[match.question].append(match.row) }
      for (index, filter) in filters.enumerated() {
        let alone = try Question(expression: filter, source: filter.description, schema: batch.schema)
        #expect(found[index] == alone.select(from: batch, context: context), "\(filter)")
      }
      // Of exclusive filters the first that holds is the only one.
      let first = QuestionSetWorker(try QuestionSet(filters, schema: batch.schema, exclusiveCount: filters.count))
      var expected: [UInt32: Int] = [:]
      for (index, rows) in found.enumerated() { for row in rows where expected[row] == nil { expected[row] = index } }
      let matches = first.matches(in: batch, context: context)
      #expect(Dictionary(uniqueKeysWithValues: matches.map { ($0.row, $0.question) }) == expected)
    }
  }

  private static let texts = [
    "evt.type", "proc.name", "fd.name", "fd.type", "user.name", "container.id", "evt.arg.flags", "proc.aname",
    "evt.res",
    "evt.arg.fd", "proc.cmdline", "fd.directory", "syscall.type", "evt.args", "toupper(proc.name)",
  ]
  private static let numbers = [
    "proc.pid", "evt.rawres", "evt.latency", "evt.cpu", "evt.buflen", "evt.num", "evt.rawtime", "fd.sport", "fd.port",
    "thread.tid", "evt.deltatime",
  ]
  private static let others = ["evt.failed", "evt.is_io", "fd.ip", "evt.is_open_write"]
  private static let fields = texts + numbers + others

  private static func random(
    _ generator: inout SeededGenerator, _ pool: [[FieldValue]], depth: Int
  ) -> RandomFilter {
    if depth > 0, Int.random(in: 0...2, using: &generator) > 0 {
      let terms = (0..<Int.random(in: 2...3, using: &generator)).map { _ in
        random(&generator, pool, depth: depth - 1)
      }
      switch Int.random(in: 0...2, using: &generator) {
      case 0: return .and(terms)
      case 1: return .or(terms)
      default: return .not(terms[0])
      }
    }
    let field = fields.indices.randomElement(using: &generator) ?? 0
    let name = fields[field]
    func literal() -> String {
      var value = pool.randomElement(using: &generator)?[field] ?? .missing
      if case .list(let values) = value { value = values.randomElement(using: &generator) ?? .missing }
      if value == .missing {
        return others.contains(name) ? (name == "fd.ip" ? "10.0.0.7" : "true") : numbers.contains(name) ? "3" : "x"
      }
      return value.text
    }
    if Int.random(in: 0...9, using: &generator) == 0 { return .exists(field) }
    if texts.contains(name) {
      var text = literal()
      if Int.random(in: 0...3, using: &generator) == 0 {
        return .list(
          field,
          ["in", "= anyof", "!= allof", "= oneof", "contains anyof", "startswith allof"]
            .randomElement(using: &generator) ?? "in", (0..<3).map { _ in literal() })
      }
      let comparison =
        ["=", "!=", "contains", "icontains", "startswith", "endswith"].randomElement(using: &generator) ?? "="
      switch comparison {
      case "contains", "icontains": text = String(text.dropFirst(1).prefix(4))
      case "startswith": text = String(text.prefix(3))
      case "endswith": text = String(text.suffix(3))
      default: break
      }
      return .check(field, comparison, text)
    }
    if numbers.contains(name) {
      if Int.random(in: 0...3, using: &generator) == 0 { return .list(field, "in", (0..<2).map { _ in literal() }) }
      return .check(field, ["=", "!=", "<", "<=", ">", ">="].randomElement(using: &generator) ?? "=", literal())
    }
    return .check(field, ["=", "!="].randomElement(using: &generator) ?? "=", literal())
  }

  /// The engine and a row-by-row model agree on random filters over random batches, in memory and from a file whose
  /// chunk heads may exclude chunks.
  @Test(arguments: 1...24)
  func engineAgreesWithModel(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    var batches: [EventBatch] = []
    for chunk in 0..<3 {
      batches.append(randomBatch(&generator, events: 40, firstTime: Int64(chunk + 1) * 1_000_000))
    }
    let schema = Schema.builtIn
    let memory = BatchSource(batches, schema: schema, context: ScanContext(zone: .utc))
    let reader = try EventValues(Self.fields, schema: schema)
    let path = temporaryPath()
    defer { removeFile(path) }
    try write(batches, to: path)
    let file = CaptureSource(try CaptureReader(path: path), zone: .utc)

    func rows(_ question: Question, _ source: some EventSource) async throws -> [[FieldValue]] {
      var rows: [[FieldValue]] = []
      let scan = Scan(source, question)
      try await scan.run(columns: reader.columns) {
        reader.rows(of: $0)
      } consume: { found, _ in
        rows += found
        return true
      }
      return rows
    }
    let all = try await rows(Question(schema: schema), file)
    #expect(all.count == 120)
    for _ in 0..<25 {
      let filter = Self.random(&generator, all, depth: 2)
      let text = filter.text(Self.fields)
      let question = try Question(filter: text, schema: schema)
      let expected = all.filter { filter.holds($0, Self.fields) }
      #expect(try await rows(question, file) == expected, "\(text)")
      // Two questions joined select what one question with both filters does.
      let other = Self.random(&generator, all, depth: 1)
      let both = question.and(try Question(filter: other.text(Self.fields), schema: schema))
      let joined = expected.filter { other.holds($0, Self.fields) }
      #expect(try await rows(both, file) == joined, "\(text) and \(other.text(Self.fields))")
      // In memory the event before a chunk's first one is not known; all else is the same.
      if !text.contains("deltatime") {
        let found = try await rows(question, memory).count
        #expect(found == expected.count, "\(text)")
      }
    }
  }

  private func write(_ batches: [EventBatch], to path: String) throws {
    let header = CaptureHeader(
      fileID: (0..<16).map { UInt8($0) }, sessionID: [UInt8](repeating: 7, count: 16), hostname: "test",
      kernelRelease: "6.1", architecture: "x86_64", writer: "test", started: 0, bootTime: 0, cpuCount: 4,
      snapLength: 80, latencyMode: .exact)
    var writer = try CaptureWriter(path: path, header: header, schema: .builtIn)
    for batch in batches { try writer.append(batch) }
    _ = try writer.finish()
  }

  /// Filters that heads can decide read no chunk that they exclude.
  @Test(arguments: [
    ("evt.type = mount", 0), ("not evt.type exists", 0), ("proc.pid = 4711", 0), ("fd.name = /nowhere/at/all", 0),
    ("fd.ip = 8.8.8.8", 0), ("evt.num < 1500", 1), ("evt.rawtime >= 3000000", 1), ("proc.exepath = /bin/none", 0),
    ("container.id = dddddddddddd", 0), ("evt.type = mount or evt.num < 1500", 1), ("not evt.num < 1500", 2),
    ("container.id = host or proc.pid = 4711", 3), ("fd.directory = /nowhere", 0), ("evt.res = EPERM", 0),
    ("evt.res in (EPERM, EIO)", 0), ("evt.res in (EPERM, ENOENT)", 3), ("evt.res = SUCCESS", 3), ("evt.rawres = -1", 0),
    ("evt.rawres < 0", 3), ("evt.failed = true", 3), ("fd.port = 999", 0), ("fd.sport > 3", 0), ("fd.rport = 2", 3),
    ("fd.cport in (4, 5)", 0), ("not fd.lport = 999", 3),
  ])
  func headsExcludeChunks(filter: String, chunks: Int) throws {
    var generator = SeededGenerator(seed: 5)
    let batches = (1...3).map { randomBatch(&generator, events: 60, firstTime: Int64($0) * 1_000_000) }
    let path = temporaryPath()
    defer { removeFile(path) }
    try write(batches, to: path)
    let source = CaptureSource(try CaptureReader(path: path))
    #expect(try Scan(source, Question(filter: filter, schema: .builtIn)).chunksToRead().count == chunks)
  }

  /// A time window selects by exit time; a limit and a consumer that stops end the scan; reversed order is reversed.
  @Test func windowLimitAndOrder() async throws {
    var generator = SeededGenerator(seed: 9)
    let batches = (1...4).map { randomBatch(&generator, events: 50, firstTime: Int64($0) * 1_000_000) }
    let source = BatchSource(batches, schema: .builtIn)
    let printer = EventPrinter(
      format: try LineFormat("%evt.rawtime", schema: .builtIn), style: .text, schema: .builtIn)
    func times(from: Int64? = nil, to: Int64? = nil, limit: Int? = nil, reversed: Bool = false) async throws -> [Int64]
    {
      var scan = Scan(source, try Question(schema: .builtIn, from: from, to: to), parallelism: 2)
      scan.isReversed = reversed
      var text: [UInt8] = []
      _ = try await EventList(scan, printer, limit: limit).run { lines, _ in
        text += lines
        return true
      }
      return String(decoding: text, as: UTF8.self).split(separator: "\n").compactMap { Int64($0) }
    }
    let all = batches.flatMap(\.exitTimes)
    #expect(try await times() == all)
    #expect(try await times(reversed: true) == all.reversed())
    #expect(try await times(from: all[60], to: all[130]) == all.filter { $0 >= all[60] && $0 < all[130] })
    #expect(try await times(limit: 70) == Array(all.prefix(70)))
    #expect(try await times(limit: 0).isEmpty)
    #expect(try await times(limit: 3, reversed: true) == Array(all.reversed().prefix(3)))
  }
}
