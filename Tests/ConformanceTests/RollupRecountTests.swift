import CaptureFile
import CaptureFormat
import EventBatch
import Foundation
import TestSupport
import Testing

/// The rollup of a capture as the independent reader counts it again, event by event.
@Suite("The rollup against the independent reader")
struct RollupRecountTests {
  private func facts(_ path: String) async throws -> [String: JSONValue] {
    let script = try await IndependentReaderTests.run(["--facts", path])
    return try JSONValue.object(line: try #require(script.lines.first, "\(script.errorText)"))
  }

  /// All counters but the sums, whose fields are the program's.
  @Test("It counts what the program counted", arguments: ["build", "demo", "tree"])
  func agreesOnSamples(name: String) async throws {
    let target = temporaryPath()
    defer { removeFile(target) }
    let program = try await Command(
      try builtProgram("reel"), "compact", "\(root)/samples/\(name).reel", "-o", target
    ).run(timeout: .seconds(300))
    try #require(program.status == 0, "\(program.errorText)")
    let found = try await facts(target)
    #expect(found["findings"] == .array([]))
    #expect(found["recounted"] == .integer(20))
  }

  /// Counts each event of the first chunk twice.
  private struct Miscounting: RollupCounting {
    let keys = [Rollup.Key(name: "events", filter: ""), Rollup.Key(name: "calls", filter: "evt.type = close")]
    private var isFirst = true

    mutating func add(_ batch: EventBatch, to buckets: inout RollupBuckets) {
      for time in batch.exitTimes {
        buckets.add(isFirst ? 2 : 1, to: 0, bucket: buckets.bucket(of: time).index)
      }
      isFirst = false
    }
  }

  @Test("It finds what was miscounted")
  func findsMiscounts() async throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var machine = MachineMaker()
    let shell = machine.process(10, "sh")
    var writer = try CaptureWriter(
      path: path, header: .test(), schema: .builtIn, options: WriterOptions(counting: Miscounting()))
    for chunk in 0..<2 {
      for event in 0..<5 { machine.event("dup", at: Int64(chunk * 5 + event) * 1_000_000, of: shell, result: 3) }
      var batch = machine.finish()
      batch.numbers = .consecutive(first: UInt64(chunk * 5 + 1))
      try writer.append(batch)
    }
    _ = try writer.finish()
    let found = try await facts(path)
    #expect(found["recounted"] == .integer(2))
    let findings = try #require(found["findings"]?.array)
    #expect(findings.count == 1)
    #expect(findings.first?.text?.contains("events") == true)
  }
}
