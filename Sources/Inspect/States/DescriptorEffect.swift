import CaptureFormat
import EventSchema

/// A parameter of an event type that holds a number, and where batches have it.
struct ArgumentPlace: Sendable, Hashable {
  /// The index in `EventType.parameters`.
  let parameter: Int
  /// The type's column; `nil` for the result of the call.
  let column: Int?

  /// `nil` when the type has no such parameter, or batches no number of it.
  init?(_ name: String, of type: EventType) {
    self.init(type.parameters.firstIndex { $0.name == name }, of: type)
  }

  /// The same by its index.
  init?(_ index: Int?, of type: EventType) {
    guard let index, type.parameters[index].type.storage == .integer else { return nil }
    parameter = index
    if type.parameters[index].source == .result {
      column = nil
    } else {
      guard type.parameters[index].source.isStored else { return nil }
      column = type.parameters[..<index].count { $0.source.isStored }
    }
  }
}

/// What the calls of one type do to descriptors.
enum DescriptorEffect: Sendable {
  /// It is about the descriptor in a parameter.
  case uses(ArgumentPlace)
  /// Its result is a new descriptor for its object.
  case creates(CloseOnExec)
  /// Two parameters are new descriptors, of objects that the event does not name.
  case createsPair(ArgumentPlace, ArgumentPlace, CloseOnExec)
  case closes(ArgumentPlace)
  /// Its result is another descriptor for the object of a parameter.
  case duplicates(ArgumentPlace, CloseOnExec)
  /// `fcntl`, which does many things: parameters for descriptor, command and argument.
  case controls(ArgumentPlace, command: ArgumentPlace, argument: ArgumentPlace)
  /// `close_range`: parameters for the first, the last, and flags.
  case closesRange(ArgumentPlace, ArgumentPlace, flags: ArgumentPlace)
  /// Makes a process; the parameter with its flags, if there is one.
  case forks(flags: ArgumentPlace?)
  case executes
  case endsThread

  /// Whether what is made goes when the process executes something.
  enum CloseOnExec: Sendable {
    case always
    case never
    /// When a flag of a parameter is set.
    case flag(Int64, ArgumentPlace)
  }

  /// The effect of a type; `nil` when it has none.
  init?(_ type: EventType) {
    func parameter(_ name: String) -> ArgumentPlace? { ArgumentPlace(name, of: type) }
    switch type.name {
    case "procexit": self = .endsThread
    case "execve", "execveat": self = .executes
    case "clone", "clone3", "fork", "vfork": self = .forks(flags: parameter("flags"))
    case "close_range":
      guard let first = parameter("first"), let last = parameter("last"), let flags = parameter("flags") else {
        return nil
      }
      self = .closesRange(first, last, flags: flags)
    case "fcntl":
      guard let descriptor = parameter("fd"), let command = parameter("cmd"), let argument = parameter("arg") else {
        return nil
      }
      self = .controls(descriptor, command: command, argument: argument)
    default:
      let closing = DescriptorEffect.closeOnExec(type)
      switch type.object {
      case .result: self = .creates(closing)
      case .argument(let register):
        guard
          let used = ArgumentPlace(
            type.parameters.firstIndex { $0.type == .fd && $0.source == .argument(register) }, of: type)
        else { return nil }
        if type.traits.contains(.destroysDescriptor) {
          self = .closes(used)
        } else if type.traits.contains(.createsDescriptor) {
          self = .duplicates(used, closing)
        } else {
          self = .uses(used)
        }
      case .none:
        guard type.traits.contains(.createsDescriptor), let first = parameter("fd1"), let second = parameter("fd2")
        else { return nil }
        self = .createsPair(first, second, closing)
      }
    }
  }

  private static func closeOnExec(_ type: EventType) -> CloseOnExec {
    let flags = ArgumentPlace("flags", of: type)
    switch type.name {
    case "pidfd_open", "pidfd_getfd", "io_uring_setup", "landlock_create_ruleset": return .always
    case "creat", "accept", "dup", "dup2", "pipe", "eventfd", "signalfd", "epoll_create", "inotify_init": return .never
    case "memfd_create", "fanotify_init", "fsopen", "fsmount", "fspick":
      return flags.map { .flag(1, $0) } ?? .never
    case "perf_event_open": return flags.map { .flag(8, $0) } ?? .never
    default: return flags.map { .flag(0x8_0000, $0) } ?? .never
    }
  }

  /// The numbers that are read to apply it.
  var places: [ArgumentPlace] {
    func of(_ closing: CloseOnExec) -> [ArgumentPlace] {
      if case .flag(_, let place) = closing { [place] } else { [] }
    }
    switch self {
    case .uses(let descriptor), .closes(let descriptor): return [descriptor]
    case .creates(let closing): return of(closing)
    case .createsPair(let first, let second, let closing): return [first, second] + of(closing)
    case .duplicates(let descriptor, let closing): return [descriptor] + of(closing)
    case .controls(let descriptor, let command, let argument): return [descriptor, command, argument]
    case .closesRange(let first, let last, let flags): return [first, last, flags]
    case .forks(let flags): return flags.map { [$0] } ?? []
    case .executes, .endsThread: return []
    }
  }
}

/// The effects of all types of a schema, and what has to be read to apply them.
struct DescriptorEffects: Sendable {
  private let effects: [DescriptorEffect?]
  /// What is needed of events.
  let columns: ColumnSelection

  init(_ schema: Schema) {
    var effects = [DescriptorEffect?](repeating: nil, count: Int(schema.types.last?.id.rawValue ?? 0) + 1)
    var keys: Set<ColumnSelection.ArgumentKey> = []
    for type in schema.types {
      guard let effect = DescriptorEffect(type) else { continue }
      effects[Int(type.id.rawValue)] = effect
      for place in effect.places {
        keys.insert(ColumnSelection.ArgumentKey(type: type.id, parameter: place.parameter))
      }
    }
    self.effects = effects
    columns = ColumnSelection(
      core: [.exitTimes, .latencies, .types, .flags, .lineages, .objects, .results, .ranks], arguments: .only(keys))
  }

  subscript(type: UInt16) -> DescriptorEffect? {
    Int(type) < effects.count ? effects[Int(type)] : nil
  }
}
