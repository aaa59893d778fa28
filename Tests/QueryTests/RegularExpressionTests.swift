import Query
import Testing

struct RegularExpressionTests {
  @Test(arguments: [
    ("abc", "abc", true), ("abc", "abcd", false), ("a.c", "axc", true), ("a.c", "a\nc", false), ("", "", true),
    ("a*", "aaaa", true), ("a+b?", "aa", true), ("a{2,3}", "aaaa", false), ("a{2}", "aa", true),
    ("a{2,}", "aaaaa", true),
    ("(ab|cd)+", "abcdab", true), ("(?:ab|cd)e", "cde", true), ("[a-c]+", "abcabc", true), ("[^a-c]", "d", true),
    ("[^a-c]", "b", false), ("\\d+\\.\\w*", "12.ab_3", true), ("^x$", "x", true), ("x^", "x", false),
    ("(?i)ABC", "aBc", true), ("(?i)[A-C]+", "abC", true), ("a|", "", true), ("[]a]+", "]a", true),
    ("[[:alpha:]]+\\d", "xyz1", true), ("\\x41\\x{42}", "AB", true), ("a{,2}", "a{,2}", true),
    ("\\bfoo\\b.*", "foo bar", true),
    ("/home/.*/dev", "/home/a/b/dev", true), ("^[s]{1}ysca[l]{2}$", "syscall", true), ("ä+", "ää", true),
    ("(a*)*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaac", false), ("[a-]+", "a-", true), ("(?P<n>a)b", "ab", true),
  ])
  func matching(pattern: String, text: String, expected: Bool) throws {
    let expression = try RegularExpression(Array(pattern.utf8))
    #expect(expression.matches(ArraySlice(text.utf8)) == expected)
  }

  @Test(arguments: [
    "(", ")", "a(b", "[a", "*a", "a{3,2}", "\\", "a{2000}", "(((a{100}){100}){100})", "[z-a]", "\\q", "[[:nope:]]",
    "(?<n", String(repeating: "(", count: 200),
  ])
  func refused(pattern: String) {
    #expect(throws: RegularExpression.SyntaxError.self) { try RegularExpression(Array(pattern.utf8)) }
  }

  @Test func invalidTextCountsAsReplacementCharacters() throws {
    let expression = try RegularExpression(Array("/p./q.".utf8))
    #expect(expression.matches([0x2F, 0x70, 0xFF, 0x2F, 0x71, 0xFF]))
  }
}
