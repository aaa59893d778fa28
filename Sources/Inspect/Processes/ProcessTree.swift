import Query

/// Which process: ids are used again, with another start.
public struct ProcessInstance: Hashable, Sendable {
  /// The id of the thread group.
  public var pid: Int64
  /// When its first thread was made, in nanoseconds of the epoch; `nil` where that is not known.
  public var start: Int64?
}

/// A program that a process executed.
public struct Execution: Sendable, Hashable {
  /// When it was first seen, in nanoseconds of the epoch.
  public var time: Int64
  /// The command with its arguments.
  public var command: FieldValue
  /// The path of the executable.
  public var path: FieldValue
}

/// How a process ended.
public struct ProcessEnd: Sendable, Hashable {
  /// When its last thread ended.
  public var time: Int64
  /// What it returned; missing when a signal ended it.
  public var code: Int64?
  /// The number of the signal that ended it.
  public var signal: Int64?
  /// Whether memory was dumped.
  public var dumpedCore: Bool
}

/// A signal that a process got.
public struct ReceivedSignal: Sendable, Hashable {
  /// When it was delivered.
  public var time: Int64
  /// Its name.
  public var name: FieldValue
  /// The process that sent it; 0 is the kernel.
  public var sender: Int64?
}

/// What a capture says of a process.
public struct RecordedProcess: Sendable {
  /// Which one.
  public let identity: ProcessInstance
  /// Its name, as seen last.
  public var name: FieldValue = .missing
  /// The user it ran as, as seen last.
  public var user: FieldValue = .missing
  /// The user who logged in.
  public var loginUser: FieldValue = .missing
  /// The id of its container, `host` outside.
  public var container: FieldValue = .missing
  /// The name of its container.
  public var containerName: FieldValue = .missing
  /// The number of its terminal, 0 without one.
  public var terminal: Int64?
  /// Its session.
  public var session: Int64?
  /// What it executed, in the order of time; the first is what it was made with.
  public var executions: [Execution] = []
  /// How it ended, if it did.
  public var end: ProcessEnd?
  /// The signals it got, the first hundred.
  public var signals: [ReceivedSignal] = []
  /// How many threads of it were seen.
  public var threads = 0
  /// How many events are its.
  public var events = 0
  /// When it was first seen, in nanoseconds of the epoch; `nil` when it only stands in the line of others.
  public var firstSeen: Int64?
  /// When it was last seen.
  public var lastSeen: Int64?
  /// The process that made it.
  public var maker: ProcessInstance?
  /// The parent, as seen last.
  public var parent: ProcessInstance?
  /// Whether it is one that was asked for; others lead to one.
  public var isSelected = true

  init(_ identity: ProcessInstance) { self.identity = identity }

  /// The last command.
  public var command: FieldValue { executions.last?.command ?? name }

  /// Whether its maker ended before it, so that another process became its parent.
  public var isAdopted: Bool {
    guard let maker, let parent else { return false }
    return maker.pid != parent.pid
  }

  /// Whether it left its maker and its terminal behind and leads a session: a service that put itself into the background,
  /// or one that was made to look like one.
  public var isDaemon: Bool { isAdopted && terminal == 0 && session != nil && executions.count > 0 }

  /// How long it lived, in nanoseconds, as far as that is known.
  public func lifetime(until moment: Int64) -> Int64? {
    guard let begin = identity.start else { return nil }
    let (time, overflow) = (end?.time ?? moment).subtractingReportingOverflow(begin)
    return overflow || time < 0 ? nil : time
  }
}

/// The processes of a capture, by who made whom.
public struct ProcessTree: Sendable {
  /// A process at its place in the tree.
  public struct Node: Sendable {
    /// The index in `processes`.
    public var process: Int
    /// How many processes stand above it.
    public var depth: Int
    /// For each level above, and its own, whether further processes of that level follow: what lines are drawn by.
    public var continues: [Bool]
  }

  /// All processes, in the order in which they began.
  public internal(set) var processes: [RecordedProcess] = []
  /// The selected processes and those above them, each behind its maker.
  public internal(set) var nodes: [Node] = []
  /// The last moment that the capture tells about.
  public internal(set) var ended: Int64 = .min
  /// How much was read.
  public internal(set) var progress: ScanProgress?

  init() {}
}
