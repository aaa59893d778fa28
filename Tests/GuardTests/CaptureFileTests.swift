import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Foundation
import Query
import TestSupport
import Testing

@testable import Guard

/// Captures that overlap, from the past to their tails, without a kernel.
@Suite struct CaptureFileTests {
  private static let web = String(repeating: "a", count: 64)
  private static let other = String(repeating: "b", count: 64)

  private func header() -> CaptureHeader {
    CaptureHeader(
      fileID: CaptureHeader.randomID(), sessionID: CaptureHeader.randomID(), hostname: "h", kernelRelease: "k",
      architecture: "x86_64", writer: "test", started: 0, bootTime: 0, cpuCount: 1, snapLength: 80, latencyMode: .exact)
  }

  private func begin(_ pipeline: ChunkPipeline, _ path: String, _ taking: CaptureTaking, from: Int64) -> LiveCapture {
    let capture = LiveCapture(id: path, path: path, taking)
    var options = WriterOptions()
    options.replaceExisting = true
    options.counting = OverviewCounting(.builtIn)
    pipeline.begin(capture, from: from, header(), attachments: [], options)
    pipeline.annotate(capture, Annotation(time: from, kind: "alert", rule: "r", text: "why"))
    return capture
  }

  private func finish(_ pipeline: ChunkPipeline, _ capture: LiveCapture) async -> LiveCapture.Progress {
    await withCheckedContinuation { done in pipeline.finish(capture) { done.resume(returning: $0) } }
  }

  @Test("Each has its scope, its filter, the past that it asks for, and what comes until it ends")
  func overlapping() async throws {
    try await withTemporaryDirectory { folder in
      let pipeline = ChunkPipeline(FlightRecorderLimits(), keepsPast: true)
      var batches: [EventBatch] = []
      var machine = MachineMaker()
      let host = machine.process(1, "init")
      let one = machine.process(10, "nginx", parent: host, container: Self.web)
      let two = machine.process(20, "redis", parent: host, container: Self.other)
      for second in Int64(0)..<8 {
        for (offset, process) in [host, one, two].enumerated() {
          machine.event("close", at: second * 100 + Int64(offset), of: process, ["fd": .init(integerLiteral: second)])
        }
        batches.append(machine.finish())
      }
      for batch in batches[..<3] { pipeline.append(batch) }
      let whole = begin(pipeline, "\(folder)/host.reel", CaptureTaking(), from: 100)
      var taking = CaptureTaking(scope: .container(Self.web))
      let own = begin(pipeline, "\(folder)/web.reel", taking, from: 0)
      taking.filter = try Question(filter: "evt.rawtime >= 400", schema: .builtIn)
      let filtered = begin(pipeline, "\(folder)/filtered.reel", taking, from: 0)
      for batch in batches[3..<6] { pipeline.append(batch) }
      let ended = await finish(pipeline, own)
      for batch in batches[6...] { pipeline.append(batch) }
      #expect(await finish(pipeline, whole).error == nil)
      #expect(await finish(pipeline, filtered).error == nil)
      #expect(ended.events == 6)

      func times(_ name: String) throws -> [Int64] {
        let reader = try CaptureReader(path: "\(folder)/\(name).reel")
        #expect(reader.isComplete)
        #expect(try reader.trigger()?.rule == "r")
        var times: [Int64] = []
        for chunk in 0..<reader.chunkCount { times += try reader.readChunk(chunk).exitTimes }
        return times
      }
      func expected(_ seconds: Range<Int64>, _ offsets: [Int64]) -> [Int64] {
        var times: [Int64] = []
        for second in seconds { for offset in offsets { times.append(second * 100 + offset) } }
        return times
      }
      #expect(try times("host") == expected(1..<8, [0, 1, 2]))
      #expect(try times("web") == expected(0..<6, [1]))
      #expect(try times("filtered") == expected(4..<8, [1]))
    }
  }

  @Test("What stands of others in a container's capture is no more than who they are")
  func redaction() async throws {
    try await withTemporaryDirectory { folder in
      let pipeline = ChunkPipeline(FlightRecorderLimits(), keepsPast: true)
      var machine = MachineMaker()
      let host = machine.process(1, "init", arguments: ["--secret-of-the-host"])
      let one = machine.process(10, "nginx", parent: host, container: Self.web)
      machine.event("close", at: 1, of: one, ["fd": 1])
      machine.event("close", at: 2, of: host, ["fd": 1])
      pipeline.append(machine.finish())
      let capture = begin(pipeline, "\(folder)/web.reel", CaptureTaking(scope: .container(Self.web)), from: 0)
      machine.event("close", at: 3, of: one, ["fd": 1])
      pipeline.append(machine.finish())
      #expect(await finish(pipeline, capture).events == 2)
      var texts: [String] = []
      let reader = try CaptureReader(path: "\(folder)/web.reel")
      for chunk in 0..<reader.chunkCount {
        let batch = try reader.readChunk(chunk)
        for row in 0..<batch.dimensions.strings.count { texts.append(batch.dimensions.strings.text(row)) }
      }
      #expect(texts.contains("/usr/bin/init"))
      #expect(!texts.contains { $0.contains("secret") })
    }
  }

