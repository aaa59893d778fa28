import CaptureFile
import CaptureFormat
import EventBatch
import TestSupport
import Testing

@Suite struct VerificationTests {
  /// Captures whose checksums hold, and whose heads lie: what a wrong writer would make.
  private func findings(lyingAbout change: (inout [UInt8], ChunkHead) throws -> Void) throws -> [String] {
    let path = temporaryPath()
    defer { removeFile(path) }
    var generator = BatchGenerator(seed: 12)
    let batch = generator.next(events: 40)
    var encoder = ChunkEncoder(.none)
    let chunk = try encoder.encode(batch)
    var bytes = chunk.bytes
    try change(&bytes, chunk.head)
    var writer = try CaptureWriter(path: path, header: .test(), schema: TestSchema.schema)
    try writer.append(EncodedChunk(copying: bytes, head: chunk.head, facts: chunk.facts))
    _ = try writer.finish()
    return try CaptureReader(path: path).verify().findings.map(\.what)
  }

  /// The content of an index within the bytes of a chunk.
  private func index(_ tag: UInt16, in bytes: [UInt8]) throws -> Range<Int> {
    func number(_ offset: Int, _ count: Int) -> Int {
      (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }
    var offset = 72 + 16 * number(12, 4)
    while offset + 8 <= number(0, 4) {
      let length = number(offset + 4, 4)
      if number(offset, 2) == Int(tag) { return offset + 8..<offset + 8 + length }
      offset += 8 + length
    }
    return try #require(nil as Range<Int>?, "there is no index \(tag)")
  }

  @Test func whatDoesNotLieIsWhole() throws {
    #expect(try findings { _, _ in } == [])
  }

  @Test(arguments: [(2, "process ids"), (4, "users"), (8, "errors"), (9, "ports")])
  func aNumberTooManyOrTooFew(tag: UInt16, name: String) throws {
    // The last difference of the set, one more.
    let found = try findings { bytes, _ in bytes[try index(tag, in: bytes).upperBound - 1] ^= 1 }
    #expect(found.contains { $0.contains("the index of \(name)") }, "\(found)")
  }

  @Test(arguments: [(3, "containers"), (5, "executables")])
  func anotherText(tag: UInt16, name: String) throws {
    let found = try findings { bytes, _ in bytes[try index(tag, in: bytes).upperBound - 1] ^= 1 }
    #expect(found.contains { $0.contains("the index of \(name) lacks") }, "\(found)")
  }

  @Test(arguments: [(6, "paths"), (7, "addresses")])
  func aFilterThatDenies(tag: UInt16, name: String) throws {
    let found = try findings { bytes, _ in for position in try index(tag, in: bytes) { bytes[position] = 0 } }
    #expect(found.contains { $0.contains("the index of \(name) denies") }, "\(found)")
  }

  /// Offsets of fields in the head, as the format's document draws it.
  @Test(arguments: [
    (16, "the first number"), (24, "the last number"), (40, "the least exit"), (48, "the greatest exit"),
  ])
  func numbersAndTimes(offset: Int, name: String) throws {
    let found = try findings { bytes, _ in bytes[offset] &+= offset == 48 || offset == 24 ? 1 : 255 }
    // Numbers that cannot be those of so many events are refused before they are compared.
    let isRefused = offset < 32 && found.contains { $0.hasPrefix("chunk: ") }
    #expect(isRefused || found.contains { $0.contains("the head says that \(name)") }, "\(found)")
  }

  @Test func aStartThatIsTooLate() throws {
    // The least start may not be behind any event's; 36 bits later is.
    let found = try findings { bytes, head in
      for (index, byte) in withUnsafeBytes(of: head.leastExit.littleEndian, Array.init).enumerated() {
        bytes[32 + index] = byte
      }
    }
    #expect(found.contains { $0.contains("the head says that the least start") }, "\(found)")
  }

  /// The tail of one capture behind the frames of another that has the same id and is as long.
  @Test func aTailThatSaysSomethingElse() throws {
    let (path, other) = (temporaryPath(), temporaryPath())
    defer {
      removeFile(path)
      removeFile(other)
    }
    func write(_ path: String, lost: UInt64, cause: LossCause) throws -> [UInt8] {
      var generator = BatchGenerator(seed: 3)
      var writer = try CaptureWriter(
        path: path, header: .test(), schema: TestSchema.schema, options: WriterOptions(codec: .none))
      try writer.append(generator.next(events: 10))
      try writer.append(LossRecord(cause: cause, cpu: 1, count: lost, from: 5, to: 6))
      _ = try writer.finish()
      return try readFile(path)
    }
    let one = try write(path, lost: 3, cause: .nested)
    let two = try write(other, lost: 4, cause: .nested)
    #expect(one.count == two.count)
    let tail = SmallCapture.frames(of: one).last { $0.type == .header }?.range.lowerBound
    try writeFile(path, Array(one[..<(try #require(tail))]) + two[(try #require(tail))...])
    let result = try CaptureReader(path: path).verify()
    #expect(result.findings.map(\.what).contains("the summary says that the number of lost events is 4, and it is 3"))
    #expect(!result.isWhole && result.damagedBytes == 0)
  }

  @Test func findingsAreBounded() throws {
    let capture = try SmallCapture()
    let path = temporaryPath()
    defer { removeFile(path) }
    // A frame that is whole between damaged bytes, again and again.
    let first = try #require(capture.frames.first { $0.type == .loss }).range
    var bytes = capture.bytes
    for sequence in UInt64(1000)..<2100 {
      bytes += [UInt8](repeating: 0, count: 8)
      let payload = capture.bytes[(first.lowerBound + 32)..<first.upperBound]
      bytes += try FrameHeader.frame(
        .loss, sequence: sequence * 2, payload: payload, fileID: try #require(FileID(CaptureHeader.test().fileID)))
    }
    try writeFile(path, bytes)
    let result = try CaptureReader(path: path).verify()
    #expect(result.findings.count == CaptureVerification.mostFindings && result.findingCount > 2000)
  }
}
