import CaptureFile
import Query

/// One session that an audit found: a login, or a service with its processes.
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
  /// How many records it has.
  public var count: Int

  /// Whether somebody sits at a terminal.
  public var isInteractive: Bool { terminal > 0 }
}

/// What an audit found. Records are in memory or, where they are too many, in a temporary file.
public struct AuditResult: Sendable {
  /// How much was read.
  public let progress: ScanProgress?
  /// Interactive sessions first, else in the order of their first records; empty where records are in the order of time.
  public let sessions: [AuditSession]
  /// When the first and the last record began, in nanoseconds of the epoch; `nil` without records, or where they are in the order
  /// of time.
  public let times: ClosedRange<Int64>?
  let rows: SortedRows

  /// How many records there are.
  public var count: Int { rows.count }

  /// Calls something with each record, up to a limit: in the order of time, or session by session. Can be called again.
  /// - Parameter body: takes a record and the index of its session, 0 where records are in the order of time.
  /// - Throws: `CaptureError` of the temporary file, or what the body throws.
  public func forEach(limit: Int? = nil, _ body: (_ record: AuditRecord, _ session: Int) throws -> Void) throws {
    try rows.forEach(limit: limit) { row in
      try body(AuditRecord(row: Array(row.dropFirst())), Int(row[0].integerValue ?? 0))
    }
  }

  /// How many records of each kind there were in each step of time, from `start` on.
  /// - Throws: as `forEach`.
  public func frequencies(start: Int64, step: Int64, count: Int) throws -> [AuditKind: [Int]] {
    var counts: [AuditKind: [Int]] = [:]
    for kind in AuditKind.allCases { counts[kind] = [Int](repeating: 0, count: max(count, 0)) }
    try forEach { record, _ in
      guard record.time >= start else { return }
      let (distance, overflow) = record.time.subtractingReportingOverflow(start)
      let index = overflow ? Int.max : Int(clamping: distance / max(step, 1))
      if index < count { counts[record.kind]?[index] += 1 }
    }
    return counts
  }
}

/// Finds out which sessions records belong to, in whatever order they come.
struct AuditSessions {
  private struct Key: Hashable {
    var container: FieldValue
    var session: Int64
  }

  /// A record's place in the order of time.
  private struct Moment: Comparable {
    var time: Int64
    var number: UInt64

    static func < (one: Moment, other: Moment) -> Bool { (one.time, one.number) < (other.time, other.number) }
  }

  private struct Found {
    var session: AuditSession
    var first: Moment
    /// When terminal and leader were said that count; `nil` while none was.
    var terminalSaid: Moment?
    var leaderSaid: Moment?
  }

  private var indices: [Key: Int] = [:]
  private var found: [Found] = []

  mutating func add(_ record: AuditRecord) {
    let actor = record.actor
    let moment = Moment(time: record.time, number: record.number)
    let key = Key(container: actor.container, session: actor.session)
    guard let index = indices[key] else {
      indices[key] = found.count
      found.append(
        Found(
          session: AuditSession(
            container: actor.container, containerName: actor.containerName, session: actor.session,
            leader: actor.sessionLeader, terminal: actor.terminal, user: AuditSessions.user(of: actor), count: 1),
          first: moment, terminalSaid: actor.terminal > 0 ? moment : nil,
          leaderSaid: actor.sessionLeader == .missing ? nil : moment))
      return
    }
    found[index].session.count += 1
    if moment < found[index].first {
      found[index].first = moment
      found[index].session.user = AuditSessions.user(of: actor)
      found[index].session.containerName = actor.containerName
    }
    if actor.terminal > 0, found[index].terminalSaid.map({ moment < $0 }) ?? true {
      found[index].terminalSaid = moment
      found[index].session.terminal = actor.terminal
    }
    if actor.sessionLeader != .missing, found[index].leaderSaid.map({ moment < $0 }) ?? true {
      found[index].leaderSaid = moment
      found[index].session.leader = actor.sessionLeader
    }
  }

  private static func user(of actor: AuditActor) -> FieldValue {
    actor.loginUser == .missing ? actor.user : actor.loginUser
  }

  /// The sessions in order, and for each record's actor the place of its session.
  consuming func ordered() -> (sessions: [AuditSession], place: (AuditActor) -> Int) {
    let found = self.found
    let order = found.indices.sorted { one, other in
      if found[one].session.isInteractive != found[other].session.isInteractive {
        return found[one].session.isInteractive
      }
      return found[one].first < found[other].first
    }
    var places = [Int](repeating: 0, count: found.count)
    for (place, index) in order.enumerated() { places[index] = place }
    let indices = self.indices
    return (
      order.map { found[$0].session },
      { actor in indices[Key(container: actor.container, session: actor.session)].map { places[$0] } ?? 0 }
    )
  }
}
