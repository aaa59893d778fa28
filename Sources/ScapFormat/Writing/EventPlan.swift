import EventBatch
import EventSchema

/// How events of one type are written: worked out once for each type, so that an event costs a walk over a few values.
struct TypePlan: Sendable {
  /// What becomes of an event that is no system call, or has no return.
  enum Shape: Sendable {
    /// Nothing like it is known to readers: it is left out.
    case leftOut
    /// One event, which carries everything.
    case single
    /// Two events: at the beginning and at the return.
    case pair
  }

  var shape = Shape.leftOut
  /// The event at the beginning of a call; of a single event the event itself where its code is even.
  var enter: EventPlan?
  /// The event at the return.
  var exit: EventPlan?
  /// What readers learn from the event about its thread.
  var effect = StateEffect.none
  /// What readers learn from it about descriptors.
  var descriptor = DescriptorStep.none
  /// It ends the thread, and does not return.
  var endsTask = false
  /// Older versions of the two events, that with the fewest parameters first: of imported events, which may have been read
  /// from one of these.
  var older: [OlderVersion] = []
}

/// An older version of the events of a call.
struct OlderVersion: Sendable {
  var enter: EventPlan
  var exit: EventPlan
  /// The columns that its return says.
  var columns: Set<Int>
}

/// One event of a `.scap` file.
struct EventPlan: Sendable {
  var code: UInt16
  var parameters: [ParameterPlan]
}

/// One parameter of an event of a `.scap` file.
struct ParameterPlan: Sendable {
  var type: ScapParameterType
  var source: ParameterOrigin
  /// Names whose portable values stand in files in place of the kernel's.
  var table: FlagTable?
  /// The most bytes that are written of a value.
  var limit = ScapLimits.words
}

extension ParameterPlan {
  /// The column of the event's arguments that the value stands in.
  var column: Int? {
    switch source {
    case .integer(let column), .text(let column), .bytes(let column), .written(let column): column
    default: nil
    }
  }
}

/// Where the value of a parameter is found.
enum ParameterOrigin: Sendable {
  /// Reel does not have it.
  case absent
  case constant(UInt64)
  case result
  /// A column of the event's arguments, by its place among the stored ones.
  case integer(Int)
  case text(Int)
  case bytes(Int)
  /// A column of texts that holds a value as it stands in files, without the NUL at the end of a path.
  case written(Int)
  /// A column with the name of what was executed, of which the path is told where the call succeeded: sysdig 0.29 looks for
  /// the directory of another name, and crashes.
  case executed(Int)
  /// The number of a call.
  case systemCall(Int)
  /// The kernel's array of `pollfd`: what was asked for, or what came.
  case polled(Int, isAnswer: Bool)
  /// The bytes of a socket option, whose meaning the option (a column) decides.
  case socketOption(Int, option: Int)
  case thread(ThreadColumn)
  case threadText(ThreadColumn)
  case image(ImageColumn)
  case imageText(ImageColumn)
  case exe, processName, controlGroups, executableFlags
  case object(ObjectColumn)
  case tuple(isInbound: Bool)
  /// The result behind the number that says whether it is a descriptor or an error.
  case descriptorOrError
  /// One of several types, whose place in the list stands in front.
  case selected(Int, first: UInt8)
}

/// What an event tells readers about the thread that made it.
enum StateEffect: Sendable {
  case none
  /// A new task: the event of the child carries all of it.
  case makesTask
  /// A new program: the event carries all of it.
  case executes
  /// Something of the thread, which the event carries.
  case changesThread
  /// The end of the thread.
  case ends
}

/// The plans of all types of a schema.
struct EventPlanner {
  let schema: Schema
  let dialect: ScapDialect
  let architecture: Architecture
  /// Whether events were read from such a file: their values are those of files.
  let isImported: Bool
  private let catalogue = ScapCatalogue.builtIn

