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
      var batch = rollupBatch(&generator, events: 1500, firstTime: Int64(chunk) * 1_000_000)
      for row in batch.exitTimes.indices { batch.exitTimes[row] = (batch.exitTimes[row] - 2_000_000) * spread }
      return batch
    }
  }

  /// The counters, each by its filter and aggregate alone, over batches.
  private func scanned(_ key: Rollup.Key, _ batches: [EventBatch], in buckets: Rollup) async throws -> [Int64] {
    var values = [Int64](repeating: 0, count: buckets.buckets)
    if key.aggregate.hasPrefix("distinct") {
      for time in try await firstTimes(key, batches) { values[Int((time - buckets.start) / buckets.step)] += 1 }
      return values
    }
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

  /// When each different value of a counter was seen first, by a grouped query. Values that are missing do not count; a
  /// process without a start is one all the same.
  private func firstTimes(_ key: Rollup.Key, _ batches: [EventBatch]) async throws -> [Int64] {
    let fields = key.aggregate.dropFirst("distinct(".count).dropLast().split(separator: ",").map(String.init)
    let grouping = try Grouping(by: fields, show: ["min(evt.rawtime)"], schema: .builtIn)
    let question = try Question(filter: key.filter, schema: .builtIn)
    let (table, _) = try await grouping.run(over: BatchSource(batches, schema: .builtIn), question)
    return table.rows.filter { $0.key[0] != .missing }.compactMap { $0.values[0].integerValue }
  }

  /// What a scan of chunks counts is what the rollup of all of them says, with a filter what one of the selected events says.
  @Test(arguments: UInt64(1)...4, ["", "evt.type != read", "fd.type = file", "proc.pid = 10"])
  func scansCountTheSame(seed: UInt64, filter: String) async throws {
    let batches = batches(seed, spread: 100_000)
    let question = try Question(filter: filter, schema: .builtIn)
    let times = batches.flatMap(\.exitTimes)
    let span = try #require(times.min())...(try #require(times.max()))
    var buckets = RollupBuckets(counters: RollupCounter.overview.count)
    buckets.cover(span.lowerBound, span.upperBound)
    var counting = OverviewCounting(.builtIn)
    for batch in batches {
      let rows = question.select(from: batch)
      if !rows.isEmpty { counting.add(batch.selecting(rows: rows.map(Int.init)), to: &buckets) }
    }
    let scan = try OverviewScan(.builtIn, keys: counting.keys)
    let (groups, _) = try await scan.run(over: BatchSource(batches, schema: .builtIn), question, span: span)
    #expect(groups.map(\.rollup) == [try #require(counting.rollup(of: buckets))])
    // Different values that go to a temporary file are the same.
    for byContainer in [false, true] {
      let whole = try await scan.run(
        over: BatchSource(batches, schema: .builtIn), question, span: span, byContainer: byContainer)
      for mostHeld in [0, 5] {
        let spilling = try OverviewScan(.builtIn, keys: counting.keys, mostHeld: mostHeld)
        let (found, _) = try await spilling.run(
          over: BatchSource(batches, schema: .builtIn), question, span: span, byContainer: byContainer)
        #expect(found.map(\.group) == whole.groups.map(\.group) && found.map(\.rollup) == whole.groups.map(\.rollup))
      }
    }
    // Container by container the events add up; what differs may be seen in several.
    let (parts, _) = try await scan.run(
      over: BatchSource(batches, schema: .builtIn), question, span: span, byContainer: true)
    for (index, counter) in groups[0].rollup.counters.enumerated() where !counter.key.aggregate.hasPrefix("distinct") {
      #expect(parts.map { $0.rollup.counters[index].total }.reduce(0, +) == counter.total, "\(counter.key.name)")
    }
  }

  /// A counter of more different values than are kept is no counter.
  @Test func tooManyDifferentValuesAreNotCounted() throws {
    let batches = batches(1, spread: 1)
    let all = OverviewCounting(.builtIn).keys.map(\.name)
    let counters = RollupCounter.overview
    var counting = try OverviewCounting(.builtIn, counters, mostDistinct: 1)
    var buckets = RollupBuckets(counters: counters.count)
    for batch in batches { buckets.cover(batch.exitTimes[0], batch.exitTimes[batch.count - 1]) }
    for batch in batches { counting.add(batch, to: &buckets) }
    let kept = Set(try #require(counting.rollup(of: buckets)).counters.map(\.key.name))
    #expect(!kept.contains("file.accessed_files") && kept.contains("file.bytes_in") && kept.count < all.count)
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
    // Each counter that the types of these events can move is moved.
    let silent = Set(rollup.counters.filter { $0.total == 0 }.map(\.key.name))
    let elsewhere = ["general.notifications", "infrastructure.container_events", "infrastructure.docker_events"]
    #expect(silent.isSubset(of: elsewhere), "\(silent)")
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

/// Events of all types that the rollup tells apart, on files, sockets and nothing, with what is written to logs and servers.
private func rollupBatch(_ generator: inout SeededGenerator, events: Int, firstTime: Int64) -> EventBatch {
  var maker = BatchMaker(firstNumber: UInt64(firstTime / 100))
  let shell = maker.lineage(tid: 9, comm: "bash", columns: [.processStartTime: 3, .processName: maker.text("bash")])
  let container = maker.container(id: "0123456789abcdef", name: "web")
  let lineages: [UInt32] = [
    EventBatch.noRow, shell, maker.lineage(parent: shell, tid: 10, comm: "sudo"),
    maker.lineage(
      parent: shell, tid: 11, pid: 10, comm: "cat", columns: [.container: container, .processStartTime: 5]),
  ]
  var ports: [Int64] = []
  for range in NetworkApplication.all.flatMap(\.ports) { ports += [Int64(range.lowerBound), Int64(range.upperBound)] }
  let port = ports.randomElement(using: &generator) ?? 80
  var applications: [UInt32] = []
  for application in NetworkApplication.all {
    let port = Int64(application.ports[0].upperBound)
    applications.append(
      maker.socket(.ipv4Socket, local: ([10, 0, 0, 7], 5000), remote: ([10, 0, 0, 8], port), role: .client))
  }
  let objects: [UInt32] = [
    EventBatch.noRow, maker.object(.file, name: "/etc/passwd"), maker.object(.directory, name: "/tmp"),
    maker.object(.unixSocket, name: "/run/x"), maker.object(.unixSocket, name: "/dev/log"),
    maker.object(.file, name: "/var/log/x"), maker.object(.file, name: "/a.log"),
    maker.object(.file, name: "/a_log.gz"),
    maker.object(.file, name: "/etcetera/log"), maker.object(.file, name: "/usr/lib64"),
    maker.object(.file, name: "/.lo"),
    maker.object(.characterDevice, name: "/dev/null"), maker.object(.file, name: "/x/var/log"),
    maker.socket(.ipv4Socket, local: ([10, 0, 0, 7], port), remote: ([10, 0, 0, 8], 999), role: .server),
    maker.socket(
      .ipv6Socket, local: ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 7], 80),
      remote: ([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 8], 22), role: .client),
  ]
  let types = [
    "openat", "open", "read", "write", "write", "recvfrom", "sendto", "sendto", "close", "connect", "accept4", "clone",
    "execve", "procexit", "unlinkat", "kill", "copy_file_range", "renameat2", "listen", "bind", "symlinkat", "setns",
    "setuid", "signaldeliver",
  ]
  let payloads = [
    "GET / HTTP/1.1", "HTTP/1.1 404 Not Found", "HTTP/1.1 200 OK", "<11>su: error", "<12>WARN", "<13>x", "Warning",
    "error: x",
    "Grand", "",
  ]
  let latencies: [Int64] = [EventBatch.missing, 5, 1_000_000, 99_000_000, 100_000_000]
  let results: [Int64] = [EventBatch.missing, -2, -115, -5000, 0, 5, 4096]
  let signals: [Int64] = [11, 15]
  var time = firstTime
  for _ in 0..<events {
    time += Int64.random(in: 0...50, using: &generator)
    let type = types.randomElement(using: &generator) ?? "read"
    let payload = BatchMaker.Value.text(payloads.randomElement(using: &generator) ?? "")
    maker.event(
      type, at: time, latency: latencies.randomElement(using: &generator) ?? 0,
      lineage: lineages.randomElement(using: &generator) ?? 0, object: objects.randomElement(using: &generator) ?? 0,
      result: results.randomElement(using: &generator) ?? 0,
      ["data": payload, "sig": .integer(signals.randomElement(using: &generator) ?? 0)])
  }
  // Each application once, and what chance may leave out.
  for socket in applications { maker.event("sendto", at: time, lineage: shell, object: socket, result: 7) }
  for payload in ["<12>WARN", "<11>su: error"] {
    maker.event("sendto", at: time, object: objects[4], result: 5, ["data": .text(payload)])
  }
  return maker.finish()
}
