import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import EventSchema
import TestSupport
import Testing

/// Cutting, compacting and merging, compared with what they mean: a list of events of which some are left out, or that is
/// sorted anew.
@Suite struct RewritingTests {
  private func events(_ path: String, numbered: Bool = true) throws -> [String] {
    let reader = try CaptureReader(path: path)
    let check = try reader.verify()
    #expect(check.findings == [] && check.isWhole)
    return try (0..<reader.chunkCount).flatMap { try reader.readChunk($0).texts(numbered: numbered) }
  }

  /// A capture with everything in it, and its events.
  private func capture(
    _ path: String, seed: UInt64, chunks: Int = 5, schema: Schema = TestSchema.schema
  ) throws -> [String] {
    var random = SeededGenerator(seed: seed)
    var generator = BatchGenerator(seed: seed, schema: schema)
    var writer = try CaptureWriter(path: path, header: .test(seed: UInt8(seed % 200)), schema: schema)
    var texts: [String] = []
    for index in 0..<chunks {
      var rows = generator.next(events: 5)
      rows.numbers = .consecutive(first: 1)
      try writer.append(
        MachineState(time: rows.exitTimes[0], reason: .periodic, part: 0, isLast: true, rows: rows))
      if random.oneIn(2) {
        try writer.append(LossRecord(cause: .nested, cpu: 1, count: 3, from: rows.exitTimes[0], to: rows.exitTimes[4]))
      }
      try writer.append(FrameType(rawValue: 0x4001), payload: [UInt8(index)])
      let batch = generator.next(events: 1 + random.below(70))
      texts += batch.texts()
      try writer.append(batch)
    }
    _ = try writer.finish()
    return texts
  }

  private func selection(
    _ chosen: @escaping @Sendable (UInt64, Int64) -> Bool, from: Int64? = nil, to: Int64? = nil
  ) -> EventSelection {
    EventSelection(
      from: from, to: to, columns: ColumnSelection(core: [.numbers, .exitTimes]), mayMatch: { _ in true },
      rows: { batch, _ in
        (0..<batch.count).filter {
          let time = batch.exitTimes[$0]
          return chosen(batch.numbers[$0], time) && time >= from ?? .min && time < to ?? .max
        }.map { UInt32($0) }
      }, stateRows: nil)
  }

