/// How exactly the start of calls is known. What each mode costs is in `formats/architecture.md`.
public enum ProbeLatency: String, CaseIterable, Sendable {
  /// Every latency is measured.
  case exact
  /// A thread that calls in a tight loop gets an upper bound, flagged; all others are measured.
  case adaptive
  /// No latency; system calls are not seen when they begin.
  case none

  var abiValue: UInt32 {
    switch self {
    case .exact: 0
    case .adaptive: 1
    case .none: 2
    }
  }
}

/// How far the probe goes with each call: less than all of it is for measuring what the stages cost.
public enum ProbeStage: UInt32, CaseIterable, Sendable {
  /// Programs that return at once.
  case empty = 0
  /// The start of the call is noted and its end is read.
  case stamp = 1
  /// The identity of the thread is compared.
  case thread = 2
  /// The object of the call is looked up.
  case object = 3
  /// The event is written, without what user memory holds.
  case record = 4
  /// Everything.
  case all = 5
}

/// Other designs of the probe's hot path, kept to be measured beside the one that was chosen.
public struct ProbeAlternatives: OptionSet, Sendable {
  /// One bit for each member.
  public let rawValue: UInt16
  /// A set from its bits.
  public init(rawValue: UInt16) { self.rawValue = rawValue }

  /// The state of a task in task storage instead of a table indexed by its id.
  public static let taskStorage = ProbeAlternatives(rawValue: 1)
  /// Objects always through the map, without the slots in the task's state.
  public static let noDescriptorSlots = ProbeAlternatives(rawValue: 2)
  /// Programs that ask who calls and return.
  public static let taskOnly = ProbeAlternatives(rawValue: 4)
}

/// What a kernel source records and with how much memory.
public struct KernelSourceOptions: Sendable {
  /// Bytes of payload that are kept of a read or write, 0 to 65,535.
  public var snapLength: UInt32 = 80
  /// How exactly latencies are measured.
  public var latency: ProbeLatency = .exact
  /// How far the probe goes.
  public var stage: ProbeStage = .all
  /// Other designs of the hot path, for measuring.
  public var alternatives: ProbeAlternatives = []
  /// Which tasks and calls are recorded.
  public var selection = KernelSelection()
  /// Which variables of the environment of what is executed are kept.
  public var environment = EnvironmentSelection.harmless
  /// Whether page faults of user memory are events.
  public var pageFaults = false
  /// Whether it is an event when a thread leaves a CPU.
  public var switches = false
  /// Nanoseconds between two looks at what processes use; `nil` for none.
  public var samplePeriod: Int64? = 1_000_000_000
  /// Bytes of each CPU's ring; rounded up to a power of two between 256 KiB and 512 MiB.
  public var ringSize: Int = 8 << 20
  /// Events after which a batch is closed.
  public var batchEvents = 65_536
  /// Bytes of texts and payload after which a batch is closed.
  public var batchHeapBytes = 4 << 20
  /// Rows of dimensions after which everything is defined anew and what is not used any more is dropped.
  public var dimensionRows = 150_000
  /// Nanoseconds after which a batch that has `quietEvents` is closed.
  public var batchTime: Int64 = 1_000_000_000
  /// Nanoseconds after which a batch with fewer events is closed: each batch repeats the rows of dimensions that its events
  /// need, which on a quiet host are most of its bytes.
  public var quietBatchTime: Int64 = 5_000_000_000
  /// See `quietBatchTime`.
  public var quietEvents = 1024

  /// What a recording uses unless told otherwise.
  public init() {}
}
