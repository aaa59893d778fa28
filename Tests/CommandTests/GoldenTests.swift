import Foundation
import TestSupport
import Testing

/// What commands show on terminals of several widths, with and without colour, to the byte: `golden/NAME-WIDTH.txt`.
///
/// `REEL_WRITE_GOLDEN=1 swift test --filter GoldenTests` writes them anew; whoever does that looks at the difference.
@Suite(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/script")))
struct GoldenTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  private static let root = folder.deletingLastPathComponent().deletingLastPathComponent().path

  /// A command on recordings that come with the program.
  struct Case: CustomTestStringConvertible, Sendable {
    let name: String
    let command: String
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "info", command: "info samples/demo.reel"),
    Case(name: "overview", command: "overview samples/demo.reel --utc"),
    Case(name: "files", command: "view files samples/demo.reel --limit 10"),
    Case(name: "processes", command: "view processes samples/demo.reel --limit 8"),
    Case(name: "connections", command: "view connections samples/demo.reel --limit 8"),
    Case(name: "http", command: "view http samples/demo.reel --limit 8"),
    Case(name: "errors", command: "view errors samples/build.reel --limit 8"),
    Case(name: "syscalls", command: "view syscalls samples/tree.reel --limit 8"),
    Case(name: "tree", command: "tree samples/tree.reel --utc"),
    Case(name: "audit", command: "audit samples/demo.reel --limit 20 --utc"),
    Case(name: "diff", command: "diff samples/tree.reel samples/build.reel --limit 12"),
    Case(name: "count", command: "count samples/build.reel --by proc.name,evt.type --top 8"),
    Case(name: "spectrogram", command: "spectrogram samples/demo.reel --utc"),
    Case(name: "flame", command: "flame samples/build.reel --by count"),
  ]

  private func check(_ test: Case, width: Int, colour: Bool) async throws {
    var command = Command("/usr/bin/script", "-qec", "", "/dev/null")
    command.arguments[2] =
      "cd '\(Self.root)' && stty rows 40 cols \(width) && exec '\(try builtProgram("reel"))' \(test.command)"
    command.environment = ["TERM": "xterm-256color", "NO_COLOR": colour ? "" : "1", "TZ": "UTC"]
    let result = try await command.run()
    try #require(result.status == 0, "\(result.text)")
    let shown = result.text.replacing("\r\n", with: "\n")
    let file = Self.folder.appendingPathComponent("golden/\(test.name)-\(width)\(colour ? "-colour" : "").txt")
    if ProcessInfo.processInfo.environment["REEL_WRITE_GOLDEN"] != nil {
      try shown.write(to: file, atomically: true, encoding: .utf8)
    }
    let golden = try String(contentsOf: file, encoding: .utf8)
    #expect(shown == golden, "reel \(test.command), \(width) columns")
    // Neither colours nor widths change what is said of a terminal without them.
    #expect(colour || !shown.contains("\u{1B}"))
  }

  @Test(arguments: cases, [60, 80, 132])
  func plain(test: Case, width: Int) async throws { try await check(test, width: width, colour: false) }

  @Test(arguments: cases) func coloured(test: Case) async throws { try await check(test, width: 80, colour: true) }
}
