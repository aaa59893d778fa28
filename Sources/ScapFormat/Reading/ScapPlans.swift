import EventSchema

/// A parameter that the replay of a file's state looks at.
enum ScapReference: Int, CaseIterable {
  case fd, name, path, pathname, filename, flags, dirfd, mountfd, dev, ino, tuple, addr, fd1, fd2, domain, type, proto
  case source, peer, oldfd, cmd, exe, args, tid, pid, ptid, cwd, fdlimit, comm, cgroups, env, tty, vpgid, pgid, loginuid
  case uid, gid, vtid, vpid, euid, egid, ruid, rgid, json, data, resource, cur, newcur, first, last, home, shell, id
  case image, option
  case capInheritable, capPermitted, capEffective, exeInode, exeChanged, exeModified, trustedPath, containerID, reaper
  case argument, execFlags

  /// The parameter's name.
  var parameter: String {
    switch self {
    case .capInheritable: "cap_inheritable"
    case .capPermitted: "cap_permitted"
    case .capEffective: "cap_effective"
    case .exeInode: "exe_ino"
    case .exeChanged: "exe_ino_ctime"
    case .exeModified: "exe_ino_mtime"
    case .trustedPath: "trusted_exepath"
    case .containerID: "container_id"
    case .reaper: "reaper_tid"
    case .argument: "arg2_str"
    case .execFlags: "exec_flags"
    default: "\(self)"
    }
  }

  static let byName = Dictionary(uniqueKeysWithValues: allCases.map { ($0.parameter, $0) })
}

/// What an event does to what is known of threads and descriptors.
enum ScapAction: UInt8 {
  case none, open, close, closeRange, duplicate, control, pipe, socket, socketPair, bind, connect, accept, listen
  case message, newDescriptor, changeDirectory, changeDirectoryTo, currentDirectory, changeRoot
  case setUser, setEffectiveUser, setGroup, setEffectiveGroup, setSession, setProcessGroup, setLimit
  case clone, execute, end, container, asyncEvent, addUser, removeUser
}

/// Where one parameter comes from, and how it is written there.
struct ScapParameterPlan {
  enum Form: UInt8 { case integer, text, address, strings, bytes }

  /// The index in the event of the return, or of an event that stands alone; -1 when it is not there.
  var exit: Int16 = -1
  /// The index in the event of the beginning; -1 when it is not there.
  var enter: Int16 = -1
  var form: Form
  var exitIsSigned = false
  var enterIsSigned = false
  /// A text that ends with a NUL, there and there.
  var exitHasNUL = false
  var enterHasNUL = false
}

/// What becomes of the events with one code. Plain values and places in the memory of `ScapPlans`: it is read for each event.
struct ScapPlan {
  enum Role: UInt8 {
    /// The beginning of a call: waits for its return.
    case enter
    /// The return of a call.
    case exit
    /// No call, or one of which nothing more is written.
    case alone
    /// A call that the file tells as a number.
    case genericEnter, genericExit
    /// Nothing is known of it.
    case unknown
  }

  var role: Role
  var action = ScapAction.none
  var isMetadata = false
  /// Of `newDescriptor` the kind.
  var kind = ScapObjectKind.unknown
  var type: EventTypeID
  var flags: ScapEventFlags
  /// The parameter that is the call's result; -1 without one.
  var result: Int16 = -1
  /// How many parameters events of this code have at most.
  var parameterCount = 0
  /// The parameter of the descriptor that the event is about.
  var descriptor = ScapParameterPlan(form: .integer)
  /// The stored parameters of the type, in order.
  fileprivate(set) var parameters = UnsafeBufferPointer<ScapParameterPlan>(start: nil, count: 0)
  /// Where what the replay looks at stands, by `ScapReference.rawValue`; `nil` where it looks at nothing.
  fileprivate(set) var references: UnsafePointer<ScapPlace>?

  init(role: Role, type: EventTypeID, flags: ScapEventFlags) {
    self.role = role
    self.type = type
    self.flags = flags
  }
}

