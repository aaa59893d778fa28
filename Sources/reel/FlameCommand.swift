import ArgumentParser
import Inspect
import Presentation
import Query

/// What `flame --by` adds up.
extension FlameGraph.Measure: ExpressibleByArgument {}

struct FlameCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "flame",
    abstract: "Shows where time, bytes or calls went, along the line of ancestors.",
    discussion: """
      A bar is a name below the names of its ancestors, as wide as what it used with all below it. Processes of one name and \
      one line of ancestors are one bar. --by says what is added up: time in calls, cpu (from samples), bytes read and \
      written, count of calls, or errors; --calls adds the calls themselves as the last bars.

      EXAMPLES:
        reel flame build.reel
        reel flame build.reel --by bytes --calls "fd.type = file"
        reel flame host.reel "container.name = web" --by time --svg web.svg
        reel flame host.reel --folded > stacks.txt
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(help: "What is added up: time, cpu, bytes, count or errors.")
  var by = FlameGraph.Measure.time

  @Flag(help: "Show the calls of a process below it.")
  var calls = false

  @Option(help: ArgumentHelp("Leave out what is less than this share, in percent.", valueName: "percent"))
  var least = 0.5

  @OptionGroup var picture: PictureOptions

  @Flag(help: "Write one line for each stack, names with ; between them and the number behind, for other tools.")
  var folded = false

  @Flag(help: "Write one JSON object for each bar.")
  var json = false

  @OptionGroup var processors: ProcessorOption

  func validate() throws {
    try selection.requireCapture()
    if !(0...100).contains(least) { throw ValidationError("--least is from 0 to 100") }
    if [picture.svg != nil, folded, json].count(where: { $0 }) > 1 {
      throw ValidationError("--svg, --folded and --json exclude each other")
    }
  }

  func run() async throws {
    let selected = try Selection(selection)
    let filter = try selection.arguments.filter
    let (by, calls) = (by, calls)
    let run = try reading("filter") { () throws(QueryError) in
      try FlameRun(
        schema: selected.schema, by: by, byCall: calls, filter: filter, from: selected.from, to: selected.to)
    }
    var bar = ProgressBar("reading", terminal: .progress)
    let graph = try await run.answer(over: selected.source, parallelism: processors.cores) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    let report = FlameReport(graph, least: least / 100)
    if let path = picture.svg {
      try PictureFile.write(report.picture(title: filter ?? "all processes"), to: path, force: picture.force)
    } else {
      let output = StandardOutput()
      if json {
        for object in report.json { try output.write(object.line) }
      } else {
        try output.write(folded ? report.folded : report.rendered(for: .standardOutput))
      }
      try output.flush()
    }
    try selected.reportMissingParts(graph.progress)
  }
}
