import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import Foundation
import TestSupport
import Testing

@Suite struct WriterTests {
  private func write(_ path: String, replace: Bool = false, chunks: Int = 3) throws -> CaptureTotals {
    var generator = BatchGenerator(seed: 3)
    var writer = try CaptureWriter(
      path: path, header: .test(), schema: TestSchema.schema, options: WriterOptions(replaceExisting: replace))
    for _ in 0..<chunks { try writer.append(generator.next(events: 40)) }
    return try writer.finish()
  }

  @Test func anExistingFileIsLeftAloneUnlessReplaced() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, Array("precious".utf8))
    do {
      _ = try write(path)
      Issue.record("the file was replaced")
    } catch let error as CaptureError {
      #expect(error.kind == .refused)
      #expect(error.description.contains("--force"))
    }
    #expect(try readFile(path) == Array("precious".utf8))
    let totals = try write(path, replace: true)
    #expect(UInt64(try readFile(path).count) == totals.bytes)
  }

  @Test func filesAreForTheirOwnerOnly() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    _ = try write(path)
    let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    #expect(mode == 0o600)
  }

  @Test func aFullDiskIsSaid() throws {
    do {
      _ = try write("/dev/full", replace: true)
      Issue.record("a full disk went unnoticed")
    } catch let error as CaptureError {
      #expect(error.kind == .failed && error.what == "the disk is full" && error.offset == 0)
    }
  }

  @Test(arguments: ["/no/such/directory/x.reel", "/tmp"])
  func whatCannotBeMadeIsRefused(path: String) throws {
    do {
      _ = try write(path)
      Issue.record("\(path) was made")
    } catch let error as CaptureError {
      #expect(error.kind == .refused && error.path == path)
    }
  }

  @Test func aPipeGetsTheBytesOfTheFile() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let totals = try write(path)
    // The pipe holds 64 KiB: nobody needs to read while it is written.
    try #require(totals.bytes < 60_000)
    let pipe = Pipe()
    _ = try write("/dev/fd/\(pipe.fileHandleForWriting.fileDescriptor)", replace: true)
    try pipe.fileHandleForWriting.close()
    let piped = try #require(try pipe.fileHandleForReading.readToEnd())
    #expect(try [UInt8](piped) == readFile(path))
  }

  @Test func aPipeWithoutReaderIsSaid() throws {
    signal(SIGPIPE, SIG_IGN)
    let pipe = Pipe()
    var generator = BatchGenerator(seed: 3)
    var writer = try CaptureWriter(
      path: "/dev/fd/\(pipe.fileHandleForWriting.fileDescriptor)", header: .test(), schema: TestSchema.schema,
      options: WriterOptions(replaceExisting: true))
    try pipe.fileHandleForReading.close()
    do {
      // A process that another test starts has the pipe too until it executes its program.
      for _ in 0..<10 {
        try writer.append(generator.next(events: 3))
        usleep(50_000)
      }
      Issue.record("nobody was told")
    } catch {
      #expect(error.kind == .failed && error.what == "the reader of the pipe has gone")
    }
  }

  @Test func anUnfinishedFileIsReadable() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var generator = BatchGenerator(seed: 3)
    let batches = [generator.next(events: 40), generator.next(events: 41)]
    do {
      var writer = try CaptureWriter(path: path, header: .test(), schema: TestSchema.schema)
      for batch in batches { try writer.append(batch) }
      try writer.append(LossRecord(cause: .ringFull, cpu: 0, count: 9, from: 1, to: 2))
    }
    let reader = try CaptureReader(path: path)
    #expect(!reader.isComplete && reader.damagedBytes == 0)
    #expect(reader.summary.events == 81 && reader.summary.lost == 9)
    #expect(try batches[1].difference(to: reader.readChunk(1)) == nil)
  }

  @Test func headsCountLossesBeforeThem() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var generator = BatchGenerator(seed: 3)
    var writer = try CaptureWriter(path: path, header: .test(), schema: TestSchema.schema)
    try writer.append(LossRecord(cause: .ringFull, cpu: 0, count: 9, from: 1, to: 2))
    try writer.append(generator.next(events: 4))
    try writer.append(LossRecord(cause: .nested, cpu: nil, count: 1, from: 3, to: 4))
    try writer.append(LossRecord(cause: .ringFull, cpu: 1, count: 2, from: 3, to: 4))
    try writer.append(generator.next(events: 4))
    #expect(try writer.finish().lost == 12)
    let reader = try CaptureReader(path: path)
    #expect(try reader.heads.map(\.lost) == [9, 3] && reader.heads.map(\.lostInAll) == [9, 12])
    #expect(reader.summary.lostByCause.map { "\($0.cause.name) \($0.count)" } == ["ring_full 11", "nested 1"])
  }

  @Test func aFileWithoutEventsIsReadable() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let totals = try write(path, chunks: 0)
    #expect(totals.events == 0 && totals.chunks == 0)
    let reader = try CaptureReader(path: path)
    #expect(reader.isComplete && reader.chunkCount == 0 && reader.summary.ended == reader.header.started)
    #expect(try reader.verify().isWhole)
  }

  @Test(arguments: ["", "not a capture, but some text that is long enough to look at", "\u{89}REEL\r\n\u{1A}"])
  func otherFilesAreRefused(text: String) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, Array(text.utf8))
    do {
      _ = try CaptureReader(path: path)
      Issue.record("it was opened")
    } catch {
      #expect(error.kind == .refused)
    }
  }

  @Test func theSummaryFromTheTailIsThatOfAScan() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    _ = try write(path, chunks: 5)
    let byTail = try CaptureReader(path: path)
    try writeFile(path, try readFile(path).dropLast(64))
    let byScan = try CaptureReader(path: path)
    #expect(byTail.isComplete && !byScan.isComplete)
    #expect(
      SummaryFrame(totals: byTail.summary).encoded(.none) == SummaryFrame(totals: byScan.summary).encoded(.none))
    for (tail, scan) in try zip(byTail.heads, byScan.heads) {
      #expect(tail.pids == scan.pids && tail.paths == scan.paths && tail.executables == scan.executables)
    }
  }
}
