// Reading the bytes of a schema. They come from files, so that nothing in them is believed before it is checked.

/// Why bytes are no schema.
public struct SchemaDecodingError: Error, Hashable, CustomStringConvertible {
  /// What is wrong.
  public enum Problem: Hashable, Sendable {
    /// The bytes, or a record in them, end too early.
    case truncated
    /// Written by a version of Reel that changed the encoding itself.
    case unsupportedVersion(UInt64)
    /// A number that does not fit what it stands for.
    case outOfRange(String)
    /// More of something than the format allows.
    case tooMany(String)
    /// A text that is not UTF-8.
    case invalidText
    /// Types must come in ascending order of their ids.
    case idsNotAscending
    /// A parameter names a flag table, capture or parameter that does not exist.
    case danglingReference(String)
  }

  /// The rule that the bytes break.
  public let problem: Problem
  /// Where in the bytes of the schema.
  public let offset: Int

  /// One line for users: what is wrong and where.
  public var description: String {
    let what =
      switch problem {
      case .truncated: "it ends too early"
      case .unsupportedVersion(let version): "its version is \(version), this program knows version 1 only"
      case .outOfRange(let what): "\(what) is out of range"
      case .tooMany(let what): "it has too many \(what)"
      case .invalidText: "a name is not UTF-8"
      case .idsNotAscending: "its event types are out of order"
      case .danglingReference(let what): "a parameter refers to a \(what) that does not exist"
      }
    return "the event schema cannot be read at byte \(offset): \(what)"
  }
}

extension Schema {
  /// Reads what `encoded()` wrote, in this or a later version of the program.
  ///
  /// Event types, parameter types, sources and categories that this program does not know are kept by name and shown
  /// as plain values. Takes well under a millisecond for the built-in schema, and never more memory than a small
  /// multiple of the bytes.
  public init(decoding bytes: [UInt8]) throws(SchemaDecodingError) {
    guard bytes.count <= SchemaLayout.maximumBytes else {
      throw SchemaDecodingError(problem: .tooMany("bytes"), offset: SchemaLayout.maximumBytes)
    }
    var reader = SchemaReader(bytes: bytes, position: 0, end: bytes.count)
    let version = try reader.number()
    guard version == SchemaLayout.version else { throw reader.error(.unsupportedVersion(version)) }

    let tableCount = try reader.count("flag tables", limit: SchemaLayout.maximumTables)
    var tables: [FlagTable] = []
    tables.reserveCapacity(tableCount)
    for _ in 0..<tableCount { tables.append(try reader.flagTable()) }

    let typeCount = try reader.count("event types", limit: SchemaLayout.maximumTypes)
    var types: [EventType] = []
    types.reserveCapacity(typeCount)
    for _ in 0..<typeCount {
      let start = reader.position
      let type = try reader.eventType(tableCount: tableCount)
      if let last = types.last, last.id >= type.id {
        throw SchemaDecodingError(problem: .idsNotAscending, offset: start)
      }
      types.append(type)
    }
    self.init(types: types, flagTables: tables)
  }

  /// Reads a schema out of a larger run of bytes.
  public init(decoding bytes: ArraySlice<UInt8>) throws(SchemaDecodingError) {
    try self.init(decoding: [UInt8](bytes))
  }
}

/// A place in the bytes of a schema.
private struct SchemaReader {
  let bytes: [UInt8]
  var position: Int
  /// The end of the record that is being read.
  var end: Int

  func error(_ problem: SchemaDecodingError.Problem) -> SchemaDecodingError {
    SchemaDecodingError(problem: problem, offset: position)
  }

