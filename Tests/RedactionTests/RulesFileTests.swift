import CaptureFormat
import EventBatch
import Foundation
import Testing

@testable import Redaction

@Suite struct RedactionFileTests {
  @Test func aFileIsItsRulesAndThoseItNames() throws {
    let text = """
      use: [private-key, url-password]
      rules:
        - name: staff-number
          match: 'staff/([0-9]{6})'
          in: [payload, paths]
        - name: word
          match: [hunter2, swordfish]
          ignore_case: true
      """
    let rules = try RedactionFile.rules(Array(text.utf8))
    #expect(rules.map(\.name) == ["staff-number", "word", "private-key", "url-password"])
    #expect(rules[0].scope == [.payload, .paths])
    #expect(rules[1].scope == .all)
    let compiled = RedactionRules(rules)
    #expect(BuiltInRuleTests.marked("staff/123456 HUNTER2", .payload, compiled) == "staff/<staff-number> <word>")
    #expect(BuiltInRuleTests.marked("staff/123456 HUNTER2", .text, compiled) == "staff/123456 <word>")
  }

  @Test func theSampleIsOne() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let bytes = try Data(contentsOf: root.appendingPathComponent("samples/redaction/shop.yaml"))
    let rules = RedactionRules(try RedactionFile.rules(Array(bytes)))
    #expect(rules.rules.prefix(3).map(\.name) == ["customer", "medical-note", "project"])
    let text = "GET /customers/4711 BEGIN NOTE\nill\n\nBlueBird token=abcdef"
    #expect(
      BuiltInRuleTests.marked(text, .payload, rules)
        == "GET /customers/<customer> BEGIN NOTE\n<medical-note>\n\n<project> token=<assignment>")
  }

  @Test(arguments: [
    ("", "the file must hold one document", 1, 1),
    ("[]", "the file is a mapping, this is a list", 1, 1),
    ("use: [nothing]", "no rule that comes with the program has this name", 1, 7),
    ("rules: []", "there is no rule", 1, 1),
    ("other: 1", "the file has use, rules, and nothing else", 1, 1),
    ("rules:\n  - match: abc", "a rule needs a name", 2, 5),
    ("rules:\n  - name: a b\n    match: abc", "a name has letters", 2, 11),
    ("rules:\n  - name: cookie\n    match: abc", "a rule that comes with the program has this name", 2, 11),
    ("rules:\n  - name: a", "a rule needs `match`", 2, 5),
    ("rules:\n  - name: a\n    match: 'ab[c'", "in the pattern, byte 3: the bracket is not closed", 3, 12),
    ("rules:\n  - name: a\n    match: abc\n    in: [files]", "a rule looks in arguments, environment", 4, 10),
    ("rules:\n  - name: a\n    match: abc\n    check: crc", "the only check is `luhn`", 4, 12),
    ("rules:\n  - name: a\n    match: abc\n    ignore_case: perhaps", "true or false is expected", 4, 18),
    ("rules:\n  - name: a\n    name: b\n    match: abc", "`name` is there twice", 3, 5),
  ])
  func mistakesHaveAPlace(text: String, message: String, line: Int, column: Int) {
    #expect {
      try RedactionFile.rules(Array(text.utf8))
    } throws: { error in
      guard let error = error as? RedactionFileError else { return false }
      return error.message.hasPrefix(message) && error.line == line && error.column == column
    }
  }

  @Test func whatIsKnownOfContainersIsRedactedWithItsNames() {
    var redactor = Redactor(BuiltInRules.named("secrets") ?? [])
    var containers = [
      ContainerInfo(
        id: "c1", texts: ["name": "web", "env.DB_PASSWORD": "hunter2", "env.LANG": "C", "label.api-token": "abcdef"])
    ]
    let isChanged = redactor.redact(&containers)
    #expect(isChanged)
    #expect(containers[0].texts["env.DB_PASSWORD"]?.count == 7)
    #expect(containers[0].texts["env.DB_PASSWORD"] != "hunter2")
    #expect(containers[0].texts["label.api-token"] != "abcdef")
    #expect(containers[0].texts["env.LANG"] == "C")
    #expect(redactor.matches == 2)
  }

  @Test func theCommandIsReadAsArguments() {
    var redactor = Redactor(BuiltInRules.named("secrets") ?? [])
    var header = CaptureHeader.test
    header.command = "mysql --password hunter22 --user joe"
    redactor.redact(&header)
    #expect(header.command?.contains("hunter22") == false)
    #expect(header.command?.hasPrefix("mysql --password red-") == true)
    #expect(header.command?.hasSuffix(" --user joe") == true)
  }

  @Test func theNotesCountByRuleAndNameFrames() {
    let notes = RedactionNotes(
      rules: [("a", 2), ("b", 0), ("c", 1)], unseen: 0, isKeyGiven: false, author: "reel")
    let closing = notes.closing(at: 5, changed: [9, 4, 5, 6])
    #expect(closing.text == "3 secrets replaced: a 2, c 1")
    #expect(RedactionNotes.changedFrames(in: closing) == [4...6, 9...9])
    #expect(closing.json.hasPrefix(#"{"matches":3,"rules":[{"name":"a","matches":2},"#))
    #expect(RedactionNotes.changedFrames(in: notes.closing(at: 5, changed: [])) == [])
  }
}

extension CaptureHeader {
  fileprivate static var test: CaptureHeader {
    CaptureHeader(
      fileID: CaptureHeader.randomID(), sessionID: CaptureHeader.randomID(), hostname: "h", kernelRelease: "k",
      architecture: "x86_64", writer: "w", started: 0, bootTime: 0, cpuCount: 1, snapLength: 0, latencyMode: .exact)
  }
}
