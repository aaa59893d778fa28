import EventSchema

/// The event types of imported captures: those of `.scap` files, under today's names and with today's parameters.
///
/// A call is of the type that Reel's own recordings give it, with its id, so that what goes by ids and names works on both.
/// Its parameters are those of the file, with the portable values of flags: what is imported is what was written, to the
/// byte, and prints as the ecosystem prints it. Behind them stand parameters that only older files have.
///
///     id 1 … 1023      Reel's own ids
///     id 1024 + code   event types that Reel does not record
///     id 1536 + code   calls that older files tell as `syscall` alone, though they have a type of their own
///     id 2040          events of types that this program does not know, as they are
public struct ScapSchema: Sendable {
  /// The schema of every imported capture.
  public let schema: Schema
  /// The type that the events of a code become; `nil` for generic events and unused codes.
  private let types: [EventType?]
  /// The type of generic events by the code of the call.
  private let genericTypes: [EventTypeID]
  private let endingCalls: [Bool]

  /// The schema of the built-in catalogues. Made once, at its first use.
  public static let builtIn = ScapSchema(.builtIn, .builtIn)

  /// Events of types that this program does not know.
  public static let unknownType = EventTypeID(rawValue: 2040)
  private static let ownTypes: UInt16 = 1024
  private static let genericOwnTypes: UInt16 = 1536

  /// The type that events with a code become.
  public func type(ofCode code: UInt16) -> EventType? { Int(code) < types.count ? types[Int(code)] : nil }

  /// The type that a generic event becomes, by the code of its call.
  public func genericType(ofCall code: Int64) -> EventTypeID {
    code >= 0 && code < Int64(genericTypes.count) ? genericTypes[Int(code)] : genericTypes[0]
  }

  /// Whether the call with a code ends the thread: it does not return.
  func endsTask(_ code: Int64) -> Bool { code >= 0 && code < Int64(endingCalls.count) && endingCalls[Int(code)] }

  /// What older files call by a name that stands for something else today.
  private static let renamed: [UInt16: String] = [
    56: "accept4", 57: "accept4", 248: "accept4", 249: "accept4", 258: "umount2", 259: "umount2",
  ]

  /// What events of a code are called today, where the tables have another name.
  static func todaysName(_ code: UInt16) -> String? { renamed[code] }

  /// What calls are called of which only the number is known, and events of types that this program does not know.
  static let genericName = "syscall"
  static let unknownName = "unknown_event"

  /// What a parameter is called today, by the name of the event.
  static func parameterName(_ name: String, of event: String, isExit: Bool) -> String {
    switch (event, name) {
    case ("dup", "fd"), ("dup2", "fd"), ("dup3", "fd"): "oldfd"
    case ("bpf", "res_or_fd"): "fd"
    // Of its beginning; the return has the flags of the executable under the same name.
    case ("execveat", "flags") where !isExit: "exec_flags"
    default: name
    }
  }

