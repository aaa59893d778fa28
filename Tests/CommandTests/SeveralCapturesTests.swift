import Foundation
import TestSupport
import Testing

@testable import reel

/// Several captures that are asked as one.
@Suite struct SeveralCapturesTests {
  private func withCaptures(_ body: (_ paths: [String], _ directory: String) throws -> Void) throws {
    let directory = temporaryPath()
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
    defer { removeFile(directory) }
    let (one, two) = (try SampleCapture(), try SampleCapture(lost: 0))
    var paths: [String] = []
    for (capture, name) in [(one, "b.reel"), (two, "a.reel")] {
      let path = "\(directory)/\(name)"
      try FileManager.default.moveItem(atPath: capture.path, toPath: path)
      paths.append(path)
    }
    try body(paths, directory)
  }

  private func joined(_ paths: [String]) throws -> Data {
    try paths.reduce(into: Data()) { $0 += try Data(contentsOf: URL(fileURLWithPath: $1)) }
  }

  @Test func countsAddUp() throws {
    try withCaptures { paths, directory in
      let joined = "\(directory)/joined"
      try self.joined(paths).write(to: URL(fileURLWithPath: joined))
      for arguments in [paths, [directory], [joined]] {
        #expect(try CommandRun(["count"] + arguments).lines == ["200"])
        #expect(try CommandRun(["count"] + arguments + ["evt.type = read"]).lines == ["100"])
        let opens = try CommandRun(["count"] + arguments + ["evt.type=openat", "--by", "evt.type", "--json"]).objects()
        #expect(opens.count == 1 && opens[0]["count"] as? Int == 100)
      }
      #expect(try CommandRun(["count", "-", "evt.type = read"], input: self.joined(paths)).lines == ["100"])
      let files = try CommandRun(["view", "files"] + paths + ["--json"])
      #expect(files.status == 0)
      #expect(try files.objects().count == CommandRun(["view", "files", paths[0], "--json"]).objects().count)
    }
  }

  /// In the order given, of a directory in that of names; numbers stay; backwards all of it is backwards.
  @Test func eventsComeInOrder() throws {
    try withCaptures { paths, directory in
      func numbers(_ arguments: [String]) throws -> [String] {
        try CommandRun(["events"] + arguments + ["-p", "%evt.num"]).lines
      }
      let one = try numbers([paths[0]])
      #expect(one.count == 100)
      #expect(try numbers(paths) == one + one)
      #expect(try numbers([directory]) == one + one)
      #expect(try numbers(paths + ["--reverse"]) == one.reversed() + one.reversed())
      #expect(try numbers(paths + ["--limit", "150"]) == one + one.prefix(50))
    }
  }

  @Test func infoTellsTotals() throws {
    try withCaptures { paths, directory in
      let info = try CommandRun(["info", "--json"] + paths).objects()[0]
      #expect(info["captures"] as? Int == 2 && info["events"] as? Int == 200 && info["lost"] as? Int == 12)
      #expect(info["complete"] as? Bool == true && info["chunks"] as? Int == 2 && info["threads"] is NSNull)
      #expect(try CommandRun(["info", directory]).output.contains("2, read one after the other"))
    }
  }

  @Test func whatIsWrongWithOneIsSaid() throws {
    try withCaptures { paths, directory in
      var bytes = try self.joined(paths)
      bytes.removeLast(10)
      let run = try CommandRun(["count", "-"], input: bytes)
      #expect(run.status == 3 && run.lines == ["200"] && run.error.contains("capture 2 of 2"))
      let empty = "\(directory)/empty"
      try FileManager.default.createDirectory(atPath: empty, withIntermediateDirectories: true)
      let none = try CommandRun(["count", empty])
      #expect(none.status == 2 && none.error.contains("no capture in the directory"))
      let missing = try CommandRun(["count", paths[0], "\(directory)/none.reel"])
      #expect(missing.status == 2 && missing.error.contains("there is no such file"))
      let two = try CommandRun(["count", paths[0], "evt.type=read", "evt.num > 3"])
      #expect(two.status == 2 && two.error.contains("two filters"))
    }
  }
}
