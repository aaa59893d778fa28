import Filter
import Testing

@Suite("Filters that do not parse")
struct SyntaxErrorTests {
  typealias Case = (text: String, reason: FilterSyntaxError.Reason, column: Int)

  static let cases: [Case] = [
    ("", .empty, 1),
    ("   ", .expectedExpression, 4),
    ("#a", .expectedExpression, 1),
    ("()", .expectedExpression, 2),
    ("a b", .expectedConnective, 3),
    ("and a", .expectedConnective, 5),
    ("a andb", .expectedBlank, 6),
    ("a and", .expectedBlank, 6),
    ("a ornot(b)", .expectedBlank, 5),
    ("a and or b", .expectedConnective, 10),
    ("a)", .expectedConnective, 2),
    ("(a or (b)", .expectedClosingParenthesis, 10),
    ("macro > 1", .expectedConnective, 7),
    ("a.b", .expectedOperator, 4),
    ("a.b containsx", .expectedOperator, 5),
    ("a.b startswith", .expectedOperator, 5),
    ("a.b EXISTS", .expectedOperator, 5),
    ("a.b = ", .expectedString, 7),
    ("a.b = (x)", .expectedString, 7),
    ("a.b in (x,)", .expectedString, 11),
    ("a.b in (,)", .expectedClosingParenthesis, 9),
    ("a.b in (x", .expectedClosingParenthesis, 10),
    ("a.b in (len(c.d))", .expectedClosingParenthesis, 12),
    ("a.b in )", .expectedList, 8),
    ("a.b > x", .expectedNumber, 7),
    ("a.b > 0xZZ", .expectedNumber, 7),
    ("a.b > 0x11112222333344445", .expectedNumber, 7),
    ("a.b > oneof (1)", .expectedNumber, 7),
    ("a.b > 12x", .expectedConnective, 9),
    ("a.b > 99999999999999999999h", .expectedConnective, 27),
    ("a.b = 'x", .unterminatedString, 7),
    ("a.b in ('x)", .unterminatedString, 9),
    ("a.b = x\u{0}y", .expectedConnective, 8),
    (#"a.b = "\q""#, .invalidEscape, 11),
    (#"a.b = "\'""#, .invalidEscape, 11),
    (#"a.b = "\x4""#, .invalidEscape, 12),
    (#"a.b = "\xg0""#, .invalidEscape, 13),
    ("a.b[] = x", .expectedFieldArgument, 5),
    ("a.b[x = y", .expectedClosingBracket, 6),
    ("a.b [x] = y", .expectedOperator, 5),
    ("val(a.b) = x", .expectedConnective, 4),
    ("b64 (a.b) = x", .expectedConnective, 5),
    ("b64() = x", .expectedTransformerArgument, 5),
    ("b64(a) = x", .expectedTransformerArgument, 5),
    ("b64(val(a.b)) = x", .expectedTransformerArgument, 5),
    ("join('-', ((a.b))) = x", .expectedTransformerArgument, 12),
    ("join('-', (a.b,)) = x", .expectedTransformerArgument, 16),
    ("b64(a.b = x", .expectedClosingParenthesis, 9),
    ("a.b = val(b64(c.d))", .expectedField, 11),
    ("a.b = oneof(x)", .expectedConnective, 12),
    ("a.b =oneof (x)", .expectedConnective, 12),
    ("a.b = ONEOF (x)", .expectedConnective, 13),
    ("a.b = oneof val(c.d)", .expectedConnective, 16),
  ]

  @Test(arguments: cases)
  func error(_ text: String, _ reason: FilterSyntaxError.Reason, _ column: Int) {
    let error = #expect(throws: FilterSyntaxError.self) { try parseFilter(text) }
    #expect(error?.reason == reason)
    #expect(error?.column == column)
    #expect(error?.line == 1)
  }

  static let renderings: [(text: String, rendering: String)] = [
    (
      "fd.name startswith (/etc)",
      """
      line 1, column 20: expected a string, a transformer or val(field) behind 'startswith', found '(' \
      (a list needs 'in', or 'anyof' before it)
        fd.name startswith (/etc)
                           ^
      """
    ),
    (
      "a and\n  (b or\r\n  c d)",
      """
      line 3, column 5: expected 'and', 'or' or a ')' for the one of line 2, column 3, found 'd'
          c d)
            ^
      """
    ),
    (
      #"fd.name = "Größe \q" and a"#,
      #"""
      line 1, column 21: '\q' is no escape in this string: \\ \n \r \t \b \f \/ \xHH and the string's own quote are
        fd.name = "Größe \q" and a
                         ~~ ^
      """#
    ),
    (
      "a.b = x && c",
      """
      line 1, column 9: expected 'and', 'or' or the end, found '&&' (write 'and')
        a.b = x && c
                ^
      """
    ),
    (
      "evt.latency > 5ms and a",
      """
      line 1, column 16: expected 'and', 'or' or the end, found 'ms' (times are nanoseconds, without a unit: 5000000)
        evt.latency > 5ms and a
                       ^
      """
    ),
    (
      "evt.buflen >= 4 KiB",
      """
      line 1, column 17: expected 'and', 'or' or the end, found 'KiB' (sizes are bytes, without a unit: 4096)
        evt.buflen >= 4 KiB
                        ^
      """
    ),
    (
      "proc.name = upper(x)",
      """
      line 1, column 18: expected 'and', 'or' or the end, found '(' ('upper' is no transformer; there are val, \
      tolower, toupper, b64, basename, len, join, concat, getopt)
        proc.name = upper(x)
                         ^
      """
    ),
    (
      "a.b = \u{1B}[31m )",
      """
      line 1, column 13: expected 'and', 'or' or the end, found ')'
        a.b = \u{FFFD}[31m )
                    ^
      """
    ),
  ]

  @Test(arguments: renderings)
  func rendering(_ text: String, _ rendering: String) {
    let error = #expect(throws: FilterSyntaxError.self) { try parseFilter(text) }
    #expect(error?.rendering == rendering)
  }

  @Test("A long line is cut around the place")
  func longLine() {
    let error = #expect(throws: FilterSyntaxError.self) {
      try parseFilter(String(repeating: "a.b = é or ", count: 500) + "a b" + String(repeating: " or c", count: 500))
    }
    #expect((error?.excerpt.text.count ?? 999) < 130)
    #expect(error?.column == 5503)
    #expect(error?.offset == 6002)
    let late = #expect(throws: FilterSyntaxError.self) {
      try parseFilter("a.b in (" + String(repeating: "é,", count: 5000) + ")")
    }
    #expect(late?.column == 10_009)
    #expect(late?.excerpt.mark.count == late?.excerpt.text.count)
  }

  @Test("Nesting is bounded, whatever the caller asks for")
  func depth() throws {
    func nested(_ open: String, _ count: Int) -> String {
      String(repeating: open, count: count) + "a" + String(repeating: ")", count: count)
    }
    for open in ["(", "not (", "not(", "b and ("] {
      #expect(throws: Never.self) { try parseFilter(nested(open, 100)) }
      #expect(throws: FilterSyntaxError.self) { try parseFilter(nested(open, 101)) }
      let filter = try parseFilter(nested(open, 1000), depthLimit: .max)
      #expect(try parseFilter(filter.description, depthLimit: 1000) == filter)
      let error = #expect(throws: FilterSyntaxError.self) { try parseFilter(nested(open, 500_000), depthLimit: .max) }
      #expect(error?.reason == .tooDeep)
    }
    let transformers = String(repeating: "b64(", count: 500_000)
    for limit in [1, 100, 1000] {
      let error = #expect(throws: FilterSyntaxError.self) { try parseFilter(transformers, depthLimit: limit) }
      #expect(error?.reason == .tooDeep)
    }
    #expect(throws: FilterSyntaxError.self) { try parseFilter("((a))", depthLimit: 1) }
  }

  @Test("Length is bounded")
  func length() {
    let error = #expect(throws: FilterSyntaxError.self) {
      try parseFilter(String(repeating: " ", count: maximumFilterLength) + "a")
    }
    #expect(error?.reason == .tooLong)
  }
}
