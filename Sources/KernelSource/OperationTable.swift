import EventSchema
import Probe

/// Turns the schema into what the probe does for each system call number.
struct OperationTable {
  /// `REEL_OPERATIONS` elements: by system call number, then those of the 32-bit entry.
  private(set) var operations: [reel_operation]
  private let layouts: [CallLayout]
  private let conditions: [CaptureCondition]

  /// - Parameter types: those that are recorded; `nil` for all.
  init(schema: Schema, architecture: Architecture, snapLength: UInt32, types: Set<EventTypeID>? = nil) {
    layouts = CallLayout.all
    conditions = CaptureCondition.all
    let unknown = schema.type(named: "syscall")
    operations = [reel_operation](
      repeating: OperationTable.operation(unknown, snapLength: snapLength, isUnknown: true, conditions: []),
      count: Int(REEL_OPERATIONS))
    for type in schema.types {
      guard let number = type.number(on: architecture), number < REEL_OPERATION_UNKNOWN else { continue }
      let type = architecture == .aarch64 ? layouts.applied(.aarch64, to: type) : type
      operations[Int(number)] = OperationTable.operation(
        type, snapLength: snapLength, isUnknown: false, conditions: conditions)
    }
    if architecture == .x86_64 { addCompatCalls(schema, snapLength: snapLength) }
    guard let types else { return }
    for index in operations.indices where !types.contains(EventTypeID(rawValue: operations[index].type)) {
      operations[index].flags &= ~UInt32(REEL_OPERATION_ENABLED)
      let name = schema.type(EventTypeID(rawValue: operations[index].type))?.name ?? ""
      // The return of the first two has no number, by which it could be told what it is of.
      if operations[index].flags & OperationTable.consequences == 0, !["rt_sigreturn", "sigreturn"].contains(name) {
        operations[index].flags |= UInt32(REEL_OPERATION_IGNORED)
      }
    }
  }

  /// By the number of a call, 1 where nothing is done for it at either entry: what the program asks first.
  var skipped: [UInt8] {
    (0..<Int(REEL_COMPAT_OPERATIONS)).map { number in
      // Which call a `socketcall` of the 32-bit entry stands for is not said by its number.
      guard number != OperationTable.socketCall else { return 0 }
      let entries = [operations[number], operations[Int(REEL_OPERATION_COMPAT) + number]]
      return entries.allSatisfy(OperationTable.isSkipped) ? 1 : 0
    }
  }

  private static let socketCall = 102

  private static func isSkipped(_ operation: reel_operation) -> Bool {
    if operation.flags & UInt32(REEL_OPERATION_IGNORED) != 0 { return true }
    // The end of a task is noticed by another program; of the call, nothing but its event is made.
    let isEnd = operation.flags & consequences & ~UInt32(REEL_OPERATION_LIFE) == UInt32(REEL_OPERATION_ENDS_TASK)
    return isEnd && operation.flags & UInt32(REEL_OPERATION_ENABLED) == 0
  }

  /// What other events show of calls that nobody asked for.
  private static let consequences = UInt32(
    REEL_OPERATION_ENDS_TASK | REEL_OPERATION_MOVES_NAMES | REEL_OPERATION_EXECUTES | REEL_OPERATION_OPENS
      | REEL_OPERATION_ACCEPTS | REEL_OPERATION_CONNECTS | REEL_OPERATION_LISTENS | REEL_OPERATION_LIFE)

  /// What is done for calls of the 32-bit entry.
  private mutating func addCompatCalls(_ schema: Schema, snapLength: UInt32) {
    for call in CompatCall.all {
      guard var type = schema.type(call.type) else { continue }
      if call.isNarrow { type = layouts.applied(.i386, to: type) }
      let base = call.isSocketCall ? REEL_OPERATION_SOCKET : REEL_OPERATION_COMPAT
      var operation = OperationTable.operation(
        type, snapLength: snapLength, isUnknown: false, readsStructures: call.hasSameStructures || call.isNarrow,
        conditions: conditions)
      if call.isNarrow { operation.flags |= UInt32(REEL_OPERATION_NARROW) }
      operation.wide = call.wideArguments
      if call.isSocketCall { operation.flags |= UInt32(REEL_OPERATION_INDIRECT) }
      operations[Int(base) + Int(call.number)] = operation
    }
  }

