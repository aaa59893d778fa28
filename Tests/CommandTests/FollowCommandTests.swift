import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Foundation
import TestSupport
import Testing

/// `events --follow` goes on where a recording goes on: in its next file.
@Suite struct FollowCommandTests {
  /// Makes a file of a recording: they share the session and count the index.
  private func file(_ path: String, index: UInt32) throws -> CaptureWriter {
    var header = CaptureHeader.test(seed: UInt8(index) + 1)
    header.sessionID = CaptureHeader.test().sessionID
    header.fileIndex = index
    return try CaptureWriter(path: path, header: header, schema: .builtIn)
  }

  private func batch(_ numbers: ClosedRange<UInt64>) -> EventBatch {
    var machine = MachineMaker()
    let shell = machine.process(10, "sh")
    for number in numbers { machine.event("close", at: Int64(number) * 1000, of: shell, result: 0) }
    var batch = machine.finish()
    batch.numbers = .consecutive(first: numbers.lowerBound)
    return batch
  }

  @Test("All files of a recording, in their order")
  func finishedFilesAreShownInOrder() async throws {
    try await withTemporaryDirectory { folder in
      // Names say nothing about the order, and a file of another recording is none of it.
      for (name, index) in [("c", UInt32(0)), ("a", 1), ("b", 2)] {
        var writer = try file("\(folder)/\(name).reel", index: index)
        try writer.append(batch(UInt64(index) * 10 + 1...UInt64(index) * 10 + 10))
        _ = try writer.finish()
      }
      var header = CaptureHeader.test(seed: 9)
      header.sessionID = [UInt8](repeating: 7, count: 16)
      header.fileIndex = 3
      var other = try CaptureWriter(path: "\(folder)/d.reel", header: header, schema: .builtIn)
      try other.append(batch(31...40))
      _ = try other.finish()
      let run = try CommandRun("events", "\(folder)/c.reel", "--follow", "-p", "%evt.num")
      #expect(run.status == 0 && run.error.isEmpty)
      #expect(run.lines == (1...30).map { "\($0)" })
    }
  }

  @Test("Files that are made while it looks")
  func aRotationIsFollowed() async throws {
    try await withTemporaryDirectory { folder in
      let path = "\(folder)/boot.reel"
      var first = try file(path, index: 0)
      try first.append(batch(1...5))
      let running = try Command(try builtProgram("reel"), "events", path, "--follow", "-p", "%evt.num").start()
      try await Task.sleep(for: .milliseconds(500))
      try first.append(batch(6...7))
      // As a recorder does it: the next file is there before the last one ends.
      var second = try file("\(folder)/boot_0001.reel", index: 1)
      _ = try first.finish()
      try await Task.sleep(for: .milliseconds(500))
      try second.append(batch(8...9))
      let third = try file("\(folder)/boot_0002.reel", index: 2)
      _ = try second.finish()
      _ = try third.finish()
      let result = try await running.result(timeout: .seconds(300))
      #expect(result.status == 0, "\(result.errorText)")
      #expect(result.lines == (1...9).map { "\($0)" })
    }
  }
}
