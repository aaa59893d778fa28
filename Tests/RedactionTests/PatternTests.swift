import Testing

@testable import Redaction

/// Where a pattern fits, and what of it is the secret.
@Suite struct PatternTests {
  /// What a pattern finds in a text: the secrets, with a bar between them.
  private static func found(_ pattern: String, _ text: String, ignoresCase: Bool = false) throws -> String {
    let pattern = try PatternParser.parse(pattern, ignoresCase: ignoresCase)
    let rules = RedactionRules([RedactionRule(name: "x", patterns: [pattern], scope: .all, check: .none)])
    let bytes = Array(text.utf8)
    return bytes.withUnsafeBufferPointer { bytes in
      [bytes.count].withUnsafeBufferPointer { ends in
        rules.findings(bytes, ends: ends) { _ in .all }
          .map { String(decoding: bytes[$0.range], as: UTF8.self) }.joined(separator: "|")
      }
    }
  }

  @Test(arguments: [
    ("hunter2", "hunter2 and hunter22", "hunter2|hunter2"),
    ("ghp_[A-Za-z0-9]{4}", "ghp_abcd ghp_ab- ghp_abcde", "ghp_abcd|ghp_abcd"),
    (#"\bghp_[A-Za-z0-9]{4}\b"#, "xghp_abcd ghp_abcde ghp_wxyz", "ghp_wxyz"),
    ("token=([a-z]+)", "token=abc&token=d", "abc|d"),
    ("key: ([^;]+);", "key: a b;key: c;key: never", "a b|c"),
    (#"KEY-----([^\0]{2,}?)-----END"#, "KEY-----ab-cd-----END-", "ab-cd"),
    // What stood behind was cut off.
    (#"KEY-----([^\0]{2,}?)-----END"#, "KEY-----abcd", "abcd"),
    (#"KEY-----([^\0]{2,}?)-----END"#, "KEY-----", ""),
    ("[0-9]{4,6}", "12 1234 1234567", "1234|123456"),
    // A run begins where the run in the text begins.
    ("[a-z]+@", "ab@ x1cd@", "ab@|cd@"),
    (#"x\x41\x42?C"#, "xAC xABC xABBC", "xAC|xABC"),
    (#"a\.b\\c"#, #"a.b\c aXb\c"#, #"a.b\c"#),
    ("id=[^a-c]", "id=a id=d", "id=d"),
    (#"--[a-z-]{0,9}?pass=(\w+)"#, "--pass=x --db-pass=y -pass=z", "x|y"),
    ("a[.]c", "abc a.c", "a.c"),
  ])
  func finds(pattern: String, text: String, secrets: String) throws {
    #expect(try PatternTests.found(pattern, text) == secrets)
  }

  @Test func caseMayNotCount() throws {
    #expect(try PatternTests.found("Token=([a-f]+)", "TOKEN=ABC token=fXg", ignoresCase: true) == "ABC|f")
    #expect(try PatternTests.found("Token=([a-f]+)", "TOKEN=ABC Token=fXg") == "f")
  }

  @Test(arguments: [
    ("", "the pattern is empty", 0),
    ("a|b", "there are no alternatives: write several patterns", 1),
    ("[a-z", "the bracket is not closed", 0),
    ("a{2", "the brace is not closed", 1),
    ("abc{x}", "a count is {4}, {2,} or {2,8}, up to 65536", 3),
    ("abc{9,2}", "a count is {4}, {2,} or {2,8}, up to 65536", 3),
    ("abc(d", "the parenthesis is not closed", 5),
    ("abc)", "no parenthesis is open", 3),
    ("(a)(b)", "there is one secret in a pattern", 3),
    ("+a", "nothing stands in front that there could be several of", 0),
    ("abc[a-z]+?", "behind a lazy run there must be a text", 3),
    ("abc[a-z]+xyz", "the run takes the text behind it as well: make it lazy with ?", 12),
    ("[a-z]*", "the pattern begins with what may be nothing", 0),
    (#"abc\q"#, #"\q means nothing here"#, 3),
    (#"abc\xZZ"#, #"two hexadecimal digits belong behind \x"#, 3),
    ("[z-a]", "the range is the wrong way round", 1),
  ])
  func refuses(pattern: String, message: String, offset: Int) {
    #expect(throws: PatternError(message: message, offset: offset)) { try PatternParser.parse(pattern) }
  }
}
