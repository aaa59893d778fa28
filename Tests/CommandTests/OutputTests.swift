import CaptureFile
import Foundation
import KernelSource
import Presentation
import TestSupport
import Testing

@testable import Recorder
@testable import reel

/// What commands write about a known capture.
@Suite struct OutputTests {
  @Test func infoAsJSON() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let run = try CommandRun("info", capture.path, "--json")
    let objects = try run.objects()
    try #require(objects.count == 1)
    let info = objects[0]
    #expect(info["format"] as? String == "reel")
    #expect(info["complete"] as? Bool == true)
    #expect(info["damaged"] as? Int == 0)
    #expect(info["started"] as? Int64 == 1_700_000_000_000_000_000)
    #expect(info["ended"] as? Int64 == SampleCapture.start + 1_000_000)
    #expect(info["events"] as? Int == 100)
    #expect(info["lost"] as? Int == 12)
    #expect(info["lost_by_cause"] as? [String: Int] == ["ring_full": 12])
    #expect(info["chunks"] as? Int == 1)
    #expect(info["threads"] as? Int == 1)
    #expect(info["processes"] as? Int == 1)
    #expect(info["objects"] as? Int == 2)
    #expect(info["hostname"] as? String == "testhost")
    #expect(info["kernel"] as? String == "6.12.0-test")
    #expect(info["architecture"] as? String == "x86_64")
    #expect(info["filter"] as? String == "proc.name=x")
    #expect(info["snaplen"] as? Int == 80)
    #expect(info["trigger"] is NSNull)
    #expect(info["sealed"] as? Bool == false)
    let containers = try #require(info["containers"] as? [[String: Any]])
    #expect(containers.count == 1)
    #expect(containers[0]["id"] as? String == String(repeating: "ab", count: 32))
    #expect(containers[0]["name"] as? String == "web")
    #expect(containers[0]["image"] as? String == "docker.io/library/nginx:1.27")
    #expect(containers[0]["type"] as? String == "docker")
    #expect(containers[0]["pod"] is NSNull)
    #expect(containers[0]["namespace"] is NSNull)
    let attributes = try FileManager.default.attributesOfItem(atPath: capture.path)
    #expect(info["bytes"] as? Int == attributes[.size] as? Int)
  }

  @Test func infoForPeople() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let report = InfoReport(try CaptureReader(path: capture.path))
    let text = report.rendered(for: Terminal(isTerminal: false, width: nil, allowsColour: false), zone: .utc)
      .replacing(/size .* in/, with: "size       SIZE in").replacing(/, [0-9.]* bytes an event/, with: "")
    #expect(
      text == """
        host       testhost, Linux 6.12.0-test, x86_64, 4 CPUs
        recorded   2023-11-14 22:13:20.000 to 22:13:20.002 UTC, 2.00 ms
        command    sh -c 'work'
        filter     proc.name=x
        events     100 (50.0 k a second)
        lost       12 (10.7 %): ring_full 12
                   ring_full 12 on CPU 1, 22:13:20.001 to 22:13:20.002
        size       SIZE in 1 chunk
        seen       1 process, 1 thread, 2 objects, 1 container
        most       read 50, openat 50
        kept       latency exact; payloads up to 80 bytes
        integrity  complete

        CONTAINER     NAME  IMAGE                         TYPE    POD
        abababababab  web   docker.io/library/nginx:1.27  docker

        """)
  }

  @Test func eventsAsJSON() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let events = try CommandRun("events", capture.path, "--json", "--limit", "3").objects()
    #expect(events.count == 3)
    #expect(events.map { $0["evt.num"] as? Int } == [1, 2, 3])
    for name in ["evt.time", "evt.rawtime", "evt.latency", "proc.pid", "thread.tid", "evt.rawres"] {
      #expect(events[1][name] is Int, "\(name)")
    }
    for name in ["evt.type", "proc.name", "fd.name", "container.id", "evt.res"] {
      #expect(events[1][name] is String, "\(name)")
    }
    #expect(events[1]["evt.args"] is [String: Any])
    #expect(events[0]["evt.rawres"] as? Int == -2)
    let chosen = try CommandRun("events", capture.path, "--json", "-p", "%evt.num %fd.name", "--limit", "1").objects()
    #expect(chosen.map { $0.keys.sorted() } == [["evt.num", "fd.name"]])
  }

  @Test func eventsInWindowsAndReverse() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    func numbers(_ arguments: String...) throws -> [Int] {
      try CommandRun(["events", capture.path, "--utc", "-p", "%evt.num"] + arguments).lines.compactMap { Int($0) }
    }
    #expect(try numbers() == Array(1...100))
    #expect(try numbers("--limit", "0") == [])
    #expect(try numbers("--reverse", "--limit", "2") == [100, 99])
    // The recording started a millisecond before the first event; the loss ends it a millisecond after it.
    #expect(try numbers("--from", "+1ms", "--to", "+1003us") == [1, 2, 3])
    #expect(try numbers("--from", "-903us") == [98, 99, 100])
    #expect(try numbers("--from", "22:13:20.001098") == [99, 100])
    #expect(try numbers("--from", "2023-11-14T22:13:20.001099Z") == [100])
    #expect(try numbers("--to", "1700000000001001000", "evt.type = openat") == [1])
  }

  @Test func countsAndQueries() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    #expect(try CommandRun("count", capture.path).output == "100\n")
    #expect(try CommandRun("count", capture.path, "evt.type = nothing_else or evt.failed = true").output == "5\n")
    let all = try CommandRun("count", capture.path, "--json").objects()
    #expect(all.map { $0["count"] as? Int } == [100])
    let groups = try CommandRun("count", capture.path, "--by", "evt.type,proc.name", "--json").objects()
    #expect(
      groups.map { $0.keys.sorted() } == [["count", "evt.type", "proc.name"], ["count", "evt.type", "proc.name"]])
    #expect(groups.map { $0["count"] as? Int } == [50, 50])
    #expect(
      try CommandRun("count", capture.path, "evt.failed = true or evt.type = read", "--by", "evt.type").output == """
        evt.type  count
        read         50
        openat        5
        ────────  ─────
        total        55

        """)
    let query = try CommandRun(
      "query", capture.path, "--by", "evt.type", "--show", "count,max(evt.latency)", "--csv", "--sort", "evt.type")
    #expect(query.output == "evt.type,count,max(evt.latency)\nread,50,300\nopenat,50,300\n")
  }

  @Test func namesThatATerminalWouldObeyAreVisibleInTables() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let table = try CommandRun("view", "files", capture.path)
    #expect(table.status == 0)
    #expect(table.output.contains("/tmp/\\e[2Jevil\\nname"))
    #expect(!table.output.unicodeScalars.contains { $0 != "\n" && $0.properties.generalCategory == .control })
    let objects = try CommandRun("view", "files", capture.path, "--json").objects()
    #expect(objects.contains { $0["file"] as? String == SampleCapture.evilName })
  }

  @Test func anEventIsOneLineWhateverItsNames() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let run = try CommandRun("events", capture.path, "fd.name contains evil", "-p", "%evt.num\t%fd.name")
    #expect(run.lines.first == "4\t/tmp/\\e[2Jevil\\nname")
    #expect(run.lines.count == 25)
    let twoLines = try CommandRun("events", capture.path, "fd.name contains evil", "-p", "%evt.num\n%fd.name")
    #expect(twoLines.lines.prefix(3) == ["4", "/tmp/\\e[2Jevil", "name"])
    let event = try CommandRun("events", capture.path, "evt.num = 4", "--json").objects().first
    #expect(event?["fd.name"] as? String == SampleCapture.evilName)
  }

  @Test func viewsHaveTotalsOfAllRows() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let lines = try CommandRun("view", "syscalls", capture.path, "--limit", "1").lines
    try #require(lines.count == 4)
    #expect(lines[3].hasPrefix("all 2"))
    #expect(lines[3].contains("100"))
    #expect(try CommandRun("view", "syscalls", capture.path, "--limit", "1", "--json").objects().count == 1)
    let columns = try #require(CommandRun("view", "files", capture.path, "--csv").lines.first)
    #expect(columns.split(separator: ",").contains("bytes_in"))
  }

  @Test func captureFromStandardInput() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    let bytes = try Data(contentsOf: URL(fileURLWithPath: capture.path))
    #expect(try CommandRun("count", "-", input: bytes).output == "100\n")
  }

  @Test func listsOfFieldsTypesAndViews() throws {
    let fields = try CommandRun("fields", "--json").objects()
    #expect(fields.contains { $0["name"] as? String == "proc.name" && $0["type"] is String })
    let types = try CommandRun("schema", "--json").objects()
    let open = try #require(types.first { $0["type"] as? String == "openat" })
    #expect(open["number_x86_64"] as? Int == 257)
    #expect(open["number_aarch64"] as? Int == 56)
    #expect((open["parameters"] as? [[String: Any]])?.first?["name"] as? String == "fd")
    let views = try CommandRun("view", "--list", "--json").objects()
    #expect(views.contains { $0["name"] as? String == "connections" })
  }

  @Test func everyCommandHasHelpWithExamples() throws {
    for command in Reel.configuration.subcommands {
      let name = command._commandName
      let help = try CommandRun(name, "--help")
      #expect(help.status == 0)
      #expect(help.output.contains("EXAMPLES:"), "\(name)")
    }
  }
}

