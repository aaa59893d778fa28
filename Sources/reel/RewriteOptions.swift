import ArgumentParser
import CaptureFile
import Compression
import EventSchema
import Presentation
import Query

#if canImport(Glibc)
import Glibc
#endif

/// Where a rewritten capture goes: what `cut`, `merge`, `compact` and `recover` share.
struct RewriteOutput: ParsableArguments {
  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("Where the new capture goes; - is standard output.", valueName: "file"))
  var output: String

  @Flag(help: "Overwrite the new capture if it exists.")
  var force = false

  @Flag(help: "End with one JSON object on standard error instead of the summary.")
  var json = false

  /// - Parameter schema: of the new capture.
  func options(_ schema: Schema, _ codec: Codec = .lz4) -> WriterOptions {
    WriterOptions(codec: codec, replaceExisting: force, sync: .end, counting: OverviewCounting(schema))
  }

  /// Refuses what would destroy an input, or fill a terminal.
  func check(_ inputs: [CaptureReader]) throws(Failure) {
    if output == "-" {
      if isatty(STDOUT_FILENO) == 1 {
        throw .refused("a capture is not for a terminal", remedy: "name a file with -o, or send it into a pipe")
      }
      return
    }
    for reader in inputs where reader.isSameFile(as: output) {
      throw .refused(
        "this is the capture that is read", place: output, remedy: "name another file; then move it over this one")
    }
  }
}

/// What a rewriting command says when it is done.
struct RewriteSummary {
  let report: RewriteReport
  let output: String
  let inputBytes: UInt64
  /// What else it did, for people.
  var notes: [String] = []

  /// Says it on standard error, and ends with status 3 when not everything could be read.
  func report(_ options: RewriteOutput) throws(Failure) {
    StandardError.write(options.json ? String(decoding: json.line, as: UTF8.self) : text)
    try reportDamage()
  }

  private var text: String {
    let totals = report.totals
    var parts = [
      Units.count(Int(clamping: totals.events), "event"), Units.count(totals.chunks, "chunk"),
      Units.bytes(totals.bytes),
    ]
    if totals.lost > 0 { parts.append("\(Units.count(Int(clamping: totals.lost), "event")) lost") }
    let name = output == "-" ? "standard output" : VisibleText.of(output)
    return (["\(name): " + parts.joined(separator: ", ")] + notes).joined(separator: "\n") + "\n"
  }

  private var json: JSONObject {
    var object = JSONObject()
    object.add("output", output)
    object.add("events", report.totals.events)
    object.add("lost", report.totals.lost)
    object.add("chunks", report.totals.chunks)
    object.add("bytes", report.totals.bytes)
    object.add("input_bytes", inputBytes)
    if let redaction = report.redaction {
      object.add("redaction", json: redaction.json)
      object.add("frames_left_out", report.leftOut)
    }
    object.add("damaged", report.droppedBytes)
    object.add("incomplete", !report.incomplete.isEmpty)
    object.add("dropped", report.dropped.map(DamageLines.json))
    return object
  }

  private func reportDamage() throws(Failure) {
    if report.isWhole { return }
    var lines = DamageLines.lines(report)
    for path in report.incomplete where !report.dropped.contains(where: { $0.path == path }) {
      lines.append(
        ErrorLine(
          "the capture has no end: it is still being written, or was cut off", place: path,
          remedy: "what is whole was read"))
    }
    for line in lines.dropLast() { _ = Failure(status: ExitStatus.partlyReadable, line).report() }
    throw Failure(status: ExitStatus.partlyReadable, lines.last)
  }
}

/// What is said of parts that could not be read.
enum DamageLines {
  /// How many parts are told one by one.
  static let shown = 20

  static func lines(_ report: RewriteReport) -> [ErrorLine] {
    var lines = report.dropped.prefix(shown).map { dropped in
      ErrorLine(
        "\(Units.bytes(dropped.bytes.length)) cannot be read: \(dropped.bytes.what)",
        place: "\(dropped.path) at byte \(dropped.bytes.offset)")
    }
    if report.droppedCount > shown {
      lines.append(ErrorLine("\(report.droppedCount - shown) more parts cannot be read"))
    }
    return lines
  }

  static func json(_ dropped: RewriteReport.Dropped) -> JSONObject {
    var object = JSONObject()
    object.add("path", dropped.path)
    object.add("offset", dropped.bytes.offset)
    object.add("length", dropped.bytes.length)
    object.add("what", dropped.bytes.what)
    return object
  }
}
