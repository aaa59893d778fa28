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
  var exit: Int = -1
  /// The index in the event of the beginning; -1 when it is not there.
  var enter: Int = -1
  var form: Form
  var exitIsSigned = false
  var enterIsSigned = false
  /// A text that ends with a NUL, there and there.
  var exitHasNUL = false
  var enterHasNUL = false
}

/// What becomes of the events with one code.
final class ScapPlan {
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

  let role: Role
  let type: EventTypeID
  let flags: ScapEventFlags
  var isMetadata = false
  var action = ScapAction.none
  /// Of `newDescriptor` the kind.
  var kind = ScapObjectKind.unknown
  /// The stored parameters of the type, in order.
  var parameters: [ScapParameterPlan] = []
  /// The parameter that is the call's result; -1 without one.
  var result = -1
  /// The parameter of the descriptor that the event is about.
  var descriptor = ScapParameterPlan(form: .integer)
  /// Where what the replay looks at stands, by `ScapReference.rawValue`: index in the return and in the beginning.
  var references: [(exit: Int16, enter: Int16)] = []
  /// How many parameters events of this code have at most.
  var parameterCount = 0

  init(role: Role, type: EventTypeID, flags: ScapEventFlags) {
    self.role = role
    self.type = type
    self.flags = flags
  }
}

/// The plans of all codes.
struct ScapPlans {
  private let plans: [ScapPlan]
  private let unknown = ScapPlan(role: .unknown, type: ScapSchema.unknownType, flags: [])

  init(_ schema: ScapSchema, _ catalogue: ScapCatalogue) {
    plans = catalogue.events.indices.map { code in
      let code = UInt16(code)
      guard let event = catalogue[code] else {
        return ScapPlan(role: .unknown, type: ScapSchema.unknownType, flags: [])
      }
      if code <= 1 {
        let plan = ScapPlan(
          role: code == 0 ? .genericEnter : .genericExit, type: EventTypeID(rawValue: 1), flags: event.flags)
        plan.parameterCount = 2
        return plan
      }
      guard let type = schema.type(ofCode: code) else {
        return ScapPlan(role: .unknown, type: ScapSchema.unknownType, flags: [])
      }
      let partner = event.isExit ? catalogue[code - 1] : nil
      return ScapPlan(event, partner, type, hasExit: catalogue[code | 1] != nil && event.kind == .syscall)
    }
  }

  @inline(__always)
  subscript(code: UInt16) -> ScapPlan { Int(code) < plans.count ? plans[Int(code)] : unknown }
}

extension ScapPlan {
  fileprivate convenience init(_ event: ScapEventType, _ enter: ScapEventType?, _ type: EventType, hasExit: Bool) {
    // What is no call has no return.
    let role: Role = event.kind != .syscall ? .alone : event.isExit ? .exit : hasExit ? .enter : .alone
    self.init(role: role, type: type.id, flags: event.flags)
    isMetadata = event.kind == .metaevent
    parameterCount = event.parameters.count
    references = [(Int16, Int16)](repeating: (-1, -1), count: ScapReference.allCases.count)
    let exitNames = event.parameters.map {
      ScapSchema.parameterName($0.name, of: type.name, isExit: event.isExit)
    }
    let enterNames = (enter?.parameters ?? []).map {
      ScapSchema.parameterName($0.name, of: type.name, isExit: false)
    }
    for (name, reference) in ScapReference.byName {
      references[reference.rawValue] = (
        Int16(exitNames.firstIndex(of: name) ?? -1), Int16(enterNames.firstIndex(of: name) ?? -1)
      )
    }
    for parameter in type.parameters {
      let exit = exitNames.firstIndex(of: parameter.name)
      if parameter.source == .result {
        result = exit ?? -1
        continue
      }
      var plan = ScapParameterPlan(form: ScapPlan.form(parameter.type))
      if let exit {
        plan.exit = exit
        plan.exitIsSigned = event.parameters[exit].type.isSigned
        plan.exitHasNUL = event.parameters[exit].type.endsWithNUL
      }
      if let enter, let index = enterNames.firstIndex(of: parameter.name) {
        plan.enter = index
        plan.enterIsSigned = enter.parameters[index].type.isSigned
        plan.enterHasNUL = enter.parameters[index].type.endsWithNUL
      }
      parameters.append(plan)
      if parameter.source == .argument(0) { descriptor = plan }
    }
    (action, kind) = ScapPlan.action(type.name)
  }

  private static func form(_ type: ParameterType) -> ScapParameterPlan.Form {
    switch type {
    case .socketAddress, .socketTuple: .address
    case .strings: .strings
    case .bytes: .bytes
    default: type.storage == .string ? .text : .integer
    }
  }

  private static func action(_ name: String) -> (ScapAction, ScapObjectKind) {
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
