import EventBatch
import EventSchema
import Inspect
import Query
import TestSupport
import Testing

extension View: CustomTestStringConvertible {
  /// Tests name a view by its name.
  public var testDescription: String { name }
}

struct ViewTests {
  /// Two processes with a file each, a failed open, and a connection with both ends on the machine.
  private static func source() -> BatchSource {
    let schema = Schema.builtIn
    var strings = StringInterner()
    var dimensions = Dimensions()
    var builder = EventBatchBuilder(schema: schema)
    func thread(_ pid: Int64, _ name: String) -> UInt32 {
      let image = Int(dimensions.images.appendRow())
      dimensions.images[image, .exe] = Int64(strings.intern("/bin/" + name))
      let row = Int(dimensions.threads.appendRow())
      dimensions.threads[row, .tid] = pid
      dimensions.threads[row, .pid] = pid
      dimensions.threads[row, .comm] = Int64(strings.intern(name))
      dimensions.threads[row, .image] = Int64(image)
      dimensions.threads[row, .processStartTime] = pid
      return dimensions.lineages.appendRow([Int64(row), EventBatch.missing, EventBatch.missing, EventBatch.missing])
    }
    func file(_ name: String, _ kind: ObjectKind = .file) -> UInt32 {
      let row = Int(dimensions.objects.appendRow())
      dimensions.objects[row, .objectKind] = kind.rawValue
      dimensions.objects[row, .label] = Int64(strings.intern(name))
      return UInt32(row)
    }
    func socket(_ role: SocketRole, _ local: Int64, _ remote: Int64) -> UInt32 {
      let row = Int(dimensions.objects.appendRow())
      dimensions.objects[row, .objectKind] = ObjectKind.ipv4Socket.rawValue
      dimensions.objects[row, .role] = role.rawValue
      dimensions.objects[row, .networkProtocol] = 6
      let loopback = Int64(strings.intern([127, 0, 0, 1][...]))
      dimensions.objects[row, .localAddress] = loopback
      dimensions.objects[row, .remoteAddress] = loopback
      dimensions.objects[row, .localPort] = local
      dimensions.objects[row, .remotePort] = remote
      return UInt32(row)
    }
    var time: Int64 = 1000
    func event(_ name: String, _ lineage: UInt32, _ object: UInt32, _ result: Int64, latency: Int64 = 10) {
      guard let type = schema.type(named: name) else { preconditionFailure("no event \(name)") }
      time += 5
      builder.appendEvent(
        exitTime: time, latency: latency, type: type.id, cpu: 0, flags: [], lineage: lineage, object: object,
        result: result)
      for _ in type.parameters.filter(\.source.isStored) { builder.appendMissing() }
    }
    let one = thread(10, "one")
    let two = thread(20, "two")
    let a = file("/data/a")
    let b = file("/data/b")
    let client = socket(.client, 40000, 80)
    let server = socket(.server, 80, 40000)
    event("openat", one, a, 3)
    event("read", one, a, 100)
    event("read", one, a, 50, latency: 2_000_000)
    event("write", two, b, 7, latency: 3_000_000)
    event("openat", two, file("/data/none"), -2)
    event("connect", one, client, -115)
    event("accept4", two, server, 5)
    event("write", one, client, 30)
    event("read", two, server, 30)
    event("close", two, server, 0)
    dimensions.strings = strings.table
    return BatchSource([builder.finish(dimensions)], schema: schema)
  }

  private func rows(
    _ name: String, filter: String? = nil, sort: String? = nil, limit: Int? = nil
  ) async throws -> [[String: FieldValue]] {
    let view = try #require(ViewCatalogue.view(named: name))
    let run = try ViewRun(view, schema: .builtIn, filter: filter, sort: sort, limit: limit)
    let result = try await run.answer(over: Self.source())
    return result.rows.map { row in
      Dictionary(uniqueKeysWithValues: result.shownColumns.map { ($0.column.name, row[$0.index]) })
    }
  }

  /// Batches that come one by one make of a view what a scan makes of all.
  @Test(arguments: ViewCatalogue.all)
  func batchByBatch(view: View) async throws {
    let whole = try #require(Self.source().batches.first)
    let parts = [whole.selecting(rows: Array(0..<4)), whole.selecting(rows: Array(4..<whole.count))]
    let run = try ViewRun(view, schema: .builtIn)
    let source = BatchSource(parts, schema: .builtIn)
    let expected = try await run.answer(over: source)
    var rows = ViewAccumulation(run)
    var before: Int64?
    for part in parts {
      rows.add(part, context: source.scanContext, previousExit: before)
      before = part.exitTimes.last
    }
    #expect(rows.result().rows == expected.rows && rows.result().rowCount == expected.rowCount)
    #expect(rows.events == expected.progress.eventsSelected)
  }

  /// Rows from temporary files are those of memory, in order, page by page; sorted by more columns when `REEL_EXHAUSTIVE` is set.
  @Test(arguments: ViewCatalogue.all)
  func spilled(view: View) async throws {
    let whole = Self.source().batches[0]
    let source = BatchSource(
      (0..<5).map { whole.selecting(rows: Array(($0 * 2)..<($0 * 2 + 2))) }, schema: .builtIn)
    let sorts: [String?] = view.columns.prefix(isExhaustive ? 3 : 1).map { "-" + $0.name }
    for sort in sorts + [nil] {
      for (limit, offset, search) in [(nil, 0, nil), (2, 1, nil), (nil, 0, "o")] as [(Int?, Int, String?)] {
        let run = try ViewRun(view, schema: .builtIn, sort: sort, limit: limit, offset: offset, search: search)
        let expected = try await run.answer(over: source)
        let (rows, result) = try await run.gather(over: source, memory: 0)
        var found: [[FieldValue]] = []
        try rows.forEach { found.append($0) }
        #expect(found == expected.rows && rows.count == found.count)
        #expect(result.rowCount == expected.rowCount && result.totals == expected.totals)
      }
    }
  }

