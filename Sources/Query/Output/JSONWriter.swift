import EventBatch

/// Appends a text as a JSON string. Invalid UTF-8 is replaced; control characters are escaped.
public func appendJSON(_ text: ArraySlice<UInt8>, to json: inout [UInt8]) {
  json.append(UInt8(ascii: "\""))
  var start = text.startIndex
  var index = start
  while index < text.endIndex {
    let byte = text[index]
    if byte >= 0x80 {
      // Beyond ASCII the decoder decides; the rest of the text goes its way.
      json.append(contentsOf: text[start..<index])
      for scalar in String(decoding: text[index...], as: UTF8.self).utf8 { appendEscaped(scalar, to: &json) }
      json.append(UInt8(ascii: "\""))
      return
    }
    if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == 0x7F {
      json.append(contentsOf: text[start..<index])
      appendEscaped(byte, to: &json)
      start = index + 1
    }
    index += 1
  }
  json.append(contentsOf: text[start...])
  json.append(UInt8(ascii: "\""))
}

/// Appends a text as a JSON string.
public func appendJSON(_ text: String, to json: inout [UInt8]) {
  appendJSON(ArraySlice(text.utf8), to: &json)
}

private func appendEscaped(_ byte: UInt8, to json: inout [UInt8]) {
  switch byte {
  case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
  case 0x0A: json.append(contentsOf: "\\n".utf8)
  case 0x0D: json.append(contentsOf: "\\r".utf8)
  case 0x09: json.append(contentsOf: "\\t".utf8)
  case 0..<0x20, 0x7F:
    json.append(contentsOf: "\\u00".utf8)
    let digits = Array("0123456789abcdef".utf8)
    json += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
  default: json.append(byte)
  }
}

extension FieldValue {
  /// Appends the value as JSON: numbers as numbers, texts as strings, `null` when it is missing.
  public func appendJSON(to json: inout [UInt8]) {
    switch self {
    case .missing: json.append(contentsOf: "null".utf8)
    case .boolean, .integer, .unsigned: append(to: &json)
    case .decimal(let value):
      if value.isFinite { append(to: &json) } else { json.append(contentsOf: "null".utf8) }
    case .text(let bytes), .bytes(let bytes): Query.appendJSON(bytes, to: &json)
    case .address:
      json.append(UInt8(ascii: "\""))
      append(to: &json)
      json.append(UInt8(ascii: "\""))
    case .list(let values):
      json.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { json.append(UInt8(ascii: ",")) }
        value.appendJSON(to: &json)
      }
      json.append(UInt8(ascii: "]"))
    }
  }
}

/// Writes one JSON object, name by name.
public struct JSONObjectWriter {
  private var isEmpty = true

  /// Starts an object.
  public init(_ json: inout [UInt8]) { json.append(UInt8(ascii: "{")) }

  /// Appends a name; its value is appended by the caller.
  public mutating func name(_ name: String, to json: inout [UInt8]) {
    if !isEmpty { json.append(UInt8(ascii: ",")) }
    isEmpty = false
    Query.appendJSON(name, to: &json)
    json.append(UInt8(ascii: ":"))
  }

  /// Ends the object.
  public func end(_ json: inout [UInt8]) { json.append(UInt8(ascii: "}")) }
}
