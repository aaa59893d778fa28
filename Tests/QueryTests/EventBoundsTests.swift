import EventBatch
import EventSchema
import Query
import TestSupport
import Testing

/// What a source may leave out for the sake of a filter.
struct EventBoundsTests {
  private static func names(_ types: Set<EventTypeID>?) -> Set<String>? {
    types.map { Set($0.compactMap { Schema.builtIn.type($0)?.name }) }
  }

  @Test(
    arguments: [
      ("evt.type = openat", ["openat"]),
      ("evt.type in (open, close) and fd.name startswith /etc", ["open", "close"]),
      ("evt.type startswith rename", ["rename", "renameat", "renameat2"]),
      ("(evt.type = close and proc.name = a) or evt.type = dup", ["close", "dup"]),
      ("not evt.type != mount", ["mount"]),
      ("evt.type = close and evt.type = open", []),
      ("evt.is_open_write = true and not evt.type in (open, openat2)", ["openat", "creat", "open_by_handle_at"]),
      ("evt.arg.oldpath exists and evt.type contains at", ["renameat", "renameat2", "linkat"]),
      ("proc.name = a", nil), ("evt.type = close or fd.name = a or proc.name = b", nil),
      ("evt.is_open_read = false", nil),
    ] as [(String, [String]?)])
  func types(filter: String, types: [String]?) throws {
    let bounds = try Question(filter: filter, schema: .builtIn).bounds
    #expect(Self.names(bounds.types) == types.map { Set($0) })
  }

