import Foundation
import Guard
import TestSupport
import Testing

/// Each kind of mistake has a file, and what is said of it stands in `mistakes/messages.txt`. To accept new messages, read
/// them, and run this with REEL_UPDATE_GOLDEN set.
struct ConfigurationMistakesTests {
  static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("mistakes")

  @Test("Each mistake gives a message with its place that says what to do")
  func messages() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
      .filter { $0.hasSuffix(".yaml") }.sorted()
    #expect(files.count >= 40)
    var text = ""
    for file in files {
      let content = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
      let loaded = GuardConfigurationLoader.load(text: content, name: file)
      #expect(!loaded.diagnostics.isEmpty, "nothing is said of \(file)")
      for problem in loaded.diagnostics {
        text += problem.description + "\n"
        for line in problem.snippet { text += "  " + line + "\n" }
      }
      text += "\n"
    }
    #expect(!text.contains("hunter2"), "a secret is shown")
    let golden = Self.folder.appendingPathComponent("messages.txt")
    if ProcessInfo.processInfo.environment["REEL_UPDATE_GOLDEN"] != nil { try Data(text.utf8).write(to: golden) }
    let expected = try String(contentsOf: golden, encoding: .utf8)
    for (mine, wanted) in zip(text.split(separator: "\n\n"), expected.split(separator: "\n\n")) {
      #expect(mine == wanted)
    }
    #expect(text == expected)
  }
}
