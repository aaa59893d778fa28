import EventBatch
import EventSchema
import Inspect
import Presentation
import Query
import TestSupport
import Testing

@testable import reel

/// Views and overviews as they look on terminals, to the blank.
@Suite struct InspectOutputTests {
  /// Two programs, a file whose name would clear the screen, one that is no UTF-8, and an open that fails.
  private static func source() -> BatchSource {
    var machine = MachineMaker()
    let one = machine.process(10, "reader", arguments: ["--fast"])
    let two = machine.process(2000, "writer")
    let long = machine.file("/srv/shop/orders/2026/november/week-48/monday.csv")
    let hostile = machine.file("/tmp/\u{1B}[2Jx\u{202E}y\n")
    for step in 0..<8 {
      let time = Int64(step) * 20_000_000
      machine.event("read", at: time, of: one, object: long, result: 4096 << Int64(step), latency: 1500)
      if step % 2 == 0 { machine.event("write", at: time + 1, of: two, object: hostile, result: 7, latency: 2_500_000) }
    }
    machine.event("openat", at: 150_000_000, of: two, object: machine.file("/none"), result: -2, latency: 900)
    machine.event("signaldeliver", at: 155_000_000, of: two, ["sig": 11])
    return BatchSource([machine.finish()], schema: .builtIn)
  }

  private func view(_ name: String, _ width: Int?, colour: Bool = false, limit: Int? = nil) async throws -> String {
    let view = try #require(ViewCatalogue.view(named: name))
    let result = try await ViewRun(view, schema: .builtIn, limit: limit).answer(over: Self.source())
    var leftOut: [String] = []
    return try ViewReport(result, zone: .utc).rendered(
      for: Terminal(isTerminal: width != nil, width: width, allowsColour: colour), leftOut: &leftOut)
  }

  private func overview(_ width: Int?, colour: Bool = false) async throws -> String {
    let answer = try await OverviewRun(schema: .builtIn).answer(scanning: Self.source(), span: 0...155_000_000)
    let report = OverviewReport(
      answer.overviews, heading: "shop.reel · 14 events", zone: .utc, showsAll: false)
    return report.rendered(for: Terminal(isTerminal: width != nil, width: width, allowsColour: colour))
  }

  /// No line is wider than the terminal, none ends with a blank, and no escape sequence of the capture arrives.
  @Test(arguments: [60, 72, 80, 100, 132, 200, nil], ViewCatalogue.all.map(\.name) + ["overview"])
  func fitsAndIsSafe(width: Int?, name: String) async throws {
    let text = name == "overview" ? try await overview(width) : try await view(name, width)
    #expect(!text.unicodeScalars.contains { ($0.value < 32 && $0 != "\n") || $0 == "\u{202E}" })
    // Views with many columns that cannot be left out need so much.
    let most = max(width ?? .max, 76)
    for line in text.split(separator: "\n") {
      #expect(DisplayWidth.of(String(line)) <= most && line.last != " ", "\(line)")
    }
  }

  /// Colour adds to what is there, and nothing else.
  @Test(arguments: [60, 100], ["files", "processes", "slow_io", "overview"])
  func colourOnlyAdds(width: Int, name: String) async throws {
    let plain = name == "overview" ? try await overview(width) : try await view(name, width)
    let coloured =
      name == "overview" ? try await overview(width, colour: true) : try await view(name, width, colour: true)
    #expect(coloured != plain)
    #expect(coloured.replacing(#/\u{1B}\[[0-9;]*m/#, with: "") == plain)
  }

  @Test func tilesAndTheirReasons() async throws {
    let lines = try await overview(100).split(separator: "\n").map(String.init)
    #expect(lines[0] == "shop.reel · 14 events")
    #expect(lines.contains { $0.hasPrefix("! Segmentation faults") && $0.contains("a program crashed") })
    #expect(lines.contains { $0.hasPrefix("  System calls") && $0.contains("13") })
    // What counted nothing is left out, but for what everybody looks for.
    #expect(!lines.contains { $0.contains("HTTP requests") } && lines.contains { $0.contains("Bytes sent") })
  }

  @Test func totalsOfAllRows() async throws {
    let text = try await view("files", nil, limit: 1)
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.count == 4 && lines[0].hasPrefix("FILE") && lines[1].contains("monday.csv"))
    #expect(lines[3].hasPrefix("all 3"))
    #expect(try await view("files", nil).contains(#"/tmp/\e[2Jx\u{202e}y\n"#))
  }
}
