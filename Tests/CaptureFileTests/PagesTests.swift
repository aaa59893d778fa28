import CaptureFile
import CaptureFormat
import TestSupport
import Testing

/// The two levels of the summary.
@Suite struct PagesTests {
  /// Some pages' worth of chunks.
  private static let chunks = 1500

  private func check(_ reader: CaptureReader, _ many: ManyChunks) throws {
    #expect(reader.chunkCount == PagesTests.chunks && reader.pages.count > 2)
    #expect(try reader.heads.map(\.firstNumber) == (0..<PagesTests.chunks).map { UInt64($0 * many.events + 1) })
    var chunks = 0
    for (index, page) in reader.pages.enumerated() {
      let heads = try reader.heads(ofPage: index)
      #expect(page.chunks == chunks..<chunks + heads.count)
      chunks += heads.count
      #expect(page.bounds.firstNumber == heads.first?.firstNumber && page.bounds.lastNumber == heads.last?.lastNumber)
      #expect(page.bounds.leastStart == heads.map(\.leastStart).min())
      #expect(page.bounds.leastExit == heads.map(\.leastExit).min())
      #expect(page.bounds.greatestExit == heads.map(\.greatestExit).max())
      #expect(page.bounds.events == UInt64(heads.count * many.events))
    }
    for chunk in [0, 1, 700, PagesTests.chunks - 1] {
      let batch = try reader.readChunk(chunk)
      #expect(batch.numbers[0] == UInt64(chunk * many.events + 1))
      #expect(try reader.head(ofChunk: chunk).lastNumber == UInt64((chunk + 1) * many.events))
    }
  }

  @Test(arguments: [true, false])
  func headsAreReadByPage(isFinished: Bool) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let many = try ManyChunks()
    try many.write(path, chunks: PagesTests.chunks, isFinished: isFinished)
    let reader = try CaptureReader(path: path)
    #expect(reader.isComplete == isFinished && reader.damagedBytes == 0)
    try check(reader, many)
  }

  private func frames(_ bytes: [UInt8]) throws -> [(type: FrameType, range: Range<Int>)] {
    let id = try #require(FileID(CaptureHeader.test().fileID))
    var frames: [(FrameType, Range<Int>)] = []
    var offset = CaptureHeader.magic.count
    bytes.withUnsafeBytes { bytes in
      while let header = FrameHeader(UnsafeRawBufferPointer(rebasing: bytes[offset...]), fileID: id) {
        frames.append((header.type, offset..<offset + header.frameBytes))
        offset += header.frameBytes
      }
    }
    return frames
  }

  /// Opening reads no page but the last, which is a part of the tail; and what damaged pages list is found without them.
  @Test func damagedPagesHideNothing() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let many = try ManyChunks()
    try many.write(path, chunks: PagesTests.chunks)
    var bytes = try readFile(path)
    let pages = try frames(bytes).filter { $0.type == .summaryPage }.dropLast()
    #expect(pages.count >= 2)
    for (index, page) in pages.enumerated() {
      // The header of one frame, the payload of another.
      bytes[page.range.lowerBound + (index % 2 == 0 ? 9 : 300)] ^= 4
    }
    try writeFile(path, bytes)
    let reader = try CaptureReader(path: path)
    #expect(reader.isComplete && reader.damagedBytes == 0)
    try check(reader, many)
    #expect(try !reader.verify().isWhole)
  }

  /// A damaged page, and damage to a chunk that it lists: what is left keeps its place.
  @Test func aDamagedPageAndChunkCostThatChunk() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let many = try ManyChunks()
    try many.write(path, chunks: PagesTests.chunks)
    var bytes = try readFile(path)
    let all = try frames(bytes)
    let page = try #require(all.first { $0.type == .summaryPage })
    let chunks = all.filter { $0.type == .chunk && $0.range.lowerBound < page.range.lowerBound }
    bytes[page.range.lowerBound + 100] ^= 1
    bytes[chunks[chunks.count - 1].range.lowerBound + FrameHeader.byteCount + 20] ^= 1
    try writeFile(path, bytes)
    let reader = try CaptureReader(path: path)
    #expect(try reader.heads(ofPage: 0).count == chunks.count - 1)
    #expect(try reader.readChunk(chunks.count - 2).numbers[0] == UInt64((chunks.count - 2) * many.events + 1))
    #expect(try reader.readChunk(chunks.count).numbers[0] == UInt64(chunks.count * many.events + 1))
    do {
      _ = try reader.readChunk(chunks.count - 1)
      Issue.record("the chunk was read")
    } catch {
      #expect(error.kind == .partlyReadable)
    }
  }

  @Test(arguments: [(2048, true), (2049, true), (2048, false), (2049, false)])
  func lossesBeyondAFewAreToldByPages(chunks: Int, isFinished: Bool) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    try ManyChunks(events: 1).write(path, chunks: chunks, losses: { _ in 2 }, isFinished: isFinished)
    let reader = try CaptureReader(path: path)
    let expected = (0..<chunks).flatMap { [ManyChunks.loss($0, 0), ManyChunks.loss($0, 1)] }
    #expect(reader.lossCount == expected.count)
    #expect(reader.losses == (chunks == 2048 ? expected : []))
    #expect(try reader.allLosses() == expected)
    #expect(reader.summary.lost == UInt64(chunks * 3))
    #expect(reader.summary.lostByCause.map(\.count) == [UInt64(chunks), UInt64(chunks * 2)])
    #expect(reader.damagedBytes == 0 && reader.isComplete == isFinished)
  }
}
