import CaptureFile
import CaptureFormat
import EventBatch
import Foundation
import TestSupport
import Testing

@Suite struct FollowerTests {
  private static let everything = ColumnSelection.all

  /// All events that are there now, and what comes then.
  private func read(_ follower: inout CaptureFollower) throws -> (events: [String], last: String) {
    var events: [String] = []
    while true {
      switch try follower.next() {
      case .chunk(let chunk): events += try chunk.decode(FollowerTests.everything).texts()
      case .waiting: return (events, "waiting")
      case .finished: return (events, "finished")
      case .endOfStream: return (events, "end of stream")
      case .removed: return (events, "removed")
      }
    }
  }

  /// A file that grows by any number of bytes at a time, from nothing on.
  @Test(arguments: [1, 7, 100, 1000, 100_000])
  func aGrowingFileIsReadAsItComes(step: Int) throws {
    let capture = try SmallCapture(chunks: 3, events: 20)
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, [])
    var follower = try CaptureFollower(path: path)
    let file = try #require(FileHandle(forWritingAtPath: path))
    var events: [String] = []
    var last = ""
    let chunkEnds = capture.frames.filter { $0.type == .chunk }.map(\.range.upperBound)
    var written = 0
    while written < capture.bytes.count {
      let end = min(written + step, capture.bytes.count)
      try file.write(contentsOf: capture.bytes[written..<end])
      written = end
      if step == 1, written % 97 != 0, written < capture.bytes.count { continue }
      let more = try read(&follower)
      events += more.events
      last = more.last
      #expect(events.count == 20 * chunkEnds.filter { $0 <= written }.count)
    }
    #expect(last == "finished" && follower.damagedBytes == 0)
    #expect(events == capture.batches.flatMap { $0.texts() })
    #expect(follower.header?.hostname == "testhost")
  }

  /// What a writer could not write whole it takes back; something else then stands in its place.
  @Test func whatIsTakenBackIsForgotten() throws {
    let capture = try SmallCapture(chunks: 2, events: 20)
    let chunk = try #require(capture.frames.first { $0.type == .chunk }).range
    let path = temporaryPath()
    defer { removeFile(path) }
    let torn = capture.bytes[..<(chunk.upperBound - 5)].map { $0 }
    var rest = torn
    for index in chunk.lowerBound + 40..<rest.count { rest[index] ^= 0x55 }
    try writeFile(path, rest)
    var follower = try CaptureFollower(path: path)
    #expect(try read(&follower) == ([], "waiting"))
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.truncate(atOffset: UInt64(chunk.lowerBound))
    try file.seekToEnd()
    try file.write(contentsOf: capture.bytes[chunk.lowerBound...])
    let all = try read(&follower)
    #expect(all.events.count == 40 && all.last == "finished" && follower.damagedBytes == 0)
  }

  @Test func aFileThatIsRemovedEnds() throws {
    let capture = try SmallCapture(chunks: 2, events: 20)
    let path = temporaryPath()
    try writeFile(path, Array(capture.bytes.dropLast(100)))
    var follower = try CaptureFollower(path: path)
    #expect(try read(&follower).last == "waiting")
    removeFile(path)
    #expect(try read(&follower) == ([], "removed"))
  }

  @Test func damageIsPassedOver() throws {
    let capture = try SmallCapture(chunks: 3, events: 20)
    let path = temporaryPath()
    defer { removeFile(path) }
    let chunk = try #require(capture.frames.first { $0.type == .chunk }).range
    var bytes = capture.bytes
    bytes[chunk.lowerBound + 100] ^= 1
    try writeFile(path, bytes)
    var follower = try CaptureFollower(path: path)
    let all = try read(&follower)
    #expect(all.events.count == 40 && all.last == "finished" && follower.damagedBytes == UInt64(chunk.count))
  }

  @Test func aPipeIsRead() throws {
    let capture = try SmallCapture(chunks: 2, events: 20)
    let pipe = Pipe()
    try #require(capture.bytes.count < 60_000)
    try pipe.fileHandleForWriting.write(contentsOf: Data(capture.bytes.dropLast(64)))
    var follower = try CaptureFollower(path: "/dev/fd/\(pipe.fileHandleForReading.fileDescriptor)")
    let first = try read(&follower)
    #expect(first.events.count == 40 && first.last == "waiting")
    try pipe.fileHandleForWriting.close()
    #expect(try read(&follower) == ([], "end of stream"))
  }

  @Test(arguments: ["", "no capture at all, but long enough for a frame's header to be looked for"])
  func otherFilesAreRefusedOrWaitedFor(text: String) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    try writeFile(path, Array(text.utf8))
    var follower = try CaptureFollower(path: path)
    if text.isEmpty {
      #expect(try read(&follower) == ([], "waiting"))
    } else {
      do {
        _ = try follower.next()
        Issue.record("it was read")
      } catch {
        #expect(error.kind == .refused)
      }
    }
  }

  @Test func theNextFileOfARecordingIsFound() async throws {
    try await withTemporaryDirectory { folder in
      func write(_ name: String, session: UInt8, index: UInt32) throws {
        var header = CaptureHeader.test(seed: UInt8(index))
        header.sessionID = [UInt8](repeating: session, count: 16)
        header.fileIndex = index
        let writer = try CaptureWriter(path: "\(folder)/\(name)", header: header, schema: TestSchema.schema)
        _ = try writer.finish()
      }
      try write("a.reel", session: 1, index: 0)
      try write("a_0001.reel", session: 2, index: 1)
      try write("a_0002.reel", session: 1, index: 1)
      try write("b.reel", session: 1, index: 2)
      try writeFile("\(folder)/c.reel", Array("no capture".utf8))
      func header(_ name: String) throws -> CaptureHeader { try CaptureReader(path: "\(folder)/\(name)").header }
      #expect(try header("a.reel").successor(of: "\(folder)/a.reel") == "\(folder)/a_0002.reel")
      #expect(try header("a_0002.reel").successor(of: "\(folder)/a_0002.reel") == "\(folder)/b.reel")
      #expect(try header("b.reel").successor(of: "\(folder)/b.reel") == nil)
    }
  }
}
