import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Foundation
import TestSupport
import Testing

@testable import Recorder

/// The files of one recording.
struct CaptureSeriesTests {
  @Test(
    arguments: [
      ("boot.reel", 0, "boot.reel"), ("boot.reel", 1, "boot_0001.reel"), ("/a.b/boot", 12, "/a.b/boot_0012"),
      ("/a/x.tar.reel", 12345, "/a/x.tar_12345.reel"), ("./.hidden", 3, "./.hidden_0003"),
    ])
  func names(first: String, number: Int, name: String) {
    #expect(CaptureSeries.path(first, number) == name)
  }

  @Test func namesAreInOrder() {
    let names = (0..<9999).map { CaptureSeries.path("x.reel", $0) }
    #expect(names == names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
  }

  private static let header = CaptureHeader.test()

  @Test func onlyTheOldestOfThisRecordingAreDeleted() async throws {
    try await withTemporaryDirectory { directory in
      let path = "\(directory)/x.reel"
      // A number that something else has is passed over, and what took a file's place is not ours.
      try "mine".write(toFile: "\(directory)/x_0002.reel", atomically: false, encoding: .utf8)
      var series = CaptureSeries(path: path, header: Self.header, options: WriterOptions(), keep: 2)
      for index in 0..<4 {
        let writer = try series.makeNext(started: Int64(index) * 10)
        #expect(writer.header.fileIndex == UInt32(index))
        #expect(writer.header.sessionID == Self.header.sessionID)
        #expect(writer.header.started == Int64(index) * 10)
        _ = try writer.finish()
        if index == 1 {
          try "other".write(toFile: "\(directory)/other", atomically: false, encoding: .utf8)
          try FileManager.default.removeItem(atPath: path)
          try FileManager.default.moveItem(atPath: "\(directory)/other", toPath: path)
        }
        try series.deleteOldest()
      }
      let names = try FileManager.default.contentsOfDirectory(atPath: directory).sorted()
      #expect(names == ["x.reel", "x_0002.reel", "x_0003.reel", "x_0004.reel"])
      #expect(try String(contentsOfFile: path, encoding: .utf8) == "other")
      #expect(series.files.map(\.path) == ["\(directory)/x_0003.reel", "\(directory)/x_0004.reel"])
    }
  }

  /// Batches before the call are in the file before, those after it in the next.
  @Test func theSinkChangesFilesBetweenBatches() async throws {
    try await withTemporaryDirectory { directory in
      let path = "\(directory)/x.reel"
      let sink = try ChunkSink(CaptureSeries(path: path, header: Self.header, options: WriterOptions()))
      var generator = BatchGenerator(seed: 3, schema: .builtIn)
      var events: UInt64 = 0
      for round in 0..<3 {
        for _ in 0..<2 {
          let batch = generator.next(events: 50)
          events += UInt64(batch.count)
          sink.append(batch)
        }
        if round < 2 { sink.rotate() }
      }
      let totals = try sink.finish()
      #expect(totals.events == events)
      #expect(totals.files == 3)
      #expect(totals.chunks == 6)
      #expect(sink.progress.filesBegun == 3)
      var read: UInt64 = 0
      var bytes: UInt64 = 0
      for file in sink.files {
        let reader = try CaptureReader(path: file)
        #expect(reader.chunkCount == 2)
        read += try reader.heads.reduce(0) { $0 + UInt64($1.count) }
        bytes += try FileManager.default.attributesOfItem(atPath: file)[.size] as? UInt64 ?? 0
      }
      #expect(read == totals.events)
      #expect(bytes == totals.bytes)
    }
  }

  private static func state(_ generator: inout BatchGenerator) -> MachineState {
    MachineState(time: 0, reason: .rotation, part: 0, isLast: true, rows: generator.next(events: 1))
  }

  @Test func aFileIsFullWhenItHasItsStateAndPassesTheLimitByOneChunk() async throws {
    try await withTemporaryDirectory { directory in
      let sink = try ChunkSink(
        CaptureSeries(path: "\(directory)/x.reel", header: Self.header, options: WriterOptions()),
        limits: SeriesWriter.Limits(file: 1))
      var generator = BatchGenerator(seed: 5, schema: .builtIn)
      for _ in 0..<3 { sink.append(generator.next(events: 50)) }
      sink.append(Self.state(&generator))
      for _ in 0..<2 { sink.append(generator.next(events: 50)) }
      sink.append(Self.state(&generator))
      sink.append(generator.next(events: 50))
      _ = try sink.finish()
      let chunks = try sink.files.map { try CaptureReader(path: $0).chunkCount }
      #expect(chunks == [3, 2, 1])
      let states = try sink.files.map { try CaptureReader(path: $0).states.count }
      #expect(states == [1, 1, 0])
    }
  }

  @Test func aSeriesThatIsFullTakesNoMoreEvents() async throws {
    try await withTemporaryDirectory { directory in
      let path = "\(directory)/x.reel"
      let limit: UInt64 = 40_000
      let sink = try ChunkSink(
        CaptureSeries(path: path, header: Self.header, options: WriterOptions()),
        limits: SeriesWriter.Limits(all: limit))
      var generator = BatchGenerator(seed: 6, schema: .builtIn)
      for _ in 0..<100 { sink.append(generator.next(events: 50)) }
      let totals = try sink.finish()
      #expect(sink.progress.isFull)
      #expect(try CaptureReader(path: path).chunkCount == Int(totals.chunks))
      #expect(totals.chunks < 100 && totals.bytes >= limit)
      // A chunk, and what the tail says of each.
      #expect(totals.bytes < limit + 2 * totals.bytes / totals.chunks + 2048 * totals.chunks)
    }
  }

  @Test func aNextFileThatCannotBeMadeEndsTheSeriesWithAWholeFile() async throws {
    try await withTemporaryDirectory { directory in
      let folder = "\(directory)/folder"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      let sink = try ChunkSink(CaptureSeries(path: "\(folder)/x.reel", header: Self.header, options: WriterOptions()))
      var generator = BatchGenerator(seed: 4, schema: .builtIn)
      let empty = sink.progress.bytes
      sink.append(generator.next(events: 50))
      while sink.progress.bytes == empty { try await Task.sleep(for: .milliseconds(1)) }
      let moved = "\(directory)/moved"
      try FileManager.default.moveItem(atPath: folder, toPath: moved)
      sink.rotate()
      // Something was recorded: it is no refusal.
      let error = #expect(throws: CaptureError.self) { try sink.finish() }
      #expect(error?.kind == .failed && error?.path == "\(folder)/x_0001.reel")
      #expect(try CaptureReader(path: "\(moved)/x.reel").chunkCount == 1)
    }
  }
}
