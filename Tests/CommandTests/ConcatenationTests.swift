import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Foundation
import TestSupport
import Testing

/// What `verify`, `merge`, `recover` and their sisters make of a file that is several captures, one behind the other.
@Suite struct ConcatenationTests {
  /// Files of ten events each, whose times alternate; the joined file stands last.
  private func withJoined(_ body: (_ folder: String, _ joined: String) throws -> Void) throws {
    let folder = temporaryPath()
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
    defer { removeFile(folder) }
    var all = Data()
    for index in 0..<3 {
      var machine = MachineMaker()
      let shell = machine.process(10 + Int64(index), "sh\(index)")
      for event in 0..<10 {
        machine.event("close", at: Int64(event * 3 + index) * 1000, of: shell, result: Int64(event * 3 + index))
      }
      let path = "\(folder)/\(index).reel"
      var writer = try CaptureWriter(path: path, header: .test(seed: UInt8(index + 1), started: 0), schema: .builtIn)
      try writer.append(machine.finish())
      if index == 1 { try writer.append(LossRecord(cause: .ringFull, cpu: 0, count: 5, from: 1, to: 2)) }
      _ = try writer.finish()
      all += Data(try readFile(path))
    }
    let joined = "\(folder)/joined.reel"
    try writeFile(joined, Array(all))
    try body(folder, joined)
  }

  @Test func verifyLooksAtEachOfThem() throws {
    try withJoined { folder, joined in
      let whole = try CommandRun("verify", joined)
      #expect(whole.status == 0, "\(whole.output)\(whole.error)")
      // A chunk of the second capture is damaged: that is found, and nothing else.
      var bytes = try readFile(joined)
      let first = try readFile("\(folder)/0.reel").count
      let chunk = try #require(try CaptureReader(path: "\(folder)/1.reel").heads.first)
      let mark = Array("sh1".utf8)
      let place = try #require((first..<bytes.count - 3).first { Array(bytes[$0..<$0 + 3]) == mark })
      bytes[place] ^= 1
      let damaged = "\(folder)/damaged.reel"
      try writeFile(damaged, bytes)
      let run = try CommandRun("verify", damaged)
      #expect(run.status == 3 && chunk.count == 10)
    }
  }

  @Test func mergeTakesThemAllByTime() throws {
    try withJoined { folder, joined in
      let merged = "\(folder)/merged.reel"
      let run = try CommandRun("merge", joined, "-o", merged)
      #expect(run.status == 0, "\(run.error)")
      #expect(try CommandRun("verify", merged).status == 0)
      let lines = try CommandRun("events", merged, "-p", "%evt.num %evt.rawres %proc.name").lines
      #expect(lines == (0..<30).map { "\($0 + 1) \($0) sh\($0 % 3)" })
      let info = try #require(try CommandRun("info", "--json", merged).objects().first)
      #expect(info["lost"] as? Int == 5)
      // The same as of the files by themselves.
      let apart = "\(folder)/apart.reel"
      #expect(try CommandRun(["merge"] + (0..<3).map { "\(folder)/\($0).reel" } + ["-o", apart]).status == 0)
      #expect(try CommandRun("events", apart, "-p", "%evt.num %evt.rawres %proc.name").lines == lines)
    }
  }

  @Test(arguments: ["compact", "cut", "recover"])
  func whatTakesOneCaptureTakesThemAllOrSaysSo(command: String) throws {
    try withJoined { folder, joined in
      let target = "\(folder)/target.reel"
      let run = try CommandRun(command, joined, "-o", target)
      if run.status == 0 {
        #expect(try CommandRun("count", target).lines == ["30"])
        #expect(try CommandRun("verify", target).status == 0)
      } else {
        #expect(run.status == 2 && run.error.contains("captures"))
        #expect(!FileManager.default.fileExists(atPath: target))
      }
    }
  }
}