  init(schema: Schema, dialect: ScapDialect, architecture: Architecture) {
    self.schema = schema
    isImported = schema.type(ScapSchema.unknownType) != nil
    self.dialect = dialect
    self.architecture = architecture
  }

  /// The plan of each type, by its number.
  func plans() -> [TypePlan] {
    var plans = [TypePlan](repeating: TypePlan(), count: schema.types.last.map { Int($0.id.rawValue) + 1 } ?? 0)
    for type in schema.types { plans[Int(type.id.rawValue)] = plan(type) }
    return plans
  }

  private func plan(_ type: EventType) -> TypePlan {
    var plan = dialect == .classic ? classic(type) : current(type)
    plan.effect = EventPlanner.effects[type.name] ?? .none
    // Readers know nothing of the descriptors of calls that are a number to them.
    if let exit = plan.exit, exit.code != 1 { plan.descriptor = DescriptorStep(type) { column(type, $0) } }
    plan.endsTask = type.traits.contains(.endsTask)
    return plan
  }

  private static let effects: [String: StateEffect] = {
    var effects: [String: StateEffect] = [
      "clone": .makesTask, "clone3": .makesTask, "fork": .makesTask, "vfork": .makesTask, "execve": .executes,
      "execveat": .executes, "procexit": .ends,
    ]
    for name in ["chdir", "fchdir", "setuid", "setresuid", "setgid", "setresgid", "setpgid", "setsid", "chroot"] {
      effects[name] = .changesThread
    }
    return effects
  }()

  private func classic(_ type: EventType) -> TypePlan {
    guard !isGeneric(type), let event = ClassicEvent.byName[type.name] else { return generic(type) }
    let enter = events(type, event.enter, event.enterParameters, isAnswer: false)
    guard let exitParameters = event.exitParameters else { return TypePlan(shape: .single, enter: enter) }
    var plan = TypePlan(
      shape: .pair, enter: enter, exit: events(type, event.exit, exitParameters, isAnswer: true))
    if isImported { plan.older = older(type, event.exit) }
    return plan
  }

  /// Readers know which version of these events has which parameters, and do not look whether they are there.
  private static let versioned: Set<String> = ["execve", "clone", "fork", "vfork"]

  private func older(_ type: EventType, _ newest: UInt16) -> [OlderVersion] {
    guard EventPlanner.versioned.contains(type.name) else { return [] }
    let versions = catalogue.events.compactMap { $0 }.filter {
      $0.name == type.name && $0.isExit && $0.code != newest && $0.code < EventPlanner.classicEvents
    }
    return versions.sorted { $0.parameters.count < $1.parameters.count }.map { version in
      let enters = catalogue[version.code - 1]?.parameters.count ?? 0
      let exit = events(type, version.code, version.parameters.count, isAnswer: true)
      return OlderVersion(
        enter: events(type, version.code - 1, enters, isAnswer: false), exit: exit,
        columns: Set(exit.parameters.compactMap(\.column)))
    }
  }

  private func current(_ type: EventType) -> TypePlan {
    guard !isGeneric(type), let known = catalogue.current(named: type.name) else { return generic(type) }
    let event = events(type, known.code, known.parameters.count, isAnswer: true)
    if type.traits.contains(.systemCall) || known.isExit { return TypePlan(shape: .single, exit: event) }
    return TypePlan(shape: .single, enter: event)
  }

  /// Whether events carry the number of the call themselves.
  private func isGeneric(_ type: EventType) -> Bool {
    type.parameters.count >= 2 && type.parameters[0].name == "ID" && type.parameters[1].name == "nativeID"
  }

