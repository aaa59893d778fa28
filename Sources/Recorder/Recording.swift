import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import KernelSource

#if canImport(Glibc)
import Glibc
#endif

/// Records the running machine into a capture until a limit, a signal, or the end of a program.
public struct Recording: ~Copyable {
  private let options: RecordingOptions

  /// A recording that has not started.
  public init(_ options: RecordingOptions) { self.options = options }

  /// Records. Returns when the capture is finished.
  ///
  /// - Throws: before anything is recorded, when kernel, file or program refuse; later only when writing fails: the
  ///   capture then ends where the last chunk was written whole, and is readable up to there.
  public consuming func run() throws(RecordingError) -> RecordingSummary {
    if let program = options.command.first { try ChildCommand.check(program) }
    let source: KernelSource
    do { source = try KernelSource(schema: .builtIn, options: options.source) } catch { throw .kernel(error) }
    return try run(source)
  }

  private consuming func run(_ source: consuming KernelSource) throws(RecordingError) -> RecordingSummary {
    var source = source
    let machine = Machine.current()
    let header = CaptureHeader(
      fileID: RandomBytes.sixteen(), sessionID: RandomBytes.sixteen(), hostname: machine.hostname,
      kernelRelease: machine.kernelRelease, architecture: machine.architecture, writer: options.writerName,
      started: Clock.sinceBoot() + source.epochOffset, bootTime: source.epochOffset,
      cpuCount: UInt32(source.cpuCount), snapLength: options.source.snapLength,
      latencyMode: options.source.latency.inCapture, filter: options.filterText,
      command: options.command.isEmpty ? nil : options.command.joined(separator: " "))
    let sink: ChunkSink
    do throws(CaptureError) {
      sink = ChunkSink(
        try CaptureWriter(path: options.output, header: header, schema: .builtIn, options: options.writer),
        path: options.output)
    } catch { throw .capture(error) }

    let signals = StopSignals()
    let started = Clock.sinceBoot()
    do { try source.start() } catch { throw .kernel(error) }
    var progress = Progress(path: options.output)
    var child: ChildCommand?
    if !options.command.isEmpty { child = try ChildCommand(options.command) }
    KernelSource.preferCallingThread()

    while true {
      source.wait(milliseconds: 20)
      try take(source.drain(), source.takeLosses(), into: sink, &progress)
      if signals.arrived != 0 {
        child?.signal(signals.arrived)
        break
      }
      if child?.hasEnded() == true { break }
      if let duration = options.duration, Clock.sinceBoot() - started >= duration { break }
      if let limit = options.eventLimit,
        progress.taken + (options.selection == nil ? UInt64(source.pendingEvents) : 0) >= limit
      {
        break
      }
      if let limit = options.byteLimit, sink.bytes >= limit { break }
      if sink.error != nil { break }
    }
    try take(source.stop(), source.takeLosses(), into: sink, &progress)

    let totals: CaptureTotals
    do { totals = try sink.finish() } catch { throw .capture(error) }
    var summary = progress.summary
    summary.bytes = totals.bytes
    summary.chunks = UInt64(totals.chunks)
    summary.events = totals.events
    summary.wallTime = Clock.sinceBoot() - started
    summary.commandStatus = child?.status
    Usage.current().add(to: &summary)
    return summary
  }

  /// Hands batches and losses on, and stops at the event limit to the event.
  private borrowing func take(
    _ batches: [EventBatch], _ losses: [LossCount], into sink: ChunkSink, _ progress: inout Progress
  ) throws(RecordingError) {
    for batch in batches {
      var batch = batch
      if let selection = options.selection {
        let rows = try selection(batch)
        if rows.count < batch.count { batch = batch.selecting(rows: rows) }
      }
      if let limit = options.eventLimit {
        let left = limit - min(limit, progress.taken)
        if left == 0 { continue }
        if UInt64(batch.count) > left { batch = batch.selecting(rows: Array(0..<Int(left))) }
      }
      progress.taken += UInt64(batch.count)
      sink.append(batch)
    }
    for loss in losses {
      progress.note(loss)
      if let record = LossRecord(loss) { sink.append(record) }
    }
  }
}

/// Random ids for files and recordings.
private enum RandomBytes {
  static func sixteen() -> [UInt8] { (0..<16).map { _ in UInt8.random(in: .min ... .max) } }
}

/// What was taken so far.
private struct Progress {
  var taken: UInt64 = 0
  private var lost: [LossCount.Cause: UInt64] = [:]
  private let path: String

  init(path: String) { self.path = path }

  mutating func note(_ loss: LossCount) { lost[loss.cause, default: 0] += loss.count }

  var summary: RecordingSummary {
    var summary = RecordingSummary(path: path)
    // A definition that did not fit is sent again: no event is missing for it.
    summary.lost = lost.filter { $0.key != .definition }.values.reduce(0, +)
    summary.lostByCause = LossCount.Cause.allCases.compactMap { cause in lost[cause].map { (cause, $0) } }
    return summary
  }
}

extension LossRecord {
  /// The loss as a capture says it; `nil` when no event is missing for it.
  fileprivate init?(_ loss: LossCount) {
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

extension ProbeLatency {
  fileprivate var inCapture: LatencyMode {
    switch self {
    case .exact: .exact
    case .adaptive: .adaptive
    case .none: .none
    }
  }
}

/// What the recorder itself used.
private struct Usage {
  var cpuTime: Int64
  var peakResidentBytes: UInt64

  static func current() -> Usage {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    func nanoseconds(_ time: timeval) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1000 }
    return Usage(
      cpuTime: nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime),
      peakResidentBytes: UInt64(usage.ru_maxrss) * 1024)
  }

  func add(to summary: inout RecordingSummary) {
    summary.cpuTime = cpuTime
    summary.peakResidentBytes = peakResidentBytes
  }
}

/// What the machine calls itself.
private struct Machine {
  var hostname: String
  var kernelRelease: String
  var architecture: String

  static func current() -> Machine {
    var names = utsname()
    uname(&names)
    func text<Field>(_ field: Field) -> String {
      withUnsafeBytes(of: field) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    return Machine(
      hostname: text(names.nodename), kernelRelease: text(names.release), architecture: text(names.machine))
  }
}
