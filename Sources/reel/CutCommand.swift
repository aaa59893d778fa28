import ArgumentParser
import CaptureFile
import Presentation
import Query
import Seals

#if canImport(Glibc)
import Glibc
#endif

struct CutCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "cut",
    abstract: "Takes a part of a capture over into a new one: some events, a stretch of time.",
    discussion: """
      Events keep their numbers. With them come the programs, threads, files and containers that they name, the losses of \
      the stretch of time, and what was there at its moments: of processes that FILTER cannot select nothing is taken over.

      A cut of a sealed capture says which of its parts are those of the original: `reel verify --key` still proves them, and \
      lists what is missing.

      With --redact, what rules find is replaced by pseudonyms; frames in which nothing was found stay those of the original.

      EXIT STATUS: 2 when no event is selected; 3 when a part of the capture could not be read.

      EXAMPLES:
        reel cut day.reel --from 12:03 --to 12:04 -o minute.reel
        reel cut day.reel "container.name = web" -o web.reel
        reel cut day.reel --redact secrets,card-number -o clean.reel
        reel cut day.reel "evt.failed = true" --from -10s -o - | reel count - --by evt.res
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(help: "How what is encoded anew is compressed: lz4, zstd or none.")
  var codec = CodecChoice.lz4

  @OptionGroup var redaction: RedactionOptions

  @OptionGroup var target: RewriteOutput

  func validate() throws { try selection.requireCapture() }

  func run() throws {
    let selected = try Selection(selection)
    let reader = selected.reader
    guard selected.readers.count == 1 else {
      throw Failure.refused("these are several captures", remedy: "`reel merge` makes one of them, which can be cut")
    }
    try target.check([reader])
    let redactor = try redaction.redactor()
    let chosen = EventSelection(selected.question, context: selected.source.scanContext)
    guard selected.source.mayHoldEvents(for: selected.question) else { throw CutCommand.nothingSelected }
    var bar = ProgressBar("cutting", terminal: .progress)
    let report = try CaptureCut(reader, chosen, redactor: redactor).write(
      to: target.output, filter: try filterText(reader, selected), writerName: "reel \(Reel.version)",
      options: target.options(reader.schema, codec.codec),
      digest: { FrameDigest($0, payload: $1).bytes }
    ) { done in bar.update(done: Int(clamping: done), of: Int(clamping: reader.size)) }
    bar.clear()
    if report.totals.events == 0, report.isWhole {
      if target.output != "-" { unlink(target.output) }
      throw CutCommand.nothingSelected
    }
    try RewriteSummary(
      report: report, output: target.output, inputBytes: reader.size, notes: RedactionReport.notes(report)
    ).report(target)
  }

  private static let nothingSelected = Failure.refused("no event of the capture is selected: nothing was written")

  /// What the new header says: what was recorded, and what was cut from it, in the filter language.
  private func filterText(_ reader: CaptureReader, _ selected: Selection) throws -> String? {
    CutCommand.joined([
      reader.header.filter, try CaptureArguments(selection.capture, selection.more).filter,
      selected.from.map { "evt.rawtime >= \($0)" },
      selected.to.map { "evt.rawtime < \($0)" },
    ])
  }

  /// Filters that all hold; `nil` when there is none.
  static func joined(_ filters: [String?]) -> String? {
    let filters = filters.compactMap { $0 }.filter { $0.contains { !$0.isWhitespace } }
    if filters.count < 2 { return filters.first }
    return filters.map { $0.contains(" or ") || $0.contains(" and ") ? "(\($0))" : $0 }.joined(separator: " and ")
  }
}