  private init(_ catalogue: ScapCatalogue, _ native: Schema) {
    var tables = SchemaTables(catalogue)
    var made: [String: EventType] = [:]
    var byCode = [EventType?](repeating: nil, count: catalogue.events.count)
    var versions: [String: [ScapEventType]] = [:]
    for event in catalogue.events.compactMap({ $0 }) where event.code > 1 {
      versions[ScapSchema.renamed[event.code] ?? event.name, default: []].append(event)
    }
    for event in catalogue.events.compactMap({ $0 }) where event.code > 1 {
      let name = ScapSchema.renamed[event.code] ?? event.name
      if made[name] == nil { made[name] = ScapSchema.type(named: name, versions[name] ?? [event], native, &tables) }
      byCode[Int(event.code)] = made[name]
    }
    var all = Dictionary(made.values.map { ($0.id, $0) }) { one, _ in one }
    let callTable = tables.index(
      FlagTable(
        name: "system_calls",
        entries: catalogue.systemCalls.enumerated().map {
          FlagTable.Entry(
            name: $0.element, value: UInt64($0.offset), mask: UInt64($0.offset), portable: UInt64($0.offset))
        }))
    let nativeCalls = Dictionary(
      native.types.compactMap { type in type.systemCall.map { ($0, type) } }
    ) { one, _ in one }
    genericTypes = catalogue.systemCalls.enumerated().map { code, call in
      let known = nativeCalls[call]
      let isFree = known.map { all[$0.id] == nil } ?? false
      let id =
        known.flatMap { isFree ? $0.id : nil } ?? EventTypeID(rawValue: ScapSchema.genericOwnTypes + UInt16(code))
      all[id] = EventType(
        id: id, name: code == 0 ? ScapSchema.genericName : known?.name ?? call, systemCall: code == 0 ? nil : call,
        numberX86: known?.numberX86, numberARM: known?.numberARM, category: known?.category ?? .other,
        traits: (known?.traits ?? []).subtracting([.usesDescriptor, .createsDescriptor, .destroysDescriptor])
          .union(.systemCall), object: .none, argumentCount: 0, captures: [],
        parameters: [
          Parameter(name: "ID", type: .enumeration16, flagTable: callTable, source: .assembled),
          Parameter(name: "nativeID", type: .uint16, flagTable: nil, source: .assembled),
        ])
      return id
    }
    endingCalls = catalogue.systemCalls.map { nativeCalls[$0]?.traits.contains(.endsTask) ?? false }
    all[ScapSchema.unknownType] = EventType(
      id: ScapSchema.unknownType, name: ScapSchema.unknownName, systemCall: nil, numberX86: nil, numberARM: nil,
      category: .other, traits: [], object: .none, argumentCount: 0, captures: [],
      parameters: [
        Parameter(name: "code", type: .uint16, flagTable: nil, source: .assembled),
        Parameter(name: "sizes", type: .bytes, flagTable: nil, source: .assembled),
        Parameter(name: "data", type: .bytes, flagTable: nil, source: .assembled),
      ])
    // The rest of Reel's own types, so that filters may name them, and those of states.
    for type in native.types where all[type.id] == nil { all[type.id] = tables.adopt(type, from: native) }
    schema = Schema(types: all.values.sorted { $0.id < $1.id }, flagTables: tables.tables)
    types = byCode
  }

  private static func type(
    named name: String, _ versions: [ScapEventType], _ native: Schema, _ tables: inout SchemaTables
  ) -> EventType {
    let current = ScapCatalogue.current(among: versions.filter { $0.name == name }) ?? versions[versions.count - 1]
    let known = native.type(named: name)
    var parameters: [Parameter] = []
    var seen: Set<String> = []
    // The newest return first, then whatever other versions have besides.
    for version in [current] + versions.reversed() {
      for (index, parameter) in version.parameters.enumerated() {
        let shown = parameterName(parameter.name, of: name, isExit: version.code == current.code)
        guard seen.insert(shown).inserted else { continue }
        let isResult =
          index == 0 && current.isExit && version.code == current.code
          && (shown == "res" || (shown == "fd" && current.flags.contains(.createsDescriptor)))
        parameters.append(
          Parameter(
            name: shown, type: storedType(parameter, of: name, known?.parameters.first { $0.name == shown }?.type),
            flagTable: parameter.table.flatMap { tables.index(named: $0) }, source: isResult ? .result : .assembled))
      }
    }
    let object = objectBinding(current, &parameters)
    return EventType(
      id: known?.id ?? EventTypeID(rawValue: ownTypes + current.code), name: name, systemCall: known?.systemCall,
      numberX86: known?.numberX86, numberARM: known?.numberARM, category: category(current),
      traits: traits(current).union(known?.traits ?? []), object: object,
      argumentCount: object == .argument(0) ? 1 : 0, captures: [], parameters: parameters)
  }

  /// The descriptor that the event is about, which becomes argument 0.
  private static func objectBinding(_ event: ScapEventType, _ parameters: inout [Parameter]) -> ObjectBinding {
    // Mappings have only lately been about the file that they map; files say nothing of when they were written.
    if event.name == "mmap" || event.name == "mmap2" { return .none }
    let descriptor = parameters.firstIndex { $0.type == .fd && $0.source != .result }
    guard event.flags.contains(.usesDescriptor), let descriptor else {
      let makesOne = event.flags.contains(.createsDescriptor) && parameters.first?.source == .result
      return makesOne && parameters.first?.type == .fd ? .result : .none
    }
    let bound = parameters[descriptor]
    parameters[descriptor] = Parameter(
      name: bound.name, type: bound.type, flagTable: bound.flagTable, source: .argument(0))
    return .argument(0)
  }

  private static func category(_ event: ScapEventType) -> EventCategory {
    switch event.category {
    case "io_read": .ioRead
    case "io_write": .ioWrite
    case "io_other": .ioOther
    default: EventCategory.allCases.first { "\($0)" == event.category } ?? .other
    }
  }

