import CaptureFile
import CaptureFormat
import EventSchema
import Presentation
import Query

#if canImport(Glibc)
import Glibc
#endif

/// `events --follow`: shows the events of a capture that is still being written as they come.
struct FollowedEvents: ~Copyable {
  private let command: EventsCommand
  private let filter: String?
  private let output = StandardOutput()
  private var follower: CaptureFollower
  private var path: String
  /// What is asked and how it is shown, once the capture's front was read.
  private var reading: (question: Question, printer: EventPrinter, context: ScanContext)?
  private var lastExit: Int64?
  private var hasHeading = false
  private var left: Int
  private var damagedBytes: UInt64 = 0
  private var failures: [String] = []

  private init(_ command: EventsCommand, _ filter: String?, _ follower: consuming CaptureFollower) {
    self.command = command
    self.filter = filter
    self.follower = follower
    path = command.selection.capture
    left = command.limit ?? Int.max
  }

  /// Opens the capture, which need not have anything in it yet.
  static func begin(_ command: EventsCommand) throws -> FollowedEvents {
    if command.reverse {
      throw Failure.refused("--reverse and --follow exclude each other: what comes last is not known")
    }
    let arguments = try CaptureArguments(command.selection.capture, command.selection.more)
    guard arguments.captures.count == 1 else { throw Failure.refused("--follow reads one capture") }
    try command.shown.check()
    try checkFilter(arguments.filter)
    return FollowedEvents(command, arguments.filter, try open(command.selection.capture))
  }

  /// Follows the capture on standard input, of which everything is shown.
  static func everything(_ command: EventsCommand) throws -> FollowedEvents {
    var events = FollowedEvents(command, nil, try open("-"))
    events.path = "-"
    return events
  }

  private static func open(_ path: String) throws(Failure) -> CaptureFollower {
    do throws(CaptureError) { return try CaptureFollower(path: path) } catch { throw Failure(error) }
  }

  /// Shows events until the end of the capture, of all files of its recording.
  consuming func run() async throws {
    let interruption = Interruption()
    var events = self
    while events.left > 0, !interruption.hasCome {
      switch try events.follower.next() {
      case .chunk(let chunk):
        try events.show(chunk)
        // Whoever follows wants to see it now.
        try events.output.flush()
      case .waiting:
        try events.prepare()
        if StandardOutput.hasLostItsReader { return }
        try await Task.sleep(for: .milliseconds(200))
      case .finished:
        if try !events.goOn() { return try events.end(nil) }
      case .endOfStream: return try events.end("the stream ended before the capture did")
      case .removed:
        StandardError.write(ErrorLine("the capture was removed", place: events.path).rendered(colour: false))
        return try events.end(nil)
      }
    }
    try events.end(nil)
  }

  /// Binds filter and format, as soon as the schema is there: errors in them are told before any event comes.
  private mutating func prepare() throws(Failure) {
    guard reading == nil, let schema = follower.schema, let header = follower.header else { return }
    let window = command.selection.window
    func resolved(_ moment: Moment?, _ name: String) throws(Failure) -> Int64? {
      guard let moment else { return nil }
      if case .beforeEnd = moment { throw .refused("\(name) counts from an end that is not there yet") }
      guard let time = moment.resolved(start: header.started, end: Int64.max, zone: window.zone) else {
        throw .refused("\(name) is a time that cannot be counted", remedy: "the epoch in nanoseconds ends in 2262")
      }
      return time
    }
    let (from, to) = (try resolved(window.from, "--from"), try resolved(window.to, "--to"))
    if let from, let to, from >= to { throw .refused("--from is not before --to") }
    let filter = filter
    let question = try reel.reading("filter") { () throws(QueryError) in
      try Question(filter: filter, schema: schema, from: from, to: to)
    }
    question.reportWarnings()
    let context = ScanContext(
      hostname: header.hostname, start: header.started, zone: window.utc ? .utc : .local,
      architecture: Architecture(rawValue: header.architecture) ?? .current)
    let printer = try command.printer(for: schema)
    if command.shown.csv, !hasHeading {
      do { try output.write(printer.heading[...]) } catch { throw Failure(error) }
    }
    hasHeading = true
    reading = (question, printer, context)
  }

  private mutating func show(_ chunk: FollowedChunk) throws {
    try prepare()
    guard var reading else { return }
    if lastExit == nil {
      reading.context.start = chunk.head.leastExit
      self.reading = reading
    }
    let before = lastExit
    lastExit = chunk.head.greatestExit
    guard reading.question.mayMatch(chunk.head) else { return }
    do {
      let batch = try chunk.decode(reading.question.columns.union(reading.printer.columns))
      let selected = reading.question.selected(from: batch, context: reading.context, previousExit: before)
      guard let selected else { return }
      let lines = SafeLines(reading.printer.lines(for: selected, limit: left), command.safety)
      try output.write(lines.prefix(left))
      left -= min(left, lines.count)
    } catch let error as CaptureError where error.kind == .partlyReadable {
      failures.append("\(error)")
    }
  }

  /// Goes on in the next file of the recording. False when there is none.
  private mutating func goOn() throws(Failure) -> Bool {
    damagedBytes += follower.damagedBytes
    if path == "-" {
      let goesOn: Bool
      do throws(CaptureError) { goesOn = try follower.goOnBehindEnd() } catch { throw Failure(error) }
      if goesOn { (reading, lastExit) = (nil, nil) }
      return goesOn
    }
    guard let next = follower.header?.successor(of: path) else { return false }
    path = next
    follower = try FollowedEvents.open(next)
    reading = nil
    return true
  }

  private mutating func end(_ problem: String?) throws {
    try output.flush()
    damagedBytes += follower.damagedBytes
    if damagedBytes > 0 { failures.append("\(Units.bytes(damagedBytes)) of the capture cannot be read") }
    if let problem { failures.append(problem) }
    guard let last = failures.last else { return }
    for failure in failures.dropLast().prefix(3) {
      _ = Failure(status: ExitStatus.partlyReadable, ErrorLine(failure)).report()
    }
    throw Failure(status: ExitStatus.partlyReadable, ErrorLine(last, place: path))
  }
}
