import Testing

@testable import reel

@Suite struct JSONTextTests {
  @Test(arguments: [
    #"{}"#, #"[]"#, #" {"a" : [1, -0.5e+3, true, false, null], "b\u00e9\"": {"c": ""}} "#, "0", #""text""#,
    String(repeating: "[", count: 63) + String(repeating: "]", count: 63),
  ])
  func jsonStays(text: String) {
    #expect(JSONText.oneLine(text) == Array(text.utf8))
  }

  @Test func lineEndsBecomeSpaces() {
    #expect(JSONText.oneLine("{\n\"a\":\r\n1}") == Array("{ \"a\":  1}".utf8))
  }

  @Test(arguments: [
    "", "{", "}", "[1,]", "{\"a\"}", "{a:1}", "nul", "01", "1.", "-", "\"", "\"\\x\"", "\"\\u12g4\"", "\"\\u12",
    "\"a\nb\"",
    "1 2", "{} , \"trigger\":1", String(repeating: "[", count: 100_000),
  ])
  func otherTextIsNone(text: String) {
    #expect(JSONText.oneLine(text) == nil)
  }
}
