import CaptureFile
import CaptureFormat
import Compression
import ConformanceFiles
import EventBatch
import Foundation
import TestSupport
import Testing

/// `scripts/read-capture.py` is written from `formats/capture.md` and shares nothing with the reader here: where both say
/// the same, the document says enough.
@Suite("The independent reader")
struct IndependentReaderTests {
  /// Runs the script. The packages that it needs are installed by `scripts/setup`.
  static func run(_ arguments: [String]) async throws -> CommandResult {
    try await Command(["\(root)/scripts/read-capture.py"] + arguments).run(timeout: .seconds(240))
  }

  @Test("It finds what the JSON says")
  func readsAsExpected() async throws {
    let result = try await IndependentReaderTests.run(["--contents"] + Committed.all.map(\.path))
    try #require(result.status == 0, "\(result.errorText)")
    try #require(result.lines.count == Committed.all.count && !Committed.all.isEmpty)
    for (line, file) in zip(result.lines, Committed.all) {
      var found = try JSONValue.object(line: line)
      // It says why, in its own words.
      found["reason"] = nil
      if case .array(let sections)? = found["sections"] {
        found["sections"] = .array(try sections.map { .object(try withoutFindings(#require($0.object), file)) })
      } else if found["refused"] == .bool(false) {
        found = withoutFindings(found, file)
      }
      let differences = try differences(found, file.expected())
      #expect(differences == [], "\(file.name)")
    }
  }

  /// What it finds wrong with whole files is not in the JSON: it must be nothing.
  private func withoutFindings(_ contents: [String: JSONValue], _ file: Committed) -> [String: JSONValue] {
    var contents = contents
    #expect(contents.removeValue(forKey: "findings") == .array([]), "\(file.name)")
    return contents
  }

  /// Random batches in every codec: the same events, and no index that says no to what is there.
  @Test(
    "It reads random captures as they were written", arguments: zip([Codec.none, .lz4, .zstd, .lz4], UInt64(21)...24))
  func readsRandomCaptures(codec: Codec, seed: UInt64) async throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var generator = BatchGenerator(seed: seed)
    var writer = try CaptureWriter(
      path: path, header: .test(), schema: generator.schema, options: WriterOptions(codec: codec))
    for events in [1, 40, 300] { try writer.append(generator.next(events: events)) }
    try writer.append(LossRecord(cause: .ringFull, cpu: 2, count: 9, from: 1, to: 2))
    for part in 0..<2 {
      let rows = generator.next(events: 20)
      try writer.append(
        MachineState(time: 5, reason: .trigger, part: UInt32(part), isLast: part == 1, rows: rows))
    }
    try writer.append(generator.next(events: 500))
    _ = try writer.finish()
    let result = try await IndependentReaderTests.run(["--contents", path])
    var found = try JSONValue.object(line: try #require(result.lines.first, "\(result.errorText)"))
    #expect(found["findings"] == .array([]))
    let wanted = try CaptureReader(path: path).contents(damagedBytes: 0).rendered
    for key in ["findings", "frames"] { found[key] = wanted[key] }
    #expect(differences(found, wanted) == [])
  }

  /// What users see, of recordings of a machine.
  @Test("It agrees with the program on the samples", arguments: ["build", "demo", "tree"])
  func agreesOnSamples(name: String) async throws {
    let path = "\(root)/samples/\(name).reel"
    let format = "*" + SampleEvent.fields.map { "%\($0.key)" }.joined(separator: " ")
    let program = try await Command(try builtProgram("reel"), "events", path, "--json", "-p", format).run()
    let script = try await IndependentReaderTests.run([
      "--events", path, "--columns", "pid,tid,comm,processName,path,uid,name,parentPid,session",
    ])
    #expect(program.status == 0 && script.status == 0, "\(program.errorText)\(script.errorText)")
    try #require(program.lines.count == script.lines.count && program.lines.count > 100)
    for (shown, read) in zip(program.lines, script.lines) {
      let (shown, read) = (try SampleEvent(shown), try SampleEvent(read))
      let differing = SampleEvent.fields.filter { shown[$0.key] != read.value(at: $0.path) }.map(\.key)
      if !differing.isEmpty { Issue.record("\(differing) of \(shown.text) against \(read.text)") }
    }
  }

  @Test("It agrees with the program on what is in the samples", arguments: ["build", "demo", "tree"])
  func agreesOnFacts(name: String) async throws {
    let path = "\(root)/samples/\(name).reel"
    let program = try await Command(try builtProgram("reel"), "info", path, "--json").run()
    let script = try await IndependentReaderTests.run(["--facts", path])
    let shown = try JSONValue.object(line: program.text)
    let read = try JSONValue.object(line: script.text)
    let totals = try #require(read["totals"]?.object)
    let header = try #require(read["header"]?.object)
    for key in ["started", "ended", "events", "chunks", "threads", "processes", "objects"] {
      #expect(shown[key] == totals[key], "\(key)")
    }
    for key in ["hostname", "kernel", "architecture", "filter", "command", "snaplen", "latency", "cpus"] {
      #expect(shown[key] == header[key], "\(key)")
    }
    #expect(shown["complete"] == read["complete"] && shown["lost"] == read["lost"])
    #expect(shown["damaged"] == read["damaged_bytes"] && read["findings"] == .array([]))
  }
}

/// An event of the program's or of the script's output.
private struct SampleEvent {
  let text: String
  private let members: NSDictionary

  /// Fields of the program, and where the script says the same.
  static let fields: [(key: String, path: [String])] = [
    ("evt.num", ["number"]), ("evt.rawtime", ["time"]), ("evt.latency", ["latency"]), ("evt.type", ["type"]),
    ("evt.cpu", ["cpu"]), ("evt.rawres", ["result"]), ("proc.pid", ["lineage", "0", "pid"]),
    ("thread.tid", ["lineage", "0", "tid"]), ("thread.name", ["lineage", "0", "comm"]),
    ("proc.name", ["lineage", "0", "processName"]), ("proc.exepath", ["lineage", "0", "image", "path"]),
    ("user.uid", ["lineage", "0", "uid"]), ("proc.pname", ["lineage", "1", "processName"]),
    ("proc.aname[2]", ["lineage", "2", "processName"]), ("proc.ppid", ["lineage", "0", "parentPid"]),
    ("proc.sid", ["lineage", "0", "session"]),
  ]

  init(_ line: String) throws {
    text = line
    members = try #require(JSONSerialization.jsonObject(with: Data(line.utf8)) as? NSDictionary)
  }

  subscript(key: String) -> String { SampleEvent.text(members[key]) }

  func value(at path: [String]) -> String {
    var value: Any? = members
    for key in path {
      if let list = value as? NSArray, let index = Int(key) {
        value = index < list.count ? list[index] : nil
      } else {
        value = (value as? NSDictionary)?[key]
      }
    }
    return SampleEvent.text(value)
  }

  private static func text(_ value: Any?) -> String {
    switch value {
    case nil, is NSNull: "nothing"
    case let value?: "\(value)"
    }
  }
}