  @Test("A capture that is as large as it may be takes nothing more, and is readable")
  func size() async throws {
    try await withTemporaryDirectory { folder in
      let pipeline = ChunkPipeline(FlightRecorderLimits(), keepsPast: false)
      var taking = CaptureTaking()
      taking.maxSize = 20_000
      let capture = begin(pipeline, "\(folder)/x.reel", taking, from: 0)
      var generator = BatchGenerator(seed: 1, schema: .builtIn)
      for _ in 0..<20 { pipeline.append(generator.next(events: 500)) }
      let progress = await finish(pipeline, capture)
      #expect(progress.isFull)
      let reader = try CaptureReader(path: "\(folder)/x.reel")
      #expect(reader.isComplete)
      #expect(reader.summary.events < 10_000)
    }
  }

  @Test("Names are never used twice, and never lead out of the directory")
  func names() async throws {
    try await withTemporaryDirectory { folder in
      let directory = CaptureDirectory(path: folder + "/a/b")
      try directory.make()
      #expect(try directory.reserve("x") == "\(folder)/a/b/x.reel")
      #expect(try directory.reserve("x") == "\(folder)/a/b/x_1.reel")
      let mode = try FileManager.default.attributesOfItem(atPath: "\(folder)/a/b")[.posixPermissions] as? NSNumber
      #expect(mode?.intValue == 0o700)
      for (text, name) in [
        ("../../etc/passwd", "_._.._etc_passwd"), ("a b\u{0}c", "a_b_c"), ("", "capture"), (".hidden", "_hidden"),
        ("naïve", "na_ve"), ("ok-1.2_3", "ok-1.2_3"),
      ] {
        let safe = CaptureName.safe(text)
        #expect(safe == name)
        #expect(!safe.contains("/"))
      }
      #expect(CaptureName.safe(String(repeating: "x", count: 1000)).utf8.count == 180)
    }
  }

  @Test("After a crash what was being captured is an error that says how far it is readable; the rest is as it was")
  func recovery() async throws {
    try await withTemporaryDirectory { folder in
      let directory = CaptureDirectory(path: folder)
      var done = CaptureRecord(id: "1", started: 5, path: try directory.reserve("done"))
      done.state = .done
      done.policy = "p \"quoted\""
      directory.write(done)
      var torn = CaptureRecord(id: "2", started: 5, path: try directory.reserve("torn"))
      torn.state = .capturing
      directory.write(torn)
      var empty = torn
      empty.id = "3"
      empty.path = try directory.reserve("empty")
      directory.write(empty)
      var options = WriterOptions()
      options.replaceExisting = true
      var generator = BatchGenerator(seed: 1, schema: .builtIn)
      do {
        var writer = try CaptureWriter(path: torn.path, header: header(), schema: .builtIn, options: options)
        try writer.append(generator.next(events: 50))
      }
      let orders = GuardOrders()
      #expect(CaptureStore(directory, orders).recover().map(\.id) == ["2", "3"])
      let records = orders.list()
      #expect(records.map(\.state) == [.done, .error, .error])
      #expect(records[0] == done)
      #expect(records[1].events == 50)
      #expect(records[1].message.contains("readable up to"))
      #expect(records[2].message.contains("before anything was written"))
      // A second guard finds what the first one said.
      let again = GuardOrders()
      #expect(CaptureStore(directory, again).recover().isEmpty)
      #expect(again.list() == records)
    }
  }

  @Test(
    "The oldest finished captures go",
    arguments: [
      (nil, nil, nil, []), (UInt64(25), nil, nil, ["a", "b"]), (nil, Int64(45), nil, ["a"]),
      (nil, nil, 1, ["a", "b", "d"]),
      (UInt64(1), nil, nil, ["a", "b", "d"]),
    ] as [(UInt64?, Int64?, Int?, [String])])
  func retention(bytes: UInt64?, age: Int64?, count: Int?, gone: [String]) {
    var limits = CaptureStorage()
    limits.keepBytes = bytes
    limits.keepAge = age
    limits.keepCount = count
    let records = ["a", "b", "c", "d", "e"].enumerated().map { index, id in
      var record = CaptureRecord(id: id, started: Int64(index) * 10, path: id)
      record.ended = Int64(index) * 10 + 5
      record.state = id == "c" ? .capturing : .done
      record.bytes = 10
      return record
    }
    #expect(CaptureStore.excess(records, limits, now: 50 + 5).map(\.id) == gone)
  }
}
