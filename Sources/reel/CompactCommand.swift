import ArgumentParser
import CLinux
import CaptureFile
import Compression
import Presentation

struct CompactCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compact",
    abstract: "Writes a finished capture smaller: with larger chunks, and compressed harder.",
    discussion: """
      Nothing is left out, and events keep their numbers. Questions about the new capture are answered as before, \
      mostly faster.

      EXAMPLES:
        reel compact build.reel -o build-small.reel
        reel compact build.reel --codec lz4 -o build-fast.reel
      """)

  @Argument(help: ArgumentHelp("A capture; - is standard input.", valueName: "capture"), completion: .file())
  var capture: String

  @Option(help: "How the new capture is compressed: none, lz4 or zstd.")
  var codec = CodecChoice.zstd

  @OptionGroup var target: RewriteOutput

  func run() throws {
    reel_return_memory()
    let reader = try Captures.open(capture)
    try target.check([reader])
    var options = target.options(reader.schema, codec.codec)
    if codec.codec == .zstd { options.level = CaptureCompaction.level }
    var bar = ProgressBar("compacting", terminal: .progress)
    let report = try CaptureCompaction(reader).write(
      to: target.output, writerName: "reel \(Reel.version)", options: options
    ) { done in bar.update(done: Int(clamping: done), of: Int(clamping: reader.size)) }
    bar.clear()
    var summary = RewriteSummary(report: report, output: target.output, inputBytes: reader.size)
    if reader.size > 0 {
      let share = Double(report.totals.bytes) / Double(reader.size) * 100
      summary.notes.append("\(Int(share.rounded())) % of the \(Units.bytes(reader.size)) before")
    }
    try summary.report(target)
  }
}
