import ArgumentParser
import CaptureFile
import Export
import Presentation
import Query
import ScapFormat

#if canImport(Glibc)
import Glibc
#endif

/// What a capture can be turned into.
enum ExportFormat: String, CaseIterable, ExpressibleByArgument {
  case scap, jsonl, csv, arrow, perfetto
}

extension ScapDialect: ExpressibleByArgument {}
extension ScapExport.Codec: ExpressibleByArgument {}

struct ExportCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "export",
    abstract: "Writes a capture, or a part of it, in a form that other programs read.",
    discussion: """
      scap:  what sysdig, csysdig, Falco and Stratoshark read. The dialect classic has two events a call, as sysdig 0.29 \
      and all tools of its time want them; current has one, as the newest write it.
      jsonl: one JSON object an event, with the fields of `reel events --json`, or those in FORMAT.
      csv:   the same as comma-separated values, under a line of names; nothing stands for a missing value.

      EXIT STATUS: 2 when no event is selected; 3 when a part of the capture could not be read.

      EXAMPLES:
        reel export day.reel --format scap -o day.scap
        reel export day.reel --format jsonl -o day.jsonl
        reel export day.reel "evt.type = execve" --format csv -p "%evt.time %proc.name %proc.cmdline" -o commands.csv
        reel export day.reel "proc.name = nginx" --format jsonl -o - | jq .
      """)

  @OptionGroup var selection: SelectionOptions

  @Option(help: "What is written: \(ExportFormat.allCases.map(\.rawValue).joined(separator: ", ")).")
  var format: ExportFormat

  @Option(
    name: [.customShort("p"), .customLong("print")],
    help: ArgumentHelp("For jsonl and csv: the fields, %evt.num and so on.", valueName: "format"))
  var fields: String?

  @Option(help: "For scap: whom it is for, classic or current.")
  var dialect = ScapDialect.classic

  @Option(help: "For scap: how it is compressed, gzip or none.")
  var codec = ScapExport.Codec.gzip

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("Where it goes; - is standard output.", valueName: "file"))
  var output: String

  @Flag(help: "Overwrite the file if it exists.")
  var force = false

  @Flag(help: "End with one JSON object on standard error instead of the summary.")
  var json = false

  func validate() throws { try selection.requireCapture() }

  func run() async throws {
    switch format {
    case .jsonl: try await runTable(.jsonLines)
    case .csv: try await runTable(.csv)
    case .scap: try await runScap()
    case .arrow, .perfetto:
      throw Failure.refused(
        "captures cannot be exported as \(format.rawValue) yet", remedy: "scap, jsonl and csv are there")
    }
  }

  private func runTable(_ format: TableExport.Format) async throws {
    let selected = try Selection(selection)
    try checkOutput(selected.readers)
    let table = try reading("format") { () throws(QueryError) in
      try TableExport(format, fields: fields, schema: selected.schema)
    }
    var file = ExportFile(path: output, replaceExisting: force)
    var bar = ProgressBar("exporting", terminal: .progress)
    let (progress, events) = try await table.run(Scan(selected.source, selected.question)) { lines, progress in
      try file.write(Array(lines))
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    try finish(selected, events: events, bytes: file.bytesWritten, progress)
  }

  private func runScap() async throws {
    let selected = try Selection(selection)
    try checkOutput(selected.readers)
    if output == "-", isatty(STDOUT_FILENO) == 1 {
      throw Failure.refused("a capture is not for a terminal", remedy: "name a file with -o, or send it into a pipe")
    }
    var export = ScapExport(selected.source, selected.question)
    export.dialect = dialect
    export.codec = codec
    var file = ExportFile(path: output, replaceExisting: force)
    var bar = ProgressBar("exporting", terminal: .progress)
    let report = try await export.run { bytes, progress in
      try file.write(bytes)
      bar.update(done: progress.chunksRead, of: progress.chunksToRead)
    }
    bar.clear()
    try finish(selected, events: report.events, leftOut: report.leftOut, bytes: file.bytesWritten, report.progress)
  }

  /// Refuses what would destroy an input.
  func checkOutput(_ inputs: [CaptureReader]) throws(Failure) {
    for reader in inputs where output != "-" && reader.isSameFile(as: output) {
      throw .refused("this is the capture that is read", place: output, remedy: "name another file")
    }
  }

  /// Says what was done.
  func finish(
    _ selected: Selection, events: Int, leftOut: Int = 0, bytes: UInt64, _ progress: ScanProgress
  ) throws {
    if events == 0, progress.failures.isEmpty {
      throw Failure.refused("no event of the capture is selected: nothing was written")
    }
    if json {
      var object = JSONObject()
      object.add("output", output)
      object.add("events", UInt64(events))
      if format == .scap { object.add("left_out", UInt64(leftOut)) }
      object.add("bytes", bytes)
      StandardError.write(String(decoding: object.line, as: UTF8.self))
    } else if output != "-" {
      var text = "\(VisibleText.of(output)): \(Units.count(events, "event")), \(Units.bytes(bytes))"
      if leftOut > 0 { text += "; \(Units.count(leftOut, "event")) that such files do not have left out" }
      StandardError.write(text + "\n")
    }
    try selected.reportMissingParts(progress)
  }
}

/// The file of an export, made when there is something to write: what selects nothing leaves a file that exists alone.
struct ExportFile: ~Copyable {
  let path: String
  let replaceExisting: Bool
  /// How many bytes were written.
  private(set) var bytesWritten: UInt64 = 0
  private var isOpen = false
  private var file: OutputFile?

  init(path: String, replaceExisting: Bool) {
    self.path = path
    self.replaceExisting = replaceExisting
  }

  /// Appends bytes. A pipe that nobody reads any more ends the command quietly.
  mutating func write(_ bytes: [UInt8]) throws {
    if !isOpen { file = try OutputFile(path: path, replaceExisting: replaceExisting) }
    isOpen = true
    do throws(CaptureError) {
      try file?.write(bytes)
      bytesWritten += UInt64(bytes.count)
    } catch {
      if path == "-", StandardOutput.hasLostItsReader { throw OutputError.closed }
      throw error
    }
  }
}
