import CLibBPF
import EventSchema

#if canImport(Glibc)
import Glibc
#endif

/// What the probe attaches to beside system calls and the life of tasks: each can be left out.
enum ProbeHook: String, CaseIterable {
  case signals = "on_signal"
  case pageFaults = "on_page_fault"
  case switches = "on_switch"
  case requests = "on_uring_submit"
  case requestsBefore = "on_uring_submit_before"
  case completions = "on_uring_complete"
  case completionsBefore = "on_uring_complete_before"
  case memoryVictims = "on_memory_victim"

  /// The tracepoint, and how many arguments its form has that the program is written for; 0 for any.
  private var tracepoint: (name: String, arguments: Int32) {
    switch self {
    case .signals: ("signal_deliver", 0)
    case .pageFaults: ("page_fault_user", 0)
    case .switches: ("sched_switch", 0)
    case .requests: ("io_uring_submit_req", 0)
    case .requestsBefore: ("io_uring_submit_sqe", 0)
    case .completions: ("io_uring_complete", 4)
    case .completionsBefore: ("io_uring_complete", 8)
    case .memoryVictims: ("mark_victim", 0)
    }
  }

  /// What its events are.
  var type: EventTypeID {
    switch self {
    case .signals: .signaldeliver
    case .pageFaults: .pageFault
    case .switches: .`switch`
    case .requests, .requestsBefore, .completions, .completionsBefore: .ioUring
    case .memoryVictims: .containerOom
    }
  }

  /// Those whose tracepoint the running kernel has, in the form that the program is written for. Takes some milliseconds: the
  /// kernel's type information is read once for all of them.
  static func present() -> Set<ProbeHook> {
    let hooks = ProbeHook.allCases
    var counts = [Int32](repeating: -1, count: hooks.count)
    let texts = hooks.map { strdup($0.tracepoint.name) }
    defer { for text in texts { free(text) } }
    var names = texts.map { UnsafePointer($0) }
    reel_count_tracepoint_arguments(&names, &counts, Int32(hooks.count))
    return Set(
      zip(hooks, counts).filter { hook, count in
        count >= 0 && (hook.tracepoint.arguments == 0 || count == hook.tracepoint.arguments)
      }.map(\.0))
  }

  /// Whether a recording asks for it.
  func isWanted(by options: KernelSourceOptions) -> Bool {
    if let types = options.selection.types, !types.contains(type) { return false }
    // For measuring the stages of system calls alone.
    guard options.stage == .all else { return false }
    switch self {
    case .signals, .requests, .requestsBefore, .completions, .completionsBefore, .memoryVictims: return true
    case .pageFaults: return options.pageFaults
    case .switches: return options.switches
    }
  }
}

extension MachineCheck {
  /// Whether what is beside system calls can be recorded: a kernel without it leaves blind spots, and can be recorded.
  public static func hooks() -> Finding {
    let present = ProbeHook.present()
    let parts: [(name: String, isThere: Bool)] = [
      ("signals", present.contains(.signals)),
      ("io_uring", !present.isDisjoint(with: [.requests, .requestsBefore])),
      ("completions of io_uring", !present.isDisjoint(with: [.completions, .completionsBefore])),
      ("switches", present.contains(.switches)),
      ("page faults", present.contains(.pageFaults)),
      ("victims of a lack of memory", present.contains(.memoryVictims)),
    ]
    let missing = parts.filter { !$0.isThere }.map(\.name)
    return Finding(
      name: "other events", isOK: missing.isEmpty,
      detail: missing.isEmpty
        ? parts.map(\.name).joined(separator: ", ") : "the kernel cannot tell of " + missing.joined(separator: ", "),
      remedy: "everything else is recorded")
  }
}
