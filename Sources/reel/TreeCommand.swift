import ArgumentParser
import CaptureFile
import Inspect
import Presentation
import Query

struct TreeCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "tree",
    abstract: "Shows the processes of a capture: who made whom, what they executed, how they ended.",
    discussion: """
      Processes stand below the one that made them. One that was left behind says who became its parent; one that \
      executed several programs shows them one after the other. A filter shows the processes that did something of \
      that kind, with those above them.

      EXAMPLES:
        reel tree build.reel
        reel tree build.reel "evt.type = connect"
        reel tree host.reel --at 12:03:04 --all
        reel tree build.reel --dot | dot -Tsvg > build.svg
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Show the processes of a moment: a time as for --from.", valueName: "time"))
  var at: Moment?

  @Flag(help: "Show processes that did nothing as well, as far as a state of the machine knows them.")
  var all = false

  @Option(help: ArgumentHelp("The most processes wanted.", valueName: "n"))
  var limit: Int?

  @Flag(help: "Write one JSON object for each process.")
  var json = false

  @Flag(help: "Write a graph in the language of Graphviz.")
  var dot = false

  @OptionGroup var processors: ProcessorOption

  func validate() throws {
    try selection.requireCapture()
    if let limit, limit < 0 { throw ValidationError("--limit is less than 0") }
    if json, dot { throw ValidationError("--json and --dot exclude each other") }
    if at != nil, selection.window.from != nil || selection.window.to != nil {
      throw ValidationError("--at cannot be combined with --from and --to")
    }
  }

  func run() async throws {
    let selected = try Selection(selection)
    let moment = try at.map { at throws(Failure) in try selected.time(at, "--at") }
    let filter = try selection.arguments.filter
    let run = try reading("filter") { () throws(QueryError) in
      try TreeRun(schema: selected.schema, filter: filter, from: selected.from, to: selected.to, at: moment)
    }
    var bar = ProgressBar("reading", terminal: .progress)
    let tree = try await run.answer(
      over: selected.source, state: state(selected, moment), parallelism: processors.cores
    ) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    let report = TreeReport(tree, limit: limit, moment: moment, zone: selection.window.zone)
    if json { try report.writeJSON() } else if dot { try report.writeGraph() } else { try report.writeText() }
    if let progress = tree.progress { try selected.reportMissingParts(progress) }
  }

  /// The state that knows processes which do nothing: the last one before the moment, or the first.
  private func state(_ selected: Selection, _ moment: Int64?) -> StateSource? {
    guard all || moment != nil else { return nil }
    let zone: TimeZoneRule = selection.window.utc ? .utc : .local
    if let moment {
      for reader in selected.readers.reversed() {
        if let state = reader.state(at: moment) { return StateSource(reader, state, zone: zone) }
      }
    }
    guard let reader = selected.readers.first(where: { !$0.states.isEmpty }), let state = reader.states.first else {
      return nil
    }
    return StateSource(reader, state, zone: zone)
  }
}
