import EventBatch
import EventSchema
import Inspect
import Query
import TestSupport
import Testing

@Suite struct FlameTests {
  /// A shell made two compilers, which read; each compiler made a linker that fails once.
  private static func source() -> BatchSource {
    var machine = MachineMaker()
    let shell = machine.process(10, "sh")
    let file = machine.file("/src/main.c")
    var chunks: [EventBatch] = []
    for pid: Int64 in [20, 30] {
      let compiler = machine.process(pid, "cc", parent: shell)
      let linker = machine.process(pid + 1, "ld", parent: compiler)
      machine.event("read", at: pid * 10, of: compiler, object: file, result: 100, latency: 40)
      machine.event("write", at: pid * 10 + 1, of: compiler, object: file, result: 20, latency: 10)
      machine.event("read", at: pid * 10 + 2, of: linker, object: file, result: 1000, latency: 5)
      machine.event("openat", at: pid * 10 + 3, of: linker, object: file, result: -2, latency: 1)
      chunks.append(machine.finish())
    }
    machine.event("wait4", at: 900, of: shell, result: 20, latency: 500)
    machine.event("close", at: 901, of: shell, object: file, result: 0)
    chunks.append(machine.finish())
    return BatchSource(chunks, schema: .builtIn)
  }

  /// A line a frame: names from the first, what it has for itself, what with all below.
  private func lines(_ graph: FlameGraph) -> [String] {
    graph.frames.indices.map { index in
      let names = graph.path(to: index).map { String(decoding: $0, as: UTF8.self) }
      return "\(names.joined(separator: "/")) \(graph.frames[index].own) \(graph.frames[index].total)"
    }
  }

  @Test(arguments: [
    (FlameGraph.Measure.time, ["sh 500 612", "sh/cc 100 112", "sh/cc/ld 12 12"]),
    (.bytes, ["sh 0 2240", "sh/cc 240 2240", "sh/cc/ld 2000 2000"]),
    (.count, ["sh 2 10", "sh/cc 4 8", "sh/cc/ld 4 4"]),
    (.errors, ["sh 0 2", "sh/cc 0 2", "sh/cc/ld 2 2"]),
  ])
  func sums(measure: FlameGraph.Measure, expected: [String]) async throws {
    let source = FlameTests.source()
    let graph = try await FlameRun(schema: source.schema, by: measure).answer(over: source)
    #expect(lines(graph) == expected)
    #expect(graph.total == graph.frames.first?.total)
  }

  @Test func callsAreTheLastFrames() async throws {
    let source = FlameTests.source()
    let graph = try await FlameRun(schema: source.schema, by: .bytes, byCall: true, filter: "proc.name = cc")
      .answer(over: source)
    #expect(lines(graph) == ["sh 0 240", "sh/cc 0 240", "sh/cc/read 200 200", "sh/cc/write 40 40"])
  }

  /// Every frame's total is what it and those below have for themselves, and stands within its parent's.
  @Test(arguments: 0..<20)
  func totalsAddUp(seed: UInt64) async throws {
    var generator = BatchGenerator(seed: seed, schema: .builtIn)
    let batches = (0..<3).map { _ in generator.next(events: 200) }
    let source = BatchSource(batches, schema: .builtIn)
    let graph = try await FlameRun(schema: .builtIn, by: .count).answer(over: source)
    var below = [Int64](repeating: 0, count: graph.frames.count)
    for (index, frame) in graph.frames.enumerated() {
      guard let parent = frame.parent else { continue }
      below[parent] += frame.total
      #expect(parent < index && graph.frames[parent].depth + 1 == frame.depth)
    }
    for (index, frame) in graph.frames.enumerated() { #expect(frame.own + below[index] == frame.total) }
    let calls = Set(Schema.builtIn.types.filter { $0.systemCall != nil }.map(\.id.rawValue))
    #expect(graph.total == batches.reduce(0) { $0 + Int64($1.types.count { calls.contains($0) }) })
  }
}
