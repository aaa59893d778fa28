import EventSchema
import Foundation

/// A file that is derived from `formats/events.json` or `formats/scap-events.json`.
public struct GeneratedFile {
  /// Relative to the root of the package.
  public let path: String
  /// All of its text.
  public let text: String
}

/// Reads `formats/events.json` and `formats/scap-events.json` below `root` and gives the files that are derived from it.
///
/// Checks that the encoding reads back as the same schema before anything is handed out.
public func generatedFiles(root: URL) throws -> [GeneratedFile] {
  let json = try Data(contentsOf: root.appendingPathComponent("formats/events.json"))
  let schema = try readSchema(json: json)
  let again = try Schema(decoding: schema.encoded())
  guard again.types == schema.types, again.flagTables == schema.flagTables else {
    throw SchemaGenerationError("the encoding", "does not read back as what was written")
  }
  let scapJSON = try Data(contentsOf: root.appendingPathComponent("formats/scap-events.json"))
  let recorder = try readRecorderTables(json: json, schema: schema)
  let compatCalls = try readCompatCalls(json: json, schema: schema, narrow: recorder.narrowTypes)
  return [
    GeneratedFile(path: "Sources/EventSchema/Generated/Catalogue.swift", text: renderCatalogue(schema)),
    GeneratedFile(
      path: "formats/events.md", text: renderReference(schema, compatCalls: compatCalls, recorder: recorder)),
    GeneratedFile(path: "Sources/EventSchema/Generated/CompatTable.swift", text: renderCompatTable(compatCalls)),
    GeneratedFile(path: "Sources/ScapFormat/Generated/ScapTables.swift", text: try renderScapTables(json: scapJSON)),
    GeneratedFile(path: "Sources/EventSchema/Generated/RecorderTable.swift", text: renderRecorderTable(recorder)),
  ]
}
