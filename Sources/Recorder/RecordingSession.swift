import CaptureFile
import CaptureFormat
import EventBatch
import KernelSource

/// A recording that is under way: takes what the source has, keeps what is wanted, and hands it to the files.
struct RecordingSession: ~Copyable {
  private let options: RecordingOptions
  private var source: KernelSource
  private let sink: ChunkSink
  private let watch: ContainerWatch
  private let started: Int64
  /// From when the duration counts; `nil` while containers are waited for.
  private var countsFrom: Int64?
  private var progress = Progress()
  private var states = StateSchedule()
  /// When the file was begun.
  private var rotatedAt: Int64
  /// How many files were begun when that was last looked at.
  private var filesBegun = 1

  init(
    _ options: RecordingOptions, _ source: consuming KernelSource, _ sink: ChunkSink, _ watch: ContainerWatch,
    started: Int64
  ) {
    self.watch = watch
    countsFrom = options.containers?.waits == true ? nil : started
    self.options = options
    self.source = source
    self.sink = sink
    self.started = started
    rotatedAt = started
  }

  /// Takes what there is, after a short wait. False when a limit is reached or nothing can be written any more.
  mutating func step() throws(RecordingError) -> Bool {
    noteNextFile()
    try takeStateIfDue()
    source.wait(milliseconds: 20)
    tellOfContainers()
    try take(source.drain(), source.takeLosses())
    let now = Clock.sinceBoot()
    if countsFrom == nil, watch.hasMatchedAll { countsFrom = now }
    if let time = options.rotation.time, now - rotatedAt >= time { try rotate() }
    return sink.progress.error == nil && !isComplete(at: now)
  }

  /// What became known of containers stands in events that come after.
  private mutating func tellOfContainers() {
    let news = watch.takeNews()
    for (id, known) in news.names { source.name(container: id, name: known.name, image: known.image) }
    for change in news.changes { source.add(change) }
  }

  private borrowing func isComplete(at now: Int64) -> Bool {
    let written = sink.progress
    if written.isFull { return true }
    if let limit = options.byteLimit, written.bytes >= limit { return true }
    if let duration = options.duration, let countsFrom, now - countsFrom >= duration { return true }
    guard let limit = options.eventLimit else { return false }
    return progress.taken + (options.selection == nil ? UInt64(source.pendingEvents) : 0) >= limit
  }

  /// Goes on in the next file with the events that come from now on.
  mutating func rotate() throws(RecordingError) {
    try take(source.flush(), [])
    rotatedAt = Clock.sinceBoot()
    sink.rotate()
  }

  /// A file that was begun since, for its size or because it was asked for, needs a state of the machine.
  private mutating func noteNextFile() {
    let begun = sink.progress.filesBegun
    if begun == filesBegun { return }
    filesBegun = begun
    rotatedAt = Clock.sinceBoot()
    states.fileChanged()
  }

  /// The one place where states of the machine are taken: what the source tells goes to the sink, behind the batches that
  /// were handed over and before those that follow. Events that come meanwhile are taken between its parts.
  private mutating func takeStateIfDue() throws(RecordingError) {
    let written = sink.progress
    let due = states.due(at: Clock.sinceBoot(), bytes: written.bytes, stateBytes: written.stateBytes)
    guard let reason = due else { return }
    // That of the start was begun together with the recording.
    if reason != .start { source.beginState(reason) }
    while let part = source.nextStatePart() {
      if !part.isEmpty { sink.append(options.containers == nil ? part : ScopeRedaction.redacted(part)) }
      try take(source.drain(), source.takeLosses())
    }
  }

