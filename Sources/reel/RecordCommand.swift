import ArgumentParser
import CaptureFile
import Compression
import EventSchema
import KernelSource
import Presentation
import Query
import Recorder
import Seals

#if canImport(Glibc)
import Glibc
#endif

struct RecordCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "record",
    abstract: "Records the running machine into a capture.",
    usage: "reel record [<options>] [<filter>] [-- <command> ...]",
    discussion: """
      Records until a limit, Ctrl-C, or the end of COMMAND and its descendants. With COMMAND the exit status is that \
      of the command (128 + n for signal n), and 125 when Reel itself fails.

      What a filter says about event types, process names, users and process ids is decided in the kernel already, as \
      are --container and --pid: what is left out there costs next to nothing.

      A recording can go on in further files: -o boot.reel makes boot.reel, boot_0001.reel, boot_0002.reel and so on, \
      without losing an event between them. Each is a capture by itself, and event numbers continue.

      SIGNALS: SIGINT and SIGTERM end the recording, and another one a second later ends it without a tail. SIGHUP asks for \
      the next file; where there can be none (-o -), and when the terminal has gone, it ends the recording.

      EXAMPLES:
        reel record --duration 10s
        reel record -o build.reel -- make -j8
        reel record --max-size 1GiB "evt.type in (open, openat) or fd.type = ipv4"
        reel record -o - --events 100000 --codec zstd > first.reel
        reel record -o /var/log/reel/host.reel --rotate-time 1h --keep 24 --user reel
        reel record -o case.reel --seal signing.pem --duration 5m
        reel record -o web.reel --snaplen 4096 --redact secrets --container web
        reel record --pid 4711 --until-exit --env LD_PRELOAD,PATH
        reel record --container 3f4e1c7a90b2 --wait --until-exit "evt.type = execve"
        reel record --container web --container 'registry/app:*' --container pod:prod/front-7
      """)

  @Argument(help: "Which events to record, in the filter language.")
  var filter: String?

  @Option(
    name: [.short, .customLong("output")],
    help: ArgumentHelp("Where the capture goes; - is standard output. (default: HOST-TIME.reel)", valueName: "file"))
  var output: String?

  @Option(help: ArgumentHelp("End after this time: 250ms, 10s, 5m.", valueName: "duration"))
  var duration: TimeSpan?

  @Option(help: ArgumentHelp("End after this many events.", valueName: "n"))
  var events: UInt64?

  @Option(help: ArgumentHelp("End when the capture has this size: 512KiB, 1GiB.", valueName: "size"))
  var maxSize: ByteSize?

  @OptionGroup var rotation: RotationOptions

  @OptionGroup var scope: ScopeOptions

  @OptionGroup var engines: EngineOptions

  @OptionGroup var hooks: HookOptions

  @Option(help: ArgumentHelp("Bytes of payload that are kept of a read or write, 0 to 65535.", valueName: "n"))
  var snaplen = KernelSourceOptions().snapLength

  @Option(
    help: ArgumentHelp(
      "Keep more payload of what a filter selects: 'fd.port = 53=4096'. The kernel copies as much of all calls; what is not "
        + "selected is cut before it is written. Can be given several times.", valueName: "filter=n"))
  var snaplenFor: [PayloadRule] = []

  @Option(help: "How the time of calls is measured: exact, adaptive (cheaper, upper bounds in tight loops) or none.")
  var latency = LatencyChoice.exact

  @Option(
    help: ArgumentHelp(
      "Memory of each CPU's ring, rounded up to a power of two, 256KiB to 512MiB.", valueName: "size"))
  var buffer = ByteSize(bytes: Int64(KernelSourceOptions().ringSize))

  @Option(help: "How the capture is compressed: lz4, zstd or none.")
  var codec = CodecChoice.lz4

  @Option(help: "When the capture is handed to the disk: at the end of a file, after each chunk, or none: not at all.")
  var sync = SyncChoice.end

  @Option(
    help: ArgumentHelp(
      "Sign the capture while it is written, with the Ed25519 key in this PEM file; see reel verify --key.",
      valueName: "key"),
    completion: .file())
  var seal: String?

  @OptionGroup var redaction: RedactionOptions

  @Option(
    help: ArgumentHelp(
      "Give up root's rights once the recording has begun: recorder, files and COMMAND are this user's.",
      valueName: "name"))
  var user: String?

  @Flag(help: "Overwrite the capture if it exists.")
  var force = false

  @Flag(help: "End with status 3 when events were lost.")
  var strict = false

  @Flag(help: "Say nothing at the end but what went wrong.")
  var quiet = false

  @Flag(help: "Do not record: show what of the filter the kernel decides and what is left to the recorder.")
  var explain = false

  @Flag(help: "End with one JSON object on standard error instead of the summary.")
  var json = false

  @Argument(parsing: .postTerminator, help: ArgumentHelp("A program to run and record.", valueName: "command"))
  var command: [String] = []

  func validate() throws {
    if let duration, duration.nanoseconds == 0 { throw ValidationError("--duration must be more than nothing") }
    if events == 0 { throw ValidationError("--events must be more than 0") }
    if let maxSize, maxSize.bytes == 0 { throw ValidationError("--max-size must be more than 0") }
    if let rule = snaplenFor.first(where: { $0.length > 65_535 }) {
      throw ValidationError("--snaplen-for \(rule.length): 65535 is the most")
    }
    if snaplen > 65_535 { throw ValidationError("--snaplen is \(snaplen), and 65535 is the most") }
    if buffer.bytes > 512 << 20 { throw ValidationError("--buffer is more than 512MiB, which is the most for a CPU") }
  }

  func run() throws {
    do {
      try record()
    } catch {
      var failure = Failure(error)
      // What came before belongs to the reader of the pipe, who has seen enough.
      if output == "-", StandardOutput.hasLostItsReader { failure = Failure(status: ExitStatus.done, nil) }
      if !command.isEmpty, failure.status != ExitStatus.done, failure.line != nil {
        failure.status = ExitStatus.recorderFailed
      }
      throw failure
    }
  }

  private func record() throws {
    if explain { return try explainFilter() }
    var options = try recordingOptions()
    try scope.apply(to: &options)
    if Terminal.standardError.isTerminal, command.isEmpty, !json, !quiet {
      StandardError.write("recording to \(VisibleText.of(options.output)); Ctrl-C ends it\n")
    }
    let summary = try Recording(options).run()
    let report = RecordReport(summary)
    if let line = report.lossLine {
      StandardError.write(line.rendered(colour: Terminal.standardError.allowsColour))
    }
    if json || !quiet {
      StandardError.write(
        json ? String(decoding: report.json.line, as: UTF8.self) : report.rendered(for: .standardError))
    }
    let status = summary.commandStatus?.shellCode ?? ExitStatus.done
    if strict, summary.lost > 0, status == ExitStatus.done {
      throw ExitCode(ExitStatus.partlyReadable)
    }
    throw ExitCode(status)
  }

  /// What the filter selects of a batch. It is bound before anything is recorded, so that its errors are refusals.
  private func addFilter(to options: inout RecordingOptions) throws(Failure) {
    guard let filter else { return }
    let question: Question
    do throws(QueryError) {
      question = try Question(filter: filter, schema: .builtIn)
    } catch {
      var failure = Failure(error, in: "filter")
      // Whoever forgets the dashes in front of a program gets here.
      if command.isEmpty, !filter.contains(where: { " =<>()\"'".contains($0) }) {
        failure.line?.remedy = "a program to run goes behind --"
      }
      throw failure
    }
    question.reportWarnings()
    reportMissingHooks(question)
    options.filterText = filter
    options.source.selection.add(question.bounds)
    options.selectsByContainerNames = question.asksForContainers
    options.selection = { batch, containers throws(RecordingError) in
      question.select(from: batch, context: ScanContext(containers: containers)).map { Int($0) }
    }
  }

  /// The kernel copies the most that a rule asks for; recorder and capture keep of each event what its rules say.
  private func addPayloadRules(to options: inout RecordingOptions) throws(Failure) {
    options.source.snapLength = snaplen
    if snaplenFor.isEmpty { return }
    var rules: [(question: Question, length: UInt32)] = []
    for rule in snaplenFor {
      let question = try reading("filter of --snaplen-for") { () throws(QueryError) in
        try Question(filter: rule.filter, schema: .builtIn)
      }
      question.reportWarnings()
      rules.append((question, rule.length))
      options.source.snapLength = max(options.source.snapLength, rule.length)
    }
    let (known, least) = (rules, snaplen)
    options.payloadLimits = { batch in
      var limits = [UInt32](repeating: least, count: batch.count)
      for rule in known {
        for row in rule.question.select(from: batch) { limits[Int(row)] = max(limits[Int(row)], rule.length) }
      }
      return limits
    }
  }

  /// Says what a filter asks for that is recorded on request only.
  private func reportMissingHooks(_ question: Question) {
    for (name, option, isOn) in [
      ("page_fault", "--page-faults", hooks.pageFaults), ("switch", "--switches", hooks.switches),
    ] where !isOn {
      guard let types = question.bounds.types, let type = Schema.builtIn.types.first(where: { $0.name == name }),
        types.contains(type.id), types.count < Schema.builtIn.types.count / 2
      else { continue }
      StandardError.write(
        ErrorLine("warning: the filter asks for events '\(name)', which are recorded with \(option) only")
          .rendered(colour: Terminal.standardError.allowsColour))
    }
  }

  private func explainFilter() throws(Failure) {
    let filter = filter
    let question = try reading("filter") { () throws(QueryError) in try Question(filter: filter, schema: .builtIn) }
    question.reportWarnings()
    reportMissingHooks(question)
    let output = StandardOutput()
    do throws(OutputError) {
      try output.write(PushdownReport.rendered(question, for: .standardOutput))
      try output.flush()
    } catch {
      throw Failure(error)
    }
  }

  func recordingOptions() throws(Failure) -> RecordingOptions {
    let path = output ?? RecordCommand.defaultName()
    if path == "-", isatty(STDOUT_FILENO) == 1 {
      throw .refused("a capture is not for a terminal", remedy: "name a file with -o, or send it into a pipe")
    }
    var options = RecordingOptions(output: path)
    try addPayloadRules(to: &options)
    options.source.latency = latency.mode
    hooks.apply(to: &options.source)
    options.source.ringSize = Int(buffer.bytes)
    if path == "-" {
      // Who reads a pipe wants to see it while it happens; a file is smaller with fewer chunks.
      options.source.batchTime = min(options.source.batchTime, 400_000_000)
      options.source.quietBatchTime = options.source.batchTime
    }
    options.writer.codec = codec.codec
    options.writer.sync = sync.policy
    if let seal {
      do throws(KeyError) { options.writer.seals = KeySealMaker(try SigningKey(path: seal)) } catch {
        throw Failure(error)
      }
    }
    options.redactor = try redaction.redactor()
    options.writer.counting = OverviewCounting(.builtIn)
    options.writer.replaceExisting = force
    options.duration = duration?.nanoseconds
    options.eventLimit = events
    options.byteLimit = maxSize.map { UInt64($0.bytes) }
    options.rotation = rotation.rotation
    options.source.environment = scope.env.selection
    options.engines = try engines.addresses()
    options.warn = { StandardError.warn($0) }
    if let user {
      guard let identity = UserIdentity(user) else {
        throw .refused("there is no user '\(user)'", remedy: "`getent passwd` lists all")
      }
      options.user = identity
    }
    options.command = command
    options.writerName = "reel \(Reel.version)"
    try addFilter(to: &options)
    return options
  }

  /// `HOST-TIME.reel`.
  static func defaultName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    let host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    let time = ClockText.compact(Int64(now.tv_sec) * 1_000_000_000, zone: .local)
    return (host.isEmpty ? "host" : host.replacing("/", with: "-")) + "-\(time).reel"
  }
}

