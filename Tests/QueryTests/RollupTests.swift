import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import Query

/// What the rollup counts against what a scan with each counter's filter finds.
@Suite struct RollupTests {
  /// Batches of events whose times lie some way apart.
  private func batches(_ seed: UInt64, spread: Int64) -> [EventBatch] {
    var generator = SeededGenerator(seed: seed)
    return (1...4).map { chunk in
      var batch = rollupBatch(&generator, events: 120, firstTime: Int64(chunk) * 1_000_000)
      for row in batch.exitTimes.indices { batch.exitTimes[row] = (batch.exitTimes[row] - 2_000_000) * spread }
      return batch
    }
  }

  /// The counters, each by its filter and aggregate alone, over batches.
  private func scanned(_ key: Rollup.Key, _ batches: [EventBatch], in buckets: Rollup) async throws -> [Int64] {
    var values = [Int64](repeating: 0, count: buckets.buckets)
    let field = key.aggregate == "count" ? nil : String(key.aggregate.dropFirst(4).dropLast())
    let reader = try EventValues(["evt.rawtime"] + (field.map { [$0] } ?? []), schema: .builtIn)
    let question = try Question(filter: key.filter, schema: .builtIn)
    try await Scan(BatchSource(batches, schema: .builtIn), question).run(columns: reader.columns) {
      reader.rows(of: $0)
    } consume: { rows, _ in
      for row in rows {
        guard let time = row[0].integerValue else { continue }
        let bucket = Int((time - buckets.start) / buckets.step)
        values[bucket] += field == nil ? 1 : (row[1].integerValue ?? 0)
      }
      return true
    }
    return values
  }

  /// From all in one bucket to a span of years.
  @Test(arguments: UInt64(1)...6, [Int64(1), 1000, 100_000, 40_000_000, 30_000_000_000])
  func countersAreWhatAScanFinds(seed: UInt64, spread: Int64) async throws {
    let batches = batches(seed, spread: spread)
    var builder = RollupBuilder(OverviewCounting(.builtIn))
    // The order of batches does not matter.
    for batch in seed % 2 == 0 ? batches : batches.reversed() { builder.add(batch) }
    let rollup = try #require(builder.rollup)
    let times = batches.flatMap(\.exitTimes)
    let (least, greatest) = (try #require(times.min()), try #require(times.max()))
    #expect(rollup.start <= least && rollup.start % rollup.step == 0 && least - rollup.start < rollup.step)
    #expect(greatest < rollup.start + Int64(rollup.buckets) * rollup.step && rollup.buckets <= Rollup.mostBuckets)
    #expect(greatest >= rollup.start + Int64(rollup.buckets - 1) * rollup.step)
    // No shorter buckets would do.
    if rollup.step > Rollup.leastStep {
      let half = rollup.step / 2
      func number(_ time: Int64) -> Int64 { (time - ((time % half) + half) % half) / half }
      #expect(number(greatest) - number(least) >= Int64(Rollup.mostBuckets))
    }
    for counter in rollup.counters {
      let expected = try await scanned(counter.key, batches, in: rollup)
      #expect(counter.values == expected, "\(counter.key.name): \(counter.key.filter)")
    }
    // Nothing is counted that these events do not have.
    #expect(rollup.counters.filter { $0.total > 0 }.count == rollup.counters.count)
  }

  @Test func aCaptureHasItsRollup() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let batches = batches(3, spread: 1000)
    var builder = RollupBuilder(OverviewCounting(.builtIn))
    let options = WriterOptions(counting: OverviewCounting(.builtIn))
    var writer = try CaptureWriter(path: path, header: .test(), schema: .builtIn, options: options)
    for batch in batches {
      try writer.append(batch)
      builder.add(batch)
    }
    _ = try writer.finish()
    let reader = try CaptureReader(path: path)
    #expect(try reader.rollup() == builder.rollup)
    #expect(try reader.verify().isWhole)
    // A chunk whose events were not handed over may have anything: then there is no rollup.
    var encoder = ChunkEncoder(.none)
    let chunk = try encoder.encode(batches[0])
    var other = try CaptureWriter(
      path: path, header: .test(), schema: .builtIn,
      options: WriterOptions(replaceExisting: true, counting: OverviewCounting(.builtIn)))
    try other.append(batches[1])
    try other.append(chunk)
    _ = try other.finish()
    #expect(try CaptureReader(path: path).rollup() == nil)
  }

  @Test func timesThatNobodyVouchesForDoNotCrash() throws {
    for times in [[Int64.min, Int64.max], [Int64.max, Int64.min + 1], [0, Int64.min], [-1, 1], [Int64.max]] {
      var batch = batches(1, spread: 1)[0].selecting(rows: Array(0..<times.count))
      batch.exitTimes = times
      var builder = RollupBuilder(OverviewCounting(.builtIn))
      builder.add(batch)
      builder.add(batch)
      if let rollup = builder.rollup { #expect(rollup.counters[0].total == Int64(2 * times.count)) }
    }
  }
}

/// Events of all types that the rollup tells apart, on files, sockets and nothing.
private func rollupBatch(_ generator: inout SeededGenerator, events: Int, firstTime: Int64) -> EventBatch {
  var maker = BatchMaker(firstNumber: UInt64(firstTime / 1000))
  let objects = [
    EventBatch.noRow, maker.object(.file, name: "/etc/passwd"), maker.object(.directory, name: "/tmp"),
    maker.object(.unixSocket, name: "/run/x"),
    maker.socket(.ipv4Socket, local: ([10, 0, 0, 7], 80), remote: ([10, 0, 0, 8], 999), role: .server),
    maker.socket(
      .ipv6Socket, local: ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 7], 80),
      remote: ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 8], 999), role: .client),
  ]
  let types = [
    "openat", "open", "read", "write", "recvfrom", "sendto", "close", "connect", "accept4", "clone", "execve",
    "procexit", "unlinkat", "kill", "copy_file_range",
  ]
  var time = firstTime
  for _ in 0..<events {
    time += Int64.random(in: 0...50, using: &generator)
    maker.event(
      types.randomElement(using: &generator) ?? "read", at: time, object: objects.randomElement(using: &generator) ?? 0,
      result: [EventBatch.missing, -2, -115, -5000, 0, 5, 4096].randomElement(using: &generator) ?? 0)
  }
  return maker.finish()
}
