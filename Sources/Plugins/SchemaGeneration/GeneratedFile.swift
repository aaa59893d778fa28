import EventSchema
import Foundation

/// A file that is derived from what is committed in `formats`.
public struct GeneratedFile {
  /// Relative to the root of the package.
  public let path: String
  /// All of its text.
  public let text: String
}

/// Reads `events.json`, `scap-events.json` and `schema-dictionary.zst` in `formats` below `root` and gives the files that are
/// derived from them.
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
  let dictionary = try Data(contentsOf: root.appendingPathComponent("formats/schema-dictionary.zst"))
  let recorder = try readRecorderTables(json: json, schema: schema)
  let compatCalls = try readCompatCalls(json: json, schema: schema, narrow: recorder.narrowTypes)
  return [
    GeneratedFile(path: "Sources/EventSchema/Generated/Catalogue.swift", text: renderCatalogue(schema)),
    GeneratedFile(
      path: "formats/events.md", text: renderReference(schema, compatCalls: compatCalls, recorder: recorder)),
    GeneratedFile(path: "Sources/EventSchema/Generated/CompatTable.swift", text: renderCompatTable(compatCalls)),
    GeneratedFile(path: "Sources/ScapFormat/Generated/ScapTables.swift", text: try renderScapTables(json: scapJSON)),
    GeneratedFile(path: "Sources/EventSchema/Generated/RecorderTable.swift", text: renderRecorderTable(recorder)),
    GeneratedFile(
      path: "Sources/CaptureFile/Generated/SchemaDictionaryBytes.swift", text: renderSchemaDictionary(dictionary)),
  ]
}
