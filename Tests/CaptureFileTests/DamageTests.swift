import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import TestSupport
import Testing

@Suite struct DamageTests {
  /// Every length near the ends of frames and every fifth else; all of them when `REEL_EXHAUSTIVE` is set.
  @Test func everyPrefixHoldsItsWholeChunks() throws {
    let capture = try SmallCapture(chunks: 3, events: 6)
    let path = temporaryPath()
    defer { removeFile(path) }
    let frames = capture.frames
    let chunkEnds = frames.filter { $0.type == .chunk }.map(\.range.upperBound)
    let stateEnds = frames.filter { $0.type == .state }.map(\.range.upperBound)
    let firstSchemaEnd = frames[1].range.upperBound
    let edges = Set(([0, 8] + frames.map(\.range.upperBound)).flatMap { $0 - 33...$0 + 33 })
    for length in 0..<capture.bytes.count where isExhaustive || length % 5 == 0 || edges.contains(length) {
      try writeFile(path, Array(capture.bytes[..<length]))
      do {
        let reader = try CaptureReader(path: path)
        let whole = chunkEnds.filter { $0 <= length }.count
        #expect(length >= firstSchemaEnd)
        #expect(!reader.isComplete)
        #expect(reader.chunkCount == whole, "prefix of \(length) bytes")
        let wholeStates = stateEnds.filter { $0 <= length }.count
        #expect(reader.states.reduce(0) { $0 + $1.parts.count } == wholeStates)
        #expect(reader.states.map(\.isWhole) == [[], [true], [true, false], [true, true]][wholeStates])
        if length % 16 == 0 || chunkEnds.contains(length) || isExhaustive {
          #expect(try capture.survivors(of: reader) == Array(0..<whole), "prefix of \(length) bytes")
          #expect(try capture.survivingStates(of: reader) == Array(0..<wholeStates), "prefix of \(length) bytes")
        }
        // What follows the last whole frame is all that is lost.
        let readable = frames.map(\.range.upperBound).last { $0 <= length } ?? 0
        #expect(reader.damagedBytes == UInt64(length - readable))
      } catch let error as CaptureError {
        #expect(error.kind == .refused && length < firstSchemaEnd, "prefix of \(length) bytes: \(error)")
      }
    }
  }

  /// Every bit of the file belongs to a frame, or to the magic, that is then refused.
  @Test func everyFlippedBitIsSeen() throws {
    let capture = try SmallCapture(chunks: 10, events: 60)
    #expect(capture.bytes.count > 20_000)
    let id = try #require(FileID(CaptureHeader.test().fileID))
    var bytes = capture.bytes
    var covered = CaptureHeader.magic.count
    for (type, range) in capture.frames {
      #expect(range.lowerBound == covered)
      covered = range.upperBound
      for position in range {
        for bit in 0..<8 {
          bytes[position] ^= 1 << UInt8(bit)
          let isAccepted = bytes.withUnsafeBytes { bytes in
            let frame = UnsafeRawBufferPointer(rebasing: bytes[range])
            let own = type == .header || type == .footer ? FrameHeader.selfDescribed(frame, type)?.1 : id
            guard let own, let header = FrameHeader(frame, fileID: own) else { return false }
            let rest = UnsafeRawBufferPointer(rebasing: frame[FrameHeader.byteCount...])
            return header.matches(payloadAndPadding: rest, fileID: own)
          }
          if isAccepted { Issue.record("bit \(bit) of byte \(position)") }
          bytes[position] ^= 1 << UInt8(bit)
        }
      }
    }
    #expect(covered == bytes.count)
  }

