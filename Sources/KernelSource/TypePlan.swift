import EventSchema

/// Where the assembler finds the value of one stored parameter in a record of the probe.
struct ArgumentPlan: BitwiseCopyable {
  enum Kind: UInt8, BitwiseCopyable {
    case integer
    case text
    case bytes
    case address
    case field
    /// A text that the task's memory does not hold any more after success: the image has it.
    case filename
    case missing
    case callNumber
    case exitStatus
    case exitCode
    case exitSignal
    case exitCore
    case exitReaper
    /// A whole word, as the probe's other hooks write them.
    case word
    /// The name of the object in the word behind the registers.
    case victim
    /// A path whose text went with the old program: what the new one was executed by says it.
    case executedPath
    /// The descriptors that a message passes.
    case passedDescriptors
  }

  var kind: Kind
  /// The register or capture.
  var index: UInt8 = 0
  /// Bytes of the value, 1 to 8.
  var size: UInt8 = 8
  var isSigned = false
  var offset: UInt16 = 0
  /// The value is there only when this register has that value; `noCondition` when it always is.
  var conditionRegister = ArgumentPlan.noCondition
  var conditionValue: UInt64 = 0

  static let noCondition: UInt8 = 0xFF
}

/// How the events of one type are taken apart. Plain values: the plans are walked for every event.
struct TypePlan: BitwiseCopyable {
  /// The plans of the stored parameters, in `TypePlans.arguments`.
  var firstArgument: Int32 = 0
  var argumentCount: Int32 = 0
  var hasResult = false
  /// The end of a task: the second word says whether its process ends with it, the third who takes its children.
  var endsTask = false
  /// A call that succeeds returns in another program, without the registers of the old one.
  var executes = false
  /// Calls whose second return is that of a new task.
  var makesTask = false
  /// The plan of the path that names what the call opens: a failed one gets its object from it.
  var path: ArgumentPlan?
  /// The plan of the address that a connection goes to, or a message goes to or came from.
  var address: ArgumentPlan?
  var movesMessage = false
  var connects = false
  /// A request of io_uring, which may be any of many calls; the first word says which.
  var isRequest = false
  /// The word behind the registers with the object of the directory that the path is relative to.
  var hasDirectory = false
}

/// The plans of all types of a schema.
///
/// In memory of its own: reading from an array for every event would count references to it.
struct TypePlans: ~Copyable {
  /// By type, then the same for events whose structures are laid out as those of 32-bit programs.
  private let types: UnsafeMutableBufferPointer<TypePlan>
  private let count: Int
  private let arguments: UnsafeMutableBufferPointer<ArgumentPlan>

  init(_ schema: Schema, architecture: Architecture = .current) {
    count = Int(schema.types.last?.id.rawValue ?? 0) + 1
    var plans = [TypePlan](repeating: TypePlan(), count: count * 2)
    var arguments: [ArgumentPlan] = []
    let layouts = CallLayout.all
    for type in schema.types {
      let number = Int(type.id.rawValue)
      let own = architecture == .aarch64 ? layouts.applied(.aarch64, to: type) : type
      plans[number] = TypePlan(own, &arguments)
      let narrow = layouts.applied(.i386, to: type)
      plans[count + number] = narrow == type ? plans[number] : TypePlan(narrow, &arguments)
    }
    types = .allocate(capacity: plans.count)
    _ = types.initialize(from: plans)
    self.arguments = .allocate(capacity: arguments.count)
    _ = self.arguments.initialize(from: arguments)
  }

  deinit {
    types.deallocate()
    arguments.deallocate()
  }

  /// The plan of a type, `nil` for a number that the schema does not have.
  @inline(__always)
  func plan(_ type: UInt16, isNarrow: Bool) -> TypePlan? {
    Int(type) < count ? types[isNarrow ? count + Int(type) : Int(type)] : nil
  }

  @inline(__always)
  func argument(_ plan: TypePlan, _ index: Int32) -> ArgumentPlan { arguments[Int(plan.firstArgument + index)] }
}

