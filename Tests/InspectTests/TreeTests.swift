import EventBatch
import EventSchema
import Inspect
import Query
import TestSupport
import Testing

struct TreeTests {
  /// `init` made a shell, which made a job that executed twice and failed, a service that was left behind, and one that a
  /// signal ended. The id of the first job is used again.
  private static func source() -> BatchSource {
    var machine = MachineMaker()
    let first = machine.process(1, "init")
    let shell = machine.process(10, "sh", parent: first, started: 100)
    let made = machine.process(11, "sh", parent: shell, started: 200)
    let executed = machine.process(11, "env", parent: shell, started: 200)
    let last = machine.process(11, "make", parent: shell, started: 200, arguments: ["all"])
    let service = machine.process(12, "serve", parent: shell, started: 300)
    let adopted = machine.process(12, "serve", parent: first, maker: 10, started: 300)
    let again = machine.process(11, "cat", parent: service, started: 900)
    machine.event("clone", at: 200, of: shell, result: 11)
    machine.event("clone", at: 201, of: made, result: 0, flags: .childReturn)
    machine.event("execve", at: 210, of: executed, result: 0)
    machine.event("execve", at: 220, of: last, result: 0)
    machine.event("openat", at: 230, of: last, object: machine.file("/src/Makefile"), result: 3)
    machine.event("procexit", at: 240, of: last, ["status": 512, "ret": 2, "sig": 0, "core": 0])
    machine.event("execve", at: 301, of: service, result: 0)
    machine.event("procexit", at: 400, of: shell, ["status": 0, "ret": 0, "sig": 0, "core": 0])
    let chunk = machine.finish()
    machine.event("read", at: 500, of: adopted, result: 1)
    machine.event("execve", at: 910, of: again, result: 0)
    machine.event(
      "signaldeliver", at: 919, of: again, ["spid": 12, "dpid": 11, "sig": 11])
    machine.event("procexit", at: 920, of: again, ["status": 139, "ret": 0, "sig": 11, "core": 1])
    return BatchSource([chunk, machine.finish()], schema: .builtIn)
  }

  /// A line a process: depth, id, what it executed, end.
  private func lines(_ tree: ProcessTree) -> [String] {
    tree.nodes.map { node in
      let process = tree.processes[node.process]
      let programs = process.executions.map(\.command.text).joined(separator: " > ")
      let end =
        process.end.map { end in
          end.signal.map { "signal \($0)" + (end.dumpedCore ? " core" : "") } ?? "exit \(end.code ?? -1)"
        } ?? "runs"
      return String(repeating: ".", count: node.depth) + "\(process.identity.pid) \(programs): \(end)"
        + (process.isAdopted ? ", adopted by \(process.parent?.pid ?? 0)" : "")
    }
  }

  @Test("processes stand below their makers, with what they executed and how they ended")
  func whole() async throws {
    let source = TreeTests.source()
    let tree = try await TreeRun(schema: source.schema).answer(over: source)
    #expect(
      lines(tree) == [
        "1 init: runs", ".10 sh: exit 0", "..11 sh > env > make all: exit 2", "..12 serve: runs, adopted by 1",
        "...11 cat: signal 11 core",
      ])
    #expect(tree.nodes.map { tree.processes[$0.process].events } == [0, 2, 5, 2, 3])
    let killed = try #require(tree.processes.last)
    #expect(killed.signals.map { "\($0.name.text) from \($0.sender ?? 0)" } == ["SIGSEGV from 12"])
    #expect(killed.lifetime(until: tree.ended) == 20)
  }

  @Test(
    "a filter shows who did something of the kind, and who stands above",
    arguments: [
      ("fd.name = /src/Makefile", ["1 init: runs", ".10 sh: exit 0", "..11 sh > env > make all: exit 2"]),
      ("evt.type = procexit and evt.arg.sig exists and proc.name = cat", ["1 ", ".10 ", "..12 ", "...11 cat"]),
      ("proc.name = nobody", []),
    ] as [(String, [String])])
  func filtered(filter: String, starts: [String]) async throws {
    let source = TreeTests.source()
    let lines = lines(try await TreeRun(schema: source.schema, filter: filter).answer(over: source))
    #expect(lines.count == starts.count)
    for (line, start) in zip(lines, starts) { #expect(line.hasPrefix(start)) }
  }

  @Test(
    "at a moment those are there that had begun and not ended",
    arguments: [
      (150, ["1 init: runs", ".10 sh: exit 0"]),
      (235, ["1 init: runs", ".10 sh: exit 0", "..11 sh > env > make all: exit 2"]),
      // The parent is that of the moment.
      (350, ["1 init: runs", ".10 sh: exit 0", "..12 serve: runs"]),
      (950, ["1 init: runs", ".10 sh: exit 0", "..12 serve: runs, adopted by 1"]),
    ] as [(Int64, [String])])
  func moment(time: Int64, expected: [String]) async throws {
    let source = TreeTests.source()
    #expect(lines(try await TreeRun(schema: source.schema, at: time).answer(over: source)) == expected)
  }

  @Test("processes that claim to have made each other are shown all the same")
  func circle() async throws {
    var machine = MachineMaker()
    let one = machine.process(20, "one", maker: 21, started: 5)
    let two = machine.process(21, "two", maker: 20, started: 5)
    machine.event("read", at: 10, of: one)
    machine.event("read", at: 11, of: two)
    let source = BatchSource([machine.finish()], schema: .builtIn)
    let tree = try await TreeRun(schema: .builtIn).answer(over: source)
    #expect(Set(tree.nodes.map { tree.processes[$0.process].identity.pid }) == [20, 21])
  }
}
