import CaptureFile
import CaptureFormat
import EventBatch
import Foundation
import TestSupport
import Testing

@testable import reel

/// `cut`, `merge`, `compact`, `recover` and `verify` as a user meets them.
@Suite struct RewriteCommandTests {
  private func withCapture(_ body: (SampleCapture, String) throws -> Void) throws {
    let sample = try SampleCapture(lost: 0)
    let target = temporaryPath()
    defer {
      sample.remove()
      removeFile(target)
    }
    try body(sample, target)
  }

  private func count(_ path: String, _ filter: String = "") throws -> String {
    try CommandRun("count", path, filter).output.trimmingCharacters(in: .whitespacesAndNewlines)
  }

  @Test func aCutHasTheEventsAndSaysWhich() throws {
    try withCapture { (sample: SampleCapture, target: String) throws in
      let run = try CommandRun("cut", sample.path, "evt.type = read", "--from", "+1010us", "-o", target)
      #expect(run.status == 0 && run.output.isEmpty)
      #expect(run.error.contains("45 events, 1 chunk"))
      #expect(try count(target) == "45")
      let info = try #require(try CommandRun("info", "--json", target).objects().first)
      #expect((info["filter"] as? String)?.contains("evt.type = read and evt.rawtime >= ") == true)
      #expect(try CommandRun("verify", target).status == 0)
      // The text is a filter that selects the same again.
      let text = try #require(info["filter"] as? String)
      #expect(try count(sample.path, text.replacing("proc.name=x and ", with: "")) == "45")
      let first = try CommandRun("events", target, "-p", "%evt.num", "--limit", "1").lines.first
      #expect(first == "12")
    }
  }

  @Test func aCutOfNothingIsRefused() throws {
    try withCapture { (sample: SampleCapture, target: String) throws in
      for filter in ["evt.type = execve", "evt.type = read and evt.rawres = -1"] {
        let run = try CommandRun("cut", sample.path, filter, "-o", target)
        #expect(run.status == 2 && run.error.contains("no event of the capture is selected"))
        #expect(!FileManager.default.fileExists(atPath: target))
      }
    }
  }

  @Test(arguments: ["cut", "compact", "merge", "recover"])
  func anExistingFileIsLeftAloneUnlessForced(command: String) throws {
    try withCapture { (sample: SampleCapture, target: String) throws in
      try writeFile(target, Array("precious".utf8))
      let run = try CommandRun(command, sample.path, "-o", target)
      #expect(run.status == 2 && run.error.contains("--force"))
      #expect(try readFile(target) == Array("precious".utf8))
      #expect(try CommandRun(command, sample.path, "-o", target, "--force").status == 0)
      #expect(try count(target) == "100")
      let mode = try FileManager.default.attributesOfItem(atPath: target)[.posixPermissions] as? Int
      #expect(mode == 0o600)
      // Not even by force is the input destroyed.
      let same = try CommandRun(command, target, "-o", target, "--force")
      #expect(same.status == 2 && same.error.contains("this is the capture that is read"))
      #expect(try count(target) == "100")
    }
  }

  @Test(arguments: ["cut", "compact", "merge", "recover"])
  func aPipeGetsACapture(command: String) throws {
    try withCapture { (sample: SampleCapture, target: String) throws in
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      let program = try builtProgram("reel")
      process.arguments = ["-c", "'\(program)' \(command) '\(sample.path)' -o - > '\(target)' 2>/dev/null"]
      try process.run()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
      #expect(try count(target) == "100")
      #expect(try CommandRun("verify", target).status == 0)
    }
  }

