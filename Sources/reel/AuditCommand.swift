import ArgumentParser
import CaptureFormat
import Inspect
import Presentation
import Query

struct AuditCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "audit",
    abstract: "Shows who ran, connected to, and changed what, session by session.",
    discussion: """
      WHAT is commands, network, files or all. Sessions at a terminal stand first; the kinds of activity over time stand \
      above them. Of files, what was written, deleted, renamed, linked, mounted or given other rights is told, and \
      reading those that hold secrets. --trace shows all that the session of one event did before and after it.

      What does not fit into memory goes to a temporary file in $TMPDIR, else in /var/tmp.

      EXAMPLES:
        reel audit host.reel
        reel audit host.reel commands "container.name = web" --every 1m
        reel audit host.reel network --json
        reel audit host.reel --trace 4711
      """)

  @Argument(help: ArgumentHelp("A capture; - is standard input.", valueName: "capture"), completion: .file())
  var capture: String

  @Argument(
    help: ArgumentHelp(
      "commands, network, files or all; further captures; and which events count, in the filter language.",
      valueName: "what | filter"))
  var more: [String] = []

  @OptionGroup var window: WindowOptions

  @Option(help: ArgumentHelp("The step of the frequency graph; else what fits the width.", valueName: "duration"))
  var every: TimeSpan?

  @Option(help: ArgumentHelp("Show what the session of the event with this number did.", valueName: "number"))
  var trace: UInt64?

  @Option(help: ArgumentHelp("The most records wanted.", valueName: "n"))
  var limit: Int?

  @Flag(help: "Write one JSON object for each record.")
  var json = false

  @OptionGroup var processors: ProcessorOption

  /// What of the words behind the capture is no kind of activity.
  private var arguments: CaptureArguments {
    get throws { try CaptureArguments(capture, more.filter { AuditCommand.kinds(named: $0) == nil }) }
  }

  private var kinds: Set<AuditKind> {
    let named = more.compactMap(AuditCommand.kinds).reduce(into: Set<AuditKind>()) { $0.formUnion($1) }
    return named.isEmpty ? Set(AuditKind.allCases) : named
  }

  private static func kinds(named name: String) -> Set<AuditKind>? {
    name == "all" ? Set(AuditKind.allCases) : AuditKind(rawValue: name).map { [$0] }
  }

  func validate() throws {
    _ = try arguments
    if let limit, limit < 0 { throw ValidationError("--limit is less than 0") }
    if let every, every.nanoseconds <= 0 { throw ValidationError("--every is no time at all") }
  }

  func run() async throws {
    let arguments = try arguments
    var filter = arguments.filter
    let selected = try Selection(captures: arguments.captures, filter: filter, window: window)
    if let trace { filter = try await session(of: trace, selected, filter) }
    let kinds = kinds
    let run = try reading("filter") { () throws(QueryError) in
      try AuditRun(schema: selected.schema, kinds: kinds, filter: filter, from: selected.from, to: selected.to)
    }
    var bar = ProgressBar("reading", terminal: .progress)
    let result = try await run.answer(
      over: selected.source, by: json ? .time : .session, parallelism: processors.cores
    ) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    let report = AuditReport(
      result, kinds: kinds, limit: limit, every: every?.nanoseconds, marked: trace, zone: window.zone)
    if json { try report.writeJSON() } else { try report.writeText() }
    if let progress = result.progress { try selected.reportMissingParts(progress) }
  }

  /// The filter for the session of an event.
  private func session(of number: UInt64, _ selected: Selection, _ filter: String?) async throws -> String {
    let schema = selected.schema
    let values = try EventValues(["container.id", "proc.sid"], schema: schema)
    let question = try Question(filter: "evt.num = \(number)", schema: schema)
    var found: [FieldValue]?
    try await Scan(selected.source, question, parallelism: processors.cores).run(columns: values.columns) { events in
      values.rows(of: events)
    } consume: { rows, _ in
      found = rows.first
      return false
    }
    guard let found else {
      throw Failure.refused("there is no event \(number)", remedy: "reel events shows their numbers")
    }
    guard found[1] != .missing else {
      throw Failure.refused(
        "the session of event \(number) is not known", remedy: "filter by proc.name or container.id")
    }
    let container = found[0] == .missing ? "not container.id exists" : "container.id = \(found[0].filterLiteral)"
    let session = "\(container) and proc.sid = \(found[1].filterLiteral)"
    return filter.map { "(\($0)) and \(session)" } ?? session
  }
}
