import Foundation
import TestSupport
import Testing

/// How questions are asked: slices of time, plans, streams.
@Suite struct QuestionCommandTests {
  @Test func slicesOfTime() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    // A hundred events, a microsecond apart.
    let slices = try CommandRun("count", capture.path, "--every", "10us", "--json").objects()
    #expect(slices.count == 10 && slices.allSatisfy { $0["count"] as? Int == 10 })
    #expect(slices[0]["time"] as? Int == Int(SampleCapture.start))
    let types = try CommandRun("count", capture.path, "--every", "50us", "--by", "evt.type", "--json").objects()
    #expect(types.count == 4 && types.allSatisfy { $0["count"] as? Int == 25 })
    let query = try CommandRun("query", capture.path, "--every", "50us", "--show", "count,first(evt.num)", "--csv")
    #expect(query.lines.count == 3 && query.lines[0] == "time,count,first(evt.num)")
    #expect(try CommandRun("query", capture.path, "--show", "count").status == 2)
  }

  @Test func plan() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let filter = "evt.type = openat and fd.name contains nginx"
    for command in [
      ["events"], ["count"], ["count", "--by", "proc.name"], ["query", "--by", "proc.name", "--show", "count"],
    ] {
      let run = try CommandRun(command + [capture.path, filter, "--explain", "--cores", "1"])
      #expect(run.status == 0, "\(command): \(run.error)")
      #expect(run.output.contains("1 of 1 were read") && run.output.contains("once for each object row"))
      #expect(run.output.contains("fd.name contains nginx") && run.output.contains("50"))
    }
    let none = try CommandRun("count", capture.path, "evt.type = mount", "--explain")
    #expect(none.output.contains("0 of 1 were read") && none.output.contains("heads exclude evt.type = mount"))
    #expect(try CommandRun("count", capture.path, "--cores", "0").status == 2)
  }

  @Test func recorderSaysWhatTheKernelDecides() throws {
    let run = try CommandRun("record", "--explain", "evt.type = openat and proc.name = a and fd.name contains x")
    #expect(run.status == 0 && run.output.contains("1 event type: openat"))
    #expect(run.output.contains("process names: a") && run.output.contains("by the recorder"))
    let faults = try CommandRun("record", "--explain", "evt.type = page_fault")
    #expect(faults.error.contains("--page-faults"))
    #expect(
      !(try CommandRun("record", "--explain", "--page-faults", "evt.type = page_fault").error.contains("warning")))
  }

  /// A capture that comes through a pipe is shown while it comes; what stands behind its end is another one.
  @Test func streamIsShownAsItComes() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: capture.path))
    let numbers = try CommandRun(["events", "-", "-p", "%evt.num"], input: bytes + bytes)
    #expect(numbers.status == 0 && numbers.lines.count == 200, "\(numbers.error)")
    let filtered = try CommandRun(["events", "-", "evt.type = read", "--json"], input: bytes)
    #expect(filtered.lines.count == 50)

    let process = Process()
    process.executableURL = URL(fileURLWithPath: try builtProgram("reel"))
    process.arguments = ["events", "-", "-p", "%evt.num"]
    let (input, output) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    // Without its tail: the pipe stays open, and what is there is shown all the same.
    let unfinished = try SampleCapture(isFinished: false)
    defer { unfinished.remove() }
    try input.fileHandleForWriting.write(contentsOf: Data(contentsOf: URL(fileURLWithPath: unfinished.path)))
    let shown = output.fileHandleForReading.availableData
    #expect(String(decoding: shown, as: UTF8.self).hasPrefix("1\n2\n"))
    process.terminate()
    process.waitUntilExit()
  }

  @Test(arguments: [["--live", "--follow"], ["--live", "--reverse"], ["--live", "evt.type=open", "evt.num=1"], []])
  func liveTakesAFilterAlone(arguments: [String]) throws {
    #expect(try CommandRun(["events"] + arguments).status == 2)
  }

  @Test(arguments: [
    ["processes", "--live", "evt.type=open", "evt.num=1"], ["processes", "--live", "--from", "+1s"],
    ["processes", "--live", "--sort", "no_such_column"], ["processes", "--live", "proc.nme = a"],
    ["processes", "--live", "--duration", "0s"], ["no_such_view", "--live"],
    ["processes", "x.reel", "--duration", "1s"],
  ])
  func liveViewsAreCheckedFirst(arguments: [String]) throws {
    let run = try CommandRun(["view"] + arguments)
    #expect(run.status == 2 && run.output.isEmpty, "\(run.error)")
    #expect(run.error.split(separator: "\n").first?.hasPrefix("reel: ") == true, "\(run.error)")
  }

  /// What is wrong with names of fields is said before a file is looked for.
  @Test(arguments: [
    (["query", "--by", "proc.nme", "--show", "count"], "proc.name"),
    (["query", "--by", "proc.name", "--show", "sum(evt.bufflen)"], "evt.buflen"),
    (["query", "--by", "proc.name", "--show", "sum(proc.name)"], "numbers"),
    (["query", "--by", "proc.name", "--show", "median(evt.buflen)"], "median"),
    (["query", "--by", "proc.name", "--show", "count", "--sort", "cuont"], "'count'"),
    (["count", "--by", "proc.name,fd.nam"], "fd.name"),
  ])
  func namesAreCheckedFirst(arguments: [String], hint: String) throws {
    let run = try CommandRun(arguments + ["/no/such/file.reel"])
    #expect(run.status == 2 && run.error.contains(hint) && !run.error.contains("/no/such"), "\(run.error)")
    // Arguments of events that only the capture knows are looked at when it is open.
    let unknown = try CommandRun("count", "/no/such/file.reel", "--by", "evt.arg.colour")
    #expect(unknown.status == 2 && unknown.error.contains("/no/such"), "\(unknown.error)")
  }

  @Test(arguments: [
    ("evt.type = opnat", "'opnat'; did you mean 'openat'"), ("not evt.type in (open, raed)", "'raed'"),
    ("evt.type in (open, openat2)", nil), ("evt.type contains opn", nil),
  ])
  func typesThatAreNone(filter: String, warning: String?) throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let run = try CommandRun("count", capture.path, filter)
    #expect(run.status == 0)
    if let warning {
      #expect(run.error.contains("warning") && run.error.contains(warning), "\(run.error)")
    } else {
      #expect(!run.error.contains("warning"), "\(run.error)")
    }
  }
}
