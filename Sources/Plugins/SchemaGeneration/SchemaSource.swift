import EventSchema
import Foundation

/// Reads the text of `formats/events.json` into a schema and refuses whatever breaks a rule.
public func readSchema(json: Data) throws -> Schema {
  let top = try Object(JSONSerialization.jsonObject(with: json), place: "the file")
  try top.allow(["version", "flagTables", "events", "i386", "socketcall", "layouts"])
  guard try top.number("version") == 1 else { throw SchemaGenerationError("version", "must be 1") }
  let tables = try readFlagTables(top.list("flagTables"))
  let types = try readEvents(top.list("events"), tables: tables)
  return Schema(types: types, flagTables: tables)
}

/// Reads the calls of the 32-bit entry, whose types are those of `schema`.
func readCompatCalls(json: Data, schema: Schema, narrow: Set<EventTypeID>) throws -> [CompatSource] {
  let top = try Object(JSONSerialization.jsonObject(with: json), place: "the file")
  let calls =
    try readCompatCalls(top.list("i386"), key: "i386", types: schema.types, narrow: narrow)
    + readCompatCalls(top.list("socketcall"), key: "socketcall", types: schema.types, narrow: narrow)
  let used = Set(calls.filter(\.isNarrow).map(\.type))
  for type in schema.types where narrow.contains(type.id) && !used.contains(type.id) {
    throw SchemaGenerationError("layouts, i386, \"\(type.name)\"", "no call of the list i386 is narrow")
  }
  return calls
}

/// Reads what matters to a recorder alone.
func readRecorderTables(json: Data, schema: Schema) throws -> RecorderSource {
  let top = try Object(JSONSerialization.jsonObject(with: json), place: "the file")
  guard let layouts = top.fields["layouts"] else { throw SchemaGenerationError("the file", "needs \"layouts\"") }
  return try RecorderSource(
    events: top.list("events"), layouts: Object(layouts, place: "layouts"), schema: schema)
}

/// An object of the JSON text with the place where it stands.
struct Object {
  let fields: [String: Any]
  let place: String

  init(_ value: Any, place: String) throws(SchemaGenerationError) {
    guard let fields = value as? [String: Any] else { throw SchemaGenerationError(place, "must be an object") }
    self.fields = fields
    self.place = place
  }

  func at(_ place: String) -> Object { Object(fields: fields, place: place) }

  private init(fields: [String: Any], place: String) {
    self.fields = fields
    self.place = place
  }

  /// Refuses fields that are not in the list: most of them are typing errors.
  func allow(_ names: Set<String>) throws(SchemaGenerationError) {
    for name in fields.keys.sorted() where !names.contains(name) {
      throw SchemaGenerationError(place, "does not take \"\(name)\"")
    }
  }

  func optionalText(_ name: String) throws(SchemaGenerationError) -> String? {
    guard let value = fields[name] else { return nil }
    guard let text = value as? String else { throw SchemaGenerationError(place, "\"\(name)\" must be a text") }
    guard text.utf8.count <= 255 else { throw SchemaGenerationError(place, "\"\(name)\" is longer than 255 bytes") }
    return text
  }

  func text(_ name: String) throws(SchemaGenerationError) -> String {
    guard let text = try optionalText(name), !text.isEmpty else {
      throw SchemaGenerationError(place, "needs \"\(name)\"")
    }
    return text
  }

  func optionalNumber(_ name: String) throws(SchemaGenerationError) -> Int? {
    guard let value = fields[name] else { return nil }
    guard let number = value as? Int else { throw SchemaGenerationError(place, "\"\(name)\" must be a number") }
    return number
  }

  func number(_ name: String) throws(SchemaGenerationError) -> Int {
    guard let number = try optionalNumber(name) else { throw SchemaGenerationError(place, "needs \"\(name)\"") }
    return number
  }

  /// Bits as a text, because JSON has no hexadecimal numbers: `"0x80000"`.
  func optionalBits(_ name: String) throws(SchemaGenerationError) -> UInt64? {
    guard let text = try optionalText(name) else { return nil }
    guard text.hasPrefix("0x"), let bits = UInt64(text.dropFirst(2), radix: 16) else {
      throw SchemaGenerationError(place, "\"\(name)\" must read like \"0x1f\"")
    }
    return bits
  }

  func list(_ name: String) throws(SchemaGenerationError) -> [Any] {
    guard let list = fields[name] as? [Any] else { throw SchemaGenerationError(place, "needs the list \"\(name)\"") }
    return list
  }
}

func readFlagTables(_ list: [Any]) throws(SchemaGenerationError) -> [FlagTable] {
  var tables: [FlagTable] = []
  var names: Set<String> = []
  for (index, value) in list.enumerated() {
    var object = try Object(value, place: "flag table \(index + 1)")
    let name = try object.text("name")
    object = object.at("flag table \"\(name)\"")
    try object.allow(["name", "ignored", "entries"])
    guard names.insert(name).inserted else { throw SchemaGenerationError(object.place, "stands twice") }
    if let last = tables.last, last.name > name {
      throw SchemaGenerationError(object.place, "must stand before \"\(last.name)\"")
    }
    var entries: [FlagTable.Entry] = []
    var entryNames: Set<String> = []
    for (index, value) in try object.list("entries").enumerated() {
      let entry = try readFlagEntry(value, place: "\(object.place), entry \(index + 1)")
      guard entryNames.insert(entry.name).inserted else {
        throw SchemaGenerationError(object.place, "\"\(entry.name)\" stands twice")
      }
      entries.append(entry)
    }
    guard !entries.isEmpty else { throw SchemaGenerationError(object.place, "is empty") }
    tables.append(FlagTable(name: name, entries: entries, ignored: try object.optionalBits("ignored") ?? 0))
  }
  return tables
}

private func readFlagEntry(_ value: Any, place: String) throws(SchemaGenerationError) -> FlagTable.Entry {
  let object = try Object(value, place: place)
  try object.allow(["name", "value", "mask", "aarch64", "portable"])
  guard let bits = try object.optionalBits("value") else { throw SchemaGenerationError(place, "needs \"value\"") }
  let mask = try object.optionalBits("mask") ?? bits
  guard bits & ~mask == 0 else { throw SchemaGenerationError(place, "has bits outside of its mask") }
  let aarch64 = try object.optionalBits("aarch64")
  guard aarch64 == nil || mask == bits else {
    throw SchemaGenerationError(place, "a value inside a field cannot differ between architectures")
  }
  return FlagTable.Entry(
    name: try object.text("name"), value: bits, mask: mask, aarch64: aarch64,
    portable: try object.optionalBits("portable"))
}
