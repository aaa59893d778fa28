import Foundation
import Query
import TestSupport
import Testing

@testable import reel

/// `formats/fields.md` says what the table of fields says.
@Suite struct FieldsDocumentTests {
  @Test func documentIsGenerated() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let committed = try String(contentsOf: root.appending(path: "formats/fields.md"), encoding: .utf8)
    #expect(
      committed == FieldsReport.document(FieldTable.all), "run `reel fields --markdown > formats/fields.md`")
  }

  @Test func listsAreWhole() throws {
    let run = try CommandRun("fields", "--json")
    let objects = try run.objects()
    #expect(objects.count == FieldTable.all.count)
    for object in objects {
      #expect((object["description"] as? String)?.isEmpty == false)
      #expect((object["example"] as? String)?.isEmpty == false)
      #expect((object["reason"] as? String != nil) == (object["answered"] as? Bool == false))
    }
    #expect(try CommandRun("fields", "nosuchfield").status == 2)
  }

  /// A mistake in a filter is one line with its place and a mark, before any capture is opened: this one is not there.
  @Test(arguments: [
    ["events", "/nowhere.reel"], ["count", "/nowhere.reel"], ["cut", "/nowhere.reel", "-o", "/nowhere/else.reel"],
    ["view", "processes", "/nowhere.reel"], ["state", "/nowhere.reel", "processes"],
    ["query", "/nowhere.reel", "--by", "evt.type", "--show", "count"], ["events", "/nowhere.reel", "--follow"],
    ["record", "-o", "/nowhere/else.reel"],
  ])
  func mistakesAreToldFirst(command: [String]) throws {
    for (filter, place) in [
      ("proc.nme = x", "column 1: there is no field 'proc.nme'; did you mean 'proc.name'"),
      ("fd.port contains x", "column 9: 'contains' does not go with 'fd.port', which is a port; it takes ="),
      ("proc.name = 'x", "column 13: the string that starts here has no closing '"),
    ] {
      let run = try CommandRun(command + [filter])
      #expect(run.status == 2, "\(command): \(run.error)")
      #expect(run.output.isEmpty)
      let lines = run.error.split(separator: "\n")
      #expect(
        lines.count == 3 && lines[0].contains(place) && lines[1].contains(filter) && lines[2].contains("^"),
        "\(run.error)")
    }
  }

  @Test func formatsAreCheckedFirst() throws {
    let run = try CommandRun("events", "/nowhere.reel", "-p", "%evt.num %fd.nme")
    #expect(run.status == 2)
    #expect(run.error.contains("in the format, column 11: there is no field 'fd.nme'"))
    #expect(try CommandRun("events", "/nowhere.reel", "-t", "noon").status == 2)
    #expect(try CommandRun("events", "/nowhere.reel", "--json", "--csv").status == 2)
  }
}