extension TypePlan {
  fileprivate init(_ type: EventType, _ arguments: inout [ArgumentPlan]) {
    self.init()
    let isCall = type.traits.contains(.systemCall)
    hasResult =
      isCall && !type.traits.contains(.endsTask) || !isCall && type.parameters.contains { $0.source == .result }
    isRequest = type.id == .ioUring
    var nextWord: UInt8 = 0
    var nextCapture: UInt8 = 0
    endsTask = type.id == .procexit
    firstArgument = Int32(arguments.count)
    executes = type.executes
    makesTask = ["clone", "clone3", "fork", "vfork"].contains(type.name)
    connects = type.traits.contains(.connects)
    movesMessage = ["sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg"].contains(type.name)
    for parameter in type.parameters {
      var plan = TypePlan.plan(parameter)
      if parameter.name == "pathname", type.executes, plan.kind == .text { plan.kind = .executedPath }
      if parameter.name == "passed_fds",
        let control = type.captures.firstIndex(where: { $0.kind == .messageControl })
      {
        plan = ArgumentPlan(kind: .passedDescriptors, index: UInt8(control))
      }
      if !isCall, !endsTask, parameter.source == .assembled {
        // A word for each number, a capture for each of the others, in the order of the table.
        let isNumber = parameter.type.storage == .integer
        plan = TypePlan.hookPlan(parameter, index: isNumber ? nextWord : nextCapture)
        if isNumber { nextWord += 1 } else { nextCapture += 1 }
      }
      if parameter.name == "filename", type.name.hasPrefix("execve"), plan.kind == .text { plan.kind = .filename }
      // Names of a register hold under a condition, but its number always does; anything else is there or not.
      // Another name of a register, for some values of another one.
      if parameter.source == .assembled, isCall, parameter.name.hasSuffix("_option"),
        let option = type.parameters.first(where: { $0.name == "optname" }), case .argument(let index) = option.source
      {
        plan = ArgumentPlan(kind: .integer, index: index, size: 4)
      }
      if let condition = parameter.nameCondition,
        parameter.type.storage != .integer || parameter.source.isField || parameter.source == .assembled,
        case .argument(let register) = type.parameters[Int(condition.parameter)].source
      {
        plan.conditionRegister = register
        plan.conditionValue = condition.value
      }
      if parameter.source.isStored { arguments.append(plan) }
      if path == nil, type.object == .result, plan.kind == .text,
        parameter.type == .path || parameter.type == .relativePath
      {
        path = plan
      }
      if address == nil, plan.kind == .address { address = plan }
      if isRequest, path == nil, parameter.type == .relativePath { path = plan }
    }
    argumentCount = Int32(arguments.count) - firstArgument
    hasDirectory =
      type.traits.contains(.namesObject) && type.parameters.contains { $0.type == .relativePath }
  }

  /// The plan for a parameter of an event that is no system call.
  private static func hookPlan(_ parameter: Parameter, index: UInt8) -> ArgumentPlan {
    switch parameter.type {
    case .socketAddress, .socketTuple: ArgumentPlan(kind: .address, index: index)
    default:
      switch parameter.type.storage {
      case .integer: ArgumentPlan(kind: .word, index: index)
      case .string: ArgumentPlan(kind: .text, index: index)
      case .bytes: ArgumentPlan(kind: .bytes, index: index)
      }
    }
  }

  private static func plan(_ parameter: Parameter) -> ArgumentPlan {
    let (size, isSigned) = parameter.type.integerLayout
    switch parameter.source {
    case .argument(let index):
      // Registers hold errors, and counts that the ecosystem calls so, as 32 bits.
      return ArgumentPlan(
        kind: .integer, index: index, size: parameter.type == .errno ? 4 : size, isSigned: isSigned)
    case .capture(let index):
      switch parameter.type {
      case .socketAddress, .socketTuple: return ArgumentPlan(kind: .address, index: index)
      case .bytes: return ArgumentPlan(kind: .bytes, index: index)
      default: return ArgumentPlan(kind: parameter.type.storage == .string ? .text : .missing, index: index)
      }
    case .field(let capture, let offset, let size):
      return ArgumentPlan(kind: .field, index: capture, size: size, isSigned: isSigned, offset: offset)
    case .assembled:
      switch parameter.name {
      case "nativeID", "ID": return ArgumentPlan(kind: .callNumber)
      case "status": return ArgumentPlan(kind: .exitStatus)
      case "ret": return ArgumentPlan(kind: .exitCode)
      case "sig": return ArgumentPlan(kind: .exitSignal)
      case "core": return ArgumentPlan(kind: .exitCore)
      case "reaper_tid": return ArgumentPlan(kind: .exitReaper)
      case "victim": return ArgumentPlan(kind: .victim)
      default: return ArgumentPlan(kind: .missing)
      }
    case .result, .thread, .object:
      return ArgumentPlan(kind: .missing)
    }
  }
}

extension ParameterType {
  /// How many bytes of a register a value of this type has, and whether its highest bit is a sign.
  fileprivate var integerLayout: (size: UInt8, isSigned: Bool) {
    switch self {
    case .int8: (1, true)
    case .int16: (2, true)
    case .int32, .fd, .pid: (4, true)
    case .uint8, .flags8, .enumeration8, .boolean: (1, false)
    case .uint16, .flags16, .enumeration16, .port: (2, false)
    case .uint32, .flags32, .enumeration32, .uid, .gid, .mode, .signal: (4, false)
    case .int64, .errno: (8, true)
    default: (8, false)
    }
  }
}
