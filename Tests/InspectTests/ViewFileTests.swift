import Query
import Testing

@testable import Inspect

/// Views as users write them.
@Suite struct ViewFileTests {
  @Test func aViewInAFile() throws {
    let view = try ViewFile.view(
      Array(
        """
        {"name": "sockets", "title": "Sock\\u0065ts", "filter": "fd.type = unix", "sort": "-count",
         "columns": [
           {"name": "socket", "key": "fd.name"},
           {"name": "count", "aggregate": "count", "where": "evt.failed = true"},
           {"name": "time_ns", "title": "T", "aggregate": "sum", "of": "evt.latency", "unit": "duration"},
           {"name": "command", "last": ["proc.exeline", "proc.name"], "hidden": true}
         ], "drill_down": "processes"}
        """.utf8))
    #expect(view.name == "sockets" && view.title == "Sockets" && view.drillDown == "processes" && view.sort == "-count")
    #expect(view.columns.map(\.title) == ["SOCKET", "COUNT", "T", "COMMAND"])
    #expect(view.columns[1].content == .aggregate("count", of: nil, where: "evt.failed = true"))
    #expect(view.columns[2].unit == .duration && view.columns[3].isHidden)
    #expect(view.columns[3].content == .last(["proc.exeline", "proc.name"]))
    _ = try ViewRun(view, schema: .builtIn)
  }

  @Test(arguments: [
    ("", "a value is missing"), ("[]", "JSON object"), ("{", "a text is missing"),
    (#"{"name": "A"}"#, "small letters"), (#"{"name": "a"}"#, "columns"), (#"{"name": 1}"#, "is not a text"),
    (#"{"name": "a", "colums": [], "columns": [{"name": "b", "key": "fd.name"}]}"#, "has no \"colums\""),
    (#"{"name": "a", "columns": [{"name": "b"}]}"#, "needs one of"),
    (#"{"name": "a", "columns": [{"name": "b", "field": "fd.name"}]}"#, "of a table"),
    (#"{"name": "a", "kind": "list", "columns": [{"name": "b", "key": "fd.name"}]}"#, "of a list"),
    (#"{"name": "a", "sort": "c", "columns": [{"name": "b", "key": "fd.name"}]}"#, "no column 'c'"),
    (#"{"name": "a", "columns": [{"name": "b", "key": "fd.name", "unit": "miles"}]}"#, "no unit 'miles'"),
    (#"{"name": "a", "name": "b"}"#, "there twice"), ("{\n\"name\": nul}", "line 2"),
    (#"{"name": "a"} x"#, "behind the end"), (#"{"name": "\ud800"}"#, "four digits"),
    (String(repeating: "[", count: 100_000), "nested too deeply"), (#"{"name": "a"#, "not closed"),
  ])
  func mistakesAreSaid(text: String, words: String) {
    do throws(QueryError) {
      let view = try ViewFile.view(Array(text.utf8))
      Issue.record("read as \(view)")
    } catch {
      #expect(error.message.contains(words), "\(error.message)")
    }
  }

  @Test func numbersAndEscapes() throws {
    let document = try JSONDocument(Array(#"[1.5e3, -2, true, false, null, "\"\\\/\b\f\n\r\t\u00e9é", {}, []]"#.utf8))
    #expect(
      document
        == .list([
          .number(1500), .number(-2), .boolean(true), .boolean(false), .null, .text("\"\\/\u{8}\u{C}\n\r\té\u{E9}"),
          .object([]), .list([]),
        ]))
  }
}
