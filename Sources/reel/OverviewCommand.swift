import ArgumentParser
import Inspect
import Presentation
import Query

struct OverviewCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "overview",
    abstract: "Shows what happened in a capture at one glance: totals, peaks and how they went.",
    discussion: """
      Each line is a number of the whole capture and how it went over its time. What deserves a look is marked, with the \
      reason. Without a filter the answer comes from the end of the file, whatever its size. What is behind a line shows \
      the view that --json names with it. Different files, connections, ports, processes and containers count where they \
      are seen first.

      EXAMPLES:
        reel overview shop.reel
        reel overview shop.reel "proc.name = nginx" --from +10s --to +20s
        reel overview shop.reel --by container
        reel overview monday.reel tuesday.reel --json
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(help: ArgumentHelp("Show each container by itself, side by side.", valueName: "container"))
  var by: OverviewGrouping?

  @Flag(help: "Show tiles that counted nothing, too.")
  var all = false

  @Flag(help: "Write one JSON object for each tile.")
  var json = false

  @OptionGroup var processors: ProcessorOption

  enum OverviewGrouping: String, ExpressibleByArgument, CaseIterable { case container }

  func validate() throws {
    try selection.requireCapture()
  }

  func run() async throws {
    let selected = try Selection(selection)
    let filter = try selection.arguments.filter
    let run = try reading("filter") { () throws(QueryError) in
      try OverviewRun(
        schema: selected.schema, filter: filter, from: selected.from, to: selected.to, byContainer: by != nil)
    }
    var bar = ProgressBar("reading", terminal: .progress)
    let answer = try await run.answer(over: selected.source, parallelism: processors.cores) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    let report = OverviewReport(
      answer.overviews, captures: selected.readers, zone: selection.window.zone, showsAll: all)
    if json { try report.writeJSON() } else { try report.write() }
    if answer.overviews.isEmpty {
      StandardError.write("reel: no events: the capture, or the window of time, has none\n")
    }
    LossHint.write(selected.readers)
    try Captures.reportMissingParts(of: selected.readers, failures: answer.progress?.failures ?? [])
  }
}