/// How recordings are reported.
@Suite struct RecordReportTests {
  private static func summary(lost: UInt64) -> RecordingSummary {
    var summary = RecordingSummary(path: "web.reel")
    summary.events = 4_000_123
    summary.bytes = 36_001_107
    summary.wallTime = 3_210_000_000
    summary.cpuTime = 395_000_000
    summary.peakResidentBytes = 47 << 20
    summary.lost = lost
    if lost > 0 { summary.lostByCause = [(.ringFull, lost - 1), (.nested, 1), (.definition, 99)] }
    return summary
  }

  private static let pipe = Terminal(isTerminal: false, width: nil, allowsColour: false)

  @Test func forPeople() {
    let report = RecordReport(RecordReportTests.summary(lost: 0))
    #expect(report.lossLine == nil)
    #expect(
      report.rendered(for: RecordReportTests.pipe) == """
        recorded  4,000,123 events in 3.21 s (1.25 M a second)
        lost      none
        capture   web.reel, 34.3 MiB, 9.0 bytes an event
        recorder  395 ms of CPU (12.3 % of one), 47.0 MiB of memory

        """)
  }

  @Test func lossesAreOneLine() {
    let report = RecordReport(RecordReportTests.summary(lost: 1001))
    #expect(
      report.lossLine?.rendered(colour: false)
        == "reel: 1,001 events were lost (ring_full 1,000, nested 1): a larger --buffer or a smaller --snaplen helps\n")
    #expect(report.rendered(for: RecordReportTests.pipe).contains("lost      1,001 (0.03 %)\n"))
  }

  @Test func forPrograms() throws {
    let bytes = RecordReport(RecordReportTests.summary(lost: 3)).json.bytes
    let object = try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    #expect(object["events"] as? Int == 4_000_123)
    #expect(object["lost"] as? Int == 3)
    #expect(object["bytes"] as? Int == 36_001_107)
    #expect(object["bytes_per_event"] as? Double == 9)
    #expect(object["cpu_ns"] as? Int == 395_000_000)
    #expect(object["wall_ns"] as? Int == 3_210_000_000)
    #expect(object["peak_rss_bytes"] as? Int == 47 << 20)
    #expect(object["lost_by_cause"] as? [String: Int] == ["ring_full": 2, "nested": 1])
  }

  @Test func whatTheDoctorSays() {
    let report = DoctorReport(
      required: [
        MachineCheck.Finding(name: "privileges", isOK: false, detail: "lacks CAP_BPF", remedy: "run as root"),
        MachineCheck.Finding(name: "eBPF", isOK: true, detail: "allowed"),
      ],
      found: [MachineCheck.Finding(name: "engines", isOK: false, detail: "none found")])
    #expect(!report.canRecord)
    #expect(
      report.rendered(for: RecordReportTests.pipe) == """
        missing  privileges  lacks CAP_BPF
                             → run as root
        ok       eBPF        allowed
        none     engines     none found

        This machine cannot be recorded as it is.

        """)
    #expect(report.json.count == 3)
  }

  @Test func freeMemoryIsReadFromTheKernel() {
    #expect(MachineSurvey.memAvailable(in: "MemTotal:  100 kB\nMemAvailable:   2048 kB\n") == 2 << 20)
    #expect(MachineSurvey.memAvailable(in: "MemTotal:  100 kB\n") == nil)
  }
}
