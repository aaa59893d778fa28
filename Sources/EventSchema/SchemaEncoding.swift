// The bytes of a schema, as they stand in every capture file. `formats/schema-encoding.md` is normative.
//
//     schema     version (1) | count | tables … | count | types …
//     record     length | fields … (a reader skips what follows the fields that it knows)
//     table      record: name | ignored bits | count | entries …
//     entry      record: name | presence | value | [mask] | [aarch64] | [portable]
//     type       record: id | name | presence | [call] | [x86_64] | [aarch64] | category | traits | object |
//                        argument count | count | captures … | count | parameters …
//     capture    record: kind | pointer | length argument | size | flags
//     parameter  record: name | type | storage | table + 1 | source | … | [condition]
//
// Every number is a varint (seven bits a byte, least significant first); every text is its length and its UTF-8.

/// Numbers of the encoding that reading and writing share.
enum SchemaLayout {
  static let version: UInt64 = 1

  static let maximumBytes = 4 << 20
  static let maximumTypes = 65_535
  static let maximumTables = 4_096
  static let maximumEntries = 4_096
  static let maximumParameters = 64
  static let maximumCaptures = 4
  static let maximumText = 255

  /// Presence bits of a flag table's entry.
  static let hasMask: UInt64 = 1
  static let hasARM: UInt64 = 2
  static let hasPortable: UInt64 = 4

  /// Presence bits of a type.
  static let hasCall: UInt64 = 1
  static let hasNumberX86: UInt64 = 2
  static let hasNumberARM: UInt64 = 4

  /// The object of a type: none, the result, or this and the argument's number.
  static let objectNone: UInt64 = 0
  static let objectResult: UInt64 = 1
  static let objectArgument: UInt64 = 2

  /// Flag of a capture.
  static let onSuccess: UInt64 = 1

  /// Kinds of sources. Those from 128 up have no column in batches, so that an old reader knows it of a new kind.
  static let sourceArgument: UInt64 = 1
  static let sourceCapture: UInt64 = 2
  static let sourceField: UInt64 = 3
  static let sourceAssembled: UInt64 = 4
  static let sourceResult: UInt64 = 128
  static let sourceThread: UInt64 = 129
  static let sourceObject: UInt64 = 130
}

extension Schema {
  /// The canonical bytes of the schema: equal schemas give equal bytes.
  ///
  /// - Precondition: the limits of `formats/schema-encoding.md` hold (names of at most 255 bytes, at most 64
  ///   parameters …), as they do for every schema that was generated or decoded.
  public func encoded() -> [UInt8] {
    var writer = SchemaWriter()
    writer.put(SchemaLayout.version)
    writer.put(flagTables.count)
    for table in flagTables { writer.put(table) }
    writer.put(types.count)
    for type in types { writer.put(type) }
    return writer.bytes
  }
}

/// Appends to the bytes of a schema.
private struct SchemaWriter {
  var bytes: [UInt8] = []

  mutating func put(_ value: UInt64) {
    var value = value
    while value >= 0x80 {
      bytes.append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    bytes.append(UInt8(value))
  }

  mutating func put(_ value: some BinaryInteger) { put(UInt64(value)) }

  mutating func put(_ text: String) {
    precondition(text.utf8.count <= SchemaLayout.maximumText, "a name of the schema is longer than 255 bytes")
    put(text.utf8.count)
    bytes.append(contentsOf: text.utf8)
  }

  /// Writes fields behind their length.
  mutating func record(_ fields: (inout SchemaWriter) -> Void) {
    var inner = SchemaWriter()
    fields(&inner)
    put(inner.bytes.count)
    bytes.append(contentsOf: inner.bytes)
  }

  mutating func put(_ table: FlagTable) {
    record { writer in
      writer.put(table.name)
      writer.put(table.ignored)
      writer.put(table.entries.count)
      for entry in table.entries {
        writer.record { writer in
          writer.put(entry.name)
          writer.put(
            (entry.mask != entry.value ? SchemaLayout.hasMask : 0)
              | (entry.aarch64 != nil ? SchemaLayout.hasARM : 0)
              | (entry.portable != nil ? SchemaLayout.hasPortable : 0))
          writer.put(entry.value)
          if entry.mask != entry.value { writer.put(entry.mask) }
          if let value = entry.aarch64 { writer.put(value) }
          if let value = entry.portable { writer.put(value) }
        }
      }
    }
  }

  mutating func put(_ type: EventType) {
    record { writer in
      writer.put(type.id.rawValue)
      writer.put(type.name)
      writer.put(
        (type.systemCall != nil ? SchemaLayout.hasCall : 0)
          | (type.numberX86 != nil ? SchemaLayout.hasNumberX86 : 0)
          | (type.numberARM != nil ? SchemaLayout.hasNumberARM : 0))
      if let call = type.systemCall { writer.put(call) }
      if let number = type.numberX86 { writer.put(number) }
      if let number = type.numberARM { writer.put(number) }
      writer.put(type.category.rawValue)
      writer.put(type.traits.rawValue)
      switch type.object {
      case .none: writer.put(SchemaLayout.objectNone)
      case .result: writer.put(SchemaLayout.objectResult)
      case .argument(let index): writer.put(SchemaLayout.objectArgument + UInt64(index))
      }
      writer.put(type.argumentCount)
      writer.put(type.captures.count)
      for capture in type.captures { writer.put(capture) }
      writer.put(type.parameters.count)
      for parameter in type.parameters { writer.put(parameter) }
    }
  }

  mutating func put(_ capture: Capture) {
    record { writer in
      writer.put(capture.kind.rawValue)
      writer.put(capture.pointer)
      writer.put(capture.lengthArgument)
      writer.put(capture.size)
      writer.put(capture.onSuccess ? SchemaLayout.onSuccess : 0)
    }
  }

  mutating func put(_ parameter: Parameter) {
    record { writer in
      writer.put(parameter.name)
      writer.put(parameter.type.rawValue)
      writer.put(parameter.type.storage.code)
      writer.put(parameter.flagTable.map { UInt64($0) + 1 } ?? 0)
      switch parameter.source {
      case .argument(let index):
        writer.put(SchemaLayout.sourceArgument)
        writer.put(index)
      case .capture(let index):
        writer.put(SchemaLayout.sourceCapture)
        writer.put(index)
      case .field(let capture, let offset, let size):
        writer.put(SchemaLayout.sourceField)
        writer.put(capture)
        writer.put(offset)
        writer.put(size)
      case .assembled:
        writer.put(SchemaLayout.sourceAssembled)
      case .result:
        writer.put(SchemaLayout.sourceResult)
      case .thread(let field):
        writer.put(SchemaLayout.sourceThread)
        writer.put(field)
      case .object(let field):
        writer.put(SchemaLayout.sourceObject)
        writer.put(field)
      }
      if let condition = parameter.nameCondition {
        writer.put(UInt64(condition.parameter) + 1)
        writer.put(condition.value)
      } else {
        writer.put(0 as UInt64)
      }
    }
  }
}

extension ParameterStorage {
  /// The number in the encoding.
  var code: UInt64 {
    switch self {
    case .integer: 0
    case .string: 1
    case .bytes: 2
    }
  }
}