/// The index of a parameter in the return and in the beginning; -1 when it is not there.
struct ScapPlace {
  var exit: Int16 = -1
  var enter: Int16 = -1
}

/// The plans of all codes. Owns the memory that they point to.
struct ScapPlans: ~Copyable {
  /// By code; behind the last one that of a code of which nothing is known.
  private let plans: UnsafeMutablePointer<ScapPlan>
  private let count: Int
  private let parameters: UnsafeMutableBufferPointer<ScapParameterPlan>
  private let places: UnsafeMutableBufferPointer<ScapPlace>

  init(_ schema: ScapSchema, _ catalogue: ScapCatalogue) {
    let drafts = catalogue.events.indices.map { code in
      ScapPlanDraft(UInt16(code), schema, catalogue)
    }
    count = drafts.count
    plans = .allocate(capacity: count + 1)
    (plans + count).initialize(to: ScapPlan(role: .unknown, type: ScapSchema.unknownType, flags: []))
    parameters = .allocate(capacity: drafts.reduce(0) { $0 + $1.parameters.count })
    places = .allocate(capacity: drafts.reduce(0) { $0 + $1.places.count })
    var parameter = 0
    var place = 0
    for (code, draft) in drafts.enumerated() {
      var plan = draft.plan
      let ownParameters = parameters[parameter..<parameter + draft.parameters.count]
      parameter = parameters[parameter...].initialize(fromContentsOf: draft.parameters)
      plan.parameters = UnsafeBufferPointer(rebasing: ownParameters)
      if !draft.places.isEmpty, let base = places.baseAddress {
        plan.references = UnsafePointer(base + place)
        place = places[place...].initialize(fromContentsOf: draft.places)
      }
      (plans + code).initialize(to: plan)
    }
  }

  deinit {
    plans.deallocate()
    parameters.deallocate()
    places.deallocate()
  }

  /// Where the plan of a code stands, as long as all do: plans are looked at for each event, and too large to be copied each time.
  @inline(__always)
  subscript(code: UInt16) -> UnsafePointer<ScapPlan> { UnsafePointer(plans + min(Int(code), count)) }
}

/// A plan with what it will point to.
private struct ScapPlanDraft {
  var plan: ScapPlan
  var parameters: [ScapParameterPlan] = []
  /// By `ScapReference.rawValue`; empty where nothing is looked at.
  var places: [ScapPlace] = []

  init(_ code: UInt16, _ schema: ScapSchema, _ catalogue: ScapCatalogue) {
    plan = ScapPlan(role: .unknown, type: ScapSchema.unknownType, flags: [])
    guard let event = catalogue[code] else { return }
    if code <= 1 {
      plan = ScapPlan(
        role: code == 0 ? .genericEnter : .genericExit, type: EventTypeID(rawValue: 1), flags: event.flags)
      plan.parameterCount = 2
      return
    }
    guard let type = schema.type(ofCode: code) else { return }
    // What is no call has no return.
    let hasExit = event.kind == .syscall && catalogue[code | 1] != nil
    let role: ScapPlan.Role = event.kind != .syscall ? .alone : event.isExit ? .exit : hasExit ? .enter : .alone
    plan = ScapPlan(role: role, type: type.id, flags: event.flags)
    plan.isMetadata = event.kind == .metaevent
    plan.parameterCount = event.parameters.count
    (plan.action, plan.kind) = ScapPlan.action(type.name)
    fill(event, enter: event.isExit ? catalogue[code - 1] : nil, type)
  }