  /// A call that readers know by its number alone.
  private func generic(_ type: EventType) -> TypePlan {
    let carriesNumber = isGeneric(type)
    guard type.traits.contains(.systemCall) || carriesNumber, !EventPlanner.reelOnly.contains(type.name) else {
      return meta(type)
    }
    let names = [type.systemCall, type.name].compactMap { $0 }
    let code = names.lazy.compactMap { catalogue.systemCalls.firstIndex(of: $0) }.first ?? 0
    let native = (architecture == .aarch64 ? type.numberARM : type.numberX86) ?? 0
    var number = ParameterOrigin.constant(UInt64(dialect == .classic && code >= EventPlanner.classicCodes ? 0 : code))
    if carriesNumber, case .integer(let stored) = column(type, "ID") { number = .systemCall(stored) }
    let id = ParameterPlan(type: .syscallid, source: number)
    let nativeID = ParameterPlan(
      type: .uint16, source: carriesNumber ? column(type, "nativeID") : .constant(UInt64(native)))
    let exit = EventPlan(code: 1, parameters: dialect == .classic ? [id] : [id, nativeID])
    if dialect == .current { return TypePlan(shape: .single, exit: exit) }
    return TypePlan(shape: .pair, enter: EventPlan(code: 0, parameters: [id, nativeID]), exit: exit)
  }

  /// What recorders note besides calls: of imported captures.
  private func meta(_ type: EventType) -> TypePlan {
    let known = catalogue.events.compactMap { $0 }.last {
      $0.name == type.name && !$0.isExit && $0.kind != .syscall
        && (dialect == .current || $0.name != "container" || $0.code == EventPlanner.classicContainer)
    }
    guard let known, dialect == .current || known.code < EventPlanner.classicEvents else { return TypePlan() }
    return TypePlan(
      shape: .single, enter: events(type, known.code, known.parameters.count, isAnswer: false))
  }

  /// What is known of a container. Today's event may be longer than 64 KiB, and older readers crash at it.
  static let classicContainer: UInt16 = 272
  static let container: UInt16 = 324

  /// sysdig 0.29 knows events below this number.
  private static let classicEvents: UInt16 = 336

  /// sysdig 0.29 knows codes below this one and crashes at others. A call whose code it does not know is of none, and has
  /// its native number.
  static let classicCodes = 329

  /// What Reel knows of besides system calls and other tools do not.
  private static let reelOnly: Set<String> = ["io_uring", "process_sample", "uretprobe", "uprobe"]

  private func events(_ type: EventType, _ code: UInt16, _ count: Int, isAnswer: Bool) -> EventPlan {
    let parameters = catalogue[code]?.parameters.prefix(count) ?? []
    return EventPlan(
      code: code,
      parameters: parameters.map { ParameterPlanner(self, type, isAnswer: isAnswer).plan($0) })
  }

  /// The stored column of a parameter by name.
  func column(_ type: EventType, _ name: String) -> ParameterOrigin {
    var next = 0
    for parameter in type.parameters {
      if parameter.name == name, parameter.source.isStored {
        switch parameter.type.storage {
        case .integer: return .integer(next)
        case .string: return .text(next)
        case .bytes: return .bytes(next)
        }
      }
      if parameter.source.isStored { next += 1 }
    }
    return .absent
  }
}

/// Finds for parameters of one event what Reel's event has in their place.
private struct ParameterPlanner {
  let planner: EventPlanner
  let type: EventType
  let isAnswer: Bool

  init(_ planner: EventPlanner, _ type: EventType, isAnswer: Bool) {
    self.planner = planner
    self.type = type
    self.isAnswer = isAnswer
  }

  func plan(_ wanted: ScapParameter) -> ParameterPlan {
    let name = ScapSchema.parameterName(wanted.name, of: type.name, isExit: isAnswer)
    guard let parameter = type.parameters.first(where: { $0.name == name }) else {
      return ParameterPlan(type: wanted.type, source: .absent)
    }
    let origin = origin(of: parameter, wanted)
    let table = hasNames(wanted.type) ? planner.schema.flagTable(of: parameter) : nil
    // Without one that differs both sides write the same.
    let isPortable = table?.entries.contains { $0.portable != nil && $0.portable != $0.value } ?? false
    return ParameterPlan(
      type: wanted.type, source: origin, table: isPortable ? table : nil,
      limit: wanted.name == "data" ? ScapLimits.payload : ScapLimits.words)
  }

