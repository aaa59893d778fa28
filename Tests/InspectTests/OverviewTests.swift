import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Inspect
import Query
import TestSupport
import Testing

/// What overviews say, and that both ways to them agree.
@Suite struct OverviewTests {
  /// Captures in files, of batches that hold everything that a batch may hold.
  private func captures(_ seeds: [UInt64]) throws -> (paths: [String], readers: [CaptureReader]) {
    var paths: [String] = []
    for seed in seeds {
      let path = temporaryPath()
      let options = WriterOptions(counting: OverviewCounting(.builtIn))
      var writer = try CaptureWriter(path: path, header: .test(), schema: .builtIn, options: options)
      var generator = BatchGenerator(seed: seed, schema: .builtIn)
      for _ in 0..<4 { try writer.append(generator.next(events: 700)) }
      _ = try writer.finish()
      paths.append(path)
    }
    return (paths, try paths.map { try CaptureReader(path: $0) })
  }

  private func overview(_ source: CaptureSource, _ filter: String?) async throws -> OverviewRun.Answer {
    try await OverviewRun(schema: source.schema, filter: filter).answer(over: source)
  }

  /// A filter that selects all events is answered by a scan.
  @Test(arguments: [[UInt64(1)], [2], [3], [4, 5], [6, 6], [7, 8, 9]])
  func rollupsAndScansAgree(seeds: [UInt64]) async throws {
    let (paths, readers) = try captures(seeds)
    defer { for path in paths { removeFile(path) } }
    let source = CaptureSource(readers)
    let fast = try await overview(source, nil)
    let slow = try await overview(source, "evt.num >= 0")
    #expect(fast.overviews == slow.overviews && fast.overviews.count == 1)
    #expect((fast.progress == nil) == (seeds.count == 1))
    #expect(slow.progress?.eventsSelected == 2800 * seeds.count)
    let entries = fast.overviews[0].entries
    #expect(entries.map(\.tile) == OverviewCatalogue.all)
    #expect(entries.allSatisfy { $0.total == $0.series.reduce(0, +) && $0.peak == $0.series.max() })
    // The same capture twice has twice the events, and the same files.
    if seeds == [6, 6] {
      let once = try await overview(CaptureSource(readers[0]), nil).overviews[0]
      #expect(fast.overviews[0]["file.bytes"]?.total == once["file.bytes"].map { $0.total * 2 })
      #expect(fast.overviews[0]["file.accessed_files"]?.total == once["file.accessed_files"]?.total)
    }
  }

  @Test func windowsAndContainersAddUp() async throws {
    let (paths, readers) = try captures([11])
    defer { for path in paths { removeFile(path) } }
    let source = CaptureSource(readers)
    let all = try #require(try await overview(source, nil).overviews.first)
    let bounds = try #require(readers[0].pages.first).bounds
    let middle = bounds.leastExit / 2 + bounds.greatestExit / 2
    let first = try await OverviewRun(schema: source.schema, to: middle).answer(over: source).overviews
    let second = try await OverviewRun(schema: source.schema, from: middle).answer(over: source).overviews
    let parts = try await OverviewRun(schema: source.schema, byContainer: true).answer(over: source).overviews
    for name in ["general.system_calls", "file.bytes_in", "network.bytes_out", "file.opens", "performance.forks"] {
      #expect((first + second).compactMap { $0[name]?.total }.reduce(0, +) == all[name]?.total, "\(name)")
      #expect(parts.compactMap { $0[name]?.total }.reduce(0, +) == all[name]?.total, "\(name)")
    }
    #expect(parts.count > 1 && Set(parts.compactMap(\.container?.id)).count == parts.count)
    let calls = parts.compactMap { $0["general.system_calls"]?.total }
    #expect(calls == calls.sorted(by: >))
    #expect(
      try await OverviewRun(schema: source.schema, to: bounds.leastExit - 1).answer(over: source).overviews.isEmpty)
  }

  @Test func whatDeservesALook() async throws {
    var machine = MachineMaker()
    let shell = machine.process(10, "bash")
    machine.event("signaldeliver", at: 1_000, of: shell, ["sig": 11])
    machine.event("signaldeliver", at: 2_000, of: shell, ["sig": 15])
    let batch = machine.finish()
    let run = try OverviewRun(schema: .builtIn)
    let answer = try await run.answer(scanning: BatchSource([batch], schema: .builtIn), span: 1_000...2_000)
    let overview = try #require(answer.overviews.first)
    #expect(overview["performance.segmentation_faults"]?.total == 1)
    #expect(overview["performance.segmentation_faults"]?.reason != nil)
    #expect(overview["performance.received_signals"]?.total == 2)
    #expect(overview["performance.received_signals"]?.reason == nil)
    #expect(overview["general.system_calls"]?.total == 0 && overview["general.running_processes"]?.total == 1)
  }

  /// Every tile leads to a view that there is (or to the list of events), with a filter that can be asked.
  @Test(arguments: OverviewCatalogue.all.map(\.name))
  func everyTileLeadsSomewhere(name: String) throws {
    let tile = try #require(OverviewCatalogue.tile(named: name))
    #expect(name.hasPrefix(tile.category.rawValue + "."))
    #expect(OverviewCounting(.builtIn).keys.contains { $0.name == name })
    if tile.view == "events" {
      _ = try Question(filter: tile.filter, schema: .builtIn)
    } else {
      _ = try ViewRun(try #require(ViewCatalogue.view(named: tile.view)), schema: .builtIn, filter: tile.filter)
    }
  }
}
