extension JSONDocument {
  /// The value on one line, members in the order of their names.
  public var line: String { JSONBuilder(self).text }
}

extension JSONBuilder {
  /// A value that was read.
  public init(_ document: JSONDocument) {
    self.init()
    append(document)
  }

  /// An element that was read.
  public mutating func append(_ document: JSONDocument) {
    switch document {
    case .null: append(raw: "null")
    case .boolean(let value): append(raw: value ? "true" : "false")
    case .integer(let number): append(raw: String(number))
    case .real(let number): append(raw: number.isFinite ? "\(number)" : "null")
    case .string(let text): append(text)
    case .array(let elements): array { json in for element in elements { json.append(element) } }
    case .object:
      object { json in
        for (name, value) in document.members { json.add(name, raw: JSONBuilder(value).text) }
      }
    }
  }
}
