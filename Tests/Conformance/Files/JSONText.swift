import TestSupport

extension JSONValue {
  /// The value as text: keys in the order of their bytes, everything on one line.
  public var line: String {
    switch self {
    case .null: "null"
    case .bool(let value): value ? "true" : "false"
    case .integer(let value): "\(value)"
    case .number(let value): "\(value)"
    case .text(let value): JSONValue.quoted(value)
    case .array(let values): "[" + values.map(\.line).joined(separator: ", ") + "]"
    case .object(let members): "{" + JSONValue.members(members).joined(separator: ", ") + "}"
    }
  }

  /// The same for people: a member of the outer object a line, and an element of its arrays a line.
  public var page: String {
    guard case .object(let members) = self else { return line + "\n" }
    let lines = members.sorted { $0.key < $1.key }.map { key, value in
      guard case .array(let values) = value, values.contains(where: { $0.object != nil }) else {
        return "  \(JSONValue.quoted(key)): \(value.line)"
      }
      return "  \(JSONValue.quoted(key)): [\n    " + values.map(\.line).joined(separator: ",\n    ") + "\n  ]"
    }
    return "{\n" + lines.joined(separator: ",\n") + "\n}\n"
  }

  private static func members(_ members: [String: JSONValue]) -> [String] {
    members.sorted { $0.key < $1.key }.map { quoted($0.key) + ": " + $0.value.line }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case _ where scalar.value < 0x20 || scalar.value == 0x7F:
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}

extension JSONValue {
  /// A number, or nothing.
  static func number(_ value: Int64?) -> JSONValue { value.map { .integer($0) } ?? .null }
  /// A text, in hexadecimal where it is not UTF-8.
  static func text(_ bytes: some Collection<UInt8>) -> JSONValue {
    String(validating: bytes, as: UTF8.self).map { .text($0) } ?? hex(bytes)
  }
  /// Bytes in hexadecimal.
  static func hex(_ bytes: some Collection<UInt8>) -> JSONValue { .object(["hex": .text(hexadecimal(bytes))]) }
}

/// Two digits a byte.
public func hexadecimal(_ bytes: some Collection<UInt8>) -> String {
  bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
}
