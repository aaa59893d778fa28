import JSON
import Testing

@testable import Containers

struct JSONDocumentTests {
  private static func parse(_ text: String) throws -> JSONDocument { try JSONDocument.parse(Array(text.utf8)) }

  @Test(
    arguments: [
      ("null", .null), (" true ", .boolean(true)), ("false", .boolean(false)), ("0", .integer(0)),
      ("-12", .integer(-12)), ("9223372036854775807", .integer(.max)), ("1.5", .real(1.5)), ("1e3", .real(1000)),
      ("9223372036854775808", .real(9223372036854775808)), ("\"\"", .string("")), ("[]", .array([])),
      ("{}", .object([:])), ("[1, \"a\",null]", .array([.integer(1), .string("a"), .null])),
      ("{\"a\":{\"b\":[true]}}", .object(["a": .object(["b": .array([.boolean(true)])])])),
      ("\"\\u00e9\\n\\\\\\/\\\"\"", .string("é\n\\/\"")), ("\"\\ud83d\\ude00\"", .string("😀")),
      ("\"\\ud83d\"", .string("\u{FFFD}")), ("{\"a\":1,\"a\":2}", .object(["a": .integer(2)])),
    ] as [(String, JSONDocument)])
  func values(text: String, value: JSONDocument) throws {
    #expect(try Self.parse(text) == value)
  }

  @Test(
    arguments: [
      "", " ", "nul", "01", "-", "1.", "1e", "+1", ".5", "\"", "\"\n\"", "\"\\x\"", "\"\\u12\"", "\"\\u+123\"", "[",
      "[1", "[1,]",
      "[1 2]", "{", "{a:1}", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "1 2", "{}x", "NaN", "'a'",
      String(repeating: "[", count: 100), "[" + String(repeating: "1,", count: 500_000) + "1]",
    ])
  func refused(text: String) {
    #expect(throws: JSONDocument.Malformed.self) { try Self.parse(text) }
  }

  @Test("every prefix of a text is answered") func prefixes() throws {
    let text = Array("{\"a\": [1, -2.5e-3, \"x\\u00e9\\n\", {\"b\": null}], \"c\": true}".utf8)
    _ = try JSONDocument.parse(text)
    for end in text.indices {
      #expect(throws: JSONDocument.Malformed.self) { try JSONDocument.parse(Array(text[..<end])) }
    }
  }
}
