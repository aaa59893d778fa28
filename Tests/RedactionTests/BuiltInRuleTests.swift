import Foundation
import Testing

@testable import Redaction

/// What the rules that come with the program find, and what they leave alone.
@Suite struct BuiltInRuleTests {
  /// The text with each secret replaced by the name of its rule.
  static func marked(_ text: String, _ scope: RedactionScope, _ rules: RedactionRules) -> String {
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { bytes in
      [bytes.count].withUnsafeBufferPointer { ends in
        var marked = ""
        var position = 0
        for finding in rules.findings(bytes, ends: ends, scope: { _ in scope }) {
          marked += String(decoding: bytes[position..<finding.range.lowerBound], as: UTF8.self)
          marked += "<" + (finding.rule.map { rules.rules[$0].name } ?? "unseen") + ">"
          position = finding.range.upperBound
        }
        return marked + String(decoding: bytes[position...], as: UTF8.self)
      }
    }
  }

  private static let rules = RedactionRules(BuiltInRules.all)

  private static let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJ"

  @Test(arguments: [
    (
      RedactionScope.payload,
      "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\n",
      "-----BEGIN RSA PRIVATE KEY-----<private-key>-----END RSA PRIVATE KEY-----\n"
    ),
    (.payload, "-----BEGIN PRIVATE KEY-----\nMIIEabcd", "-----BEGIN PRIVATE KEY-----<private-key>"),
    (.payload, "-----BEGIN PUBLIC KEY-----\nMIIEabcd", "-----BEGIN PUBLIC KEY-----\nMIIEabcd"),
    (
      .payload,
      "GET / HTTP/1.1\r\nAuthorization: Bearer abc.def\r\nHost: x",
      "GET / HTTP/1.1\r\nAuthorization: Bearer <authorization>\r\nHost: x"
    ),
    (.payload, "authorization: Basic dXNlcjpwYXNz\r\n", "authorization: Basic <authorization>\r\n"),
    (.payload, "Authorization: Digest username=\"Mufasa\"\r\n", "Authorization: <authorization>\"Mufasa\"\r\n"),
    (.payload, "X-Api-Key: 0123456789\r\n", "X-Api-Key: <authorization>\r\n"),
    (.payload, "Set-Cookie: sid=0a1b2c; Path=/\r\n", "Set-Cookie: sid=<cookie>; Path=/\r\n"),
    (.payload, "Cookie: sid=0a1b2c; theme=dark\r\n", "Cookie: <cookie>\r\n"),
    (
      .text,
      "jwt eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1g!",
      "jwt <json-web-token>!"
    ),
    (.text, "AKIAIOSFODNN7EXAMPLE", "<cloud-key>"),
    (.text, "XAKIAIOSFODNN7EXAMPLE AKIAIOSFODNN7EXAMPLES", "XAKIAIOSFODNN7EXAMPLE AKIAIOSFODNN7EXAMPLES"),
    (.paths, "/srv/ghp_\(letters)/x", "/srv/<service-token>/x"),
    (.payload, "sk-ant-api03-\(letters) and sk-short", "<service-token> and sk-short"),
    (
      .arguments,
      "git\0clone\0https://joe:s3cret@example.org/x.git",
      "git\0clone\0https://joe:<url-password>@example.org/x.git"
    ),
    (.arguments, "https://example.org:8443/a@b", "https://example.org:8443/a@b"),
    (
      .environment,
      "PATH=/bin\0DB_PASSWORD=a b;c\0HOME=/root\0",
      "PATH=/bin\0DB_PASSWORD=<environment-name>\0HOME=/root\0"
    ),
    (
      .environment,
      "GITHUB_TOKEN_FILE=/x\0AWS_KEY=1\0KEYBOARD=us\0",
      "GITHUB_TOKEN_FILE=<environment-name>\0AWS_KEY=<environment-name>\0KEYBOARD=us\0"
    ),
    (.arguments, "mysql\0--password=a b\0--user=joe\0", "mysql\0--password=<password-argument>\0--user=joe\0"),
    (
      .arguments,
      "x\0--db-password\0hunter2\0--token-file\0/x\0",
      "x\0--db-password\0<password-argument>\0--token-file\0/x\0"
    ),
    (.payload, "x --password=hunter2\n", "x --password=<password-argument>\n"),
    (.payload, "x --db-token \"hunter2\" y", "x --db-token \"<password-argument>\" y"),
    (
      .payload,
      #"{"user":"joe","password":"a b","token": "xyz"}"#,
      #"{"user":"joe","password":"<assignment>","token": "<assignment>"}"#
    ),
    (.payload, #"{\"secret\":\"a b\"}"#, #"{\"secret\":\"<assignment>\"}"#),
    (.payload, "db_password = hunter2\nuser = joe\n", "db_password = <assignment>\nuser = joe\n"),
    (.payload, "api_key=0123&x=1", "api_key=<assignment>&x=1"),
    (.payload, "passwd: files systemd\n", "passwd: files systemd\n"),
    (.payload, "tokens are secret; a password is needed", "tokens are secret; a password is needed"),
    (.payload, "pay 4111 1111 1111 1111 now", "pay <card-number> now"),
    (.payload, "pay 4111-1111-1111-1111 12/27", "pay <card-number> 12/27"),
    (.payload, "pay 4111111111111112 now", "pay 4111111111111112 now"),
    (.payload, "x4111111111111111", "x4111111111111111"),
    (.payload, "4111 1111 1111 1111 12", "<card-number> 12"),
  ])
  func finds(scope: RedactionScope, text: String, marked: String) {
    #expect(BuiltInRuleTests.marked(text, scope, BuiltInRuleTests.rules) == marked)
  }

  /// The document lists the rules as they are.
  @Test func theDocumentListsThem() throws {
    let document = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("formats/redaction.md")
    let text = try String(contentsOf: document, encoding: .utf8)
    for entry in BuiltInRules.entries {
      let line = "| `\(entry.name)` | \(entry.meaning) |"
      #expect(text.contains(line), "formats/redaction.md does not say: \(line)")
    }
  }

  /// Texts that are made to cost much are taken out, and cost little.
  @Test func noTextTakesLong() {
    let hostile = [
      String(repeating: "PRIVATE KEY-----", count: 4096), String(repeating: "token=", count: 10_000),
      String(repeating: "://a:", count: 10_000), String(repeating: "eyJ-", count: 10_000),
      String(repeating: "--", count: 20_000), String(repeating: "4 ", count: 20_000),
      String(repeating: "password\\", count: 10_000),
    ]
    let started = ContinuousClock.now
    for text in hostile { _ = BuiltInRuleTests.marked(text, .all, BuiltInRuleTests.rules) }
    #expect(ContinuousClock.now - started < .seconds(5))
  }
}