/// The names of `--latency`.
enum LatencyChoice: String, ExpressibleByArgument, CaseIterable {
  case exact, adaptive, none

  var mode: ProbeLatency {
    switch self {
    case .exact: .exact
    case .adaptive: .adaptive
    case .none: .none
    }
  }
}

/// The names of `--sync`.
enum SyncChoice: String, ExpressibleByArgument, CaseIterable {
  case none, end, chunk

  var policy: SyncPolicy {
    switch self {
    case .none: .none
    case .end: .end
    case .chunk: .chunk
    }
  }
}

/// The names of `--codec`.
enum CodecChoice: String, ExpressibleByArgument, CaseIterable {
  case lz4, zstd, none

  var codec: Codec {
    switch self {
    case .lz4: .lz4
    case .zstd: .zstd
    case .none: .none
    }
  }
}

/// `FILTER=N` of `--snaplen-for`: the bytes of payload that are kept of what a filter selects.
struct PayloadRule: ExpressibleByArgument, Hashable {
  let filter: String
  let length: UInt32

  init?(argument: String) {
    guard let sign = argument.lastIndex(of: "="), let length = UInt32(argument[argument.index(after: sign)...]),
      argument[..<sign].contains(where: { !$0.isWhitespace })
    else { return nil }
    filter = String(argument[..<sign])
    self.length = length
  }
}
