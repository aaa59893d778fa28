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

// A record as a row of values:
//
//     0   time, number, kind, error
//     4   the actor, as `AuditActor.fields`
//     15  of a command:     line, path, and of its end, where that is known: time, code, signal, whether memory was dumped
//         of a connection:  whether it is incoming, name, protocol, bytes received and sent, end
//         of a file:        action, path, what else, bytes

extension AuditRecord {
  static let timePlace = 0
  static let numberPlace = 1

  /// The record as a row.
  var row: [FieldValue] {
    var row: [FieldValue] = [.integer(time), .unsigned(number), .text(kind.rawValue), error]
    row += [
      .integer(actor.pid), .init(actor.start), actor.name, actor.user, actor.loginUser, actor.directory,
      actor.container,
      actor.containerName, .integer(actor.session), actor.sessionLeader, .integer(actor.terminal),
    ]
    switch activity {
    case .command(let line, let path, let end):
      row += [line, path]
      if let end { row += [.integer(end.time), .init(end.code), .init(end.signal), .boolean(end.dumpedCore)] }
    case .network(let isIncoming, let connection, let name, let received, let sent, let ended):
      row += [.boolean(isIncoming), connection, name, .integer(received), .integer(sent), .init(ended)]
    case .file(let action, let path, let also, let bytes): row += [.text(action), path, also, .integer(bytes)]
    }
    return row
  }

  /// The record of a row that `row` made.
  init(row: [FieldValue]) {
    time = row[AuditRecord.timePlace].integerValue ?? 0
    if case .unsigned(let value) = row[AuditRecord.numberPlace] { number = value } else { number = 0 }
    error = row[3]
    actor = AuditActor(row[4..<15])
    let more = Array(row[15...])
    switch AuditKind(rawValue: row[2].text) {
    case .commands, nil:
      let end =
        more.count < 6
        ? nil
        : ProcessEnd(
          time: more[2].integerValue ?? 0, code: more[3].integerValue, signal: more[4].integerValue,
          dumpedCore: more[5] == .boolean(true))
      activity = .command(line: more[0], path: more[1], end: end)
    case .network:
      activity = .network(
        isIncoming: more[0] == .boolean(true), connection: more[1], protocolName: more[2],
        received: more[3].integerValue ?? 0, sent: more[4].integerValue ?? 0, ended: more[5].integerValue)
    case .files:
      activity = .file(action: more[0].text, path: more[1], also: more[2], bytes: more[3].integerValue ?? 0)
    }
  }
}

extension FieldValue {
  /// A number that may not be known.
  init(_ number: Int64?) { self = number.map { .integer($0) } ?? .missing }
}
