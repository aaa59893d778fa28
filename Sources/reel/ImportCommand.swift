import ArgumentParser
import CaptureFile
import Presentation
import Query
import ScapFormat

struct ImportCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "import",
    abstract: "Makes a capture of a .scap file, as sysdig, Falco and Stratoshark write them.",
    discussion: """
      All other commands take .scap files, too: they convert them each time anew.

      An event keeps the number that it has in the file, where the beginning and the return of a call are counted: of a \
      call that is the number of its return.

      EXIT STATUS: 3 when a part of the file could not be read; the rest was.

      EXAMPLES:
        reel import trace.scap -o trace.reel
        zcat trace.scap.gz | reel import - -o trace.reel
      """)

  @Argument(help: ArgumentHelp("A .scap file, plain, gzip or zstd; - is standard input.", valueName: "file"))
  var file: String

  @Option(help: "How the capture is compressed: lz4, zstd or none.")
  var codec = CodecChoice.lz4

  @OptionGroup var target: RewriteOutput

  func run() throws {
    try target.check([])
    let input = try CaptureInput(path: file)
    guard try ScapCaptures.isScap(input) else {
      throw Failure.refused("this is not a .scap file", place: input.name)
    }
    let conversion = ScapConversion(
      writerName: "reel \(Reel.version)", options: target.options(ScapSchema.builtIn.schema, codec.codec))
    var bar = ProgressBar("importing", terminal: .progress)
    let report: ScapConversion.Report
    do {
      report = try input.withDescriptor { descriptor in
        try conversion.convert(descriptor: descriptor, to: target.output) { done in
          bar.update(done: Int(clamping: done), of: Int(clamping: input.size))
        }
      }
    } catch {
      throw Failure(error, of: input.name)
    }
    bar.clear()
    try summarize(report, input)
  }

  private func summarize(_ report: ScapConversion.Report, _ input: CaptureInput) throws(Failure) {
    if target.json {
      var object = JSONObject()
      object.add("output", target.output)
      object.add("events", report.totals.events)
      object.add("events_in_file", report.events)
      object.add("chunks", report.totals.chunks)
      object.add("bytes", report.totals.bytes)
      object.add("input_bytes", input.size)
      object.add("incomplete", report.damage != nil)
      StandardError.write(String(decoding: object.line, as: UTF8.self))
    } else {
      let name = target.output == "-" ? "standard output" : VisibleText.of(target.output)
      let events = Units.count(Int(clamping: report.totals.events), "event")
      StandardError.write(
        "\(name): \(events) of \(Units.count(Int(clamping: report.events), "event")) in the file, "
          + "\(Units.bytes(report.totals.bytes)) of \(Units.bytes(input.size))\n")
    }
    if let damage = report.damage {
      throw Failure(status: ExitStatus.partlyReadable, ErrorLine(damage, place: input.name))
    }
  }
}
