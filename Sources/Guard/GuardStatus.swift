import Synchronization

/// How the guard does: what metrics, health and `reel capture list` are made of.
///
/// A value: whoever shows it works on a copy of one moment.
public struct GuardStatus: Sendable {
  /// When the guard began, in nanoseconds of the epoch; 0 before that.
  public var started: Int64 = 0
  /// The machine's name.
  public var hostname = ""
  /// Whether it records: false before the start and behind the end.
  public var isRunning = false
  /// When the rings were looked at last, in nanoseconds of the epoch: one that is old tells of a guard that hangs.
  public var lookedAt: Int64 = 0
  /// Events that reached user space.
  public var events: UInt64 = 0
  /// Events that were lost, by cause (`ring_full`, `nested`, `no_task`, `definition`, `unresolved`).
  public var lost: [String: UInt64] = [:]
  /// Matches by rule and policy, those included of which nobody was told because of the throttle.
  public var alerts: [AlertKey: UInt64] = [:]
  /// What of them was not told because of the throttle, by rule and policy.
  public var throttled: [AlertKey: UInt64] = [:]
  /// Actions that were done or failed, by what they were: `container_stop`, `container_pause`, `container_kill`,
  /// `process_kill`, each with `_failed` behind it where it failed.
  public var actions: [String: UInt64] = [:]
  /// Captures by how far they are.
  public var captures: [CaptureRecord.State: Int] = [:]
  /// What the flight recorder holds.
  public var flightRecorder = FlightRecorderStatus()
  /// How long it took from an event to the moment at which its alert was handed over.
  public var alertLatency = LatencyHistogram()
  /// How long it took from an event to the moment at which an action on its process or container was done.
  public var actionLatency = LatencyHistogram()
  /// Counts up with each configuration that was taken over, from 1.
  public var generation: UInt64 = 0
  /// When the configuration was taken over, in nanoseconds of the epoch.
  public var configured: Int64 = 0
  /// Why the newest configuration was not taken over; empty when it was.
  public var configurationError = ""
  /// How many rules are asked.
  public var rules = 0
  /// How many policies are on.
  public var policies = 0
  /// Whether all calls are recorded, or just those that rules name.
  public var recordsEverything = false
  /// Processor time of this process, in nanoseconds.
  public var processorTime: Int64 = 0
  /// Resident memory of this process, in bytes.
  public var residentBytes: UInt64 = 0

  /// A rule and the policy that it belongs to.
  public struct AlertKey: Sendable, Hashable {
    /// The rule's name.
    public var rule: String
    /// The policy's name.
    public var policy: String
    /// The rule's priority, as the ecosystem calls it.
    public var priority: String

    /// A rule of a policy.
    public init(rule: String, policy: String, priority: String) {
      self.rule = rule
      self.policy = policy
      self.priority = priority
    }
  }

  /// Before the start.
  public init() {}
}

/// What the flight recorder holds.
public struct FlightRecorderStatus: Sendable, Hashable {
  /// Bytes of chunks and states.
  public var bytes: UInt64 = 0
  /// How many chunks.
  public var chunks = 0
  /// Events in them.
  public var events: UInt64 = 0
  /// Nanoseconds from its first event to now; 0 when it is empty.
  public var time: Int64 = 0
  /// Events that were not kept because encoding could not keep up.
  public var dropped: UInt64 = 0

  /// An empty one.
  public init() {}
}

/// Counts of durations, by limits that double.
public struct LatencyHistogram: Sendable, Hashable {
  /// The upper limits in nanoseconds: 125 µs, doubled up to 2 s.
  public static let limits: [Int64] = (0..<15).map { 125_000 << $0 }
  /// How many durations were up to each limit and above the one before; behind them those above all.
  public private(set) var counts = [UInt64](repeating: 0, count: limits.count + 1)
  /// The sum of all, in nanoseconds.
  public private(set) var sum: Int64 = 0
  /// The greatest, in nanoseconds.
  public private(set) var greatest: Int64 = 0
  /// How many there were.
  public var count: UInt64 { counts.reduce(0, +) }

  /// No durations.
  public init() {}

  /// Counts one; those below 0 count as 0.
  public mutating func add(_ nanoseconds: Int64) {
    let duration = max(nanoseconds, 0)
    counts[LatencyHistogram.limits.firstIndex { duration <= $0 } ?? LatencyHistogram.limits.count] += 1
    sum &+= duration
    greatest = max(greatest, duration)
  }
}

/// The newest status, which one thread writes and others read.
public final class GuardStatusBoard: Sendable {
  private let status = Mutex(GuardStatus())

  /// A board with a status of before the start.
  public init() {}

  /// The status of this moment.
  public var current: GuardStatus { status.withLock { $0 } }

  /// Changes it.
  public func update(_ change: (inout sending GuardStatus) -> Void) { status.withLock { change(&$0) } }
}
