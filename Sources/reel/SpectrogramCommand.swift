import ArgumentParser
import CaptureFormat
import Inspect
import Presentation
import Query

struct SpectrogramCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spectrogram",
    abstract: "Shows how long calls took over time.",
    discussion: """
      From left to right is time, from top to bottom how long calls took: fast ones above. The brighter a cell, the more calls. \
      Two bands mean two kinds of calls: a cache that hits and misses, a lock that is free or taken.

      EXAMPLES:
        reel spectrogram host.reel "evt.type in (fsync, fdatasync)"
        reel spectrogram host.reel "proc.name = postgres and fd.type = file" --from 12:03 --to 12:05
        reel spectrogram host.reel --svg latencies.svg
        reel spectrogram host.reel "evt.type = futex" --json
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(help: ArgumentHelp("How many columns. (default: what fits the terminal)", valueName: "n"))
  var columns: Int?

  @OptionGroup var picture: PictureOptions

  @Flag(help: "Write one JSON object.")
  var json = false

  @OptionGroup var processors: ProcessorOption

  func validate() throws {
    try selection.requireCapture()
    if let columns, !(1...SpectrogramRun.mostColumns).contains(columns) {
      throw ValidationError("--columns is from 1 to \(SpectrogramRun.mostColumns)")
    }
    if json, picture.svg != nil { throw ValidationError("--json and --svg exclude each other") }
  }

  func run() async throws {
    let selected = try Selection(selection)
    let filter = try selection.arguments.filter
    let summary = CaptureSummary.joined(selected.readers.map(\.summary))
    let from = selected.from ?? summary.started
    let to = max(selected.to.map { $0 - 1 } ?? summary.ended, from)
    let terminal = Terminal.standardOutput
    let count =
      columns ?? (picture.svg != nil || json ? 240 : max((terminal.width ?? 100) - SpectrogramReport.margin, 10))
    let run = try reading("filter") { () throws(QueryError) in
      try SpectrogramRun(
        schema: selected.schema, filter: filter, span: from...to, columns: min(count, SpectrogramRun.mostColumns))
    }
    var bar = ProgressBar("reading", terminal: .progress)
    let spectrogram = try await run.answer(over: selected.source, parallelism: processors.cores) { progress in
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    let report = SpectrogramReport(spectrogram, zone: selection.window.zone)
    if let path = picture.svg {
      try PictureFile.write(report.picture(title: filter ?? "all calls"), to: path, force: picture.force)
    } else {
      let output = StandardOutput()
      try output.write(json ? String(decoding: report.json.line, as: UTF8.self) : report.rendered(for: terminal))
      try output.flush()
    }
    try selected.reportMissingParts(spectrogram.progress)
  }
}