  private func hasNames(_ type: ScapParameterType) -> Bool {
    switch type {
    case .flags8, .flags16, .flags32, .enumflags8, .enumflags16, .enumflags32, .mode: true
    default: false
    }
  }

  private func origin(of parameter: Parameter, _ wanted: ScapParameter) -> ParameterOrigin {
    if planner.isImported, let written = written(parameter, wanted) { return written }
    if wanted.type == .fdlist, case .bytes(let column) = planner.column(type, parameter.name) {
      return .polled(column, isAnswer: isAnswer)
    }
    if wanted.type == .dyn { return selected(parameter, wanted) }
    if type.name == "execveat", wanted.name == "pathname", planner.dialect == .classic, !planner.isImported,
      case .text(let column) = planner.column(type, parameter.name)
    {
      return .executed(column)
    }
    switch parameter.source {
    case .result: return .result
    case .thread(let name): return thread(name)
    case .object(let name): return object(name)
    case .argument, .capture, .field, .assembled: return planner.column(type, parameter.name)
    }
  }

  /// What an imported event has of a value that Reel's own recordings have in another form.
  private func written(_ parameter: Parameter, _ wanted: ScapParameter) -> ParameterOrigin? {
    switch (wanted.type, planner.column(type, parameter.name)) {
    case (.fdlist, .bytes(let column)), (.dyn, .bytes(let column)): .bytes(column)
    case (.sockaddr, .text(let column)), (.socktuple, .text(let column)): .written(column)
    default: nil
    }
  }

  private func selected(_ parameter: Parameter, _ wanted: ScapParameter) -> ParameterOrigin {
    switch wanted.table {
    case "bpf_dynamic_param": return .descriptorOrError
    case "sockopt_dynamic_param":
      guard case .bytes(let value) = planner.column(type, parameter.name),
        case .integer(let option) = planner.column(type, "optname")
      else { return .absent }
      return .socketOption(value, option: option)
    default:
      guard case .integer(let column) = planner.column(type, parameter.name) else { return .absent }
      return .selected(column, first: 0)
    }
  }

  private func thread(_ name: String) -> ParameterOrigin {
    switch name {
    case "tid": .thread(.tid)
    case "pid": .thread(.pid)
    case "ppid": .thread(.parentPid)
    case "vtid": .thread(.virtualTid)
    case "vpid": .thread(.virtualPid)
    case "uid": .thread(.effectiveUid)
    case "gid": .thread(.effectiveGid)
    case "loginuid": .thread(.loginUid)
    case "tty": .thread(.tty)
    case "pgid": .thread(.processGroup)
    case "vpgid": .thread(.virtualProcessGroup)
    case "fdlimit": .thread(.descriptorLimit)
    case "cap_inheritable": .thread(.capabilitiesInheritable)
    case "cap_permitted": .thread(.capabilitiesPermitted)
    case "cap_effective": .thread(.capabilitiesEffective)
    case "cwd": .threadText(.workingDirectory)
    case "comm": .processName
    case "cgroups": .controlGroups
    case "exe": .exe
    case "args": .imageText(.arguments)
    case "env": .imageText(.environment)
    case "exepath": .imageText(.path)
    case "exe_ino": .image(.inode)
    case "exe_ino_ctime": .image(.changeTime)
    case "exe_ino_mtime": .image(.modificationTime)
    case "flags": .executableFlags
    default: .absent
    }
  }

  private func object(_ name: String) -> ParameterOrigin {
    switch name {
    case "tuple":
      .tuple(isInbound: ["accept", "accept4", "recvfrom", "recvmsg", "recv", "recvmmsg"].contains(type.name))
    case "dev": .object(.device)
    case "ino": .object(.inode)
    case "source": .object(.socketSource)
    case "peer": .object(.socketPeer)
    default: .absent
    }
  }
}
