import ArgumentParser
import CLinux
import CaptureFile
import Presentation

struct MergeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Joins captures into one, in the order of time.",
    discussion: """
      Events are numbered anew, from 1 on. Of events that returned at the same time those of the capture named first come \
      first. The files of a rotated recording become one again.

      EXAMPLES:
        reel merge host.reel host_0001.reel host_0002.reel -o day.reel
        reel merge web.reel database.reel -o both.reel
      """)

  @Argument(help: ArgumentHelp("Captures; - is standard input.", valueName: "capture"), completion: .file())
  var captures: [String]

  @Option(help: "How the new capture is compressed: lz4, zstd or none.")
  var codec = CodecChoice.lz4

  @OptionGroup var target: RewriteOutput

  func run() throws {
    reel_return_memory()
    var readers: [CaptureReader] = []
    for capture in captures { readers += try Captures.openEach(capture) }
    try target.check(readers)
    let size = readers.reduce(0) { $0 + $1.size }
    var bar = ProgressBar("merging", terminal: .progress)
    let merge = try CaptureMerge(readers)
    let report = try merge.write(
      to: target.output, writerName: "reel \(Reel.version)", options: target.options(merge.schema, codec.codec)
    ) { done in bar.update(done: Int(clamping: done), of: Int(clamping: size)) }
    bar.clear()
    try RewriteSummary(report: report, output: target.output, inputBytes: size).report(target)
  }
}
