import ArgumentParser
import CaptureFile
import CaptureFormat
import Presentation

struct RecoverCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "recover",
    abstract: "Rebuilds a damaged or unfinished capture from everything in it that is whole.",
    discussion: """
      What is whole is copied byte for byte; what is damaged is left out and told, and the new capture says as a loss how \
      many events that are, as far as it is known. Nothing is invented. A capture with which nothing is wrong stays the same.

      EXIT STATUS: 0 when nothing had to be left out; 3 when something had.

      EXAMPLES:
        reel recover broken.reel -o whole.reel
        reel recover broken.reel -o whole.reel --json
      """)

  @Argument(help: ArgumentHelp("A capture; - is standard input.", valueName: "capture"), completion: .file())
  var capture: String

  @OptionGroup var target: RewriteOutput

  func run() throws {
    let reader = try Captures.open(capture)
    try target.check([reader])
    var bar = ProgressBar("recovering", terminal: .progress)
    let report = try CaptureRecovery(reader).write(to: target.output, options: target.options(reader.schema)) { done in
      bar.update(done: Int(clamping: done), of: Int(clamping: reader.size))
    }
    bar.clear()
    var summary = RewriteSummary(report: report, output: target.output, inputBytes: reader.size)
    summary.notes = report.losses.map(RecoverCommand.text)
    if report.isWhole {
      summary.notes.append("nothing was wrong with the capture: the new one is the same")
    } else if report.droppedCount == 0 {
      summary.notes.append("the capture had no end: it got one; nothing was left out")
    }
    try summary.report(target)
  }

  private static func text(_ loss: LossRecord) -> String {
    let events = Units.count(Int(clamping: loss.count), "event")
    let range = "\(ClockText.dateTime(loss.from, zone: .local)) to \(ClockText.dateTime(loss.to, zone: .local))"
    return loss.isCountKnown ? "left out: \(events), \(range)" : "left out: \(events) or more, \(range)"
  }
}
