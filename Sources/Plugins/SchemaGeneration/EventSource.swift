import EventSchema

/// What an event of `events.json` may say it does, by the word that stands there.
let traitWords: [(word: String, trait: EventTraits)] = [
  ("creates", .createsDescriptor), ("destroys", .destroysDescriptor), ("uses", .usesDescriptor),
  ("reads", .readsFromDescriptor), ("writes", .writesToDescriptor), ("modifies", .modifiesState),
  ("waits", .waits), ("names", .namesObject), ("changes", .changesObject),
  ("ends", .endsTask), ("moves", .movesNames), ("life", .lifeCycle),
  ("accepts", .acceptsConnection), ("connects", .connects),
  ("listens", .listens), ("call", .systemCall),
]

/// The words for types of parameters are the names of the cases.
let parameterTypes = Dictionary(uniqueKeysWithValues: ParameterType.allCases.map { ("\($0)", $0) })

private let categories = Dictionary(uniqueKeysWithValues: EventCategory.allCases.map { ("\($0)", $0) })

func readEvents(_ list: [Any], tables: [FlagTable]) throws(SchemaGenerationError) -> [EventType] {
  let tableNumbers = Dictionary(uniqueKeysWithValues: tables.enumerated().map { ($1.name, UInt16($0)) })
  var types: [EventType] = []
  var names: Set<String> = []
  var calls: Set<String> = []
  var numbersX86: Set<UInt16> = []
  var numbersARM: Set<UInt16> = []
  var usedTables: Set<UInt16> = []
  for (index, value) in list.enumerated() {
    var object = try Object(value, place: "event \(index + 1)")
    let name = try object.text("name")
    object = object.at("event \"\(name)\"")
    let type = try readEvent(object, name: name, tables: tableNumbers)
    if let last = types.last, last.id >= type.id {
      throw SchemaGenerationError(object.place, "its id \(type.id.rawValue) must be greater than the one before it")
    }
    guard names.insert(name).inserted else { throw SchemaGenerationError(object.place, "the name stands twice") }
    if let call = type.systemCall, !calls.insert(call).inserted {
      throw SchemaGenerationError(object.place, "the call \(call) stands twice")
    }
    if let number = type.numberX86, !numbersX86.insert(number).inserted {
      throw SchemaGenerationError(object.place, "the number \(number) on x86_64 stands twice")
    }
    if let number = type.numberARM, !numbersARM.insert(number).inserted {
      throw SchemaGenerationError(object.place, "the number \(number) on aarch64 stands twice")
    }
    usedTables.formUnion(type.parameters.compactMap(\.flagTable))
    types.append(type)
  }
  for (index, table) in tables.enumerated() where !usedTables.contains(UInt16(index)) {
    throw SchemaGenerationError("flag table \"\(table.name)\"", "is not used by any parameter")
  }
  return types
}

private func readEvent(
  _ object: Object, name: String, tables: [String: UInt16]
) throws(SchemaGenerationError) -> EventType {
  try object.allow(["id", "name", "call", "x86_64", "aarch64", "category", "traits", "object", "parameters"])
  func fail(_ problem: String) -> SchemaGenerationError { SchemaGenerationError(object.place, problem) }

  guard let id = UInt16(exactly: try object.number("id")), id > 0 else { throw fail("its id is not from 1 to 65535") }
  let call = try object.optionalText("call")
  func number(_ key: String) throws(SchemaGenerationError) -> UInt16? {
    guard let value = try object.optionalNumber(key) else { return nil }
    guard call != nil else { throw fail("has a number but no \"call\"") }
    guard let number = UInt16(exactly: value), number < 1023 else { throw fail("\(value) is no system call's number") }
    return number
  }
  guard let category = categories[try object.text("category")] else { throw fail("unknown category") }
  var traits: EventTraits = []
  for word in (try object.optionalText("traits") ?? "").split(separator: " ") {
    guard let trait = traitWords.first(where: { $0.word == word })?.trait else { throw fail("unknown trait \(word)") }
    guard traits.insert(trait).inserted else { throw fail("the trait \(word) stands twice") }
  }
  guard call == nil || traits.contains(.systemCall) else { throw fail("has a \"call\" but not the trait call") }

  var binding = ObjectBinding.none
  if let text = try object.optionalText("object") {
    switch try SourceExpression(text, place: object.place).value {
    case .plain(.result): binding = .result
    case .plain(.argument(let index)): binding = .argument(index)
    default: throw fail("its object must be ret or an argument")
    }
  }

  var captures: [Capture] = []
  var parameters: [Parameter] = []
  for value in try object.list("parameters") {
    let parameter = try readParameter(
      value, place: object.place, tables: tables, before: parameters, captures: &captures)
    parameters.append(parameter)
  }
  guard captures.count <= 4 else { throw fail("needs \(captures.count) captures, at most 4 are possible") }
  guard parameters.count <= 64 else { throw fail("has more than 64 parameters") }
  if call == nil, !traits.contains(.systemCall) {
    guard parameters.allSatisfy({ $0.source == .assembled || $0.source == .result }) else {
      throw fail("is no system call, so that all its parameters must be \"assembled\" or \"ret\"")
    }
  }
  let registers = parameters.compactMap { parameter -> UInt8? in
    if case .argument(let index) = parameter.source { return index + 1 }
    return nil
  }
  return EventType(
    id: EventTypeID(rawValue: id), name: name, systemCall: call, numberX86: try number("x86_64"),
    numberARM: try number("aarch64"), category: category, traits: traits, object: binding,
    argumentCount: registers.max() ?? 0, captures: captures, parameters: parameters)
}

