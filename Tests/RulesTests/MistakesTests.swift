import Foundation
import Rules
import TestSupport
import Testing

/// Each kind of mistake has a file, and what is said of it stands in `mistakes/messages.txt`. To accept new messages, read
/// them, and run this with REEL_UPDATE_GOLDEN set.
struct MistakesTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("mistakes")

  @Test("Each mistake gives a message with its place that says what to do")
  func messages() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: MistakesTests.folder.path)
      .filter { $0.hasSuffix(".yaml") }.sorted()
    #expect(files.count >= 30)
    var text = ""
    for file in files {
      let content = try Data(contentsOf: MistakesTests.folder.appendingPathComponent(file))
      let set = RulesLoader.load([RulesText(name: file, bytes: Array(content))])
      #expect(!set.diagnostics.isEmpty, "nothing is said of \(file)")
      for problem in set.diagnostics {
        text += problem.description + "\n"
        for line in problem.snippet { text += "  " + line + "\n" }
      }
      text += "\n"
    }
    let golden = MistakesTests.folder.appendingPathComponent("messages.txt")
    if ProcessInfo.processInfo.environment["REEL_UPDATE_GOLDEN"] != nil {
      try Data(text.utf8).write(to: golden)
    }
    let expected = try String(contentsOf: golden, encoding: .utf8)
    for (mine, wanted) in zip(text.split(separator: "\n\n"), expected.split(separator: "\n\n")) {
      #expect(mine == wanted)
    }
    #expect(text == expected)
  }
}
