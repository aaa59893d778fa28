import Rules
import Testing
import YAML

/// Values with their places, and what is refused.
struct YAMLTests {
  @Test("Values have the places where they stand")
  func places() throws {
    let text = "- rule: one\n  tags: [a,  'b c']\n---\n# nothing\n- list: &x [1]\n  items: *x\n"
    let documents = try composeYAML(Array(text.utf8))
    #expect(documents.count == 2)
    let rule = try #require(documents[0].elements?.first)
    #expect(rule["rule"]?.text == "one")
    #expect(rule["tags"]?.elements?.map(\.text) == ["a", "b c"])
    #expect(rule["tags"]?.elements?[1].start == YAMLMark(line: 2, column: 14))
    #expect(documents[1].elements?.first?["items"]?.elements?.first?.text == "1")
  }

  @Test(
    "What would not end or not fit is refused",
    arguments: [
      (String(repeating: "[", count: 100), "deeper than 64"),
      ("- &a [*a]", "inside of what it names"),
      ("- *b", "nothing is named '&b'"),
      ("a: b: c", "mapping values are not allowed"),
      ("- \"\\q\"", "escape"),
      ("a: 1\n\tb: 2", "tab"),
    ])
  func refused(text: String, message: String) {
    let error = #expect(throws: YAMLError.self) { try composeYAML(Array(text.utf8)) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  @Test("Aliases that repeat each other are counted, not made")
  func expansion() {
    var text = "- &a0 [1,2,3,4,5,6,7,8,9]\n"
    for level in 1..<12 { text += "- &a\(level) [\(String(repeating: "*a\(level - 1), ", count: 9))]\n" }
    let error = #expect(throws: YAMLError.self) { try composeYAML(Array(text.utf8)) }
    #expect(error?.message.contains("2000000 values") == true)
  }

  @Test("No prefix of a rules file, and no byte of it that is another one, crashes the reader")
  func damage() {
    let text = Array("- macro: m\n  condition: >\n    evt.type in (open) and m2\n- list: [\"a\", 'b', &c d, *c]\n".utf8)
    for end in text.indices { _ = try? composeYAML(Array(text[..<end])) }
    for index in text.indices {
      for byte: UInt8 in [0, 0x0A, 0x09, 0x22, 0x26, 0x2A, 0x3A, 0x5B, 0x7D, 0xFF] {
        var other = text
        other[index] = byte
        _ = RulesLoader.load([RulesText(name: "damaged", bytes: other)])
      }
    }
  }
}
