import CaptureFile
import EventSchema
import Inspect
import Presentation
import Query

#if canImport(Glibc)
import Glibc
#endif

/// `view --live`: a recording in a process of its own, of which a view is made as it comes. On a terminal the table is drawn anew
/// every second; elsewhere, and in other forms than a table, it is written once, at the end.
struct LiveView {
  let view: View
  let filter: String?
  let sort: String?
  let limit: Int?
  let form: Form
  let zone: ClockZone
  /// How long, in nanoseconds; `nil` until Ctrl-C.
  let duration: Int64?

  /// Groups cannot grow without bound.
  private static let mostGroups = 500_000
  /// Between two drawings.
  private static let interval = Duration.seconds(1)
  /// How long the recorder may take to hand over the rest.
  private static let patience = Duration.seconds(5)

  func run() async throws {
    try checkFilter(filter)
    // Columns and fields that are wrong are told before anything is recorded.
    _ = try viewRun(.builtIn)
    let recorder = try LiveRecorder(filter: recorded, duration: duration)
    let result: Result<Void, any Error>
    do {
      try await follow(recorder)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    try recorder.end()
    try result.get()
  }

  /// What has to be recorded: what both the view and the user want.
  private var recorded: String? {
    let both = [view.filter, filter].compactMap(\.self).filter { $0.contains { !$0.isWhitespace } }
    return both.isEmpty ? nil : both.map { "(\($0))" }.joined(separator: " and ")
  }

  private func viewRun(_ schema: Schema) throws(Failure) -> ViewRun {
    try reading("filter") { () throws(QueryError) in
      try ViewRun(view, schema: schema, filter: filter, sort: sort, limit: limit)
    }
  }

  private func follow(_ recorder: borrowing LiveRecorder) async throws {
    let interruption = Interruption()
    let isDrawn = form == .table && Terminal.standardOutput.isTerminal
    var follower: CaptureFollower
    do throws(CaptureError) { follower = try CaptureFollower(path: "-") } catch { throw Failure(error) }
    var rows: ViewAccumulation?
    var context = ScanContext()
    var lastExit: Int64?
    let clock = ContinuousClock()
    let start = clock.now
    var nextDrawing = start
    var deadline: ContinuousClock.Instant?
    following: while deadline.map({ clock.now < $0 }) ?? true {
      if interruption.hasCome, deadline == nil {
        recorder.stop()
        deadline = clock.now + LiveView.patience
      }
      switch try follower.next() {
      case .chunk(let chunk):
        if rows == nil, let schema = follower.schema, let header = follower.header {
          rows = ViewAccumulation(try viewRun(schema))
          context = ScanContext(
            hostname: header.hostname, start: chunk.head.leastExit, zone: zone == .utc ? .utc : .local,
            architecture: Architecture(rawValue: header.architecture) ?? .current)
        }
        if let columns = rows?.columns, rows?.mayMatch(chunk.head) == true {
          rows?.add(try chunk.decode(columns), context: context, previousExit: lastExit)
        }
        lastExit = chunk.head.greatestExit
        if let count = rows?.count, count > LiveView.mostGroups {
          throw Failure(
            status: ExitStatus.failed,
            ErrorLine(
              "the view has more than \(Units.count(LiveView.mostGroups)) rows", remedy: "narrow it with a filter"))
        }
      case .waiting:
        if StandardOutput.hasLostItsReader { return }
        try await Task.sleep(for: .milliseconds(50))
      case .finished, .endOfStream, .removed: break following
      }
      if isDrawn, clock.now >= nextDrawing {
        try draw(
          try rows ?? ViewAccumulation(viewRun(.builtIn)), since: clock.now - start, isFirst: nextDrawing == start)
        nextDrawing = clock.now + LiveView.interval
      }
    }
    let final = try rows ?? ViewAccumulation(viewRun(.builtIn))
    if isDrawn { return try draw(final, since: clock.now - start, isFirst: nextDrawing == start) }
    try ViewReport(final.result(), zone: zone).write(form)
  }

  /// Draws the table over the one before.
  private func draw(_ rows: ViewAccumulation, since elapsed: Duration, isFirst: Bool) throws {
    let terminal = Terminal.standardOutput
    // What stands around the rows: the line above, headings, rule and totals, and where the cursor rests.
    let room = max((Terminal.height() ?? 24) - 5, 1)
    var leftOut: [String] = []
    let shown = min(limit ?? room, room)
    let table = try ViewReport(rows.result().first(shown), zone: zone).rendered(for: terminal, leftOut: &leftOut)
    let seconds = elapsed.components.seconds
    let about =
      "\(view.title), \(Units.count(rows.events)) events in \(seconds) s" + (duration == nil ? "; Ctrl-C ends" : "")
    let output = StandardOutput()
    // From the upper left corner on; what a longer drawing left is erased line by line, so that nothing flickers.
    var text = (isFirst ? "\u{1B}[2J" : "") + "\u{1B}[H"
    let lines = table.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    text += Style.dim.apply(to: about, colour: terminal.allowsColour) + "\u{1B}[K\n"
    for line in lines { text += line + "\u{1B}[K\n" }
    try output.write(text + "\u{1B}[J")
    try output.flush()
  }
}
