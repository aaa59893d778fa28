import Query

/// One JSON object, made name by name.
///
///     var object = JSONObject()
///     object.add("events", 12)
///     object.add("filter", nil)
struct JSONObject {
  private var json: [UInt8] = []
  private var writer: JSONObjectWriter

  init() { writer = JSONObjectWriter(&json) }

  mutating func add(_ name: String, _ text: String?) {
    writer.name(name, to: &json)
    if let text { appendJSON(text, to: &json) } else { json.append(contentsOf: "null".utf8) }
  }

  mutating func add(_ name: String, _ number: some BinaryInteger) {
    writer.name(name, to: &json)
    json.append(contentsOf: String(number).utf8)
  }

  /// A number that may not be there.
  mutating func add<Number: BinaryInteger>(_ name: String, number: Number?) {
    writer.name(name, to: &json)
    json.append(contentsOf: (number.map { String($0) } ?? "null").utf8)
  }

  mutating func add(_ name: String, _ flag: Bool) {
    writer.name(name, to: &json)
    json.append(contentsOf: (flag ? "true" : "false").utf8)
  }

  mutating func add(_ name: String, _ value: FieldValue) {
    writer.name(name, to: &json)
    value.appendJSON(to: &json)
  }

  mutating func add(_ name: String, _ object: JSONObject) {
    writer.name(name, to: &json)
    json.append(contentsOf: object.bytes)
  }

  /// A value that is JSON already; what is not becomes a text.
  mutating func add(_ name: String, json text: String) {
    guard let line = JSONText.oneLine(text) else { return add(name, text) }
    writer.name(name, to: &json)
    json.append(contentsOf: line)
  }

  mutating func add(_ name: String, _ objects: [JSONObject]) {
    writer.name(name, to: &json)
    json.append(UInt8(ascii: "["))
    for (index, object) in objects.enumerated() {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      json.append(contentsOf: object.bytes)
    }
    json.append(UInt8(ascii: "]"))
  }

  mutating func add(_ name: String, _ texts: [String]) {
    writer.name(name, to: &json)
    json.append(UInt8(ascii: "["))
    for (index, text) in texts.enumerated() {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      appendJSON(text, to: &json)
    }
    json.append(UInt8(ascii: "]"))
  }

  mutating func add(_ name: String, _ numbers: [Int64]) {
    writer.name(name, to: &json)
    json.append(UInt8(ascii: "["))
    for (index, number) in numbers.enumerated() {
      if index > 0 { json.append(UInt8(ascii: ",")) }
      json.append(contentsOf: String(number).utf8)
    }
    json.append(UInt8(ascii: "]"))
  }

  /// The object.
  var bytes: [UInt8] { json + [UInt8(ascii: "}")] }

  /// The object as a line.
  var line: [UInt8] { json + [UInt8(ascii: "}"), UInt8(ascii: "\n")] }
}
