import CaptureFile
import Foundation
import KernelSource
import Presentation
import Query
import Recorder
import TestSupport
import Testing

@testable import reel

/// How commands end: a contract with scripts.
@Suite struct ExitStatusTests {
  @Test(
    arguments: [
      (CaptureError(.refused, "x", path: "f"), 2), (CaptureError(.failed, "x", path: "f"), 1),
      (CaptureError(.partlyReadable, "x", path: "f"), 3), (QueryError("x"), 2), (OutputError.closed, 0),
      (OutputError.failed("x"), 1), (KernelSourceError(.badOption, "x"), 2), (KernelSourceError(.notPermitted, "x"), 1),
      (KernelSourceError(.unsupportedKernel, "x"), 1), (RecordingError.command("x"), 1),
      (RecordingError.capture(CaptureError(.refused, "x", path: "f")), 2), (CancellationError(), 1),
    ] as [(any Error & Sendable, Int32)])
  func ofErrors(error: any Error & Sendable, status: Int32) {
    #expect(Failure(error).status == status)
  }

  @Test func errorsSayWhatWhereAndTheRemedy() {
    let error = CaptureError(.failed, "a frame is damaged", path: "x.reel", offset: 4096, remedy: "recover it")
    #expect(
      Failure(error).line?.rendered(colour: false) == "reel: a frame is damaged, x.reel at byte 4096: recover it\n")
  }

  @Test(arguments: [
    ("Error: Unknown option '--x'", "unknown option '--x'"), ("Missing expected argument '<capture>'.\nSee help", ""),
    ("IO is slow.", "IO is slow"),
  ])
  func parserMessages(message: String, line: String) {
    let wanted = line.isEmpty ? "missing expected argument '<capture>'. See help" : line
    #expect(ParserMessage.oneLine(message) == wanted)
  }

  @Test(
    arguments: [
      (["--help"], 0), (["help", "view"], 0), (["--version"], 0), (["events", "--help"], 0), ([], 0),
      (["bogus"], 2), (["info"], 2), (["info", "--bogus", "x"], 2), (["info", "/nonexistent.reel"], 2),
      (["events", "/nonexistent.reel"], 2), (["view"], 2), (["view", "--list"], 0), (["view", "nothing", "x"], 2),
      (["state"], 2), (["state", "x.reel"], 2), (["state", "/nonexistent.reel", "processes"], 2),
      (["record", "--duration", "10"], 2), (["record", "--duration", "0s"], 2), (["record", "--max-size", "1Q"], 2),
      (["record", "--snaplen", "65536"], 2), (["record", "--latency", "sometimes"], 2),
      (["record", "not a filter"], 2),
      (["record", "--bogus", "--", "true"], 125), (["record", "--"], 125),
      (["record", "proc.nme = x", "--", "true"], 125),
      (["record", "-o", "/nonexistent/x.reel", "--buffer", "1GiB", "--", "true"], 125),
      (["schema", "openat"], 0), (["schema", "nothing"], 2), (["fields", "proc.name"], 0), (["fields", "nothing"], 2),
      (["count", "x.reel", "--top", "3"], 2), (["query", "x.reel", "--by", "proc.name"], 2),
    ] as [([String], Int32)])
  func ofCommandLines(arguments: [String], status: Int32) throws {
    let run = try CommandRun(arguments)
    #expect(run.status == status, "\(arguments): \(run.error)")
    if status != 0 {
      #expect(run.output.isEmpty)
      #expect(run.error.hasPrefix("reel: "))
      // One line, and two of a filter's excerpt at most.
      #expect(run.error.split(separator: "\n").count <= 3)
    }
  }

  @Test func ofCaptures() throws {
    let whole = try SampleCapture()
    let unfinished = try SampleCapture(isFinished: false)
    let other = temporaryPath()
    try writeFile(other, Array("this is no capture".utf8))
    defer { [whole.path, unfinished.path, other].forEach(removeFile) }
    for command in ["info", "events", "count"] {
      #expect(try CommandRun(command, whole.path).status == 0)
      let partial = try CommandRun(command, unfinished.path)
      #expect(partial.status == 3)
      #expect(!partial.output.isEmpty)
      #expect(partial.error.contains("has no end"))
      #expect(try CommandRun(command, other).status == 2)
    }
    let wrong = try CommandRun("events", whole.path, "proc.nme = x")
    #expect(wrong.status == 2)
    #expect(
      wrong.error.split(separator: "\n").map(String.init).dropFirst() == ["  proc.nme = x", "  ^~~~~~~~"])
    #expect(try CommandRun("events", whole.path, "-p", "%no.field").status == 2)
    #expect(try CommandRun("count", whole.path, "--by", "no.field").status == 2)
    #expect(try CommandRun("view", "files", whole.path, "--sort", "nothing").status == 2)
    #expect(try CommandRun("events", whole.path, "--from", "+2s", "--to", "+1s").status == 2)
  }

  @Test func anExistingCaptureIsNotTouched() throws {
    let path = temporaryPath()
    try writeFile(path, [1, 2, 3])
    defer { removeFile(path) }
    let run = try CommandRun("record", "-o", path, "--duration", "100ms")
    // Without the right to record it fails before it looks at the file.
    #expect(getuid() == 0 ? run.status == 2 : run.status != 0)
    #expect(try readFile(path) == [1, 2, 3])
  }

  @Test func aReaderThatHasGoneIsNoError() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let (process, output, error) = (Process(), Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: try builtProgram("reel"))
    process.arguments = ["events", capture.path]
    process.standardOutput = output
    process.standardError = error
    try output.fileHandleForReading.close()
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 0)
    try error.fileHandleForWriting.close()
    #expect(error.fileHandleForReading.readDataToEndOfFile().isEmpty)
  }
}