  @Test func aDescriptorIsNeeded() throws {
    let types = try #require(
      Self.names(try Question(filter: "fd.name startswith /etc", schema: .builtIn).bounds.types))
    #expect(types.isSuperset(of: ["openat", "read", "close", "execve", "connect"]))
    #expect(types.isDisjoint(with: ["getpid", "futex", "clone", "nanosleep"]))
  }

  @Test(
    arguments: [
      ("proc.name = nginx", ["nginx"]), ("proc.name in (a, b) and evt.type = open", ["a", "b"]),
      ("proc.name = a or proc.name = b", ["a", "b"]), ("proc.name in (a, b) and proc.name in (b, c)", ["b"]),
      ("proc.name = anyof (a, b)", ["a", "b"]), ("(proc.name = a and fd.num = 3) or (proc.name = b)", ["a", "b"]),
      ("proc.name = a and proc.name = b", []), ("proc.name = a or fd.num = 3", nil), ("proc.name != a", nil),
      ("not proc.name != a", nil), ("proc.name startswith a", nil), ("proc.pname = a", nil), ("proc.aname = a", nil),
      ("thread.name = a", nil), ("tolower(proc.name) = a", nil), ("proc.name = val(proc.pname)", nil),
    ] as [(String, [String]?)])
  func processNames(filter: String, names: [String]?) throws {
    let bounds = try Question(filter: filter, schema: .builtIn).bounds
    #expect(bounds.processNames == names.map { Set($0.map { Array($0.utf8) }) })
  }

  @Test(
    arguments: [
      ("user.uid = 0 and proc.pid in (7, 8)", [0], [7, 8]), ("user.uid < 1000", nil, nil),
      ("user.uid = 1000.0", [1000], nil), ("user.uid = 0.5 and proc.pid = -1", [], []), ("user.name = root", nil, nil),
      ("user.loginuid = 0 or proc.ppid = 1", nil, nil), ("proc.apid = 7", nil, nil), ("thread.tid = 7", nil, nil),
    ] as [(String, [UInt32]?, [UInt32]?)])
  func numbers(filter: String, users: [UInt32]?, processes: [UInt32]?) throws {
    let bounds = try Question(filter: filter, schema: .builtIn).bounds
    #expect(bounds.users == users.map { Set($0) })
    #expect(bounds.processes == processes.map { Set($0) })
  }

  @Test(
    "what depends on other events has no bounds",
    arguments: [
      "evt.type = open and evt.num < 1000", "proc.name = a and evt.deltatime > 5", "user.uid = 0 and proc.sname = bash",
    ])
  func otherEvents(filter: String) throws {
    #expect(try Question(filter: filter, schema: .builtIn).bounds == EventBounds())
  }

  private static let fields = ["evt.type", "proc.name", "user.uid", "proc.pid"]

  /// One comparison, with a constant that some events have.
  private static func term(_ generator: inout SeededGenerator, _ pool: [[FieldValue]], depth: Int) -> String {
    if depth > 0, !generator.oneIn(3) {
      let terms = (0..<2 + generator.below(2)).map { _ in term(&generator, pool, depth: depth - 1) }
      switch generator.below(4) {
      case 0: return "not \(terms[0])"
      case 1: return "(\(terms.joined(separator: " or ")))"
      default: return "(\(terms.joined(separator: " and ")))"
      }
    }
    let others = [
      "fd.name startswith /etc", "fd.type = ipv4", "evt.is_open_write = true", "evt.is_open_read = false",
      "evt.arg.flags exists", "evt.arg.fd = 3", "evt.category = file", "evt.category = process", "evt.failed = true",
      "evt.arg[1] exists", "evt.is_io = true", "proc.aname = sshd", "fd.num exists", "syscall.type contains at",
    ]
    if generator.oneIn(3) { return generator.pick(others) }
    let field = generator.below(fields.count)
    func value() -> String {
      let value = generator.pick(pool)[field]
      return value == .missing ? "1" : value.text
    }
    switch generator.below(4) {
    case 0: return "\(fields[field]) in (\(value()), \(value()))"
    case 1: return "\(fields[field]) != \(value())"
    default: return "\(fields[field]) = \(value())"
    }
  }

  private static func values(of batch: EventBatch) async throws -> [[FieldValue]] {
    let reader = try EventValues(fields, schema: .builtIn)
    var rows: [[FieldValue]] = []
    try await Scan(BatchSource([batch], schema: .builtIn), try Question(schema: .builtIn)).run(columns: reader.columns)
    {
      reader.rows(of: $0)
    } consume: { found, _ in
      rows += found
      return true
    }
    return rows
  }

  /// Whatever a random filter selects of random events is within its bounds.
  @Test(arguments: 1...20)
  func selectedEventsAreWithinTheBounds(seed: UInt64) async throws {
    var generator = SeededGenerator(seed: seed)
    var batch = randomBatch(&generator, events: 200)
    // As a recorder makes them: an event of a type without an object has none.
    for row in 0..<batch.count {
      let type = try #require(batch.schema.type(EventTypeID(rawValue: batch.types[row])))
      if type.object == .none, !type.traits.contains(.namesObject) { batch.objects[row] = EventBatch.noRow }
    }
    let rows = try await Self.values(of: batch)
    var bounded = 0
    for _ in 0..<60 {
      let filter = Self.term(&generator, rows, depth: 3)
      let question = try Question(filter: filter, schema: .builtIn)
      let bounds = question.bounds
      if bounds != EventBounds() { bounded += 1 }
      for row in question.select(from: batch).map({ Int($0) }) {
        #expect(bounds.types?.contains(EventTypeID(rawValue: batch.types[row])) != false, "\(filter)")
        if let names = bounds.processNames {
          #expect(names.contains(Array(rows[row][1].text.utf8)), "\(filter)")
        }
        if let users = bounds.users {
          #expect(rows[row][2].integerValue.flatMap { UInt32(exactly: $0) }.map(users.contains) == true, "\(filter)")
        }
        if let processes = bounds.processes {
          #expect(
            rows[row][3].integerValue.flatMap { UInt32(exactly: $0) }.map(processes.contains) == true, "\(filter)")
        }
      }
    }
    #expect(bounded > 20)
  }
}