  private static func operation(
    _ type: EventType?, snapLength: UInt32, isUnknown: Bool, readsStructures: Bool = true,
    conditions: [CaptureCondition]
  ) -> reel_operation {
    var operation = reel_operation()
    operation.object = UInt8(REEL_NO_ARGUMENT)
    operation.directory = UInt8(REEL_NO_ARGUMENT)
    guard let type else { return operation }
    operation.type = type.id.rawValue
    operation.flags = UInt32(REEL_OPERATION_ENABLED)
    operation.argument_count = isUnknown ? 6 : type.argumentCount
    switch type.object {
    case .none: break
    case .result:
      operation.object = UInt8(REEL_OBJECT_RESULT)
      if type.name == "bpf" { operation.result_commands = OperationTable.descriptorCommands }
    case .argument(let index):
      operation.object = index
      operation.flags |= UInt32(
        type.traits.contains(.changesObject)
          ? REEL_OPERATION_OBJECT_AT_EXIT : REEL_OPERATION_OBJECT_AT_ENTRY)
    }
    let flags: [(EventTraits, Int32)] = [
      (.endsTask, REEL_OPERATION_ENDS_TASK), (.movesNames, REEL_OPERATION_MOVES_NAMES),
      (.lifeCycle, REEL_OPERATION_LIFE), (.acceptsConnection, REEL_OPERATION_ACCEPTS),
      (.connects, REEL_OPERATION_CONNECTS), (.listens, REEL_OPERATION_LISTENS),
    ]
    for (name, flag) in flags where type.traits.contains(name) { operation.flags |= UInt32(flag) }
    if let victim = type.parameters.first(where: { $0.name == "newfd" }),
      type.parameters.contains(where: { $0.name == "victim" }), case .argument(let index) = victim.source
    {
      operation.flags |= UInt32(REEL_OPERATION_WITH_VICTIM)
      operation.victim = index
    }
    if isUnknown {
      operation.flags |= UInt32(REEL_OPERATION_WITH_NUMBER)
    } else if type.traits.contains(.namesObject), let directory = directoryArgument(of: type) {
      operation.flags |= UInt32(REEL_OPERATION_WITH_DIRECTORY)
      operation.directory = directory
    }
    if type.opensPath, let path = pathArgument(of: type) {
      operation.flags |= UInt32(REEL_OPERATION_OPENS)
      operation.path = path
    }
    if type.executes { operation.flags |= UInt32(REEL_OPERATION_EXECUTES) }
    var room = MemoryLayout<reel_event>.size + 7 * 8
    withUnsafeMutableBytes(of: &operation.captures) { bytes in
      let plans = bytes.bindMemory(to: reel_capture_plan.self)
      for (index, capture) in type.captures.prefix(Int(REEL_CAPTURES)).enumerated() {
        let isStructure = capture.kind == .structure || capture.kind == .structureArray
        // Nothing of it is read: its fields are missing then.
        let size = isStructure && !readsStructures ? 0 : capture.size
        plans[index] = reel_capture_plan(
          kind: capture.kind.rawValue, pointer: capture.pointer, length: capture.lengthArgument,
          when: capture.onSuccess ? UInt8(REEL_WHEN_SUCCEEDED) : 0, size: size, condition: UInt8(REEL_NO_ARGUMENT),
          condition_value: 0)
        if let condition = type.condition(ofCapture: index) {
          plans[index].condition = condition.argument
          plans[index].condition_value = condition.value
        }
        switch conditions.first(where: { $0.type == type.id && Int($0.capture) == index })?.test {
        case .positiveResult: plans[index].when |= UInt8(REEL_WHEN_POSITIVE)
        case .argument(let argument, let set):
          plans[index].condition = argument
          plans[index].when |= UInt8(REEL_WHEN_IN_SET)
          operation.condition_set = set
        case nil: break
        }
        room += MemoryLayout<reel_capture>.size + 8 + longest(capture, snapLength: Int(snapLength))
      }
    }
    operation.room = UInt32(room)
    return operation
  }

  /// The commands of `bpf` that give a descriptor: making maps, programs, links, type information, iterators and tokens,
  /// attaching to a tracepoint, finding them by id or path, and counting run times.
  private static let descriptorCommands: UInt64 = [0, 5, 7, 13, 14, 17, 18, 19, 28, 30, 32, 33, 36].reduce(0) {
    $0 | 1 << $1
  }

  /// The argument with the path.
  private static func pathArgument(of type: EventType) -> UInt8? {
    for parameter in type.parameters where parameter.type == .path || parameter.type == .relativePath {
      if case .capture(let index) = parameter.source { return type.captures[Int(index)].pointer }
    }
    return nil
  }

  /// The argument with the directory that the path behind it is relative to.
  private static func directoryArgument(of type: EventType) -> UInt8? {
    guard let path = type.parameters.firstIndex(where: { $0.type == .relativePath }) else { return nil }
    for parameter in type.parameters[..<path].reversed() where parameter.type == .fd {
      if case .argument(let index) = parameter.source { return index }
    }
    return nil
  }

  /// The most bytes that the probe writes for a capture; the limits are those of `capture.h`.
  private static func longest(_ capture: Capture, snapLength: Int) -> Int {
    switch capture.kind {
    case .string: 4096
    case .structure: min(Int(capture.size), 1024)
    case .structureArray: 1024
    case .socketAddress, .socketAddressOut, .messageName: 128
    case .messageControl: 512
    case .stringArray: 7 * 1024
    case .payload, .vector, .message, .messages, .buffer: snapLength
    }
  }
}

extension [CallLayout] {
  /// The type as an entry has it; the same where nothing is said of it.
  func applied(_ entry: CallLayout.Entry, to type: EventType) -> EventType {
    first { $0.entry == entry && $0.type == type.id }?.applied(to: type) ?? type
  }
}

extension EventType {
  /// Whether the call makes a descriptor for the path in its arguments.
  var opensPath: Bool { object == .result && traits.contains(.namesObject) }

  /// Whether the call, when it succeeds, returns in another program than the one that made it.
  var executes: Bool { systemCall == "execve" || systemCall == "execveat" }

  /// The argument, and the value that it must have, for anything to be where a capture looks: what another command points
  /// to is not read at all. `nil` when parameters with different conditions share the capture.
  func condition(ofCapture index: Int) -> (argument: UInt8, value: UInt8)? {
    let users = parameters.filter { parameter in
      switch parameter.source {
      case .capture(let capture), .field(let capture, _, _): Int(capture) == index
      default: false
      }
    }
    guard let condition = users.first?.nameCondition, users.allSatisfy({ $0.nameCondition == condition }),
      let value = UInt8(exactly: condition.value),
      case .argument(let argument) = parameters[Int(condition.parameter)].source
    else { return nil }
    return (argument, value)
  }
}
