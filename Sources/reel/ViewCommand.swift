import ArgumentParser
import Inspect
import Presentation
import Query

struct ViewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "view",
    abstract: "Shows a view of a capture: processes, files, connections and others.",
    discussion: """
      A column to sort by is named as in --json: the greatest first, with a minus in front or :asc behind the least first. \
      --drill takes the row with that number, as the view shows it, to the view that is behind it; again for a further \
      step, and with a view's name (--drill 2:files) to another one.

      Rows that do not fit into memory go to a temporary file in $TMPDIR, else in /var/tmp.

      Views of your own are files (JSON): named with --view, or in the folder $REEL_VIEWS, else ~/.config/reel/views:

        {"name": "sockets", "filter": "fd.type = unix", "sort": "count", "columns": [
          {"name": "socket", "key": "fd.name"}, {"name": "count", "aggregate": "count"},
          {"name": "time_ns", "aggregate": "sum", "of": "evt.latency", "unit": "duration"},
          {"name": "command", "last": ["proc.command"]}]}

      EXAMPLES:
        reel view --list
        reel view files build.reel --sort bytes_out --limit 10
        reel view connections build.reel "proc.name = curl" --json
        reel view containers shop.reel --drill 1 --drill 1
        reel view --view sockets.json build.reel --search docker
        reel view processes --live
        reel view files --live "proc.name = nginx" --duration 10s --json
      """)

  @Flag(help: "List the views.")
  var list = false

  @Option(
    name: .customLong("view"), help: ArgumentHelp("A view of your own, instead of a name.", valueName: "file"),
    completion: .file())
  var file: String?

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

  @Option(help: ArgumentHelp("Leave out so many rows in front of them.", valueName: "n"))
  var offset = 0

  @Option(help: ArgumentHelp("Only rows in which this text is, in whatever case.", valueName: "text"))
  var search: String?

  @Option(help: ArgumentHelp("Show what is behind the row with this number; repeatable.", valueName: "n[:view]"))
  var drill: [DrillStep] = []

  @Flag(help: "Record the running machine and show the view as it changes; needs the rights of `reel record`.")
  var live = false

  @Option(help: ArgumentHelp("How long --live lasts. (default: until Ctrl-C)", valueName: "duration"))
  var duration: TimeSpan?

  @OptionGroup var form: FormOptions

  @OptionGroup var processors: ProcessorOption

  func validate() throws {
    if let limit, limit < 0 { throw ValidationError("--limit is less than 0") }
    if offset < 0 { throw ValidationError("--offset is less than 0") }
    if list { return }
    guard name != nil else { throw ValidationError("name a view, or list them with `reel view --list`") }
    if let duration, duration.nanoseconds < 1 { throw ValidationError("--duration must be more than nothing") }
    if live { return try validateLive() }
    if duration != nil { throw ValidationError("--duration goes with --live") }
    let captures = captureArguments
    guard let first = captures.first else { throw ValidationError("name a capture: `reel view \(name ?? "") FILE`") }
    _ = try CaptureArguments(first, Array(captures.dropFirst()))
  }

  /// The captures and the filter: with --view, what stands where a name would is one of them.
  private var captureArguments: [String] {
    (file == nil ? [] : [name]).compactMap(\.self) + [capture].compactMap(\.self) + more
  }

  private func validateLive() throws {
    if captureArguments.count > 1 { throw ValidationError("--live takes a filter and no capture") }
    if window.from != nil || window.to != nil {
      throw ValidationError("--live shows what happens from now on: it takes neither --from nor --to")
    }
    if !drill.isEmpty || offset > 0 || search != nil {
      throw ValidationError("--live takes neither --drill nor --offset nor --search")
    }
  }

  func run() async throws {
    if list { return try ViewList.write(UserViews.all() + ViewCatalogue.all, form.form) }
    let captures = captureArguments
    let view = try file.map { path throws(Failure) in try UserViews.read(path) } ?? UserViews.view(named: name ?? "")
    guard !live, let first = captures.first else {
      return try await LiveView(
        view: view, filter: captures.first, sort: sort, limit: limit, form: form.form, zone: window.zone,
        duration: duration?.nanoseconds
      ).run()
    }
    let arguments = try CaptureArguments(first, Array(captures.dropFirst()))
    let selected = try Selection(captures: arguments.captures, filter: arguments.filter, window: window)
    var way = ViewDrill(view, filter: arguments.filter)
    for (index, step) in drill.enumerated() {
      // The row as the view shows it to somebody who is not there yet.
      let (rows, result) = try await answer(
        way, selected, sort: index == 0 ? sort : nil, search: index == 0 ? search : nil, limit: 1, offset: step.row - 1)
      var row: [FieldValue]?
      try rows.forEach { row = $0 }
      guard let row else {
        throw Failure.refused(
          "there is no row \(step.row) in the view '\(way.view.name)': it has \(Units.count(result.rowCount))")
      }
      let target = try step.view.map { name throws(Failure) in try UserViews.view(named: name) }
      try way.follow(row, of: result, to: target)
    }
    let isFirst = drill.isEmpty
    let (rows, result) = try await answer(
      way, selected, sort: isFirst ? sort : nil, search: isFirst ? search : nil, limit: limit, offset: offset)
    let report = ViewReport(result, rows: rows, zone: window.zone)
    try report.write(form.form)
    let isNarrowed = way.filter != nil || window.from != nil || window.to != nil || search != nil
    if form.form == .table, let hint = report.hint(isNarrowed: isNarrowed) {
      StandardError.write(hint)
    }
    if form.form == .table, !isFirst {
      StandardError.write("reel: this is `\(way.view.name)` of \(VisibleText.of(way.filter ?? ""))\n")
    }
    LossHint.write(selected.readers)
    try selected.reportMissingParts(result.progress)
  }

  private func answer(
    _ way: ViewDrill, _ selected: Selection, sort: String?, search: String?, limit: Int?, offset: Int
  ) async throws -> (rows: ViewRows, result: ViewResult) {
    let run = try reading("filter") { () throws(QueryError) in
      try ViewRun(
        way.view, schema: selected.schema, filter: way.filter, from: selected.from, to: selected.to, sort: sort,
        limit: limit, offset: offset, search: search)
    }
    var bar = ProgressBar("reading", terminal: .progress)
    let found = try await run.gather(over: selected.source, parallelism: processors.cores) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    return found
  }
}

/// A step to what is behind a row: the row's number, and the view where the row's own does not say it or another is wanted.
struct DrillStep: ExpressibleByArgument, Hashable {
  var row: Int
  var view: String?

  init?(argument: String) {
    let parts = argument.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard let number = parts.first.flatMap({ Int($0) }), number > 0 else { return nil }
    row = number
    if parts.count == 2 {
      if parts[1].isEmpty { return nil }
      view = String(parts[1])
    }
  }
}