  /// Ends the recording: writes what is left, and the tail.
  consuming func finish() throws(RecordingError) -> RecordingSummary {
    // A file that was begun just now has its state as well.
    noteNextFile()
    if states.isOwed { try takeStateIfDue() }
    try take(source.stop(), source.takeLosses())
    watch.finish()
    let totals: SeriesWriter.Totals
    do { totals = try sink.finish() } catch { throw .capture(error) }
    let files = sink.files
    var summary = progress.summary(path: files.first ?? options.output)
    summary.lastPath = files.last ?? options.output
    summary.files = totals.files
    summary.keptFiles = files.count
    summary.bytes = totals.bytes
    summary.chunks = totals.chunks
    summary.events = totals.events
    if options.redactor != nil { summary.redacted = totals.redacted }
    summary.wallTime = Clock.sinceBoot() - started
    return summary
  }

  /// Hands batches and losses on, and stops at the event limit to the event, the sink at its limit of bytes.
  private mutating func take(_ batches: [EventBatch], _ losses: [LossCount]) throws(RecordingError) {
    watch.notice(source.takeNewContainers())
    for batch in batches {
      var batch = batch
      if let selection = options.selection {
        if options.selectsByContainerNames { watch.waitForNames(of: batch.containerIDs, milliseconds: 500) }
        let rows = try selection(batch, options.selectsByContainerNames ? watch.known : [])
        if rows.count < batch.count { batch = batch.selecting(rows: rows) }
      }
      if options.containers != nil { batch = ScopeRedaction.redacted(batch) }
      if let limit = options.eventLimit {
        let left = limit - min(limit, progress.taken)
        if UInt64(batch.count) > left { batch = batch.selecting(rows: Array(0..<Int(left))) }
      }
      if batch.count == 0 { continue }
      progress.taken += UInt64(batch.count)
      if let limits = options.payloadLimits { batch = batch.cuttingPayloads(to: limits(batch)) }
      sink.append(batch)
    }
    for loss in losses {
      progress.note(loss)
      guard let record = LossRecord(loss) else { continue }
      progress.note(record)
      sink.append(record)
    }
  }
}

extension EventBatch {
  /// The ids of all containers that the batch's rows name.
  fileprivate var containerIDs: Set<String> {
    let containers = dimensions.containers
    return Set(
      (0..<containers.count).compactMap { row in
        containers.value(row, .id).map { dimensions.strings.text(Int($0)) }
      })
  }
}

/// What was taken so far.
private struct Progress {
  var taken: UInt64 = 0
  private var lost: [LossCount.Cause: UInt64] = [:]

  /// What was lost for one cause on one CPU.
  private struct Place: Hashable {
    var cause: LossCause
    var cpu: UInt32?
  }

  private var records: [Place: LossRecord] = [:]

  mutating func note(_ record: LossRecord) {
    let place = Place(cause: record.cause, cpu: record.cpu)
    var known = records[place] ?? record
    if records[place] != nil {
      known.count += record.count
      known.from = min(known.from, record.from)
      known.to = max(known.to, record.to)
    }
    records[place] = known
  }

  mutating func note(_ loss: LossCount) { lost[loss.cause, default: 0] += loss.count }

  func summary(path: String) -> RecordingSummary {
    var summary = RecordingSummary(path: path)
    // A definition that did not fit is sent again: no event is missing for it.
    summary.lost = lost.filter { $0.key != .definition }.values.reduce(0, +)
    summary.lostByCause = LossCount.Cause.allCases.compactMap { cause in lost[cause].map { (cause, $0) } }
    summary.losses = Array(records.values)
    return summary
  }
}

extension LossRecord {
  /// The loss as a capture says it; `nil` when no event is missing for it.
  package init?(_ loss: LossCount) {
    let cause: LossCause
    switch loss.cause {
    case .ringFull: cause = .ringFull
    case .nested: cause = .nested
    case .noTask: cause = .noTask
    case .unresolved: cause = .unresolved
    // Sent again with the next event; the event that it was for is counted as unresolved.
    case .definition: return nil
    }
    self.init(cause: cause, cpu: loss.cpu, count: loss.count, from: loss.from, to: loss.to)
  }
}