  private mutating func fill(_ event: ScapEventType, enter: ScapEventType?, _ type: EventType) {
    places = [ScapPlace](repeating: ScapPlace(), count: ScapReference.allCases.count)
    var exits: [String: Int] = [:]
    var enters: [String: Int] = [:]
    for (index, parameter) in event.parameters.enumerated().reversed() {
      exits[ScapSchema.parameterName(parameter.name, of: type.name, isExit: event.isExit)] = index
    }
    for (index, parameter) in (enter?.parameters ?? []).enumerated().reversed() {
      enters[ScapSchema.parameterName(parameter.name, of: type.name, isExit: false)] = index
    }
    for (name, index) in exits {
      if let reference = ScapReference.byName[name] { places[reference.rawValue].exit = Int16(index) }
    }
    for (name, index) in enters {
      if let reference = ScapReference.byName[name] { places[reference.rawValue].enter = Int16(index) }
    }
    for parameter in type.parameters {
      let exit = exits[parameter.name]
      if parameter.source == .result {
        plan.result = Int16(exit ?? -1)
        continue
      }
      var one = ScapParameterPlan(form: ScapPlan.form(parameter.type))
      if let exit {
        one.exit = Int16(exit)
        one.exitIsSigned = event.parameters[exit].type.isSigned
        one.exitHasNUL = event.parameters[exit].type.endsWithNUL
      }
      if let enter, let index = enters[parameter.name] {
        one.enter = Int16(index)
        one.enterIsSigned = enter.parameters[index].type.isSigned
        one.enterHasNUL = enter.parameters[index].type.endsWithNUL
      }
      parameters.append(one)
      if parameter.source == .argument(0) { plan.descriptor = one }
    }
  }
}

extension ScapPlan {
  fileprivate static func form(_ type: ParameterType) -> ScapParameterPlan.Form {
    switch type {
    case .socketAddress, .socketTuple: .address
    case .strings: .strings
    case .bytes: .bytes
    default: type.storage == .string ? .text : .integer
    }
  }

  fileprivate static func action(_ name: String) -> (ScapAction, ScapObjectKind) {
    switch name {
    case "open", "openat", "openat2", "creat", "open_by_handle_at": (.open, .file)
    case "close": (.close, .unknown)
    case "close_range": (.closeRange, .unknown)
    case "dup", "dup2", "dup3": (.duplicate, .unknown)
    case "fcntl": (.control, .unknown)
    case "pipe", "pipe2": (.pipe, .fifo)
    case "socket": (.socket, .unknown)
    case "socketpair": (.socketPair, .unixSocket)
    case "bind": (.bind, .unknown)
    case "connect": (.connect, .unknown)
    case "accept", "accept4": (.accept, .unknown)
    case "listen": (.listen, .unknown)
    case "send", "sendto", "sendmsg", "sendmmsg", "recv", "recvfrom", "recvmsg", "recvmmsg": (.message, .unknown)
    case "eventfd", "eventfd2": (.newDescriptor, .event)
    case "signalfd", "signalfd4": (.newDescriptor, .signalfd)
    case "timerfd_create": (.newDescriptor, .timerfd)
    case "inotify_init", "inotify_init1": (.newDescriptor, .inotify)
    case "epoll_create", "epoll_create1": (.newDescriptor, .eventpoll)
    case "memfd_create": (.newDescriptor, .memfd)
    case "userfaultfd": (.newDescriptor, .userfaultfd)
    case "io_uring_setup": (.newDescriptor, .ioUring)
    case "pidfd_open", "pidfd_getfd": (.newDescriptor, .pidfd)
    case "bpf": (.newDescriptor, .bpf)
    case "chdir": (.changeDirectory, .unknown)
    case "fchdir": (.changeDirectoryTo, .unknown)
    case "getcwd": (.currentDirectory, .unknown)
    case "chroot": (.changeRoot, .unknown)
    case "setuid": (.setUser, .unknown)
    case "setresuid", "setreuid": (.setEffectiveUser, .unknown)
    case "setgid": (.setGroup, .unknown)
    case "setresgid", "setregid": (.setEffectiveGroup, .unknown)
    case "setsid": (.setSession, .unknown)
    case "setpgid": (.setProcessGroup, .unknown)
    case "setrlimit", "prlimit": (.setLimit, .unknown)
    case "clone", "clone3", "fork", "vfork": (.clone, .unknown)
    case "execve", "execveat": (.execute, .unknown)
    case "procexit": (.end, .unknown)
    case "container": (.container, .unknown)
    case "asyncevent": (.asyncEvent, .unknown)
    case "useradded", "groupadded": (.addUser, .unknown)
    default: (.none, .unknown)
    }
  }
}
