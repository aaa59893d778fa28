import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import TestSupport
import Testing

/// States in capture files.
@Suite struct StateTests {
  private typealias Part = (time: Int64, reason: MachineState.Reason, part: UInt32, isLast: Bool, rows: Int)

  /// A file of some parts with a chunk and a loss behind each, read back.
  private func read(_ parts: [Part], codec: Codec = .lz4, isFinished: Bool = true) throws -> CaptureReader {
    let path = temporaryPath()
    defer { removeFile(path) }
    var generator = BatchGenerator(seed: 5)
    do {
      var writer = try CaptureWriter(
        path: path, header: .test(), schema: TestSchema.schema, options: WriterOptions(codec: codec))
      for part in parts {
        try writer.append(
          MachineState(
            time: part.time, reason: part.reason, part: part.part, isLast: part.isLast,
            rows: generator.next(events: part.rows)))
        try writer.append(generator.next(events: 3))
        try writer.append(LossRecord(cause: .ringFull, cpu: 0, count: 2, from: 1, to: 2))
      }
      if isFinished { _ = try writer.finish() }
    }
    return try CaptureReader(path: path)
  }

  @Test(arguments: Codec.allCases, [true, false])
  func statesComeBackWithAndWithoutTail(codec: Codec, isFinished: Bool) throws {
    let reader = try read(
      [(7, .start, 0, false, 400), (7, .start, 1, true, 0), (9, .periodic, 0, true, 1)], codec: codec,
      isFinished: isFinished)
    #expect(reader.isComplete == isFinished && reader.damagedBytes == 0)
    #expect(reader.states.map(\.time) == [7, 9])
    #expect(reader.states.map(\.reason) == [.start, .periodic])
    #expect(reader.states.map(\.rows) == [400, 1] && reader.states.allSatisfy(\.isWhole))
    var generator = BatchGenerator(seed: 5)
    for part in reader.states.flatMap(\.parts) {
      let state = try reader.readState(part)
      #expect(state.time == part.time && state.part == part.part && state.isLast == part.isLast)
      try state.rows.checkInvariants()
      #expect(generator.next(events: part.rows).difference(to: state.rows) == nil)
      _ = generator.next(events: 3)
      #expect(try reader.stateHead(part).count == part.rows)
    }
    // A state says how many events were lost before it, and takes nothing from the chunk behind it.
    #expect(try reader.states.flatMap(\.parts).map { try reader.stateHead($0).lostInAll } == [0, 2, 4])
    #expect(try reader.heads.map(\.lost) == [0, 2, 2])
    #expect(try reader.verify().isWhole == isFinished)
  }

  @Test func rowsOfStatesAreNoEvents() throws {
    let reader = try read([(7, .start, 0, true, 50), (8, .end, 0, true, 50)])
    #expect(reader.summary.events == 6 && reader.chunkCount == 2)
    #expect(reader.summary.typeCounts.reduce(0) { $0 + $1.count } == 6)
    let without = try read([(7, .start, 0, true, 0)])
    #expect(without.summary.events == 3)
  }

  /// (time, part, is last) of the parts in a file, and which moments are whole.
  @Test(
    arguments: [
      ([], []), ([(1, 0, true)], [true]), ([(1, 0, false)], [false]), ([(1, 0, false), (1, 1, true)], [true]),
      ([(1, 1, true)], [false]), ([(1, 0, false), (1, 2, true)], [false]),
      ([(1, 0, false), (2, 0, true)], [false, true]),
      ([(1, 0, true), (1, 0, true)], [true, true]), ([(1, 0, false), (1, 0, false), (1, 1, true)], [false, true]),
      ([(1, 0, true), (1, 1, true)], [true, false]),
    ] as [([(Int64, UInt32, Bool)], [Bool])])
  func missingPartsAreSeen(parts: [(Int64, UInt32, Bool)], isWhole: [Bool]) throws {
    let reader = try read(parts.map { ($0.0, .periodic, $0.1, $0.2, 2) })
    #expect(reader.states.map(\.isWhole) == isWhole)
  }

  @Test(
    arguments: [
      (0, nil), (1, 1), (2, 1), (3, 3), (4, 3), (5, 5), (100, 5),
    ] as [(Int64, Int64?)])
  func theNearestWholeStateBeforeATime(time: Int64, found: Int64?) throws {
    let reader = try read([
      (1, .start, 0, true, 0), (3, .periodic, 0, true, 0), (4, .periodic, 0, false, 0), (5, .end, 0, true, 0),
    ])
    #expect(reader.state(at: time)?.time == found)
  }

  /// The generated rows were looked at long after the moments.
  @Test func aStateThatIsStillBeingTakenIsPassedOver() throws {
    let reader = try read([(1, .start, 0, true, 1), (3, .periodic, 0, true, 1)])
    #expect([0, 1, 2, 3, 4, Int64.max].map { reader.state(at: $0)?.time } == [nil, 1, 1, 1, 1, 3])
  }

  @Test func aReasonOfANewerProgramIsNoDamage() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let capture = try SmallCapture()
    let frame = try #require(capture.frames.firstIndex { $0.type == .state })
    let range = capture.frames[frame].range
    let id = try #require(FileID(CaptureHeader.test().fileID))
    let header = try #require(capture.bytes[range].withUnsafeBytes { FrameHeader($0, fileID: id) })
    let start = range.lowerBound + FrameHeader.byteCount
    var payload = Array(capture.bytes[start..<start + header.length])
    payload[8] = 77
    let changed = try FrameHeader.frame(.state, sequence: UInt64(frame), payload: payload[...], fileID: id)
    // The file without its tail: the summary would say another reason.
    let tail = try #require(capture.frames.dropFirst(4).first { $0.type == .header }).range.lowerBound
    try writeFile(path, Array(capture.bytes[..<range.lowerBound]) + changed + capture.bytes[range.upperBound..<tail])
    let reader = try CaptureReader(path: path)
    #expect(reader.damagedBytes == 0 && reader.states.map(\.reason) == [.other, .trigger])
    #expect(try reader.readState(reader.states[0].parts[0]).rows.count == 5)
  }

  /// Found by its tail, a damaged state shows when it is read, and in a verification; by hopping, at once.
  @Test func aDamagedStateCostsItselfOnly() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let capture = try SmallCapture()
    for (type, range) in capture.frames where type == .state {
      var bytes = capture.bytes
      bytes[(range.lowerBound + range.upperBound) / 2] ^= 8
      try writeFile(path, bytes)
      let reader = try CaptureReader(path: path)
      #expect(try capture.survivingStates(of: reader)?.count == 2)
      let check = try reader.verify()
      #expect(check.soundStates == 2 && check.soundChunks == 4 && check.damagedBytes == UInt64(range.count))
      try writeFile(path, Array(bytes.dropLast(Footer.frameBytes)))
      let scanned = try CaptureReader(path: path)
      #expect(scanned.damagedBytes == UInt64(range.count) && scanned.chunkCount == 4)
      #expect(scanned.states.reduce(0) { $0 + $1.parts.count } == 2)
    }
  }
}