  @Test func mergingNumbersAnew() throws {
    try withCapture { (sample: SampleCapture, target: String) throws in
      let run = try CommandRun("merge", sample.path, sample.path, "-o", target, "--json")
      #expect(run.status == 0)
      let object = try #require(
        JSONSerialization.jsonObject(with: Data(run.error.utf8)) as? [String: Any])
      #expect(object["events"] as? Int == 200 && object["chunks"] as? Int == 1 && object["damaged"] as? Int == 0)
      let numbers = try CommandRun("events", target, "-p", "%evt.num").lines.compactMap { Int($0) }
      #expect(numbers == Array(1...200))
      let times = try CommandRun("events", target, "-p", "%evt.rawtime").lines.compactMap { Int($0) }
      #expect(times == times.sorted() && times.count == 200)
    }
  }

  @Test func compactingChangesNoAnswer() throws {
    try withCapture { (sample: SampleCapture, target: String) throws in
      #expect(try CommandRun("compact", sample.path, "-o", target).status == 0)
      for arguments in [["events", "--json"], ["count", "--by", "evt.type,fd.name"], ["view", "files"]] {
        func output(_ path: String) throws -> String {
          let place = arguments[0] == "view" ? 2 : 1
          return try CommandRun(Array(arguments[..<place]) + [path] + Array(arguments[place...])).output
        }
        #expect(try output(sample.path) == output(target))
      }
    }
  }

  @Test func verifySaysWhatIsWrongAndWhere() throws {
    try withCapture { (sample: SampleCapture, target: String) throws in
      let whole = try CommandRun("verify", sample.path)
      #expect(whole.status == 0 && whole.error.isEmpty && whole.output.contains(": whole; "))
      #expect(whole.output.contains("100 events"))
      var bytes = try readFile(sample.path)
      let chunk = try #require(try CaptureReader(path: sample.path).heads.first)
      #expect(chunk.count == 100)
      // The last byte in front of the tail is in the chunk or its padding.
      let tail = try #require(lastHeader(of: bytes))
      bytes[tail - 1] ^= 1
      try writeFile(target, bytes)
      let broken = try CommandRun("verify", target)
      #expect(broken.status == 3 && broken.error.isEmpty)
      #expect(broken.lines.first?.contains("a frame (chunk) does not match its checksum") == true)
      #expect(broken.output.contains("reel recover"))
      let object = try #require(try CommandRun("verify", "--json", target).objects().first)
      #expect(object["whole"] as? Bool == false && object["complete"] as? Bool == true)
      let finding = try #require((object["findings"] as? [[String: Any]])?.first)
      #expect((finding["length"] as? Int).map { $0 > 100 && $0 == object["damaged"] as? Int } == true)
      // What recover leaves of it.
      let recovered = temporaryPath()
      defer { removeFile(recovered) }
      let run = try CommandRun("recover", target, "-o", recovered)
      #expect(run.status == 3)
      #expect(run.error.contains("left out: 100 events, "))
      #expect(run.error.contains("cannot be read: the chunk of events 1 to 100"))
      #expect(try CommandRun("verify", recovered).status == 0)
      let info = try #require(try CommandRun("info", "--json", recovered).objects().first)
      #expect(info["lost"] as? Int == 100 && (info["lost_by_cause"] as? [String: Int]) == ["damaged": 100])
    }
  }

  @Test func recoverLeavesAWholeCaptureAsItIs() throws {
    try withCapture { (sample: SampleCapture, target: String) throws in
      let run = try CommandRun("recover", sample.path, "-o", target)
      #expect(run.status == 0 && run.error.contains("the new one is the same"))
      #expect(try readFile(target) == readFile(sample.path))
    }
  }

  @Test func recoverGivesAnUnfinishedCaptureItsEnd() throws {
    let sample = try SampleCapture(isFinished: false)
    let target = temporaryPath()
    defer {
      sample.remove()
      removeFile(target)
    }
    let run = try CommandRun("recover", sample.path, "-o", target)
    #expect(run.status == 3 && run.error.contains("nothing was left out") && run.error.contains("has no end"))
    #expect(try CommandRun("verify", target).status == 0)
    #expect(try CommandRun("verify", sample.path).status == 3)
    #expect(try count(target) == "100")
  }

  @Test func followEndsWithTheCapture() throws {
    try withCapture { (sample: SampleCapture, _: String) throws in
      let run = try CommandRun("events", sample.path, "--follow", "evt.type = read", "-p", "%evt.num")
      #expect(run.status == 0 && run.error.isEmpty && run.lines.count == 50 && run.lines.first == "2")
      #expect(try CommandRun("events", sample.path, "--follow", "--limit", "3").lines.count == 3)
      #expect(try CommandRun("events", sample.path, "--follow", "--reverse").status == 2)
      #expect(try CommandRun("events", sample.path, "--follow", "not a filter").status == 2)
      #expect(try CommandRun("events", "/nonexistent.reel", "--follow").status == 2)
      let all = try CommandRun("events", sample.path)
      #expect(try CommandRun("events", sample.path, "--follow").output == all.output)
    }
  }

  @Test func followReadsAPipe() throws {
    try withCapture { (sample: SampleCapture, _: String) throws in
      let bytes = Data(try readFile(sample.path))
      let whole = try CommandRun(["events", "-", "--follow", "-p", "%evt.num"], input: bytes)
      #expect(whole.status == 0 && whole.lines.count == 100)
      let torn = try CommandRun(["events", "-", "--follow", "-p", "%evt.num"], input: bytes.dropLast(64))
      #expect(torn.status == 3 && torn.lines.count == 100 && torn.error.contains("the stream ended"))
    }
  }

  private func lastHeader(of bytes: [UInt8]) -> Int? {
    guard let id = FileID(CaptureHeader.test().fileID) else { return nil }
    return stride(from: bytes.count / 8 * 8 - 32, to: 0, by: -8).first { offset in
      bytes[offset...].withUnsafeBytes { FrameHeader($0, fileID: id)?.type == .header }
    }
  }
}