  /// One bit of every eleventh byte; all bits when `REEL_EXHAUSTIVE` is set.
  @Test func aFlippedBitCostsOneChunkOrStateAtMost() throws {
    let capture = try SmallCapture(chunks: 3, events: 8)
    let path = temporaryPath()
    defer { removeFile(path) }
    var random = SeededGenerator(seed: 11)
    for position in stride(from: 0, to: capture.bytes.count, by: isExhaustive ? 1 : 11) {
      for bit in isExhaustive ? Array(0..<8) : [random.below(8)] {
        var bytes = capture.bytes
        bytes[position] ^= 1 << UInt8(bit)
        try writeFile(path, bytes)
        let reader = try CaptureReader(path: path)
        let survivors = try #require(try capture.survivors(of: reader), "bit \(bit) of byte \(position)")
        let states = try #require(try capture.survivingStates(of: reader), "bit \(bit) of byte \(position)")
        let lost = capture.batches.count - survivors.count + capture.states.count - states.count
        #expect(lost <= 1, "bit \(bit) of byte \(position)")
        #expect(try !reader.verify().isWhole, "bit \(bit) of byte \(position) went unnoticed")
      }
    }
  }

  @Test(arguments: UInt64(0)..<150)
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
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, bytes)
    do {
      let reader = try CaptureReader(path: path)
      _ = try #require(try capture.survivors(of: reader))
      _ = try #require(try capture.survivingStates(of: reader))
      _ = try reader.verify()
    } catch let error as CaptureError {
      #expect(error.kind == .refused)
    }
  }

  @Test(arguments: [1, 8, 31, 4096])
  func bytesBehindTheEndHideNothing(count: Int) throws {
    let capture = try SmallCapture()
    let path = temporaryPath()
    defer { removeFile(path) }
    for filler in [UInt8(0), 0xC5] {
      try writeFile(path, capture.bytes + [UInt8](repeating: filler, count: count))
      let reader = try CaptureReader(path: path)
      #expect(try capture.survivors(of: reader) == Array(0..<4))
      #expect(reader.damagedBytes == UInt64(count))
      #expect(try !reader.verify().isWhole)
    }
  }

  @Test func aSoundFileIsWhole() throws {
    let capture = try SmallCapture()
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, capture.bytes)
    let result = try CaptureReader(path: path).verify()
    #expect(result.isWhole && result.soundChunks == 4 && result.soundStates == 3 && result.damagedBytes == 0)
  }

  /// A payload may hold a capture, even the start of this very one.
  @Test(arguments: [true, false])
  func anEmbeddedCaptureIsNotTakenForFrames(sameFile: Bool) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let inner = try SmallCapture(codec: .none, chunks: 2)
    var embedding = try embed(inner.bytes)
    var writer = try CaptureWriter(
      path: path, header: .test(seed: sameFile ? 1 : 99), schema: TestSchema.schema,
      options: WriterOptions(codec: .none))
    for _ in 0..<8 { try writer.append(LossRecord(cause: .nested, cpu: 1, count: 0, from: 0, to: 0)) }
    try writer.append(embedding)
    embedding.numbers = .consecutive(first: 2)
    try writer.append(embedding)
    _ = try writer.finish()
    var bytes = try readFile(path)
    let reader = try CaptureReader(path: path)
    #expect(reader.chunkCount == 2)
    // Without the footer the frames are hopped over; behind a damaged one the search walks through its payload.
    let payload = try #require(firstRange(of: Array(inner.bytes.prefix(64)), in: bytes))
    let mark = try #require((0..<payload).last { Array(bytes[$0..<$0 + 4]) == [0xC5, 0x52, 0x46, 0x4D] })
    bytes[mark + 9] ^= 4
    bytes.removeLast(Footer.frameBytes)
    try writeFile(path, bytes)
    let damaged = try CaptureReader(path: path)
    #expect(try damaged.heads.map(\.firstNumber) == [2])
  }

  private func embed(_ bytes: [UInt8]) throws -> EventBatch {
    var builder = EventBatchBuilder(schema: TestSchema.schema)
    builder.appendEvent(
      exitTime: 5, latency: 1, type: TestSchema.schema.types[1].id, cpu: 0, flags: [], lineage: EventBatch.noRow,
      object: EventBatch.noRow, result: 1)
    bytes.withUnsafeBytes { builder.appendBytes($0) }
    builder.appendInteger(1)
    builder.appendInteger(2)
    return builder.finish(Dimensions())
  }

  private func firstRange(of needle: [UInt8], in bytes: [UInt8]) -> Int? {
    // The file's own first bytes match too where both have one id.
    (1..<bytes.count - needle.count).first { Array(bytes[$0..<$0 + needle.count]) == needle }
  }
}
