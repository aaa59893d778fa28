import EventBatch
import EventSchema
import Inspect
import Query
import TestSupport
import Testing

struct AuditTests {
  /// A shell that runs a program which connects and removes a file; a service beside it.
  private static func source() -> BatchSource {
    var machine = MachineMaker()
    let shell = machine.process(10, "sh", started: 5)
    let curl = machine.process(11, "curl", parent: shell, started: 100, arguments: ["http://x"])
    let service = machine.process(20, "serve", started: 6, container: "0123456789abcdef")
    let socket = machine.socket([10, 0, 0, 1], 4000, to: [10, 0, 0, 2], 80)
    let file = machine.file("/data/log")
    machine.event("execve", at: 110, of: curl, result: 0)
    machine.event("execve", at: 111, of: shell, result: -2)
    machine.event("connect", at: 120, of: curl, object: socket, result: -115, ["fd": 3])
    machine.event("write", at: 130, of: curl, object: socket, result: 40, ["fd": 3])
    machine.event("read", at: 140, of: curl, object: socket, result: 900, ["fd": 3])
    machine.event("close", at: 150, of: curl, object: socket, result: 0, ["fd": 3])
    machine.event("unlink", at: 160, of: curl, result: 0, ["path": "/tmp/gone"])
    machine.event("openat", at: 170, of: service, object: file, result: 4, ["flags": 1])
    machine.event("write", at: 171, of: service, object: file, result: 7, ["fd": 4])
    machine.event("procexit", at: 200, of: curl, ["status": 768, "ret": 3, "sig": 0, "core": 0])
    return BatchSource([machine.finish()], schema: .builtIn)
  }

  private func lines(
    _ kinds: Set<AuditKind>, _ filter: String? = nil, memory: Int = 1 << 20
  ) async throws -> [String] {
    let source = AuditTests.source()
    let run = try AuditRun(schema: source.schema, kinds: kinds, filter: filter)
    var lines: [String] = []
    try await run.answer(over: source, memory: memory).forEach { record, _ in
      let what =
        switch record.activity {
        case .command(let line, _, let end): "\(line.text) exit \(end?.code ?? -1) at \(end?.time ?? 0)"
        case .network(let isIncoming, let connection, _, let received, let sent, let ended):
          "\(isIncoming ? "from" : "to") \(connection.text) in \(received) out \(sent) until \(ended ?? 0)"
        case .file(let action, let path, _, let bytes): "\(action) \(path.text) \(bytes)"
        }
      lines.append("\(record.time) \(record.actor.name.text): \(what)")
    }
    return lines
  }

  @Test(
    "commands with their ends, connections with what they carried, and what became of files",
    arguments: [
      ([.commands], nil, ["110 curl: curl http://x exit 3 at 200"]),
      ([.network], nil, ["120 curl: to 10.0.0.1:4000->10.0.0.2:80 in 900 out 40 until 150"]),
      ([.files], nil, ["160 curl: delete /tmp/gone 0", "170 serve: write /data/log 7"]),
      (Set(AuditKind.allCases), "proc.name = serve", ["170 serve: write /data/log 7"]),
    ] as [(Set<AuditKind>, String?, [String])])
  func records(kinds: Set<AuditKind>, filter: String?, expected: [String]) async throws {
    #expect(try await lines(kinds, filter) == expected)
    // The same through a temporary file.
    #expect(try await lines(kinds, filter, memory: 0) == expected)
  }

  @Test("each container has sessions of its own, and steps of time count what happened in them")
  func sessions() async throws {
    let source = AuditTests.source()
    for memory in [0, 1 << 20] {
      let result = try await AuditRun(schema: source.schema).answer(over: source, by: .session, memory: memory)
      #expect(result.sessions.map(\.count) == [3, 1])
      #expect(try result.frequencies(start: 110, step: 30, count: 4)[.files] == [0, 1, 1, 0])
      var sessions: [Int] = []
      try result.forEach { sessions.append($1) }
      #expect(sessions == [0, 0, 0, 1])
    }
  }
}
