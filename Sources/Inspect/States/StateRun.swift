import CaptureFile
import CaptureFormat
import EventBatch
import Query

/// Answers what was there at a moment: the nearest state before it, and what followed until then.
///
///     let run = try StateRun(table, reader, moment, at: time, filter: "proc.name = nginx")
///     let result = try await run.answer()
public struct StateRun: Sendable {
  private let reader: CaptureReader
  private let moment: StateMoment
  private let time: Int64
  private let zone: TimeZoneRule
  private let run: ViewRun

  /// Prepares an answer.
  ///
  /// - Parameters:
  ///   - table: of `StateCatalogue`.
  ///   - moment: the state to begin with.
  ///   - time: the moment that is asked for, in nanoseconds of the epoch; `nil` for that of the state.
  ///   - filter: narrows the rows.
  ///   - sort: the name of a column, the greatest first; with a minus sign in front the least.
  ///   - zone: how times of day are shown.
  /// - Throws: what is wrong with the filter or the column.
  public init(
    _ table: View, _ reader: CaptureReader, _ moment: StateMoment, at time: Int64? = nil, filter: String? = nil,
    sort: String? = nil, zone: TimeZoneRule = .local
  ) throws(QueryError) {
    self.reader = reader
    self.moment = moment
    self.time = max(time ?? moment.time, moment.time)
    self.zone = zone
    run = try ViewRun(table, schema: reader.schema, filter: filter, sort: sort)
  }

  /// Reads the state, and the events behind it where they matter.
  /// - Parameter progress: called after each chunk of events.
  public nonisolated(nonsending) func answer(
    progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> StateResult {
    let source = StateSource(reader, moment, zone: zone)
    var result = StateResult(moment: moment, time: time)
    let lost = try reader.allLosses().filter { $0.to > moment.time && $0.from <= time }
    result.lost = lost.reduce(0) { $0 &+ $1.count }
    let replayed = ["processes", "containers", "files", "sockets"].contains(run.view.name)
    result.appliesEvents = replayed
    if time == moment.time || !replayed {
      result.view = try await run.answer(over: source)
    } else {
      let replay = StateReplay(reader.schema, withDescriptors: ["files", "sockets"].contains(run.view.name))
      var failures = try take(source, replay)
      failures += try await apply(to: replay, progress)
      result.events = replay.events
      result.uncertainDescriptors = replay.uncertain
      if replay.events == 0 {
        result.view = try await run.answer(over: source)
      } else {
        var view = try await run.answer(
          over: BatchSource([replay.finish(at: time)], schema: reader.schema, context: source.scanContext))
        view.progress.failures = failures
        result.view = view
      }
    }
    result.leavesOutLonelySockets = run.view.name == "sockets" && result.events > 0
    if let last = source.head(ofChunk: source.chunkCount - 1), last.count > 0 { result.takenUntil = last.greatestExit }
    result.view = result.view.map { StateRun.withSocketStates(StateRun.withoutPartialSums($0)) }
    return result
  }

  private func take(_ source: StateSource, _ replay: StateReplay) throws -> [String] {
    var failures: [String] = []
    for part in 0..<source.chunkCount {
      do {
        replay.take(state: try source.readChunk(part, columns: .all))
      } catch  where source.isLimitedToChunk(error) {
        failures.append("\(error)")
      }
    }
    return failures
  }

  private nonisolated(nonsending) func apply(
    to replay: StateReplay, _ progress: (ScanProgress) -> Void
  ) async throws -> [String] {
    let events = CaptureSource(reader, zone: zone)
    let (from, to) = (moment.time.addingReportingOverflow(1), time.addingReportingOverflow(1))
    guard !from.overflow else { return [] }
    let question = try Question(
      filter: nil, schema: reader.schema, from: from.partialValue, to: to.overflow ? nil : to.partialValue)
    let done = try await Scan(events, question).run(columns: replay.columns) { events in
      (events.batch, events.rows)
    } consume: { selected, state in
      replay.apply(selected.0, rows: selected.1)
      progress(state)
      return true
    }
    return done.failures
  }

  /// The result without sums to which some rows have nothing to add.
  private static func withoutPartialSums(_ result: ViewResult) -> ViewResult {
    func index(_ name: String) -> Int? { result.view.columns.firstIndex { $0.name == name } }
    var result = result
    for (sum, known, all) in StateCatalogue.wholeSums[result.view.name] ?? [] {
      guard let sum = index(sum), let known = index(known), let all = index(all) else { continue }
      for row in result.rows.indices
      where (result.rows[row][known].integerValue ?? 0) < (result.rows[row][all].integerValue ?? 0) {
        result.rows[row][sum] = .missing
        result.totals[sum] = .missing
      }
    }
    return result
  }
}

extension StateRun {
  /// The result with what descriptors say about the states of their sockets.
  private static func withSocketStates(_ result: ViewResult) -> ViewResult {
    func index(_ name: String) -> Int? { result.view.columns.firstIndex { $0.name == name } }
    guard let state = index("state"), let listening = index("listening"), let connected = index("connected") else {
      return result
    }
    var result = result
    for row in result.rows.indices where result.rows[row][state] == .missing {
      if result.rows[row][listening] == .boolean(true) {
        result.rows[row][state] = .text("LISTEN")
      } else if result.rows[row][connected] == .boolean(true) {
        result.rows[row][state] = .text("CONNECTED")
      }
    }
    return result
  }
}

/// What was there at a moment, and how far that is known.
public struct StateResult: Sendable {
  /// The state that it begins with.
  public let moment: StateMoment
  /// The moment that is shown, in nanoseconds of the epoch: not before the state.
  public let time: Int64
  /// The rows.
  public internal(set) var view: ViewResult?
  /// Whether what happened between state and moment is applied; else the rows are those of the state.
  public internal(set) var appliesEvents = true
  /// How many events were applied.
  public internal(set) var events = 0
  /// How many events were lost between state and moment: what they changed is not known.
  public internal(set) var lost: UInt64 = 0
  /// When the last row of the state was looked at.
  public internal(set) var takenUntil: Int64 = .min
  /// Whether sockets without a descriptor are left out: nothing says what became of them.
  public internal(set) var leavesOutLonelySockets = false
  /// How many descriptors may have gone with an execution: nobody saw how they were opened.
  public internal(set) var uncertainDescriptors = 0
}
