import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import TestSupport
import Testing

/// Files that were put one behind the other.
@Suite struct SectionsTests {
  private func capture(_ seed: UInt8, chunks: Int = 3, codec: Codec = .lz4) throws -> [UInt8] {
    let path = temporaryPath()
    defer { removeFile(path) }
    var generator = BatchGenerator(seed: UInt64(seed))
    var writer = try CaptureWriter(
      path: path, header: .test(seed: seed), schema: TestSchema.schema, options: WriterOptions(codec: codec))
    for _ in 0..<chunks { try writer.append(generator.next(events: 10)) }
    _ = try writer.finish()
    return try readFile(path)
  }

  /// The seeds of the ids of the sections, and how many chunks each has.
  private func sections(_ bytes: [UInt8]) throws -> [(seed: UInt8, chunks: Int)] {
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, bytes)
    let readers = try CaptureReader.sections(path: path)
    #expect(readers.reduce(0) { $0 + $1.size } == UInt64(bytes.count))
    return readers.map { ($0.header.fileID[0], $0.chunkCount) }
  }

  private func expect(
    _ bytes: [UInt8], _ expected: [(UInt8, Int)], sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let found = try sections(bytes)
    #expect(found.map(\.seed) == expected.map(\.0), sourceLocation: sourceLocation)
    #expect(found.map(\.chunks) == expected.map(\.1), sourceLocation: sourceLocation)
  }

  @Test func wholeCapturesAreFound() throws {
    let (a, b, c) = (try capture(1), try capture(2, chunks: 0), try capture(3, chunks: 5))
    try expect(a, [(1, 3)])
    try expect(a + b, [(1, 3), (2, 0)])
    try expect(a + b + c + a, [(1, 3), (2, 0), (3, 5), (1, 3)])
  }

  @Test func eachSectionIsReadAsByItself() throws {
    let (a, b) = (try capture(1), try capture(2))
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, a + b)
    let readers = try CaptureReader.sections(path: path)
    for (reader, seed) in zip(readers, [UInt64(1), 2]) {
      var generator = BatchGenerator(seed: seed)
      #expect(reader.isComplete && reader.damagedBytes == 0)
      #expect(try reader.verify().isWhole)
      for chunk in 0..<3 { #expect(try generator.next(events: 10).difference(to: reader.readChunk(chunk)) == nil) }
    }
    do {
      _ = try CaptureReader(path: path)
      Issue.record("two captures were opened as one")
    } catch {
      #expect(error.kind == .refused && error.what.contains("2 captures"))
    }
  }

  /// The first of two is cut off at any byte: what is whole of it is there, and the other one.
  @Test func aTornSectionEndsWhereTheNextBegins() throws {
    let (a, b) = (try capture(1), try capture(2))
    var random = SeededGenerator(seed: 4)
    // From the end of the first header and schema on; and within the last frames.
    let lengths = (0..<30).map { _ in a.count / 2 + random.below(a.count / 2) } + (1...14).map { a.count - $0 * 7 }
    for length in lengths {
      let first = Array(a[..<length])
      let alone = try sections(first)
      #expect(alone.count == 1)
      try expect(first + b, [(1, alone[0].chunks), (2, 3)])
      // The last one torn too: it cannot be found from the end.
      let second = Array(b[..<(b.count - 1 - random.below(60))])
      try expect(first + second, [(1, alone[0].chunks), (2, 3)])
    }
  }

  @Test(arguments: [1, 7, 64, 5000])
  func bytesBetweenBelongToTheOneBefore(count: Int) throws {
    let (a, b) = (try capture(1), try capture(2))
    let filler = [UInt8](repeating: 0x89, count: count)
    try expect(a + filler + b, [(1, 3), (2, 3)])
    try expect(a + filler + b + filler, [(1, 3), (2, 3)])
    try expect(a + filler, [(1, 3)])
  }

  /// A capture that stands in a payload is no section, also where the chunk around it is damaged.
  @Test(arguments: [false, true])
  func embeddedCapturesAreNoSections(isDamaged: Bool) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let inner = try capture(9, chunks: 1, codec: .none)
    var writer = try CaptureWriter(
      path: path, header: .test(seed: 1), schema: TestSchema.schema, options: WriterOptions(codec: .none))
    let batch = try embed(inner)
    try writer.append(batch)
    try writer.append(batch)
    _ = try writer.finish()
    var bytes = try readFile(path)
    if isDamaged {
      let place = try #require(bytes.indices.first { bytes[$0...].starts(with: inner.prefix(100)) })
      let mark = try #require((0..<place).last { bytes[$0...].starts(with: [0xC5, 0x52, 0x46, 0x4D]) })
      bytes[mark + 9] ^= 4
      bytes.removeLast(Footer.frameBytes)
    }
    try expect(bytes, [(1, isDamaged ? 1 : 2)])
    try expect(bytes + (try capture(2)), [(1, isDamaged ? 1 : 2), (2, 3)])
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

  /// Very many fronts, each of which could be the start of a section: found in bounded time, and not more than allowed.
  @Test func veryManySectionsAreBounded() throws {
    let front = Array(try capture(1)[..<200])
    let bytes = Array((0..<6000).map { _ in front }.joined())
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, bytes)
    do {
      _ = try CaptureReader.sections(path: path)
      Issue.record("fronts without schema were opened")
    } catch {
      #expect(error.kind == .refused)
    }
    let small = try capture(2, chunks: 0)
    try writeFile(path, Array((0..<50).map { _ in small }.joined()))
    #expect(try CaptureReader.sections(path: path).count == 50)
  }

  /// Frames that claim to reach far, one in the other, in front of another capture: looked at a bounded number of times.
  @Test(arguments: [40, 4 << 20], [FrameType.loss, .footer])
  func overlappingFramesAreBounded(length: Int, type: FrameType) throws {
    let id = try #require(FileID(CaptureHeader.test(seed: 1).fileID))
    var bytes = Array(try capture(1, chunks: 0).dropLast(Footer.frameBytes))
    bytes += [UInt8](repeating: 0, count: (8 - bytes.count % 8) % 8)
    // Only the header of each stands there; the next one stands in its payload.
    let payload = [UInt8](repeating: 0, count: length)
    let header = try FrameHeader.frame(type, sequence: 1_000_000, payload: payload[...], fileID: id)
    for _ in 0..<20_000 { bytes += header.prefix(FrameHeader.byteCount) }
    bytes += [UInt8](repeating: 0, count: 64)
    var found: [(seed: UInt8, chunks: Int)] = []
    let time = try processorTime { found = try sections(bytes + (try capture(2).dropLast(10))) }
    #expect(found.last?.seed == 2 || length > 1000)
    #expect(time < .seconds(60))
  }

  @Test(arguments: UInt64(0)..<60)
  func noChangeCrashesOrInvents(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var bytes = try capture(1) + capture(2) + capture(3)
    for _ in 0...random.below(5) {
      let start = random.below(bytes.count)
      let end = min(start + 1 + random.below(200), bytes.count)
      switch random.below(3) {
      case 0: bytes.removeSubrange(start..<end)
      case 1: for index in start..<end { bytes[index] = 0 }
      default: bytes.insert(contentsOf: bytes[start..<end], at: random.below(bytes.count))
      }
    }
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, bytes)
    do {
      for reader in try CaptureReader.sections(path: path) {
        for chunk in 0..<reader.chunkCount {
          do {
            let batch = try reader.readChunk(chunk)
            #expect((1...3).contains(reader.header.fileID[0]) && batch.count == 10)
          } catch {
            #expect(error.kind == .partlyReadable)
          }
        }
      }
    } catch {
      #expect(error.kind == .refused)
    }
  }
}
