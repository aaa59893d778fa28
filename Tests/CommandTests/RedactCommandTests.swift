import CaptureFile
import CaptureFormat
import EventBatch
import Foundation
import TestSupport
import Testing

/// `cut --redact` as a user meets it.
@Suite struct RedactCommandTests {
  /// A capture of three chunks, of which the middle one has a secret.
  private func withCapture(_ body: (_ capture: String, _ target: String) throws -> Void) throws {
    let (capture, target) = (temporaryPath(), temporaryPath())
    defer {
      removeFile(capture)
      removeFile(target)
    }
    var header = CaptureHeader.test()
    header.command = "client --token abcdefgh run"
    var writer = try CaptureWriter(path: capture, header: header, schema: .builtIn)
    var machine = MachineMaker()
    let client = machine.process(10, "client", arguments: ["--user=joe"])
    let file = machine.file("/srv/out")
    for (index, secret) in ["x", "sesame-open", "y"].enumerated() {
      let text = Array("token=\(secret)&x=1".utf8)
      machine.event(
        "write", at: 1000 + Int64(index) * 100, of: client, object: file, result: Int64(text.count),
        ["fd": 3, "data": .bytes(text)])
      try writer.append(machine.finish())
    }
    try writer.append(Annotation(time: 1100, text: "the password=swordfish was seen"))
    _ = try writer.finish()
    try body(capture, target)
  }

  @Test func secretsBecomePseudonymsAndTheCaptureSaysSo() throws {
    try withCapture { capture, target in
      let run = try CommandRun("cut", capture, "--redact", "secrets", "--codec", "none", "-o", target)
      #expect(run.status == 0)
      #expect(
        run.error.contains("3 secrets replaced: environment-name 1, password-argument 1, assignment 1"), "\(run.error)")
      let bytes = try readFile(target)
      for secret in ["sesame", "swordfish", "abcdefgh"] { #expect(!bytes.contains(Array(secret.utf8)), "\(secret)") }
      let shown = try CommandRun("events", target, "-p", "%evt.num %evt.rawarg.data %evt.rawres").lines
      #expect(shown.count == 3 && shown[0] == "1 token=x&x=1 11")
      #expect(shown[1].hasPrefix("2 token=red-") && shown[1].hasSuffix("&x=1 21"), "\(shown)")
      let info = try #require(try CommandRun("info", "--json", target).objects().first)
      let redaction = try #require((info["redactions"] as? [[String: Any]])?.first)
      #expect(redaction["complete"] as? Bool == true)
      #expect((info["command"] as? String)?.hasPrefix("client --token red-") == true)
      #expect(try CommandRun("info", target).output.contains("redacted   3 secrets replaced"))
      #expect(try CommandRun("verify", target).status == 0)
    }
  }

  @Test func aKeyMakesTheSamePseudonyms() throws {
    try withCapture { capture, target in
      let key = temporaryPath()
      defer { removeFile(key) }
      try writeFile(key, Array("00112233445566778899aabbccddeeff\n".utf8))
      func pseudonym(_ options: String...) throws -> String {
        let arguments = ["cut", capture, "--redact", "all", "--force", "-o", target] + options
        #expect(try CommandRun(arguments).status == 0)
        return try CommandRun("events", target, "evt.num = 2", "-p", "%evt.rawarg.data").output
      }
      let first = try pseudonym("--redact-key", key)
      #expect(try pseudonym("--redact-key", key) == first)
      #expect(try pseudonym() != first)
    }
  }

  @Test func rulesOfAFileAndMistakesInIt() throws {
    try withCapture { capture, target in
      let rules = temporaryPath()
      defer { removeFile(rules) }
      try writeFile(rules, Array("rules:\n  - name: open\n    match: 'sesame-(\\w+)'\n    in: payload\n".utf8))
      #expect(try CommandRun("cut", capture, "--redact", rules, "-o", target).status == 0)
      let data = try CommandRun("events", target, "evt.num = 2", "-p", "%evt.rawarg.data").output
      #expect(data.hasPrefix("token=sesame-") && !data.contains("open"))
      // Where a rule does not look, nothing changes.
      #expect(try CommandRun("info", target).output.contains("client --token abcdefgh run"))
      try writeFile(rules, Array("rules:\n  - name: open\n    match: 'a|b'\n".utf8))
      let run = try CommandRun("cut", capture, "--redact", rules, "-o", target, "--force")
      #expect(
        run.status == 2 && run.error.contains("in the pattern, byte 2: there are no alternatives"), "\(run.error)")
      #expect(run.error.contains(":3:12"), "\(run.error)")
      let unknown = try CommandRun("cut", capture, "--redact", "secret", "-o", target, "--force")
      #expect(unknown.status == 2 && unknown.error.contains("secrets, all, private-key"), "\(unknown.error)")
    }
  }
}
