import Foundation
import TestSupport
import Testing

/// `reel export`: what other programs read, and what it refuses.
@Suite struct ExportCommandTests {
  @Test func jsonLinesAreTheEventList() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let list = try CommandRun("events", capture.path, "--json")
    let export = try CommandRun("export", capture.path, "--format", "jsonl", "-o", "-")
    #expect(export.status == 0)
    #expect(export.output == list.output)
    #expect(export.lines.count == SampleCapture.eventCount)
  }

  @Test func fieldsAndFilter() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let export = try CommandRun(
      "export", capture.path, "evt.type = openat and evt.failed = true", "--format", "jsonl", "-p", "%evt.num %evt.res",
      "-o", "-")
    let objects = try export.objects()
    #expect(!objects.isEmpty)
    for object in objects {
      #expect(Set(object.keys) == ["evt.num", "evt.res"])
      #expect(object["evt.res"] as? String == "ENOENT")
    }
  }

  @Test func csvHasOneRecordForEachEvent() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let export = try CommandRun(
      "export", capture.path, "--format", "csv", "-p", "*%evt.num %evt.rawtime %fd.name %container.name %evt.arg.name",
      "-o", "-")
    #expect(export.status == 0)
    let records = csvRecords(export.output)
    #expect(records.first == ["evt.num", "evt.rawtime", "fd.name", "container.name", "evt.arg.name"])
    #expect(records.count == SampleCapture.eventCount + 1)
    #expect(records[1][0] == "1")
    #expect(records[1][1] == String(SampleCapture.start))
    #expect(records.dropFirst().allSatisfy { $0.count == 5 && $0[3] == "web" })
    // A name with an end of line in it stays one value, byte for byte; nothing stands for what is missing.
    #expect(records.contains { $0[2] == SampleCapture.evilName })
    #expect(records.contains { $0[4].isEmpty })
  }

  @Test func windowOfTime() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let export = try CommandRun(
      "export", capture.path, "--from", String(SampleCapture.start + 10_000), "--to",
      String(SampleCapture.start + 20_000), "--format", "csv", "-p", "%evt.num", "-o", "-")
    let list = try CommandRun(
      "events", capture.path, "--from", String(SampleCapture.start + 10_000), "--to",
      String(SampleCapture.start + 20_000), "-p", "%evt.num")
    #expect(!list.lines.isEmpty)
    #expect(export.lines == ["evt.num"] + list.lines)
  }

  @Test func fileIsPrivateAndNotOverwritten() throws {
    let capture = try SampleCapture()
    let output = temporaryPath()
    defer {
      capture.remove()
      removeFile(output)
    }
    let arguments = ["export", capture.path, "--format", "csv", "-o", output]
    #expect(try CommandRun(arguments).status == 0)
    let mode = try FileManager.default.attributesOfItem(atPath: output)[.posixPermissions] as? Int
    #expect(mode == 0o600)
    let before = try Data(contentsOf: URL(fileURLWithPath: output))
    let again = try CommandRun(arguments)
    #expect(again.status == 2)
    #expect(again.error.contains("the file exists"))
    // What selects nothing touches nothing, with --force neither.
    let nothing = try CommandRun(arguments + ["evt.type = reboot", "--force"])
    #expect(nothing.status == 2)
    #expect(try Data(contentsOf: URL(fileURLWithPath: output)) == before)
    #expect(try CommandRun(arguments + ["--force", "evt.num < 3"]).status == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: output)).count < before.count)
  }

  @Test func captureItselfIsSpared() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let before = try Data(contentsOf: URL(fileURLWithPath: capture.path))
    let run = try CommandRun("export", capture.path, "--format", "jsonl", "-o", capture.path, "--force")
    #expect(run.status == 2)
    #expect(try Data(contentsOf: URL(fileURLWithPath: capture.path)) == before)
  }

  @Test(arguments: [
    (["--format", "arrow"], "arrow"),
    (["--format", "perfetto"], "perfetto"),
    (["--format", "pdf"], "pdf"),
    (["--format", "csv", "-p", "no field"], "no field"),
    (["--format", "csv", "-p", "%no.such"], "no.such"),
    (["--format", "csv", "evt.type = reboot"], "no event"),
  ])
  func refused(_ arguments: [String], _ word: String) throws {
    let capture = try SampleCapture()
    let output = temporaryPath()
    defer { capture.remove() }
    let run = try CommandRun(["export", capture.path, "-o", output] + arguments)
    #expect(run.status == 2)
    #expect(run.output.isEmpty)
    #expect(run.error.contains(word), "\(run.error)")
    #expect(!FileManager.default.fileExists(atPath: output))
  }

  @Test func unfinishedCaptureIsExportedAsFarAsItGoes() throws {
    let capture = try SampleCapture(isFinished: false)
    defer { capture.remove() }
    let export = try CommandRun("export", capture.path, "--format", "jsonl", "-o", "-")
    #expect(export.status == 3)
    #expect(export.lines.count == SampleCapture.eventCount)
  }
}

/// The records of comma-separated values, read by the letter of RFC 4180.
private func csvRecords(_ text: String) -> [[String]] {
  var records: [[String]] = []
  var record: [String] = []
  var value: [UInt8] = []
  var isQuoted = false
  var bytes = text.utf8.makeIterator()
  var pushed: UInt8?
  func decoded() -> String { String(decoding: value, as: UTF8.self) }
  while let byte = pushed ?? bytes.next() {
    pushed = nil
    switch (byte, isQuoted) {
    case (UInt8(ascii: "\""), false): isQuoted = true
    case (UInt8(ascii: "\""), true):
      pushed = bytes.next()
      if pushed == UInt8(ascii: "\"") {
        value.append(byte)
        pushed = nil
      } else {
        isQuoted = false
      }
    case (UInt8(ascii: ","), false):
      record.append(decoded())
      value = []
    case (0x0A, false):
      records.append(record + [decoded()])
      (record, value) = ([], [])
    default: value.append(byte)
    }
  }
  return records
}
