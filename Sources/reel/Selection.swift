import ArgumentParser
import CaptureFile
import CaptureFormat
import EventSchema
import Presentation
import Query

/// Which events of which capture: what all questions share.
struct SelectionOptions: ParsableArguments {
  @Argument(
    help: ArgumentHelp("A capture, or a directory of them; - is standard input.", valueName: "capture"),
    completion: .file())
  var first: String?

  /// The first capture.
  var capture: String { first ?? "-" }

  @Argument(
    help: ArgumentHelp("Further captures; and which events, in the filter language.", valueName: "filter"))
  var more: [String] = []

  @OptionGroup var window: WindowOptions

  func validate() throws { if let first { _ = try CaptureArguments(first, more) } }

  /// For commands that cannot do without.
  func requireCapture() throws(ValidationError) {
    if first == nil { throw ValidationError("Missing expected argument '<capture>'") }
  }

  /// All captures, and the filter.
  var arguments: CaptureArguments { get throws { try CaptureArguments(capture, more) } }

  /// The filter, for what works on one capture alone.
  /// - Throws: when several captures are named.
  var filterOfOneCapture: String? {
    get throws {
      let arguments = try arguments
      if arguments.captures.count > 1 {
        throw Failure.refused("this takes one capture", remedy: "reel merge makes one of several")
      }
      return arguments.filter
    }
  }
}

/// A window of time, and how times are shown.
struct WindowOptions: ParsableArguments {
  @Option(
    parsing: .unconditional,
    help: ArgumentHelp(
      "The first exit time that counts: 12:03:04.5, RFC 3339, epoch nanoseconds, +5s after the start, -5s before the end.",
      valueName: "time"))
  var from: Moment?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("The first exit time that does not count.", valueName: "time"))
  var to: Moment?

  @Flag(help: "Read and show times in UTC.")
  var utc = false

  var zone: ClockZone { utc ? .utc : .local }
}

/// An open capture and a question about it.
struct Selection {
  let source: CaptureSource
  let question: Question
  let from: Int64?
  let to: Int64?
  private let zone: ClockZone

  /// The first capture.
  var reader: CaptureReader { source.reader }

  /// The event types of all captures together.
  var schema: Schema { source.schema }

  /// All captures.
  var readers: [CaptureReader] { source.readers }

  /// Opens the captures and binds the filter. Warnings about the filter go to standard error.
  init(_ options: SelectionOptions) throws {
    let arguments = try options.arguments
    try self.init(captures: arguments.captures, filter: arguments.filter, window: options.window)
  }

  init(captures: [String], filter: String?, window: WindowOptions) throws(Failure) {
    try checkFilter(filter)
    zone = window.zone
    let readers = try Captures.open(captures)
    source = CaptureSource(readers, zone: window.utc ? .utc : .local)
    let summary = CaptureSummary.joined(readers.map(\.summary))
    let start = min(summary.started, source.scanContext.start ?? Int64.max)
    func resolved(_ moment: Moment?, _ name: String) throws(Failure) -> Int64? {
      guard let moment else { return nil }
      guard let time = moment.resolved(start: start, end: summary.ended, zone: window.zone) else {
        throw .refused("\(name) is a time that cannot be counted", remedy: "the epoch in nanoseconds ends in 2262")
      }
      return time
    }
    let from = try resolved(window.from, "--from")
    let to = try resolved(window.to, "--to")
    if let from, let to, from >= to { throw .refused("--from is not before --to") }
    let schema = source.schema
    question = try reading("filter") { () throws(QueryError) in
      try Question(filter: filter, schema: schema, from: from, to: to)
    }
    (self.from, self.to) = (from, to)
    question.reportWarnings()
  }

  /// The time that is meant on the command line.
  /// - Parameter option: how the message calls it.
  func time(_ moment: Moment, _ option: String) throws(Failure) -> Int64 {
    let summary = CaptureSummary.joined(readers.map(\.summary))
    let start = min(summary.started, source.scanContext.start ?? Int64.max)
    guard let time = moment.resolved(start: start, end: summary.ended, zone: zone) else {
      throw .refused("\(option) is a time that cannot be counted", remedy: "the epoch in nanoseconds ends in 2262")
    }
    return time
  }

  /// Ends a command: with a word about what could not be read, if that is something.
  func reportMissingParts(_ progress: ScanProgress) throws(Failure) {
    try Captures.reportMissingParts(of: readers, failures: progress.failures)
  }
}

/// Refuses a filter that is wrong whatever the capture is, before any is opened.
func checkFilter(_ filter: String?) throws(Failure) {
  try reading("filter") { () throws(QueryError) in try Question.check(filter: filter) }
}

extension Question {
  /// Says on standard error what is allowed in the filter but hardly meant.
  func reportWarnings() {
    for warning in warnings.map(\.description) + unknownTypes {
      StandardError.write("reel: warning: \(VisibleText.of(warning))\n")
    }
  }
}

/// Where progress is drawn: not between lines of results.
extension Terminal {
  static var progress: Terminal {
    standardOutput.isTerminal ? Terminal(isTerminal: false, width: nil, allowsColour: false) : standardError
  }
}