  mutating func number() throws(SchemaDecodingError) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end {
      let byte = UInt64(bytes[position])
      // The tenth byte has room for one bit only.
      if shift == 63, byte > 1 { throw error(.outOfRange("a number")) }
      position += 1
      value |= (byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw error(.truncated)
  }

  mutating func number<T: FixedWidthInteger>(_ what: String, as type: T.Type) throws(SchemaDecodingError) -> T {
    let value = try number()
    guard let fitting = T(exactly: value) else { throw error(.outOfRange(what)) }
    return fitting
  }

  /// A number of records; each takes at least one byte, so that none is believed that cannot be there.
  mutating func count(_ what: String, limit: Int) throws(SchemaDecodingError) -> Int {
    let value = try number()
    guard value <= UInt64(limit) else { throw error(.tooMany(what)) }
    guard value <= UInt64(end - position) else { throw error(.truncated) }
    return Int(value)
  }

  mutating func text() throws(SchemaDecodingError) -> String {
    let length = try number()
    guard length <= UInt64(SchemaLayout.maximumText) else { throw error(.outOfRange("the length of a name")) }
    guard length <= UInt64(end - position) else { throw error(.truncated) }
    let range = position..<position + Int(length)
    let text = bytes.withUnsafeBufferPointer { buffer -> String? in
      let name = UnsafeBufferPointer(rebasing: buffer[range])
      // Nearly all names are ASCII, which needs no validation: half the time of reading a schema.
      if name.allSatisfy({ $0 < 0x80 }) { return String(decoding: name, as: UTF8.self) }
      return String(validating: name, as: UTF8.self)
    }
    guard let text else { throw error(.invalidText) }
    position = range.upperBound
    return text
  }

  /// Goes into a record; gives the end of what surrounds it, for `leave`.
  mutating func enter() throws(SchemaDecodingError) -> Int {
    let length = try number()
    guard length <= UInt64(end - position) else { throw error(.truncated) }
    let surrounding = end
    end = position + Int(length)
    return surrounding
  }

  /// Skips what a later version appended to the record.
  mutating func leave(_ surrounding: Int) {
    position = end
    end = surrounding
  }

  mutating func flagTable() throws(SchemaDecodingError) -> FlagTable {
    let surrounding = try enter()
    let name = try text()
    let ignored = try number()
    let count = try count("names in a flag table", limit: SchemaLayout.maximumEntries)
    var entries: [FlagTable.Entry] = []
    entries.reserveCapacity(count)
    for _ in 0..<count { entries.append(try flagEntry()) }
    leave(surrounding)
    return FlagTable(name: name, entries: entries, ignored: ignored)
  }

  mutating func flagEntry() throws(SchemaDecodingError) -> FlagTable.Entry {
    let surrounding = try enter()
    let name = try text()
    let presence = try number()
    let value = try number()
    let mask = presence & SchemaLayout.hasMask != 0 ? try number() : value
    let aarch64: UInt64? = presence & SchemaLayout.hasARM != 0 ? try number() : nil
    let portable: UInt64? = presence & SchemaLayout.hasPortable != 0 ? try number() : nil
    leave(surrounding)
    return FlagTable.Entry(name: name, value: value, mask: mask, aarch64: aarch64, portable: portable)
  }

  mutating func eventType(tableCount: Int) throws(SchemaDecodingError) -> EventType {
    let surrounding = try enter()
    let id = EventTypeID(rawValue: try number("the id of an event type", as: UInt16.self))
    let name = try text()
    let presence = try number()
    let call: String? = presence & SchemaLayout.hasCall != 0 ? try text() : nil
    let what = "the number of a system call"
    let numberX86 = presence & SchemaLayout.hasNumberX86 != 0 ? try number(what, as: UInt16.self) : nil
    let numberARM = presence & SchemaLayout.hasNumberARM != 0 ? try number(what, as: UInt16.self) : nil
    let category = UInt8(exactly: try number()).flatMap(EventCategory.init(rawValue:)) ?? .other
    // A trait that a later version added says nothing to this one.
    let traits = EventTraits(rawValue: UInt16(truncatingIfNeeded: try number()))
    let object = try objectBinding()
    let argumentCount = try number("the number of arguments", as: UInt8.self)
    guard argumentCount <= 6 else { throw error(.outOfRange("the number of arguments")) }

    let captureCount = try count("captures", limit: SchemaLayout.maximumCaptures)
    var captures: [Capture] = []
    for _ in 0..<captureCount { captures.append(try capture()) }
    let parameterCount = try count("parameters", limit: SchemaLayout.maximumParameters)
    var parameters: [Parameter] = []
    parameters.reserveCapacity(parameterCount)
    for _ in 0..<parameterCount {
      parameters.append(
        try parameter(tables: tableCount, captures: captureCount, parameters: parameterCount))
    }
    leave(surrounding)
    return EventType(
      id: id, name: name, systemCall: call, numberX86: numberX86, numberARM: numberARM, category: category,
      traits: traits, object: object, argumentCount: argumentCount, captures: captures, parameters: parameters)
  }

  mutating func objectBinding() throws(SchemaDecodingError) -> ObjectBinding {
    let value = try number()
    switch value {
    case SchemaLayout.objectNone: return .none
    case SchemaLayout.objectResult: return .result
    case SchemaLayout.objectArgument..<SchemaLayout.objectArgument + 6:
      return .argument(UInt8(value - SchemaLayout.objectArgument))
    default: throw error(.outOfRange("the object of an event type"))
    }
  }

  mutating func capture() throws(SchemaDecodingError) -> Capture {
    let surrounding = try enter()
    // Captures matter to a probe only, which uses its own schema: a kind of a later version need not be understood.
    let kind = UInt8(exactly: try number()).flatMap(Capture.Kind.init(rawValue:)) ?? .structure
    let pointer = try number("an argument", as: UInt8.self)
    let lengthArgument = try number("an argument", as: UInt8.self)
    guard pointer < 6, lengthArgument < 6 || lengthArgument == 0xFF else { throw error(.outOfRange("an argument")) }
    let size = try number("the size of a structure", as: UInt16.self)
    let flags = try number()
    leave(surrounding)
    return Capture(
      kind: kind, pointer: pointer, lengthArgument: lengthArgument, size: size,
      onSuccess: flags & SchemaLayout.onSuccess != 0)
  }

  mutating func parameter(
    tables: Int, captures: Int, parameters: Int
  ) throws(SchemaDecodingError) -> Parameter {
    let surrounding = try enter()
    let name = try text()
    let code = try number()
    let storage = try number()
    // The storage says how the column of a type of a later version is read.
    let type =
      UInt8(exactly: code).flatMap(ParameterType.init(rawValue:))
      ?? (storage == ParameterStorage.string.code ? .string : storage == ParameterStorage.bytes.code ? .bytes : .raw)
    let reference = try number()
    guard reference <= UInt64(tables) else { throw error(.danglingReference("flag table")) }
    let source = try source(captures: captures)
    var condition: NameCondition?
    if position < end {
      let decider = try number()
      if decider > 0 {
        guard decider <= UInt64(parameters) else { throw error(.danglingReference("parameter")) }
        condition = NameCondition(parameter: UInt8(decider - 1), value: try number())
      }
    }
    leave(surrounding)
    return Parameter(
      name: name, type: type, flagTable: reference == 0 ? nil : UInt16(reference - 1), source: source,
      nameCondition: condition)
  }

  mutating func source(captures: Int) throws(SchemaDecodingError) -> ParameterSource {
    let kind = try number()
    switch kind {
    case SchemaLayout.sourceArgument:
      let index = try number("an argument", as: UInt8.self)
      guard index < 6 else { throw error(.outOfRange("an argument")) }
      return .argument(index)
    case SchemaLayout.sourceCapture:
      return .capture(try captureIndex(captures))
    case SchemaLayout.sourceField:
      let index = try captureIndex(captures)
      let offset = try number("the offset of a field", as: UInt16.self)
      let size = try number("the size of a field", as: UInt8.self)
      guard [1, 2, 4, 8, 16].contains(size) else { throw error(.outOfRange("the size of a field")) }
      return .field(capture: index, offset: offset, size: size)
    case SchemaLayout.sourceAssembled: return .assembled
    case SchemaLayout.sourceResult: return .result
    case SchemaLayout.sourceThread: return .thread(try text())
    case SchemaLayout.sourceObject: return .object(try text())
    default:
      // A kind of a later version: its fields end the record, and only whether there is a column matters.
      position = end
      return kind < SchemaLayout.sourceResult ? .assembled : .object("")
    }
  }

  mutating func captureIndex(_ captures: Int) throws(SchemaDecodingError) -> UInt8 {
    let index = try number()
    guard index < UInt64(captures) else { throw error(.danglingReference("capture")) }
    return UInt8(index)
  }
}
