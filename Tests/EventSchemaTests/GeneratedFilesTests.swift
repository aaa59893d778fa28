import EventSchema
import Foundation
import SchemaGeneration
import Testing

/// The root of the package: four levels above this file's name.
private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

@Suite("What is derived from formats/events.json and formats/scap-events.json")
struct GeneratedFilesTests {
  @Test("The committed files are what the JSON gives")
  func committedFilesMatch() throws {
    let files = try generatedFiles(root: root)
    #expect(files.count == 6)
    for file in files {
      let committed = try String(contentsOf: root.appendingPathComponent(file.path), encoding: .utf8)
      #expect(committed == file.text, "run `swift run SchemaGenerator`: \(file.path) differs")
    }
  }

  @Test("The schema in the program is the one in the JSON")
  func builtInMatches() throws {
    let schema = try readSchema(json: Data(contentsOf: root.appendingPathComponent("formats/events.json")))
    #expect(Schema.builtIn.types == schema.types)
    #expect(Schema.builtIn.flagTables == schema.flagTables)
  }

  static let refusedCases: [(json: String, problem: String)] = [
    (event(#""id": 0, "name": "a""#), "its id is not from 1 to 65535"),
    (event(#""id": 1, "name": "a", "colour": 1"#), "does not take \"colour\""),
    (event(#""id": 1, "name": "a", "x86_64": 1"#), "has a number but no \"call\""),
    (event(#""id": 1, "name": "a", "call": "a""#), "not the trait call"),
    (event(#""id": 1, "name": "a", "traits": "flies""#), "unknown trait flies"),
    (event(#""id": 1, "name": "a", "object": "arg6""#), "unknown source"),
    (event(#""id": 1, "name": "a""#, #"["x", "int33", "assembled"]"#), "unknown type int33"),
    (event(#""id": 1, "name": "a""#, #"["x", "int32", "arg0"]"#), "must be \"assembled\""),
    (call(#"["x", "int32", "arg6"]"#), "unknown source"),
    (call(#"["x", "string", "thread.colour"]"#), "threads have no field \"colour\""),
    (call(#"["x", "raw", "object.colour"]"#), "objects have no field \"colour\""),
    (call(#"["x", "flags32", "arg0"]"#), "needs a flag table"),
    (call(#"["x", "flags32:none", "arg0"]"#), "there is no flag table none"),
    (call(#"["x", "string", "arg0"]"#), "a register holds no string"),
    (call(#"["x", "string", "struct(arg0,8)"]"#), "structure gives no string"),
    (call(#"["x", "bytes", "buffer(arg0)"]"#), "buffer takes 2 operands"),
    (call(#"["x", "uint64", "struct(arg0,8).u64@1"]"#), "ends behind the structure"),
    (call(#"["x", "uint64", "struct(arg0,8).i64@0"]"#), "uint64 is unsigned"),
    (call(#"["x", "int32", "arg0"], ["x", "int32", "arg1"]"#), "the name stands twice"),
    (call(#"["p", "relativePath", "string(arg0)"]"#), "behind its directory's descriptor"),
    (call(#"["p", "int32", "arg0", "q=1"]"#), "names a parameter before it"),
    (
      call((0..<5).map { #"["p\#($0)", "string", "string(arg\#($0))"]"# }.joined(separator: ",")),
      "needs 5 captures"
    ),
    (#"{"version": 2, "flagTables": [], "events": []}"#, "must be 1"),
    (#"{"version": 1, "flagTables": [], "events": [{"id": 2}]}"#, "needs \"name\""),
    (twoCalls(#""id": 2, "name": "a""#, #""id": 1, "name": "b""#), "must be greater"),
    (twoCalls(#""id": 1, "name": "a""#, #""id": 2, "name": "a""#), "the name stands twice"),
    (
      twoCalls(#""id": 1, "name": "a", "x86_64": 7"#, #""id": 2, "name": "b", "x86_64": 7"#),
      "the number 7 on x86_64 stands twice"
    ),
    (
      #"{"version": 1, "flagTables": [{"name": "t", "entries": [{"name": "A", "value": "0x1"}]}], "events": []}"#,
      "is not used"
    ),
  ]

  @Test("A JSON that breaks a rule is refused", arguments: refusedCases)
  func refuses(_ json: String, problem: String) {
    #expect {
      try readSchema(json: Data(json.utf8))
    } throws: { error in
      "\(error)".contains(problem)
    }
  }

  /// One event that is no system call.
  private static func event(_ fields: String, _ parameters: String = "") -> String {
    #"{"version": 1, "flagTables": [], "events": [{\#(fields), "category": "file", "parameters": [\#(parameters)]}]}"#
  }

  /// One system call with these parameters.
  private static func call(_ parameters: String) -> String {
    event(#""id": 1, "name": "a", "call": "a", "traits": "call""#, parameters)
  }

  private static func twoCalls(_ one: String, _ two: String) -> String {
    func event(_ fields: String, _ call: String) -> String {
      #"{\#(fields), "call": "\#(call)", "traits": "call", "category": "file", "parameters": []}"#
    }
    return #"{"version": 1, "flagTables": [], "events": [\#(event(one, "one")), \#(event(two, "two"))]}"#
  }
}
