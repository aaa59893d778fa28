import EventSchema

/// One parameter of an event type in `.scap` files.
public struct ScapParameter: Hashable, Sendable {
  /// The name in `evt.arg.NAME`.
  public let name: String
  /// How it is written.
  public let type: ScapParameterType
  /// Its flag table, or the table of types that a `dyn` selects from.
  public let table: String?
  /// Of a path relative to a descriptor the number of the parameter with the descriptor.
  public let directory: Int?
}

/// What an event type of `.scap` files does to descriptors and to the state of a task.
public struct ScapEventFlags: OptionSet, Hashable, Sendable {
  /// One bit for each member.
  public let rawValue: UInt16
  /// A set from its bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// Makes a descriptor.
  public static let createsDescriptor = ScapEventFlags(rawValue: 1)
  /// Ends one.
  public static let destroysDescriptor = ScapEventFlags(rawValue: 2)
  /// Is about one.
  public static let usesDescriptor = ScapEventFlags(rawValue: 4)
  /// Bytes come from it.
  public static let readsFromDescriptor = ScapEventFlags(rawValue: 8)
  /// Bytes go to it.
  public static let writesToDescriptor = ScapEventFlags(rawValue: 16)
  /// Later events of the task look different.
  public static let modifiesState = ScapEventFlags(rawValue: 32)
  /// May sleep.
  public static let waits = ScapEventFlags(rawValue: 128)
  /// Says nothing about the thread that its header names.
  public static let hasNoThread = ScapEventFlags(rawValue: 256)
  /// No longer written: another type, or the exit event alone, took its place.
  public static let oldVersion = ScapEventFlags(rawValue: 512)
  /// May be longer than 64 KiB.
  public static let largePayload = ScapEventFlags(rawValue: 2048)

  init?(name: some StringProtocol) {
    switch name {
    case "creates_fd": self = .createsDescriptor
    case "destroys_fd": self = .destroysDescriptor
    case "uses_fd": self = .usesDescriptor
    case "reads_from_fd": self = .readsFromDescriptor
    case "writes_to_fd": self = .writesToDescriptor
    case "modifies_state": self = .modifiesState
    case "waits": self = .waits
    case "skipparsereset": self = .hasNoThread
    case "old_version": self = .oldVersion
    case "large_payload": self = .largePayload
    default: return nil
    }
  }
}

/// One event type of `.scap` files. Of a system call there are two, one for its beginning and one for its return.
public struct ScapEventType: Hashable, Sendable {
  /// Where its events come from.
  public enum Kind: String, Sendable {
    case syscall, tracepoint, plugin, metaevent, iter
    case unknown = "-"
  }

  /// The number in event headers. Even: the beginning of a call, or an event that has no end; odd: a return.
  public let code: UInt16
  /// The name in `evt.type`.
  public let name: String
  /// The word in `evt.category` (`io_read`, `file` …).
  public let category: String
  /// Where its events come from.
  public let kind: Kind
  /// What it does.
  public let flags: ScapEventFlags
  /// The newest parameter list; events of older files have the first of them.
  public let parameters: [ScapParameter]

  /// Whether it is the return of a call, the event that Reel's is made of.
  public var isExit: Bool { code & 1 == 1 }
}

/// The event types, flag tables and system calls of `.scap` files: `formats/scap-events.json`.
public struct ScapCatalogue: Sendable {
  /// By code; `nil` where there is none.
  public let events: [ScapEventType?]
  /// The portable values of flags by table, in the order in which names are printed.
  public let flagTables: [String: [(name: String, value: UInt64)]]
  /// The types from which the first byte of a `dyn` parameter selects, by table.
  public let selectedTypes: [String: [ScapParameterType]]
  /// The system call of each code that a generic event carries.
  public let systemCalls: [String]

  /// The catalogue that this program was built with. Taken apart once, at its first use.
  public static let builtIn: ScapCatalogue = {
    guard let catalogue = ScapCatalogue() else {
      preconditionFailure("the embedded tables of scap events do not read: run SchemaGenerator and build again")
    }
    return catalogue
  }()

