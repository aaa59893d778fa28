import Filter
import Glibc
import TestSupport
import Testing

@Suite("Shell patterns")
struct GlobTests {
  static let cases: [(pattern: String, matches: [String], others: [String])] = [
    ("", [""], ["a"]),
    ("abc", ["abc"], ["ab", "abcd", "Abc", ""]),
    ("*", ["", "a", "a/b\n"], []),
    ("?", ["a", "/"], ["", "ab", "é"]),
    ("a*", ["a", "ab", "a/b"], ["", "ba"]),
    ("*.log", [".log", "/var/x.log"], ["x.logs", "log"]),
    ("*/bin/*", ["/bin/", "/usr/bin/sh"], ["/bin", "bin/x"]),
    ("/etc/*.d/*.conf", ["/etc/a.d/b.conf", "/etc/.d/.conf", "/etc/a/b.d/c/d.conf"], ["/etc/a.d/b.con"]),
    ("a*b*c", ["abc", "aXbYc", "abcbc", "aabbcc"], ["ab", "acb", "abcd"]),
    ("*aab", ["aab", "aaab", "aabaab"], ["aaba"]),
    ("[a-c]x", ["ax", "cx"], ["dx", "x", "[a-c]x", "Ax"]),
    ("[!a-c]", ["d", "-", "]"], ["a", "b", "c", ""]),
    ("[^a]", ["b"], ["a"]),
    ("[]a]", ["]", "a"], ["[", "[]a]"]),
    ("[!]a]", ["b"], ["]", "a"]),
    ("[a-]", ["a", "-"], ["b"]),
    ("[a", ["[a"], ["a", "["]),
    ("[]", ["[]"], ["]", ""]),
    ("[[:digit:]_]", ["0", "9", "_"], ["a", ":"]),
    ("[![:space:]]", ["a"], [" ", "\t", "\n"]),
    ("[[:nonsense:]]", [], ["n", ":", "[[:nonsense:]]"]),
    ("[[:alpha:]", ["[a", "[:"], ["a", "[b"]),
    ("\\*", ["*"], ["a", "\\*"]),
    ("\\a[\\]x]", ["a]", "ax"], ["a\\"]),
    ("a\\", [], ["a", "a\\"]),
    ("[[.-.]a]", ["-", "a"], ["."]),
    ("[/]", ["/"], []),
    ("[é]", [], ["é", "e"]),
    ("é?", ["éa"], ["é"]),
  ]

  @Test(arguments: cases)
  func matching(_ pattern: String, _ matches: [String], _ others: [String]) {
    let glob = GlobPattern(pattern)
    for text in matches { #expect(glob.matches(text), "'\(text)'") }
    for text in others { #expect(!glob.matches(text), "'\(text)'") }
  }

  static let foldedCases: [(pattern: String, matches: [String], others: [String])] = [
    ("AbC*", ["abc", "ABCd"], ["ab"]),
    ("[a-c]", ["A", "b"], ["D"]),
    ("[!a-c]", ["D", "d"], ["A", "a"]),
    ("\\X", ["x", "X"], ["y"]),
    ("É", ["É"], ["é"]),
  ]

  @Test(arguments: foldedCases)
  func ignoringCase(_ pattern: String, _ matches: [String], _ others: [String]) {
    let glob = GlobPattern(pattern, ignoringCase: true)
    for text in matches { #expect(glob.matches(text), "'\(text)'") }
    for text in others { #expect(!glob.matches(text), "'\(text)'") }
  }

  @Test("Bytes that are no text match like others")
  func bytes() {
    #expect(GlobPattern("/p?/q?").matches([0x2F, 0x70, 0xFF, 0x2F, 0x71, 0xFF]))
    #expect(GlobPattern([0x2A, 0xFF]).matches([0x61, 0xFF]))
    #expect(!GlobPattern([0x2A, 0xFF]).matches([0x61, 0xFE]))
    let matchesSpan = GlobPattern("a*").matches(([0x61, 0x00, 0x62] as [UInt8]).span)
    #expect(matchesSpan)
  }

  @Test("Patterns match as the C library says", arguments: 0..<10)
  func agreesWithTheLibrary(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let pieces = [
      "a", "b", "B", "/", ".", "*", "*", "?", "[ab]", "[!a]", "[a-b]", "[^B-a]", "\\*", "\\a", "[", "]", "[]b]",
      "[[:upper:]]", "-",
    ]
    for _ in 0..<3000 {
      let pattern = (0..<random.below(7)).map { _ in random.pick(pieces) }.joined()
      let text = (0..<random.below(9)).map { _ in random.pick(["a", "b", "B", "/", ".", "*", "[", "]", "-"]) }.joined()
      #expect(
        GlobPattern(pattern).matches(text) == (fnmatch(pattern, text, 0) == 0), "'\(pattern)' and '\(text)'")
      #expect(
        GlobPattern(pattern, ignoringCase: true).matches(text) == (fnmatch(pattern, text, 1 << 4) == 0),
        "'\(pattern)' and '\(text)', ignoring case")
    }
  }

  @Test("No pattern is slow")
  func hostile() {
    let duration = processorTime {
      let text = [UInt8](repeating: 0x61, count: 2000)
      #expect(!GlobPattern(String(repeating: "a*", count: 500) + "b").matches(text))
      #expect(!GlobPattern("*" + String(repeating: "a", count: 1000) + "?b").matches(text))
      #expect(!GlobPattern(String(repeating: "*?", count: 1500) + "[b]").matches(text))
      for start in ["[", "[[:alpha:]", "[\\]", "[!]"] {
        _ = GlobPattern(String(repeating: start, count: 20_000))
        _ = GlobPattern(String(repeating: start, count: 20_000) + "\\]")
      }
    }
    #expect(duration < .seconds(30))
  }
}
