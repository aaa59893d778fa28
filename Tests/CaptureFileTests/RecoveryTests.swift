import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import TestSupport
import Testing

@Suite struct RecoveryTests {
  /// Recovers bytes; `nil` when they are refused.
  private func recover(_ bytes: [UInt8]) throws -> (bytes: [UInt8], report: RewriteReport)? {
    let (source, target) = (temporaryPath(), temporaryPath())
    defer {
      removeFile(source)
      removeFile(target)
    }
    try writeFile(source, bytes)
    let reader: CaptureReader
    do {
      reader = try CaptureReader(path: source)
    } catch {
      guard error.kind == .refused else { throw error }
      return nil
    }
    let report = try CaptureRecovery(reader).write(to: target, options: WriterOptions()) { _ in }
    return (try readFile(target), report)
  }

  private func open(_ bytes: [UInt8], _ body: (CaptureReader) throws -> Void) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, bytes)
    try body(try CaptureReader(path: path))
  }

  @Test(arguments: Codec.allCases)
  func aWholeCaptureStaysTheSame(codec: Codec) throws {
    let capture = try SmallCapture(codec: codec)
    let (bytes, report) = try #require(try recover(capture.bytes))
    #expect(bytes == capture.bytes)
    #expect(report.isWhole && report.losses.isEmpty && report.totals.events == 48 && report.totals.chunks == 4)
  }

  @Test func aCaptureWithoutEventsStaysTheSame() throws {
    let capture = try SmallCapture(chunks: 0)
    #expect(try #require(try recover(capture.bytes)).bytes == capture.bytes)
  }

  /// Every length near the ends of frames and every twenty-ninth else; all of them when `REEL_EXHAUSTIVE` is set.
  @Test func everyPrefixRecoversToItsWholeChunks() throws {
    let capture = try SmallCapture(chunks: 3, events: 6)
    let frames = capture.frames
    let chunkEnds = frames.filter { $0.type == .chunk }.map(\.range.upperBound)
    let stateEnds = frames.filter { $0.type == .state }.map(\.range.upperBound)
    let tailStart = try #require(frames.last { $0.type == .header }).range.lowerBound
    let ends = Set(frames.map(\.range.upperBound))
    let edges = Set(ends.flatMap { [$0 - 33, $0 - 1, $0, $0 + 1, $0 + 33] })
    for length in 0..<capture.bytes.count where isExhaustive || length % 29 == 0 || edges.contains(length) {
      guard let (bytes, report) = try recover(Array(capture.bytes[..<length])) else {
        #expect(length < frames[1].range.upperBound, "prefix of \(length) bytes")
        continue
      }
      try open(bytes) { (reader: CaptureReader) throws in
        #expect(reader.isComplete && reader.damagedBytes == 0, "prefix of \(length) bytes")
        let whole = chunkEnds.filter { $0 <= length }.count
        #expect(try capture.survivors(of: reader) == Array(0..<whole), "prefix of \(length) bytes")
        let states = stateEnds.filter { $0 <= length }.count
        #expect(try capture.survivingStates(of: reader) == Array(0..<states), "prefix of \(length) bytes")
        #expect(try reader.verify().findings == [], "prefix of \(length) bytes")
      }
      #expect(report.droppedBytes == UInt64(length - (ends.filter { $0 <= length }.max() ?? 8)))
      // Where the file ends between two frames nothing is known to be missing.
      if ends.contains(length) || length > tailStart + 32 {
        #expect(report.losses.isEmpty, "prefix of \(length) bytes")
      }
      // What was written before is there as it was.
      let kept = min(ends.filter { $0 <= length }.max() ?? 0, tailStart)
      #expect(bytes.starts(with: capture.bytes[..<kept]), "prefix of \(length) bytes")
    }
  }

  /// One bit of every forty-first byte; all bits when `REEL_EXHAUSTIVE` is set.
  @Test func aFlippedBitCostsOneChunkOrStateAtMost() throws {
    let capture = try SmallCapture(chunks: 3, events: 8)
    var random = SeededGenerator(seed: 5)
    for position in stride(from: 0, to: capture.bytes.count, by: isExhaustive ? 1 : 41) {
      for bit in isExhaustive ? Array(0..<8) : [random.below(8)] {
        var changed = capture.bytes
        changed[position] ^= 1 << UInt8(bit)
        let place = "bit \(bit) of byte \(position)"
        let (bytes, report) = try #require(try recover(changed), Comment(rawValue: place))
        try open(bytes) { (reader: CaptureReader) throws in
          let survivors = try #require(try capture.survivors(of: reader), Comment(rawValue: place))
          let states = try #require(try capture.survivingStates(of: reader), Comment(rawValue: place))
          let lost = capture.batches.count - survivors.count
          #expect(lost + capture.states.count - states.count <= 1, "\(place)")
          #expect(try reader.verify().findings == [], "\(place)")
          // The lost chunk's events are counted: exactly, since the others' numbers say how many there were.
          // Of the first and the last one, with a damaged head, nobody knows.
          #expect(lost == 0 || report.losses.count == 1, "\(place)")
          for loss in report.losses {
            #expect(loss.count == (loss.isCountKnown ? UInt64(8 * lost) : 0), "\(place)")
            #expect(loss.isCountKnown || lost == 0 || survivors != [0, 2], "\(place)")
          }
        }
        // Recovering once more changes nothing.
        #expect(try #require(try recover(bytes)).bytes == bytes, "\(place)")
      }
    }
  }

  @Test(arguments: UInt64(0)..<60)
  func manyChangesNeitherCrashNorInvent(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let capture = try SmallCapture(codec: Codec.allCases[Int(seed % 3)], chunks: 3, events: 8, seed: seed % 5)
    var bytes = capture.bytes
    for _ in 0..<1 + random.below(6) {
      let start = random.below(bytes.count)
      let end = min(start + 1 + random.below(60), bytes.count)
      switch random.below(5) {
      case 0: bytes.removeSubrange(start..<end)
      case 1: bytes.insert(contentsOf: (start..<end).map { _ in UInt8(truncatingIfNeeded: random.next()) }, at: start)
      case 2: for index in start..<end { bytes[index] = 0 }
      case 3: bytes[start] ^= 1 << UInt8(random.below(8))
      default: bytes.insert(contentsOf: bytes[start..<end], at: random.below(bytes.count))
      }
    }
    guard let (recovered, report) = try recover(bytes) else { return }
    try open(recovered) { (reader: CaptureReader) throws in
      let survivors = try #require(try capture.survivors(of: reader))
      _ = try #require(try capture.survivingStates(of: reader))
      let found = try reader.verify().findings.map(\.what)
      #expect(found == [])
      let counted = report.losses.reduce(0) { $0 + $1.count }
      #expect(counted <= UInt64(8 * (3 - survivors.count)))
    }
  }

  /// A damaged chunk of which the head is whole, one of which it is not, and a loss.
  @Test func theLossSaysWhatIsMissing() throws {
    let capture = try SmallCapture(chunks: 5, events: 10)
    let frames = capture.frames
    let chunks = frames.filter { $0.type == .chunk }.map(\.range)
    func damaged(_ positions: [Int]) -> [UInt8] {
      var bytes = capture.bytes
      for position in positions { bytes[position] ^= 0xFF }
      return bytes
    }
    // In a block: the head says how many events there were.
    let first = try #require(try recover(damaged([chunks[2].upperBound - 9])))
    #expect(first.report.losses.map(\.count) == [10] && first.report.losses[0].isCountKnown)
    #expect(first.report.dropped.map(\.bytes.offset) == [UInt64(chunks[2].lowerBound)])
    #expect(first.report.dropped[0].bytes.what.hasPrefix("the chunk of events"))
    // In the head: the numbers of those around it do. The times are those of the neighbours.
    let second = try #require(try recover(damaged([chunks[2].lowerBound + 32 + 20])))
    #expect(second.report.losses.map(\.count) == [10] && second.report.losses[0].isCountKnown)
    let (before, after) = (capture.batches[1], capture.batches[3])
    #expect(second.report.losses[0].from == before.exitTimes[9] && second.report.losses[0].to == after.exitTimes[0])
    // The last chunk's head: nobody knows.
    let third = try #require(try recover(damaged([chunks[4].lowerBound + 32 + 20])))
    #expect(third.report.losses.map(\.count) == [0] && !third.report.losses[0].isCountKnown)
    // Two in a row, one known: at least these, and exactly as the numbers say.
    let fourth = try #require(try recover(damaged([chunks[2].upperBound - 9, chunks[3].lowerBound + 3])))
    #expect(fourth.report.losses.map(\.count) == [20])
    // A loss: how many it spoke of nobody knows.
    let loss = try #require(frames.first { $0.type == .loss }).range
    let fifth = try #require(try recover(damaged([loss.lowerBound + 36])))
    #expect(fifth.report.losses.map(\.cause) == [.damaged])
    try open(fifth.bytes) { (reader: CaptureReader) throws in
      #expect(reader.summary.lostByCause.map(\.cause) == [.damaged] && reader.summary.events == 50)
    }
  }

  @Test func framesThatNobodyKnowsStay() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var generator = BatchGenerator(seed: 3)
    var writer = try CaptureWriter(path: path, header: .test(), schema: TestSchema.schema)
    let unknown = FrameType(rawValue: 0x4ABC)
    try writer.append(unknown, payload: [1, 2, 3])
    try writer.append(generator.next(events: 5))
    try writer.append(unknown, payload: [])
    try writer.append(generator.next(events: 5))
    _ = try writer.finish()
    var bytes = try readFile(path)
    #expect(try #require(try recover(bytes)).bytes == bytes)
    bytes.removeLast(70)
    try open(try #require(try recover(bytes)).bytes) { (reader: CaptureReader) throws in
      let frames = reader.frames.filter { $0.type == unknown }
      #expect(try frames.map { try reader.payload(of: $0) } == [[1, 2, 3], []])
    }
  }
}