  private static func traits(_ event: ScapEventType) -> EventTraits {
    var traits: EventTraits = []
    let pairs: [(ScapEventFlags, EventTraits)] = [
      (.createsDescriptor, .createsDescriptor), (.destroysDescriptor, .destroysDescriptor),
      (.usesDescriptor, .usesDescriptor), (.readsFromDescriptor, .readsFromDescriptor),
      (.writesToDescriptor, .writesToDescriptor), (.modifiesState, .modifiesState), (.waits, .waits),
    ]
    for (flag, trait) in pairs where event.flags.contains(flag) { traits.insert(trait) }
    if event.kind == .syscall { traits.insert(.systemCall) }
    return traits
  }

  /// How a parameter is stored and shown. Reel's own catalogue says which numbers are addresses.
  private static func storedType(
    _ parameter: ScapParameter, of event: String, _ known: ParameterType?
  ) -> ParameterType {
    // Where something was mapped is an address, which the tables call an error.
    if parameter.name == "res", event == "mmap" || event == "mmap2" { return .address }
    return switch parameter.type {
    case .int8: .int8
    case .int16: .int16
    case .int32: .int32
    case .int64: .int64
    case .uint8, .l4proto, .sockfamily: .uint8
    case .uint16: .uint16
    // Permissions; other modes have a table of their own.
    case .uint32 where parameter.name == "mode": .mode
    // Device numbers are hexadecimal, as Reel's own catalogue has them.
    case .uint32, .sigset: known == .raw ? .raw : .uint32
    case .uint64: known == .address || known == .raw ? known ?? .uint64 : .uint64
    case .charbuf: .string
    case .bytebuf: ["args", "env", "cgroups"].contains(parameter.name) ? .strings : .bytes
    case .errno: .errno
    case .sockaddr: .socketAddress
    case .socktuple: .socketTuple
    case .fd, .fd32: .fd
    case .pid, .pid32: .pid
    case .fspath: .path
    case .fsrelpath: .relativePath
    case .syscallid: .enumeration16
    case .sigtype: .signal
    case .reltime: .relativeTime
    case .abstime: .absoluteTime
    case .port: .port
    case .bool: .boolean
    case .flags8: .flags8
    case .flags16: .flags16
    case .flags32: .flags32
    case .uid: .uid
    case .gid: .gid
    case .mode: .mode
    case .enumflags8: .enumeration8
    case .enumflags16: .enumeration16
    case .enumflags32: .enumeration32
    case .charbufarray: .strings
    case .none, .fdlist, .dyn, .ipv4addr, .double, .charbufPairArray, .ipv4net, .ipv6addr, .ipv6net, .ipaddr, .ipnet:
      .bytes
    }
  }
}

/// The flag tables of the schema while it is made.
private struct SchemaTables {
  private(set) var tables: [FlagTable] = []
  private var indexes: [String: UInt16] = [:]
  private var adopted: [UInt16: UInt16] = [:]

  init(_ catalogue: ScapCatalogue) {
    for (name, entries) in catalogue.flagTables.sorted(by: { $0.key < $1.key }) {
      indexes[name] = index(
        FlagTable(
          name: name,
          entries: entries.map { FlagTable.Entry(name: $0.name, value: $0.value, mask: $0.value, portable: $0.value) }))
    }
  }

  func index(named name: String) -> UInt16? { indexes[name] }

  mutating func index(_ table: FlagTable) -> UInt16 {
    tables.append(table)
    return UInt16(tables.count - 1)
  }

  /// A type of another schema, with the tables that it names.
  mutating func adopt(_ type: EventType, from schema: Schema) -> EventType {
    let parameters = type.parameters.map { parameter in
      guard let old = parameter.flagTable else { return parameter }
      let new = adopted[old] ?? index(schema.flagTables[Int(old)])
      adopted[old] = new
      return Parameter(
        name: parameter.name, type: parameter.type, flagTable: new, source: parameter.source,
        nameCondition: parameter.nameCondition)
    }
    return EventType(
      id: type.id, name: type.name, systemCall: type.systemCall, numberX86: type.numberX86, numberARM: type.numberARM,
      category: type.category, traits: type.traits, object: type.object, argumentCount: type.argumentCount,
      captures: type.captures, parameters: parameters)
  }
}
