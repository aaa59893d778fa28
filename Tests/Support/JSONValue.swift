import Foundation

/// Any JSON value, with integers kept exact: times of the epoch in nanoseconds do not fit into a `Double`.
public enum JSONValue: Decodable, Hashable, Sendable {
  case null
  case bool(Bool)
  case integer(Int64)
  case number(Double)
  case text(String)
  case array([JSONValue])
  case object([String: JSONValue])

  /// Takes whatever value comes. Each `try?` asks whether it is of a kind; what is of none fails in the last line.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int64.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .text(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  /// The object on a line of text.
  public static func object(line: String) throws -> [String: JSONValue] {
    try JSONDecoder().decode([String: JSONValue].self, from: Data(line.utf8))
  }

  /// The whole number, `nil` for anything else.
  public var integer: Int64? { if case .integer(let value) = self { value } else { nil } }
  /// The text, `nil` for anything else.
  public var text: String? { if case .text(let value) = self { value } else { nil } }
  /// The truth value, `nil` for anything else.
  public var bool: Bool? { if case .bool(let value) = self { value } else { nil } }
  /// The object, `nil` for anything else.
  public var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
  /// The array, `nil` for anything else.
  public var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }

  /// A number, whole or not.
  public var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .number(let value): value
    default: nil
    }
  }
}
