import ArgumentParser
import CaptureFile
import CaptureFormat
import Inspect
import Presentation
import Query

struct StateCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "state",
    abstract: "Shows what was there at a moment: processes, open files, sockets, containers, users, mounts.",
    discussion: """
      WHAT is processes, files, sockets, containers, users or mounts: what ps, lsof, netstat and others would have \
      said. A recording notes the state of the machine when it begins, now and then, and when it ends.

      A column to sort by is named as in --json, the greatest first; with a minus in front the least first.

      EXAMPLES:
        reel state build.reel processes
        reel state build.reel files --at 12:03:04 "proc.name = nginx and fd.name startswith /var"
        reel state build.reel sockets "fd.lport = 443" --json
      """)

  @Argument(help: ArgumentHelp("A capture; - is standard input.", valueName: "capture"), completion: .file())
  var capture: String

  @Argument(
    help: "What is shown.", completion: .list(StateCatalogue.all.map(\.name)))
  var what: String

  @Argument(help: "Which rows, in the filter language.")
  var filter: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The moment: 12:03:04.5, RFC 3339, epoch nanoseconds, +5s after the start, -5s before the end; else the first.",
      valueName: "time"))
  var at: Moment?

  @Option(parsing: .unconditional, help: ArgumentHelp("The column to sort by.", valueName: "column"))
  var sort: String?

  @Option(help: ArgumentHelp("The most rows wanted.", valueName: "n"))
  var limit: Int?

  @Flag(help: "Read and show times in UTC.")
  var utc = false

  @OptionGroup var form: FormOptions

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit is less than 0") }
  }

  func run() async throws {
    guard let table = StateCatalogue.table(named: what) else {
      let names = StateCatalogue.all.map(\.name).joined(separator: ", ")
      throw Failure.refused("a state has no '\(what)'", remedy: "it has \(names)")
    }
    try checkFilter(filter)
    let readers = try Captures.open([capture])
    let zone: ClockZone = utc ? .utc : .local
    let (reader, moment, time) = try moment(in: readers, zone)
    let run = try reading("filter") { () throws(QueryError) in
      try StateRun(table, reader, moment, at: time, filter: filter, sort: sort, zone: utc ? .utc : .local)
    }
    var bar = ProgressBar("reading", terminal: .progress)
    let result = try await run.answer { progress in bar.update(done: progress.chunksRead, of: progress.chunksToRead) }
    bar.clear()
    try StateReport(result, filter: reader.header.filter, limit: limit, zone: zone).write(form.form)
    try Captures.reportMissingParts(of: reader, failures: result.view?.progress.failures ?? [])
    if !moment.isWhole {
      throw Failure(
        status: ExitStatus.partlyReadable,
        ErrorLine("parts of the state are not in the capture", place: capture, remedy: "the others were read"))
    }
  }

  /// The time that is meant and the last state before it, or the first of all.
  private func moment(
    in readers: [CaptureReader], _ zone: ClockZone
  ) throws(Failure) -> (CaptureReader, StateMoment, at: Int64) {
    guard let reader = readers.first(where: { !$0.states.isEmpty }),
      let first = reader.states.first(where: \.isWhole) ?? reader.states.first
    else {
      throw .refused(
        "the capture holds no state of the machine", place: capture,
        remedy: "record it anew with this version; `reel view processes` shows those that did something")
    }
    guard let at else { return (reader, first, first.time) }
    let summary = CaptureSummary.joined(readers.map(\.summary))
    let start = min(summary.started, first.time)
    guard let time = at.resolved(start: start, end: max(summary.ended, start), zone: zone) else {
      throw .refused("--at is a time that cannot be counted", remedy: "the epoch in nanoseconds ends in 2262")
    }
    // Each file of a rotation begins with a state, so that the last one that has one before the time goes on from there.
    for reader in readers.reversed() {
      if let moment = reader.state(at: time) { return (reader, moment, time) }
    }
    throw .refused(
      "the capture holds no state of that time or before it", place: capture,
      remedy: "the first is of \(ClockText.dateTime(first.time, zone: zone, digits: 9)); leave out --at to see it")
  }
}