  @Test(arguments: UInt64(1)..<20)
  func aCutHasTheSelectedEvents(seed: UInt64) throws {
    let (source, target) = (temporaryPath(), temporaryPath())
    defer {
      removeFile(source)
      removeFile(target)
    }
    let all = try capture(source, seed: seed)
    let reader = try CaptureReader(path: source)
    for modulus in [1, 2, 7, UInt64(all.count * 10)] {
      let remainder = seed % modulus
      let report = try CaptureCut(reader, selection({ number, _ in number % modulus == remainder })).write(
        to: target, filter: "some", writerName: "test", options: WriterOptions(replaceExisting: true)
      ) { _ in }
      let expected = all.filter { text in
        text.split(separator: " ").first.flatMap { UInt64($0) }.map { $0 % modulus == remainder } ?? false
      }
      #expect(try events(target) == expected)
      #expect(report.totals.events == UInt64(expected.count) && report.isWhole)
      let cut = try CaptureReader(path: target)
      #expect(cut.header.filter == "some" && cut.header.fileID != reader.header.fileID)
      // All losses, states and other frames are of the time that was cut.
      #expect(cut.losses == reader.losses && cut.states.map(\.time) == reader.states.map(\.time))
      #expect(
        try cut.frames.map { try cut.payload(of: $0) } == reader.frames.map { try reader.payload(of: $0) })
    }
  }

  @Test func chunksOfWhichNothingIsRemovedAreCopied() throws {
    let (source, target) = (temporaryPath(), temporaryPath())
    defer {
      removeFile(source)
      removeFile(target)
    }
    _ = try capture(source, seed: 4)
    let reader = try CaptureReader(path: source)
    // A codec in which nothing would be encoded anew as it was.
    _ = try CaptureCut(reader, selection({ _, _ in true })).write(
      to: target, filter: nil, writerName: "test", options: WriterOptions(codec: .none)
    ) { _ in }
    let cut = try CaptureReader(path: target)
    #expect(try cut.heads.map(\.storedBytes) == reader.heads.map(\.storedBytes))
  }

  @Test func aStretchOfTimeHasItsLossesAndStates() throws {
    let (source, target) = (temporaryPath(), temporaryPath())
    defer {
      removeFile(source)
      removeFile(target)
    }
    _ = try capture(source, seed: 6, chunks: 8)
    let reader = try CaptureReader(path: source)
    let (from, to) = try (reader.heads[3].leastExit, reader.heads[5].greatestExit)
    _ = try CaptureCut(reader, selection({ _, _ in true }, from: from, to: to)).write(
      to: target, filter: nil, writerName: "test", options: WriterOptions()
    ) { _ in }
    let cut = try CaptureReader(path: target)
    #expect(cut.header.started == from)
    #expect(cut.losses == reader.losses.filter { $0.to >= from && $0.from < to })
    #expect(cut.losses.count < reader.losses.count)
    #expect(cut.states.map(\.time) == reader.states.map(\.time).filter { $0 >= from && $0 < to })
    #expect(try cut.heads.allSatisfy { $0.leastExit >= from && $0.greatestExit < to })
  }

  @Test(arguments: UInt64(1)..<12, [Codec.zstd, .lz4])
  func compactingChangesNoEvent(seed: UInt64, codec: Codec) throws {
    let (source, target, again) = (temporaryPath(), temporaryPath(), temporaryPath())
    defer { for path in [source, target, again] { removeFile(path) } }
    let all = try capture(source, seed: seed)
    let reader = try CaptureReader(path: source)
    let report = try CaptureCompaction(reader).write(
      to: target, writerName: "test", options: WriterOptions(codec: codec)
    ) { _ in }
    #expect(report.totals.chunks == 1)
    #expect(try events(target) == all)
    let compacted = try CaptureReader(path: target)
    #expect(compacted.losses == reader.losses && compacted.states.map(\.time) == reader.states.map(\.time))
    #expect(compacted.summary.threads == reader.summary.threads && compacted.summary.objects == reader.summary.objects)
    #expect(compacted.frames.count == reader.frames.count)
    _ = try CaptureCompaction(compacted).write(to: again, writerName: "test", options: WriterOptions(codec: codec)) {
      _ in
    }
    #expect(try events(again) == all)
  }

  @Test func chunksAreClosedAtTheLimits() throws {
    let (source, target) = (temporaryPath(), temporaryPath())
    defer {
      removeFile(source)
      removeFile(target)
    }
    var generator = BatchGenerator(seed: 8)
    var writer = try CaptureWriter(path: source, header: .test(), schema: TestSchema.schema)
    for _ in 0..<45 { try writer.append(generator.next(events: 4000)) }
    _ = try writer.finish()
    let report = try CaptureCompaction(try CaptureReader(path: source)).write(
      to: target, writerName: "test", options: WriterOptions()
    ) { _ in }
    #expect(report.totals.events == 180_000)
    let heads = try CaptureReader(path: target).heads
    let most = CaptureCompaction.mostEvents
    #expect(heads.map { Int($0.count) } == [most, most, 180_000 - 2 * most])
    #expect(zip(heads, heads.dropFirst()).allSatisfy { $1.firstNumber == $0.lastNumber + 1 })
  }

  /// Events of one stream, dealt to several captures, come together again.
  @Test(arguments: UInt64(1)..<16)
  func mergingSortsByTime(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let count = 1 + random.below(4)
    let paths = (0..<count).map { _ in temporaryPath() }
    let target = temporaryPath()
    defer { for path in paths + [target] { removeFile(path) } }
    var all: [(time: Int64, input: Int, text: String)] = []
    for (index, path) in paths.enumerated() {
      // Generators begin at one time, so that the captures' times meet; some events of different ones are at one time.
      var generator = BatchGenerator(seed: seed * 10 + UInt64(index))
      var writer = try CaptureWriter(path: path, header: .test(seed: UInt8(index)), schema: TestSchema.schema)
      for _ in 0..<random.below(5) {
        let batch = generator.next(events: 1 + random.below(50))
        for row in 0..<batch.count { all.append((batch.exitTimes[row], index, batch.text(row, numbered: false))) }
        try writer.append(batch)
        try writer.append(
          LossRecord(cause: .ringFull, cpu: 0, count: 2, from: batch.exitTimes[0], to: batch.exitTimes[0]))
      }
      _ = try writer.finish()
    }
    let readers = try paths.map { try CaptureReader(path: $0) }
    let report = try CaptureMerge(readers).write(to: target, writerName: "test", options: WriterOptions()) { _ in }
    // Sorted stably: of one time the earlier input's come first, in their order.
    let expected = all.enumerated().sorted {
      ($0.element.time, $0.element.input, $0.offset) < ($1.element.time, $1.element.input, $1.offset)
    }.map(\.element.text)
    #expect(try events(target, numbered: false) == expected)
    let merged = try CaptureReader(path: target)
    #expect(report.totals.lost == readers.reduce(0) { $0 + $1.summary.lost })
    #expect(merged.summary.lost == report.totals.lost)
    let heads = try merged.heads
    #expect(heads.first.map { $0.firstNumber == 1 } ?? true)
    #expect(heads.last.map { $0.lastNumber == UInt64(expected.count) } ?? true)
  }

  @Test func aRotatedRecordingBecomesOneAgain() throws {
    let paths = (0..<3).map { _ in temporaryPath() }
    let (whole, target) = (temporaryPath(), temporaryPath())
    defer { for path in paths + [whole, target] { removeFile(path) } }
    func make(_ paths: [String]) throws {
      // The numbers of the first file begin with 1.
      var generator = BatchGenerator(seed: 1000)
      for (index, path) in paths.enumerated() {
        var header = CaptureHeader.test(seed: UInt8(index))
        header.fileIndex = UInt32(index)
        header.sessionID = [UInt8](repeating: 7, count: 16)
        var writer = try CaptureWriter(path: path, header: header, schema: TestSchema.schema)
        for _ in 0..<6 / paths.count { try writer.append(generator.next(events: 30)) }
        _ = try writer.finish()
      }
    }
    try make(paths)
    try make([whole])
    let readers = try paths.map { try CaptureReader(path: $0) }
    _ = try CaptureMerge(readers).write(to: target, writerName: "test", options: WriterOptions()) { _ in }
    #expect(try events(target) == events(whole))
    #expect(try CaptureReader(path: target).header.sessionID == [UInt8](repeating: 7, count: 16))
  }

  /// Whoever rewrites a damaged capture writes the rest, and says in it what is missing.
  @Test(arguments: ["cut", "compact", "merge"])
  func damageIsSaidInTheNewCapture(how: String) throws {
    let (source, target) = (temporaryPath(), temporaryPath())
    defer {
      removeFile(source)
      removeFile(target)
    }
    let small = try SmallCapture(chunks: 4, events: 10)
    let chunk = try #require(small.frames.filter { $0.type == .chunk }.dropFirst(2).first).range
    var bytes = small.bytes
    bytes[chunk.upperBound - 9] ^= 1
    try writeFile(source, bytes)
    let reader = try CaptureReader(path: source)
    let options = WriterOptions()
    let report =
      switch how {
      case "cut":
        try CaptureCut(reader, selection({ _, _ in true })).write(
          to: target, filter: nil, writerName: "test", options: options
        ) { _ in }
      case "compact": try CaptureCompaction(reader).write(to: target, writerName: "test", options: options) { _ in }
      default: try CaptureMerge([reader]).write(to: target, writerName: "test", options: options) { _ in }
      }
    #expect(!report.isWhole && report.droppedCount == 1 && report.totals.events == 30)
    let rewritten = try CaptureReader(path: target)
    #expect(rewritten.losses.filter { $0.cause == .damaged }.map(\.count) == [10])
    #expect(try rewritten.verify().isWhole)
  }
}