private func readParameter(
  _ value: Any, place: String, tables: [String: UInt16], before: [Parameter], captures: inout [Capture]
) throws(SchemaGenerationError) -> Parameter {
  guard let words = value as? [String], words.count == 3 || words.count == 4 else {
    throw SchemaGenerationError(place, "a parameter reads [name, type, source] or [name, type, source, condition]")
  }
  let place = "\(place), parameter \"\(words[0])\""
  func fail(_ problem: String) -> SchemaGenerationError { SchemaGenerationError(place, problem) }

  guard !words[0].isEmpty, words[0].utf8.count <= 255 else { throw fail("the name is empty or too long") }
  guard !before.contains(where: { $0.name == words[0] }) else { throw fail("the name stands twice") }
  let typeWords = words[1].split(separator: ":", omittingEmptySubsequences: false).map(String.init)
  guard let type = parameterTypes[typeWords[0]], typeWords.count <= 2 else { throw fail("unknown type \(words[1])") }
  var table: UInt16?
  if typeWords.count == 2 {
    // Only an array of `pollfd` is made of bytes with names.
    guard type.takesFlagTable, type != .bytes || typeWords[1] == "poll_flags" else {
      throw fail("\(type) takes no flag table")
    }
    table = tables[typeWords[1]]
    guard table != nil else { throw fail("there is no flag table \(typeWords[1])") }
  } else if type.takesFlagTable, type != .mode, type != .bytes {
    throw fail("\(type) needs a flag table, as in \"\(type):file_flags\"")
  }
  if type == .relativePath {
    guard before.last?.type == .fd else { throw fail("a relative path stands behind its directory's descriptor") }
  }

  var condition: NameCondition?
  // Conditions that only the recorder keeps are read by `RecorderSource`.
  if words.count == 4, words[3] != "ret>0", !words[3].contains("&") {
    let parts = words[3].split(separator: "=").map(String.init)
    guard parts.count == 2, let index = before.firstIndex(where: { $0.name == parts[0] }), let value = UInt64(parts[1])
    else { throw fail("a condition reads \"level=1\" and names a parameter before it") }
    condition = NameCondition(parameter: UInt8(index), value: value)
  }

  let source: ParameterSource
  switch try SourceExpression(words[2], place: place).value {
  case .plain(let plain):
    switch plain {
    case .argument, .result:
      guard type.storage == .integer else { throw fail("a register holds no \(type)") }
    default: break
    }
    source = plain
  case .capture(let capture, let field):
    let index: Int
    if let known = captures.firstIndex(of: capture) {
      index = known
    } else {
      index = captures.count
      captures.append(capture)
    }
    if let field {
      guard type.storage == .integer else { throw fail("a field of a structure holds no \(type)") }
      guard field.size != CallLayout.narrowTimespec else { throw fail("a timespec32 stands in layouts only") }
      guard field.size != 16 || type == .relativeTime || type == .absoluteTime else {
        throw fail("a timespec is a relativeTime or an absoluteTime")
      }
      guard field.isSigned == type.isSigned || field.size == 16 else {
        throw fail("\(type) is \(type.isSigned ? "signed" : "unsigned"), the field is not")
      }
      source = .field(capture: UInt8(index), offset: field.offset, size: field.size)
    } else {
      guard capture.kind.types.contains(type) else { throw fail("\(capture.kind) gives no \(type)") }
      source = .capture(UInt8(index))
    }
  }
  return Parameter(name: words[0], type: type, flagTable: table, source: source, nameCondition: condition)
}

extension ParameterType {
  fileprivate var takesFlagTable: Bool {
    switch self {
    case .flags8, .flags16, .flags32, .flags64, .enumeration8, .enumeration16, .enumeration32, .mode, .bytes: true
    default: false
    }
  }

  /// Whether numbers of the type can be negative.
  var isSigned: Bool {
    switch self {
    case .int8, .int16, .int32, .int64, .errno, .fd, .pid: true
    default: false
    }
  }
}

extension Capture.Kind {
  /// The types that the bytes of a capture can be.
  fileprivate var types: Set<ParameterType> {
    switch self {
    case .string: [.string, .path, .relativePath]
    case .stringArray: [.strings]
    case .socketAddressOut: [.socketAddress, .bytes]
    case .socketAddress, .messageName: [.socketAddress]
    case .payload: [.bytes, .string, .strings]
    case .structure, .structureArray, .vector, .message, .messages, .messageControl, .buffer: [.bytes]
    }
  }
}
