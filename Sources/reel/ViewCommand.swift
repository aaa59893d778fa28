import ArgumentParser
import Inspect
import Presentation
import Query

struct ViewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "view",
    abstract: "Shows a view of a capture: processes, files, connections and others.",
    discussion: """
      A column to sort by is named as in --json, the greatest first; with a minus in front the least first.

      EXAMPLES:
        reel view --list
        reel view files build.reel --sort bytes_out --limit 10
        reel view connections build.reel "proc.name = curl" --json
        reel view processes --live
        reel view files --live "proc.name = nginx" --duration 10s --json
      """)

  @Flag(help: "List the views.")
  var list = false

  @Argument(help: "A view's name.")
  var name: String?

  @Argument(help: ArgumentHelp("A capture; - is standard input.", valueName: "capture"), completion: .file())
  var capture: String?

  @Argument(
    help: ArgumentHelp("Further captures; and which events count, in the filter language.", valueName: "filter"))
  var more: [String] = []

  @OptionGroup var window: WindowOptions

  @Option(parsing: .unconditional, help: ArgumentHelp("The column to sort by.", valueName: "column"))
  var sort: String?

  @Option(help: ArgumentHelp("The most rows wanted.", valueName: "n"))
  var limit: Int?

  @Flag(help: "Record the running machine and show the view as it changes; needs the rights of `reel record`.")
  var live = false

  @Option(help: ArgumentHelp("How long --live lasts. (default: until Ctrl-C)", valueName: "duration"))
  var duration: TimeSpan?

  @OptionGroup var form: FormOptions

  @Option(help: ArgumentHelp("Read with at most so many processors. (default: all)", valueName: "n"))
  var cores: Int?

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit is less than 0") }
    if let cores, cores < 1 { throw ValidationError("--cores is less than 1") }
    if list { return }
    guard name != nil else { throw ValidationError("name a view, or list them with `reel view --list`") }
    if let duration, duration.nanoseconds < 1 { throw ValidationError("--duration must be more than nothing") }
    if live {
      if !more.isEmpty { throw ValidationError("--live takes a filter and no capture") }
      if window.from != nil || window.to != nil {
        throw ValidationError("--live shows what happens from now on: it takes neither --from nor --to")
      }
      return
    }
    if duration != nil { throw ValidationError("--duration goes with --live") }
    if let capture { _ = try CaptureArguments(capture, more) }
    guard capture != nil else { throw ValidationError("name a capture: `reel view \(name ?? "") FILE`") }
  }

  func run() async throws {
    guard let name, !list else {
      try ViewList.write(form.form)
      return
    }
    guard let view = ViewCatalogue.view(named: name) else {
      throw Failure.refused("there is no view '\(name)'", remedy: "`reel view --list` lists them")
    }
    guard !live, let capture else {
      return try await LiveView(
        view: view, filter: capture, sort: sort, limit: limit, form: form.form, zone: window.zone,
        duration: duration?.nanoseconds
      ).run()
    }
    let arguments = try CaptureArguments(capture, more)
    let filter = arguments.filter
    let selected = try Selection(captures: arguments.captures, filter: filter, window: window)
    let run = try reading("filter") { () throws(QueryError) in
      try ViewRun(
        view, schema: selected.schema, filter: filter, from: selected.from, to: selected.to, sort: sort,
        // The totals of a table are those of all its rows.
        limit: view.kind == .table && form.form == .table ? nil : limit)
    }
    var bar = ProgressBar("reading", terminal: .progress)
    let result = try await run.answer(over: selected.source, parallelism: cores) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    let report = ViewReport(result, limit: limit, zone: window.zone)
    try report.write(form.form)
    try selected.reportMissingParts(result.progress)
  }
}
