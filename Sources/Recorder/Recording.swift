import CLinux
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
    // What other processes read and wrote is in this one's memory.
    reel_protect_memory()
    if let program = options.command.first { try ChildCommand.check(program) }
    let canRotate = try checkRotation()
    let source: KernelSource
    do { source = try KernelSource(schema: .builtIn, options: options.source) } catch { throw .kernel(error) }
    return try run(source, canRotate: canRotate)
  }

  /// Whether there can be further files. Refuses when they are asked for and cannot be.
  private borrowing func checkRotation() throws(RecordingError) -> Bool {
    func refuse(_ what: String, _ remedy: String) throws(RecordingError) -> Bool {
      if !options.rotation.isWanted { return false }
      throw .refused(what, path: options.output == "-" ? "standard output" : options.output, remedy: remedy)
    }
    var status = stat()
    let exists = stat(options.output, &status) == 0
    if options.output == "-" || exists && status.st_mode & S_IFMT != S_IFREG {
      return try refuse("only a file can be followed by another one", "name a file with -o, or leave rotation out")
    }
    let next = CaptureSeries.path(options.output, 1)
    if options.rotation.isWanted, !options.writer.replaceExisting, access(next, F_OK) == 0 {
      throw .refused(
        "the file exists, and the second file of this recording would have its name", path: next,
        remedy: "choose another name or replace it with --force")
    }
    // Without the right to become the user, the recording will not begin.
    guard let user = options.user, geteuid() == 0 else { return true }
    let slash = options.output.lastIndex(of: "/")
    let folder = slash.map { $0 == options.output.startIndex ? "/" : String(options.output[..<$0]) } ?? "."
    if try user.mayMakeFiles(in: folder) { return true }
    return try refuse(
      "user \(user.name) may not make files in \(folder), so that no file can follow the first",
      "choose a directory of that user")
  }

  private consuming func run(
    _ source: consuming KernelSource, canRotate: Bool
  ) throws(RecordingError) -> RecordingSummary {
    var writer = options.writer
    if let user = options.user { writer.owner = FileOwner(user: user.uid, group: user.gid) }
    let sink: ChunkSink
    var header = self.header(source)
    var redactor = options.redactor
    redactor?.redact(&header)
    do throws(CaptureError) {
      sink = try ChunkSink(
        CaptureSeries(path: options.output, header: header, options: writer, keep: options.rotation.keep),
        limits: SeriesWriter.Limits(file: options.rotation.size, all: options.byteLimit), redactor: redactor)
    } catch { throw .capture(error) }

    let watch: ContainerWatch
    do throws(KernelSourceError) { watch = try makeWatch(source, sink) } catch { throw .kernel(error) }
    // Containers of now are selected, and known by name, before anything is recorded.
    watch.start()
    let signals = RecordingSignals()
    var targets = RecordedTargets(options.targets)
    let started = Clock.sinceBoot()
    do { try source.start() } catch { throw .kernel(error) }
    var session = RecordingSession(options, source, sink, watch, started: started)
    var child: ChildCommand?
    if let user = options.user {
      // The right to a raised priority goes with the others, and the program must not inherit it.
      KernelSource.preferCallingThread()
      _ = reel_keep_priority()
      try user.become()
      if !options.command.isEmpty { child = try ChildCommand(options.command) }
    } else {
      if !options.command.isEmpty { child = try ChildCommand(options.command) }
      KernelSource.preferCallingThread()
    }

    var passedOn: Int32 = 0
    var looks = 0
    while try session.step() {
      if signals.ended != 0 {
        // Both have it already when it comes from the terminal.
        if !signals.cameFromTerminal { child?.signal(signals.ended) }
        passedOn = signals.ended
        break
      }
      if let meaning = signals.takeHangUp() {
        if meaning == .end || !canRotate {
          child?.signal(SIGHUP)
          passedOn = SIGHUP
          break
        }
        try session.rotate()
      }
      if child?.hasEnded() == true { break }
      looks += 1
      if try hasEnded(&targets, watch, looks) { break }
    }
    var summary = try session.finish()
    if passedOn != 0 { child?.waitBriefly() }
    summary.commandStatus = child?.status
    Usage.current().add(to: &summary)
    return summary
  }

  private borrowing func makeWatch(
    _ source: borrowing KernelSource, _ sink: ChunkSink
  ) throws(KernelSourceError) -> ContainerWatch {
    let selector = options.containers == nil ? nil : try source.selector()
    let warn = options.warn
    return ContainerWatch(
      ControlGroups.current(), options.engines, options.containers,
      ContainerWatch.Outlets(
        publish: { sink.append($0) },
        select: { group in
          if selector?.select([group.id]) == false {
            warn("container \(group.container.id.prefix(12)) cannot be selected: the kernel program takes no more")
          }
        },
        warn: warn))
  }

  /// Whether nothing is left of what the recording is to end with.
  private borrowing func hasEnded(
    _ targets: inout RecordedTargets, _ watch: ContainerWatch, _ looks: Int
  ) throws(RecordingError) -> Bool {
    let endsWithContainers = options.containers?.endsWithThem ?? false
    if endsWithContainers { for group in watch.takeSelected() { targets.add(controlGroup: group.path) } }
    guard endsWithContainers || !options.targets.isEmpty, looks % 10 == 0 else { return false }
    // Those that are waited for have not come yet.
    if endsWithContainers, !watch.hasMatchedAll { return false }
    return targets.areGone()
  }

  private borrowing func header(_ source: borrowing KernelSource) -> CaptureHeader {
    let machine = Machine.current()
    return CaptureHeader(
      fileID: CaptureHeader.randomID(), sessionID: CaptureHeader.randomID(), hostname: machine.hostname,
      kernelRelease: machine.kernelRelease, architecture: machine.architecture, writer: options.writerName,
      started: Clock.sinceBoot() + source.epochOffset, bootTime: source.epochOffset,
      cpuCount: UInt32(source.cpuCount), snapLength: options.source.snapLength,
      latencyMode: options.source.latency.inCapture, filter: options.filterText,
      command: options.command.isEmpty ? nil : options.command.joined(separator: " "))
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