  /// The names of all types that imported events may have, those of `ScapSchema.builtIn`, found without making either: rules
  /// files may name them before any capture is read.
  public static func typeNames(_ native: Schema) -> Set<String> {
    var names = Set(native.types.map(\.name))
    names.insert(ScapSchema.genericName)
    names.insert(ScapSchema.unknownName)
    ScapTables.events.withUTF8Buffer { text in
      for line in text.split(separator: UInt8(ascii: "\n")) {
        let words = line.split(separator: UInt8(ascii: " "), maxSplits: 2)
        guard words.count == 3, let code = UInt16(String(decoding: words[0], as: UTF8.self)), code > 1 else { continue }
        names.insert(ScapSchema.todaysName(code) ?? String(decoding: words[1], as: UTF8.self))
      }
    }
    let known = Dictionary(
      native.types.compactMap { type in type.systemCall.map { ($0, type.name) } }
    ) { first, _ in first }
    for call in lines(ScapTables.systemCalls).dropFirst() { names.insert(known[call] ?? call) }
    return names
  }

  /// The type with a code.
  public subscript(code: UInt16) -> ScapEventType? { Int(code) < events.count ? events[Int(code)] : nil }

  /// The type that newly written events of a name have: of a call its return.
  public func current(named name: String) -> ScapEventType? {
    ScapCatalogue.current(among: events.compactMap { $0 }.filter { $0.name == name })
  }

  static func current(among versions: [ScapEventType]) -> ScapEventType? {
    let found = versions.filter { !$0.flags.contains(.oldVersion) }
    return found.first { $0.isExit } ?? found.first
  }

  private init?() {
    var events: [ScapEventType?] = []
    for words in ScapCatalogue.words(ScapTables.events) {
      guard words.count >= 5, let code = UInt16(words[0]), let kind = ScapEventType.Kind(rawValue: words[3]) else {
        return nil
      }
      var flags: ScapEventFlags = []
      for word in words[4] == "-" ? [] : words[4].utf8.split(separator: UInt8(ascii: ",")) {
        guard let flag = ScapEventFlags(name: Substring(word)) else { return nil }
        flags.formUnion(flag)
      }
      var parameters: [ScapParameter] = []
      for word in words.dropFirst(5) {
        let parts = word.utf8.split(separator: UInt8(ascii: ":")).map { String(Substring($0)) }
        guard parts.count >= 2, let type = ScapParameterType(name: parts[1]) else { return nil }
        let extra = parts.count > 2 ? parts[2] : nil
        let directory = extra.flatMap { $0.hasPrefix("dirfd=") ? Int($0.dropFirst(6)) : nil }
        parameters.append(
          ScapParameter(name: parts[0], type: type, table: directory == nil ? extra : nil, directory: directory))
      }
      while events.count <= Int(code) { events.append(nil) }
      events[Int(code)] = ScapEventType(
        code: code, name: words[1], category: words[2], kind: kind, flags: flags, parameters: parameters)
    }
    var tables: [String: [(name: String, value: UInt64)]] = [:]
    for words in ScapCatalogue.words(ScapTables.flagTables) {
      guard let name = words.first else { return nil }
      var entries: [(name: String, value: UInt64)] = []
      for word in words.dropFirst() {
        let parts = word.utf8.split(separator: UInt8(ascii: "=")).map { Substring($0) }
        guard parts.count == 2, parts[1].hasPrefix("0x"), let value = UInt64(parts[1].dropFirst(2), radix: 16) else {
          return nil
        }
        entries.append((String(parts[0]), value))
      }
      tables[name] = entries
    }
    var selected: [String: [ScapParameterType]] = [:]
    for words in ScapCatalogue.words(ScapTables.selectedTypes) {
      guard let name = words.first else { return nil }
      selected[name] = words.dropFirst().compactMap { ScapParameterType(name: $0) }
    }
    self.events = events
    flagTables = tables
    selectedTypes = selected
    systemCalls = ScapCatalogue.lines(ScapTables.systemCalls)
  }

  private static func lines(_ text: StaticString) -> [String] {
    text.withUTF8Buffer { $0.split(separator: UInt8(ascii: "\n")).map { String(decoding: $0, as: UTF8.self) } }
  }

  /// The words of each line. Split as bytes: by characters it would be a sixth of what importing a short file takes.
  private static func words(_ text: StaticString) -> [[String]] {
    text.withUTF8Buffer { text in
      text.split(separator: UInt8(ascii: "\n")).map { line in
        line.split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
      }
    }
  }
}
