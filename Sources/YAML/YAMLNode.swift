/// A value of a YAML document, and where it stands.
public struct YAMLNode: Sendable {
  /// What it is.
  public indirect enum Content: Sendable {
    case scalar(YAMLScalar)
    case sequence([YAMLNode])
    case mapping([YAMLPair])
  }

  /// What it is.
  public let content: Content
  /// Where it begins.
  public let start: YAMLMark
  /// Where it ends: the place behind its last character.
  public let end: YAMLMark

  /// A value at a place.
  public init(content: Content, start: YAMLMark, end: YAMLMark) {
    self.content = content
    self.start = start
    self.end = end
  }

  /// The scalar, if it is one.
  public var scalar: YAMLScalar? { if case .scalar(let scalar) = content { scalar } else { nil } }

  /// The text of a scalar; `nil` for collections and for nothing.
  public var text: String? { scalar.flatMap { $0.isNull ? nil : $0.text } }

  /// The elements of a sequence.
  public var elements: [YAMLNode]? { if case .sequence(let elements) = content { elements } else { nil } }

  /// The pairs of a mapping.
  public var pairs: [YAMLPair]? { if case .mapping(let pairs) = content { pairs } else { nil } }

  /// Whether nothing stands there: `key:` or `key: null`.
  public var isNull: Bool { scalar?.isNull ?? false }

  /// The value of a key of a mapping; the first when there are several.
  public subscript(_ key: String) -> YAMLNode? {
    guard case .mapping(let pairs) = content else { return nil }
    return pairs.first { $0.key.text == key }?.value
  }

  /// What the value is, for messages.
  public var kind: String {
    switch content {
    case .scalar(let scalar): scalar.isNull ? "nothing" : "a single value"
    case .sequence: "a list"
    case .mapping: "a mapping"
    }
  }
}

/// One entry of a mapping.
public struct YAMLPair: Sendable {
  /// Mostly a text.
  public let key: YAMLNode
  /// Anything.
  public let value: YAMLNode

  /// An entry.
  public init(key: YAMLNode, value: YAMLNode) {
    self.key = key
    self.value = value
  }
}

/// A single value, as text.
public struct YAMLScalar: Sendable {
  /// The text, with escapes and folding resolved.
  public let text: String
  /// Whether it was written without quotes and not as a block, so that it may be a number or nothing.
  public let isPlain: Bool

  /// A text.
  public init(text: String, isPlain: Bool) {
    self.text = text
    self.isPlain = isPlain
  }

  /// Whether the text stands for nothing.
  public var isNull: Bool {
    isPlain && (text.isEmpty || text == "~" || text == "null" || text == "Null" || text == "NULL")
  }

  /// The value as a truth value.
  public var boolean: Bool? {
    switch text {
    case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y": true
    case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N": false
    default: nil
    }
  }
}

/// A place in a YAML text.
public struct YAMLMark: Sendable, Hashable {
  /// From 1.
  public let line: Int
  /// In characters, from 1.
  public let column: Int

  /// A place.
  public init(line: Int, column: Int) {
    self.line = line
    self.column = column
  }
}

/// Why a text is no YAML that is taken, and where.
public struct YAMLError: Error, Sendable, Hashable {
  /// One line for people.
  public let message: String
  /// The place.
  public let mark: YAMLMark
}