  /// Of a list the newest rows are kept, however many there were.
  @Test func liveListsAreBounded() throws {
    let batch = try #require(Self.source().batches.first)
    let run = try ViewRun(#require(ViewCatalogue.view(named: "new_connections")), schema: .builtIn)
    var rows = ViewAccumulation(run, mostRows: 3)
    for _ in 0..<10 { rows.add(batch, context: ScanContext(), previousExit: nil) }
    #expect(rows.count <= 6 && rows.result().rows.count == 3 && rows.result().rowCount == 20)
  }

  @Test func processes() async throws {
    let rows = try await rows("processes", sort: "pid")
    #expect(rows.map { $0["pid"] } == [.integer(20), .integer(10)])
    #expect(rows[1]["bytes_in"] == .integer(150))
    #expect(rows[1]["bytes_out"] == .integer(30))
    #expect(rows[1]["opens"] == .unsigned(1))
    #expect(rows[0]["opens"] == .unsigned(0))
    #expect(rows[0]["errors"] == .integer(1))
    #expect(rows[1]["command"] == .text("/bin/one"))
    #expect(rows[1]["container"] == .text("host"))
    #expect(rows[1]["name"] == .text("one"))
  }

  @Test func files() async throws {
    let rows = try await rows("files")
    #expect(rows.map { $0["file"] } == [.text("/data/a"), .text("/data/b"), .text("/data/none")])
    #expect(rows[0]["bytes_in"] == .integer(150))
    #expect(rows[0]["ops"] == .unsigned(3))
    #expect(rows[0]["opens"] == .unsigned(1))
    #expect(rows[0]["time_ns"] == .integer(2_000_020))
    #expect(rows[1]["bytes_out"] == .integer(7))
    #expect(rows[2]["errors"] == .integer(1))
    let directories = try await self.rows("directories")
    #expect(directories.map { $0["directory"] } == [.text("/data")])
    #expect(directories[0]["files"] == .unsigned(3))
  }

  @Test func connections() async throws {
    let rows = try await rows("connections")
    #expect(rows.count == 1)
    #expect(rows[0]["connection"] == .text("127.0.0.1:40000->127.0.0.1:80"))
    #expect(rows[0]["bytes_in"] == .integer(30))
    #expect(rows[0]["bytes_out"] == .integer(30))
    #expect(rows[0]["port"] == .unsigned(80))
    let mine = try await self.rows("connections", filter: "proc.name = one")
    #expect(mine[0]["bytes_in"] == .integer(0))
    let new = try await self.rows("new_connections")
    #expect(new.map { $0["syscall"] } == [.text("connect"), .text("accept4")])
    #expect(try await self.rows("server_ports")[0]["port"] == .unsigned(80))
  }

  @Test func syscallsAndErrors() async throws {
    let rows = try await rows("syscalls", limit: 1)
    #expect(rows[0]["syscall"] == .text("read"))
    #expect(rows[0]["count"] == .unsigned(3))
    #expect(rows[0]["time_ns"] == .integer(2_000_020))
    #expect(rows[0]["max_ns"] == .integer(2_000_000))
    let errors = try await self.rows("errors", sort: "-error")
    #expect(errors.map { $0["error"] } == [.text("EINPROGRESS"), .text("ENOENT")])
  }

  @Test func lists() async throws {
    let slow = try await rows("slow_io")
    #expect(slow.map { $0["file"] } == [.text("/data/b"), .text("/data/a")])
    #expect(try await rows("slow_io", limit: 1).count == 1)
    let opens = try await rows("file_opens")
    #expect(opens.map { $0["error"] } == [.text("SUCCESS"), .text("ENOENT")])
  }

  /// Every view binds, answers, names its columns once, and leads to a view that exists.
  @Test(arguments: ViewCatalogue.all)
  func everyViewAnswers(view: View) async throws {
    let result = try await ViewRun(view, schema: .builtIn).answer(over: Self.source())
    #expect(result.rows.allSatisfy { $0.count == view.columns.count })
    #expect(Set(view.columns.map(\.name)).count == view.columns.count)
    if let target = view.drillDown { #expect(ViewCatalogue.view(named: target) != nil) }
    #expect(view.description.hasSuffix("."))
    for row in result.rows {
      guard let filter = result.filter(selecting: row) else { continue }
      let narrowed = try await ViewRun(view, schema: .builtIn, filter: filter).answer(over: Self.source())
      #expect(narrowed.rows == [row], "\(filter)")
    }
  }

  @Test func mistakesAreReported() {
    #expect(throws: QueryError.self) { try ViewRun(ViewCatalogue.all[0], schema: .builtIn, sort: "nothing") }
    #expect(throws: QueryError.self) { try ViewRun(ViewCatalogue.all[0], schema: .builtIn, filter: "proc.nme = x") }
  }
}
