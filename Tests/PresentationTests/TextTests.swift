import Presentation
import Testing

/// Texts of strangers on their way to a terminal.
@Suite struct TextTests {
  @Test(arguments: [
    ("plain text", "plain text"),
    ("", ""),
    ("Grüße, 世界 🎉", "Grüße, 世界 🎉"),
    ("a\nb\tc\rd", "a\\nb\\tc\\rd"),
    ("\u{1B}[31mred\u{1B}]0;title\u{7}", "\\e[31mred\\e]0;title\\x07"),
    ("\u{7F}\0", "\\x7f\\x00"),
    ("\u{9B}2J", "\\u{9b}2J"),
    ("exe.\u{202E}gpj", "exe.\\u{202e}gpj"),
    ("\u{2066}x\u{2069}\u{2028}", "\\u{2066}x\\u{2069}\\u{2028}"),
    ("back\\slash", "back\\slash"),
  ])
  func controlCharactersAreVisible(text: String, shown: String) {
    #expect(VisibleText.of(text) == shown)
  }

  @Test(arguments: [
    ([0xFF, 0x41] as [UInt8], "\\xffA"),
    ([0x41, 0xC3], "A\\xc3"),
    ([0xC0, 0x80], "\\xc0\\x80"),
    ([0xED, 0xA0, 0x80], "\\xed\\xa0\\x80"),
    ([0xE4, 0xB8, 0x96, 0xE4, 0xB8], "世\\xe4\\xb8"),
    ([0xF0, 0x9F, 0x8E, 0x89], "🎉"),
  ])
  func bytesThatAreNoTextAreVisible(bytes: [UInt8], shown: String) {
    #expect(VisibleText.of(bytes) == shown)
  }

  @Test func nothingThatATerminalObeysPasses() {
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2000 {
      let bytes = (0..<40).map { _ in UInt8.random(in: .min ... .max, using: &random) }
      for shown in [Array(VisibleText.of(bytes).utf8), VisibleText.lines(bytes).filter { $0 != 9 && $0 != 10 }] {
        let text = String(decoding: shown, as: UTF8.self)
        #expect(Array(text.utf8) == shown)
        #expect(!text.unicodeScalars.contains { $0.properties.generalCategory == .control })
      }
    }
  }

  @Test(arguments: [
    ("one\ntwo\n", "one\ntwo\n"),
    ("tab\there\n", "tab\there\n"),
    ("esc\u{1B}[2J\nü\n", "esc\\e[2J\nü\n"),
    ("no end\u{7}", "no end\\x07"),
    ("", ""),
  ])
  func linesStayLines(text: String, shown: String) {
    #expect(String(decoding: VisibleText.lines(Array(text.utf8)), as: UTF8.self) == shown)
  }

  @Test(arguments: [
    ("abc", 3), ("", 0), ("ü", 1), ("e\u{301}", 1), ("世界", 4), ("한글", 4), ("ﾊﾝ", 2), ("🎉", 2), ("❤\u{FE0F}", 2),
    ("👨‍👩‍👧", 2), ("a\u{200B}b", 2), ("─…", 2),
  ])
  func widths(text: String, width: Int) {
    #expect(DisplayWidth.of(text) == width)
  }

  @Test(arguments: [
    (Truncation.keepsStart, "dd if=/dev/zero", 8, "dd if=/…"),
    (.keepsStart, "short", 5, "short"),
    (.keepsStart, "世界世界", 6, "世界…"),
    (.keepsStart, "anything", 1, "…"),
    (.keepsStart, "anything", 0, ""),
    (.keepsEnd, "/usr/lib/x86_64-linux-gnu/libc.so.6", 14, "…/libc.so.6"),
    (.keepsEnd, "/usr/lib/libssl.so.3", 12, "…libssl.so.3"),
    (.keepsEnd, "averyveryverylongname", 10, "…ylongname"),
    (.keepsEnd, "/a/世界", 4, "…界"),
    (.never, "as it is", 2, "as it is"),
  ])
  func truncation(truncation: Truncation, text: String, width: Int, shown: String) {
    #expect(truncation.fit(text, width: width) == shown)
  }

  @Test func truncatedTextsFit() {
    for width in 0...40 {
      for text in ["/usr/lib/世界/libc.so.6", "👨‍👩‍👧 family 👨‍👩‍👧", "dd if=/dev/zero of=/dev/null bs=1 count=4000000"] {
        for truncation in [Truncation.keepsStart, .keepsEnd] {
          #expect(DisplayWidth.of(truncation.fit(text, width: width)) <= width)
        }
      }
    }
  }

  @Test func errorsAreOneLine() {
    let error = ErrorLine(
      "the file\nexists", place: "/tmp/\u{1B}[31mx.reel", remedy: "use --force", excerpt: ["proc.nme = x", "^~~~"])
    #expect(
      error.rendered(colour: false) == """
        reel: the file exists, /tmp/\\e[31mx.reel: use --force
          proc.nme = x
          ^~~~

        """)
    #expect(ErrorLine("it failed").rendered(colour: true) == "\u{1B}[1;31mreel:\u{1B}[0m it failed\n")
  }

  @Test func csvQuotesWhatItMust() {
    var text: [UInt8] = []
    CSV.appendLine(["plain", "a,b", "say \"hi\"", "two\nlines", ""].map { Array($0.utf8) }, to: &text)
    #expect(String(decoding: text, as: UTF8.self) == "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",\n")
  }
}
