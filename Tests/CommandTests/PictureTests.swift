import EventBatch
import EventSchema
import Inspect
import Presentation
import Query
import TestSupport
import Testing

@testable import reel

/// Spectrograms and flame graphs as they look on terminals and in pictures.
@Suite struct PictureTests {
  private static func source() -> BatchSource {
    var machine = MachineMaker()
    let shell = machine.process(10, "sh")
    let evil = machine.process(20, "<b>&\u{1B}[2J;\"'", parent: shell)
    for step: Int64 in 0..<40 {
      machine.event("read", at: 1000 + step * 10, of: shell, result: 10, latency: 1000)
      if step > 20 { machine.event("write", at: 1001 + step * 10, of: evil, result: 90, latency: 1_500_000) }
    }
    return BatchSource([machine.finish()], schema: .builtIn)
  }

  private func spectrogram(_ columns: Int) async throws -> SpectrogramReport {
    let source = PictureTests.source()
    let run = try SpectrogramRun(schema: .builtIn, span: 1000...1400, columns: columns)
    return SpectrogramReport(try await run.answer(over: source), zone: .utc)
  }

  private func flame(_ measure: FlameGraph.Measure = .bytes) async throws -> FlameReport {
    let source = PictureTests.source()
    return FlameReport(try await FlameRun(schema: .builtIn, by: measure).answer(over: source), least: 0.005)
  }

  @Test func aSpectrogramOnATerminal() async throws {
    let text = try await spectrogram(40).rendered(for: Terminal(isTerminal: true, width: 60, allowsColour: false))
    let lines = text.split(separator: "\n").map(String.init)
    #expect(lines.first == "  1.00 µs │█░░░░░░░░░█░░░░░░░░░█░░░░░░░░░█░░░░░")
    #expect(lines.last == "59 calls; a column is 11 ns, a cell at most 2 calls")
    #expect(lines.contains { $0.hasPrefix("  1.26 ms │                   ") && $0.hasSuffix("░") })
    #expect(lines.allSatisfy { DisplayWidth.of($0) <= 60 })
    let colour = try await spectrogram(40).rendered(for: Terminal(isTerminal: true, width: 60, allowsColour: true))
    #expect(colour.contains("\u{1B}[48;5;") && colour.split(separator: "\n").count == lines.count)
  }

  @Test func aFlameGraphOnATerminal() async throws {
    let text = try await flame().rendered(for: Terminal(isTerminal: true, width: 72, allowsColour: false))
    #expect(
      text
        == [
          "  100 %       2.06 KiB  ██████████████████ sh", " 81.0 %       1.67 KiB  ███████████████     <b>&\\e[2J;\"'",
          "2.06 KiB in all", "",
        ].joined(separator: "\n"))
    #expect(try await flame(.cpu).rendered(for: .standardOutput) == "no samples of processor time\n")
    #expect(try await flame().folded == "sh 400\nsh;<b>&\\e[2J:\"' 1710\n")
  }

  @Test func picturesHoldNoMarkupOfACapture() async throws {
    for svg in [try await flame().picture(title: "<script>"), try await spectrogram(40).picture(title: "a & b")] {
      #expect(svg.hasPrefix("<?xml") && svg.hasSuffix("</svg>\n"))
      #expect(!svg.contains("<script") && !svg.contains("<b>") && !svg.contains("\u{1B}"))
      #expect(!svg.contains("href") && !svg.contains("onload"))
    }
    #expect(try await flame().picture(title: "x").contains("&lt;b&gt;&amp;\\e[2J;&quot;&#39;"))
  }

  @Test func commandsWritePicturesOnce() throws {
    let capture = try SampleCapture()
    defer { capture.remove() }
    for command in ["flame", "spectrogram"] {
      let file = temporaryPath()
      defer { removeFile(file) }
      #expect(try CommandRun(command, capture.path, "--svg", file).status == 0)
      #expect(try CommandRun(command, capture.path, "--svg", file).status == 2)
      #expect(try CommandRun(command, capture.path, "--svg", file, "--force").status == 0)
      let json = try CommandRun(command, capture.path, "--json")
      #expect(json.status == 0)
      _ = try json.objects()
    }
    #expect(try CommandRun("flame", capture.path, "--by", "count", "--folded").output == "nginx 100\n")
  }
}
