import EventSchema
import Inspect
import Presentation
import Query

/// An audit for people and for programs.
struct AuditReport {
  private let result: AuditResult
  private let kinds: Set<AuditKind>
  private let limit: Int?
  private let every: Int64?
  private let marked: UInt64?
  private let zone: ClockZone
  private let terminal = Terminal.standardOutput

  init(
    _ result: AuditResult, kinds: Set<AuditKind>, limit: Int?, every: Int64?, marked: UInt64?, zone: ClockZone
  ) {
    self.result = result
    self.kinds = kinds
    self.limit = limit
    self.every = every
    self.marked = marked
    self.zone = zone
  }

  // MARK: People

  func writeText() throws {
    let output = StandardOutput()
    guard result.count > 0 else {
      try output.write("nobody did anything of that kind\n")
      return try output.flush()
    }
    for line in try frequencies() { try output.write(line + "\n") }
    let table = Table([
      .left("TIME"), .right("EVENT"), .right("PID"), .left("WHO", .keepsStart), .left("DID"),
      .left("WHAT", .keepsStart),
    ])
    var measures: [TableMeasure] = []
    try result.forEach(limit: limit) { record, session in
      while measures.count <= session { measures.append(TableMeasure(table.columns.count)) }
      measures[session].note(row(record))
    }
    var layout: TableLayout?
    var last = -1
    try result.forEach(limit: limit) { record, session in
      if session != last {
        last = session
        let title = Style.bold.apply(to: title(result.sessions[session]), colour: terminal.allowsColour)
        layout = table.layout(width: terminal.width, colour: terminal.allowsColour, measures[session])
        try output.write("\n" + title + "\n" + (layout?.heading ?? ""))
      }
      try output.write(layout?.line(row(record)) ?? "")
    }
    let shown = min(limit ?? Int.max, result.count)
    if shown < result.count {
      try output.write("\(Units.count(result.count - shown, "more record")) not shown\n")
    }
    try output.flush()
  }

  private func row(_ record: AuditRecord) -> [String] {
    [
      (record.number == marked ? "▶ " : "") + ClockText.timeOfDay(record.time, zone: zone), String(record.number),
      String(record.actor.pid), text(record.actor.name),
    ] + cells(record)
  }

  private func text(_ value: FieldValue) -> String { value == .missing ? "" : VisibleText.of(value.text) }

  /// How often each kind happened over time.
  private func frequencies() throws -> [String] {
    guard let first = result.times?.lowerBound, let last = result.times?.upperBound else { return [] }
    let columns = Int64(max(min((terminal.width ?? 80) - 24, 60), 10))
    let span = max(last - first, 1)
    let step = every ?? max(span / columns + 1, 1_000_000)
    let count = Int(clamping: span / step + 1)
    let longest = 10_000
    var lines: [String] = []
    let all = try result.frequencies(start: first, step: step, count: min(count, longest))
    for kind in AuditKind.allCases where kinds.contains(kind) {
      let counts = all[kind] ?? []
      let total = counts.reduce(0, +)
      let name = kind.rawValue + String(repeating: " ", count: 9 - kind.rawValue.count)
      let number = Units.count(total)
      let graph = Sparkline.of(counts.map { Double($0) }, width: Int(columns))
      lines.append(name + String(repeating: " ", count: max(8 - number.count, 0)) + number + "  " + graph)
    }
    let from = ClockText.dateTime(first, zone: zone, digits: 0)
    return lines + [
      Style.dim.apply(
        to: "each step \(Units.duration(step)) from \(from) \(ClockText.zoneName(at: first, zone: zone))",
        colour: terminal.allowsColour)
    ]
  }

  private func title(_ session: AuditSession) -> String {
    var title = "── "
    title += session.session > 0 ? "session \(session.session)" : "no session"
    if session.leader != .missing { title += " of \(text(session.leader))" }
    if let name = TerminalName.of(session.terminal) { title += " at \(name)" }
    if session.user != .missing { title += ", user \(text(session.user))" }
    if session.container != .missing, session.container != .text("host") {
      let name = text(session.containerName)
      title += ", container \(name.isEmpty ? String(text(session.container).prefix(12)) : name)"
    }
    return title
  }

  private func cells(_ record: AuditRecord) -> [String] {
    let failure = record.error == .missing ? "" : " (\(text(record.error)))"
    switch record.activity {
    case .command(let line, _, let end):
      let words = text(line) + (end.map { end in "  " + self.end(end, since: record.time) } ?? "")
      let directory = text(record.actor.directory)
      return ["run", words + (directory.isEmpty ? "" : "  in \(directory)")]
    case .network(let isIncoming, let connection, let name, let received, let sent, let ended):
      let bytes = "in \(Units.bytes(received)), out \(Units.bytes(sent))"
      let lasted = ended.map { " in \(Units.duration(max($0 - record.time, 0)))" } ?? ""
      return [
        isIncoming ? "accept" : "connect", "\(text(name)) \(text(connection))\(failure)  \(bytes)\(lasted)",
      ]
    case .file(let action, let path, let also, let bytes):
      let more = also == .missing ? "" : action == "rename" ? " → \(text(also))" : " (\(text(also)))"
      return [action, text(path) + more + failure + (bytes > 0 ? "  \(Units.bytes(bytes))" : "")]
    }
  }

  private func end(_ end: ProcessEnd, since time: Int64) -> String {
    let lasted = Units.duration(max(end.time - time, 0))
    if let signal = end.signal {
      return "[\(SignalNames.name(of: Int(clamping: signal)) ?? "signal \(signal)"), \(lasted)]"
    }
    return "[exit \(end.code ?? 0), \(lasted)]"
  }

  // MARK: Programs

  func writeJSON() throws {
    let output = StandardOutput()
    try result.forEach(limit: limit) { record, _ in try output.write(json(record)) }
    try output.flush()
  }

  private func json(_ record: AuditRecord) -> [UInt8] {
    let actor = record.actor
    var object = JSONObject()
    object.add("time", record.time)
    object.add("num", record.number)
    object.add("kind", record.kind.rawValue)
    object.add("pid", actor.pid)
    object.add("process", actor.name)
    object.add("user", actor.user)
    object.add("login_user", actor.loginUser)
    object.add("session", actor.session)
    object.add("session_leader", actor.sessionLeader)
    object.add("tty", TerminalName.of(actor.terminal))
    object.add("directory", actor.directory)
    object.add("container", actor.container)
    object.add("container_name", actor.containerName)
    object.add("error", record.error)
    switch record.activity {
    case .command(let line, let path, let end):
      object.add("command", line)
      object.add("path", path)
      object.add("exit_code", number: end?.code)
      object.add("exit_signal", end?.signal.flatMap { SignalNames.name(of: Int(clamping: $0)) })
      object.add("ended", number: end?.time)
    case .network(let isIncoming, let connection, let name, let received, let sent, let ended):
      object.add("direction", isIncoming ? "in" : "out")
      object.add("connection", connection)
      object.add("protocol", name)
      object.add("bytes_in", received)
      object.add("bytes_out", sent)
      object.add("ended", number: ended)
    case .file(let action, let path, let also, let bytes):
      object.add("action", action)
      object.add("file", path)
      object.add("also", also)
      object.add("bytes", bytes)
    }
    return object.line
  }
}
