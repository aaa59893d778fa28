import Query

/// What kind of activity an audit shows.
public enum AuditKind: String, Sendable, Hashable, CaseIterable {
  case commands, network, files
}

/// Who did something, as of the event.
public struct AuditActor: Sendable, Hashable {
  /// The process.
  public var pid: Int64
  /// When it began, in nanoseconds of the epoch.
  public var start: Int64?
  /// Its name.
  public var name: FieldValue
  /// The user it ran as.
  public var user: FieldValue
  /// The user who logged in.
  public var loginUser: FieldValue
  /// The working directory.
  public var directory: FieldValue
  /// The container's id, `host` outside.
  public var container: FieldValue
  /// The container's name.
  public var containerName: FieldValue
  /// The session's number.
  public var session: Int64
  /// The name of the process that leads the session.
  public var sessionLeader: FieldValue
  /// The number of the terminal, 0 without one.
  public var terminal: Int64

  /// The fields that it is made of, in order.
  static let fields = [
    "proc.pid", "proc.pid.ts", "proc.name", "user.name", "user.loginname", "proc.cwd", "container.id", "container.name",
    "proc.sid", "proc.sname", "proc.tty",
  ]

  /// - Parameter values: of `fields`.
  init(_ values: ArraySlice<FieldValue>) {
    let values = Array(values)
    pid = values[0].integerValue ?? -1
    start = values[1].integerValue
    name = values[2]
    user = values[3]
    loginUser = values[4]
    directory = values[5]
    container = values[6]
    containerName = values[7]
    session = values[8].integerValue ?? -1
    sessionLeader = values[9]
    terminal = values[10].integerValue ?? 0
  }
}

/// One thing that somebody did.
public struct AuditRecord: Sendable {
  /// What was done.
  public enum Activity: Sendable {
    /// A program was executed: with its arguments, its path, and how its process ended, as far as that is known.
    case command(line: FieldValue, path: FieldValue, end: ProcessEnd?)
    /// A connection; `isIncoming` when the other end made it.
    case network(
      isIncoming: Bool, connection: FieldValue, protocolName: FieldValue, received: Int64, sent: Int64, ended: Int64?)
    /// Something happened to a file: in a word, with the path, and a second one or a value where there is one.
    case file(action: String, path: FieldValue, also: FieldValue, bytes: Int64)
  }

  /// When it began to matter: the exit time of its event, in nanoseconds of the epoch.
  public var time: Int64
  /// The event's number.
  public var number: UInt64
  /// Who.
  public var actor: AuditActor
  /// What.
  public var activity: Activity
  /// The error of the call; missing when it succeeded.
  public var error: FieldValue = .missing

  /// Which kind it is.
  public var kind: AuditKind {
    switch activity {
    case .command: .commands
    case .network: .network
    case .file: .files
    }
  }
}

/// What was done in one session: a login, or a service with its processes.
public struct AuditSession: Sendable {
  /// The container's id, `host` outside.
  public var container: FieldValue
  /// The container's name.
  public var containerName: FieldValue
  /// Its number.
  public var session: Int64
  /// The name of the process that leads it.
  public var leader: FieldValue
  /// The number of its terminal, 0 without one.
  public var terminal: Int64
  /// The user who logged in, or else the first one that did something.
  public var user: FieldValue
  /// In the order of time.
  public var records: [AuditRecord]

  /// Whether somebody sits at a terminal.
  public var isInteractive: Bool { terminal > 0 }
}

/// What an audit found.
public struct AuditResult: Sendable {
  /// All records in the order of time.
  public internal(set) var records: [AuditRecord] = []
  /// How much was read.
  public internal(set) var progress: ScanProgress?

  /// The records by session: interactive ones first, each in the order of time.
  public var sessions: [AuditSession] {
    struct Key: Hashable {
      var container: FieldValue
      var session: Int64
    }
    var indices: [Key: Int] = [:]
    var sessions: [AuditSession] = []
    for record in records {
      let actor = record.actor
      let key = Key(container: actor.container, session: actor.session)
      if let index = indices[key] {
        sessions[index].records.append(record)
        if sessions[index].terminal <= 0 { sessions[index].terminal = actor.terminal }
        if sessions[index].leader == .missing { sessions[index].leader = actor.sessionLeader }
      } else {
        indices[key] = sessions.count
        sessions.append(
          AuditSession(
            container: actor.container, containerName: actor.containerName, session: actor.session,
            leader: actor.sessionLeader, terminal: actor.terminal,
            user: actor.loginUser == .missing ? actor.user : actor.loginUser, records: [record]))
      }
    }
    return sessions.enumerated().sorted { one, other in
      if one.element.isInteractive != other.element.isInteractive { return one.element.isInteractive }
      return one.offset < other.offset
    }.map(\.element)
  }

  /// How many records of a kind there were in each step of time, from `start` on.
  public func frequency(of kind: AuditKind, start: Int64, step: Int64, count: Int) -> [Int] {
    var counts = [Int](repeating: 0, count: max(count, 0))
    for record in records where record.kind == kind && record.time >= start {
      let (distance, overflow) = record.time.subtractingReportingOverflow(start)
      let index = overflow ? Int.max : Int(clamping: distance / max(step, 1))
      if index < counts.count { counts[index] += 1 }
    }
    return counts
  }
}
