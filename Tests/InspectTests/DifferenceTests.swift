import EventBatch
import EventSchema
import Inspect
import Query
import TestSupport
import Testing

struct DifferenceTests {
  /// A run of a workload: reads of files with some noise, and, in the bad one, a file, a connection and a slow call more.
  private static func run(isBad: Bool, pid: Int64) -> BatchSource {
    var machine = MachineMaker()
    let worker = machine.process(pid, "work", started: pid)
    let config = machine.file("/etc/work.conf")
    let own = machine.file("/proc/\(pid)/status")
    let server = machine.socket([10, 0, 0, 1], isBad ? 4001 : 4000, to: [10, 0, 0, 2], 80)
    var time: Int64 = 1_000
    func event(
      _ name: String, _ object: UInt32, _ result: Int64, latency: Int64 = 1_000,
      _ arguments: [String: MachineMaker.Argument] = [:]
    ) {
      time += 2_000_000
      machine.event(name, at: time, of: worker, object: object, result: result, latency: latency, arguments)
    }
    for number in 0..<40 {
      event("openat", number % 2 == 0 ? config : own, 3, ["flags": 0])
      event("read", config, 100, ["fd": 3])
      event("fsync", config, 0, latency: isBad && number == 7 ? 80_000_000 : 50_000, ["fd": 3])
    }
    event("connect", server, 0, ["fd": 5])
    if isBad {
      event("openat", machine.file("/etc/other.conf"), 4, ["flags": 0])
      event("connect", machine.socket([10, 0, 0, 1], 4100, to: [10, 9, 9, 9], 443), 0, ["fd": 6])
      // Not much more of something is nothing to speak of.
      event("read", config, 100, ["fd": 3])
    }
    return BatchSource([machine.finish()], schema: .builtIn)
  }

  @Test("one file, one connection and one slow call are named first")
  func first() async throws {
    let (good, bad) = (DifferenceTests.run(isBad: false, pid: 4711), DifferenceTests.run(isBad: true, pid: 5822))
    let run = try DifferenceRun(schemas: (good.schema, bad.schema))
    let (differences, _) = try await run.answer(one: good, other: bad)
    let names = differences.map { $0.topic + " " + $0.values.map(\.text).joined(separator: " ") }
    #expect(
      names == ["connection work tcp 10.9.9.9 443", "file /etc/other.conf", "syscall work fsync"])
    #expect(differences[2].times?.other ?? 0 > 80_000_000)
  }

  @Test("what is the same has no difference")
  func same() async throws {
    let (one, other) = (DifferenceTests.run(isBad: true, pid: 4711), DifferenceTests.run(isBad: true, pid: 5822))
    let (differences, _) = try await DifferenceRun(schemas: (one.schema, other.schema)).answer(one: one, other: other)
    #expect(differences.isEmpty)
  }

  @Test("groups of one's own are compared by how often they happened")
  func groups() async throws {
    let (good, bad) = (DifferenceTests.run(isBad: false, pid: 4711), DifferenceTests.run(isBad: true, pid: 5822))
    let run = try DifferenceRun(schemas: (good.schema, bad.schema), filter: "evt.type = connect", by: ["fd.sport"])
    let (differences, _) = try await run.answer(one: good, other: bad)
    #expect(differences.map { "\($0.values[0].text): \($0.counts.one), \($0.counts.other)" } == ["443: 0, 1"])
  }
}
