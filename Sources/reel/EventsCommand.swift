import ArgumentParser
import EventSchema
import Presentation
import Query

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

struct EventsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "events",
    abstract: "Lists the events of a capture.",
    discussion: """
      FORMAT is text with fields in it: %evt.num, %proc.name, %evt.arg[fd]. With a leading * a missing value shows as \
      <NA>; without it, events that miss one are left out.

      EXAMPLES:
        reel events build.reel "evt.type = execve"
        reel events build.reel "fd.name contains .conf" -p "%evt.time %proc.name %fd.name"
        reel events build.reel --from -1s --json
        reel events build.reel "evt.type = connect" -t relative
        reel events build.reel "evt.buflen > 0" --csv -p "%evt.rawtime %proc.pid %fd.name %evt.buflen"
        reel events build.reel "evt.failed = true" --reverse --limit 20
        reel events host.reel --follow "evt.type = execve"
        reel events --live "proc.name = nginx and evt.failed = true"
      """)

  @OptionGroup var selection: SelectionOptions

  @OptionGroup var shown: EventFormatOptions

  @Option(help: ArgumentHelp("The most events wanted.", valueName: "n"))
  var limit: Int?

  @Flag(help: "The last event first.")
  var reverse = false

  @Flag(help: "Go on while the capture is being written, through all files of its recording; Ctrl-C ends it.")
  var follow = false

  @Flag(help: "Record the running machine and show its events as they happen; needs the rights of `reel record`.")
  var live = false

  @OptionGroup var scanning: ScanOptions

  func validate() throws {
    if live, follow || reverse || scanning.explain {
      throw ValidationError("--live cannot be combined with --follow, --reverse and --explain")
    }
    if live, !selection.more.isEmpty { throw ValidationError("--live takes a filter and no capture") }
    if !live { try selection.requireCapture() }
    if let limit, limit < 0 { throw ValidationError("--limit is less than 0") }
  }

  func run() async throws {
    if live { return try await LiveEvents(self).run() }
    if follow || isStream { return try await FollowedEvents.begin(self).run() }
    try shown.check()
    let selected = try Selection(selection)
    let printer = try printer(for: selected.schema)
    if scanning.explain {
      return try await ExplainReport.write(selected, columns: printer.columns, cores: scanning.parallelism)
    }
    var scan = Scan(selected.source, selected.question, parallelism: scanning.parallelism)
    scan.isReversed = reverse
    if shown.json || shown.csv { scan.holdsLargeResults() }
    let output = StandardOutput()
    if shown.csv { try output.write(printer.heading[...]) }
    var bar = ProgressBar("reading", terminal: .progress)
    var left = limit ?? Int.max
    let limit = left
    let safety = safety
    var failures: [String] = []
    if left > 0 {
      let progress = try await scan.run(columns: printer.columns) { events in
        printer.pages(for: events, limit: limit).map { SafeLines($0, safety) }
      } consume: { pages, progress in
        for lines in pages where left > 0 {
          try output.write(lines.prefix(left))
          left -= min(left, lines.count)
        }
        bar.update(done: progress.chunksRead, of: progress.chunksToRead)
        return left > 0
      }
      failures = progress.failures
    }
    bar.clear()
    try output.flush()
    try Captures.reportMissingParts(of: selected.readers, failures: failures)
  }

  /// Whether the capture comes through a pipe and can be shown as it comes. What needs the end first waits for it.
  private var isStream: Bool {
    guard selection.capture == "-", !reverse, !scanning.explain else { return false }
    if case .beforeEnd = selection.window.from { return false }
    if case .beforeEnd = selection.window.to { return false }
    return PipedInput.beginsWithCapture(STDIN_FILENO)
  }

  var safety: LineSafety {
    LineSafety(isJSON: shown.json || shown.csv, format: shown.format, isTerminal: Terminal.standardOutput.isTerminal)
  }

  func printer(for schema: Schema) throws(Failure) -> EventPrinter { try shown.printer(for: schema) }
}
