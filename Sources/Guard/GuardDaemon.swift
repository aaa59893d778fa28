import CLinux
import CaptureFormat
import Containers
import Dispatch
import EventBatch
import EventSchema
import KernelSource
import Query
import Recorder
import Rules

#if canImport(Glibc)
import Glibc
#endif

/// Watches the machine until a signal ends it: asks the rules of what happens, keeps the past, captures, acts, tells.
///
/// One thread drains the rings every few milliseconds and asks the rules; everything that may wait (encoding, files,
/// engines, channels) runs on other threads, which it never waits for.
public struct GuardDaemon: ~Copyable {
  var source: KernelSource
  let outlets: GuardOutlets
  let orders: GuardOrders
  let board: GuardStatusBoard
  let containers: ContainerWatch
  let inbox: GuardInbox
  let pipeline: ChunkPipeline
  var keeper: CaptureKeeper
  let actions: ActionRunner
  var setup: GuardSetup
  var watcher: Watcher
  var throttle = Throttle()
  var context: ScanContext
  var files: FileWatch
  var states = StateSchedule(interval: GuardDaemon.statePeriod)
  /// Whether a state is being told.
  var isTellingState = false
  /// Whether a trigger asks for one, and when it was done last.
  var wantsState = false
  var stateOfTrigger: Int64 = 0
  /// Whether all calls are recorded, or those alone that rules name.
  var recordsEverything: Bool
  /// When the open batch was closed last because a capture waits for it.
  var closed: Int64 = 0
  var looked = Looks()
  var shipments = ShipmentWatch()
  /// Captures that an earlier guard had not finished.
  private let left: [CaptureRecord]
  var counts = GuardCounts()

  /// When things that need not be done each time were done last.
  struct Looks {
    var files: Int64 = 0
    var captures: Int64 = 0
    var status: Int64 = 0
    var retention: Int64 = 0
    var losses: Int64 = 0
  }

  /// Milliseconds between two looks at the rings where much happens that rules are about: an alert waits for half of it on
  /// average. What happens alone is looked at in a moment.
  private static let spacing: Int32 = 4
  /// Milliseconds between two looks where nothing happens that rules are about.
  private static let period: Int32 = 20
  /// Nanoseconds after which what captures wait for is written.
  static let captureDelay: Int64 = 400_000_000
  private static let statePeriod: Int64 = 15_000_000_000
  /// Nanoseconds between two states that triggers ask for: captures that begin in between have the one before.
  static let triggerStatePeriod: Int64 = 2_000_000_000

  /// Loads the kernel program and binds the rules; nothing is recorded yet.
  ///
  /// - Parameters:
  ///   - writer: what captures name as their maker.
  /// - Throws: why the guard cannot begin, before anything was done.
  public init(
    _ setup: GuardSetup, _ outlets: GuardOutlets, orders: GuardOrders, board: GuardStatusBoard, writer: String
  ) throws(GuardSetupError) {
    reel_protect_memory()
    let compiled = try CompiledPolicies(setup.configuration, setup.rules, schema: .builtIn)
    let directory = CaptureDirectory(path: setup.configuration.captures.directory)
    try directory.make()
    let engines: EngineAddresses
    do throws(EngineAddresses.Unusable) {
      engines = try EngineAddresses(named: setup.configuration.engines) { name in
        getenv(name).map { String(cString: $0) }
      }
    } catch {
      throw GuardSetupError(error.description)
    }
    let keepsPast = GuardDaemon.keepsPast(setup.configuration, compiled)
    let types = keepsPast ? nil : compiled.engine.types
    let kernel = try GuardDaemon.kernel(watching: compiled.engine.types, recording: types)
    let epochOffset = kernel.epochOffset
    let machine = Machine.current()
    let header = CaptureHeader(
      fileID: CaptureHeader.randomID(), sessionID: CaptureHeader.randomID(), hostname: machine.hostname,
      kernelRelease: machine.kernelRelease, architecture: machine.architecture, writer: writer, started: 0,
      bootTime: epochOffset, cpuCount: UInt32(kernel.cpuCount), snapLength: KernelSourceOptions().snapLength,
      latencyMode: .exact)
    let inbox = GuardInbox()
    let pipeline = ChunkPipeline(setup.configuration.flightRecorder, keepsPast: keepsPast)
    let groups = ControlGroups.current()
    containers = ContainerWatch(
      groups, engines, nil,
      ContainerWatch.Outlets(
        publish: { known in
          inbox.put(known)
          pipeline.append(known)
        }, select: { _ in }, warn: outlets.warn))
    let store = CaptureStore(directory, orders)
    left = store.recover()
    keeper = CaptureKeeper(pipeline, store, outlets, header, redaction: setup.configuration.redaction)
    actions = ActionRunner(
      ContainerActions(groups: groups, engines: EngineOrders(engines)), bootTime: epochOffset)
    source = kernel
    self.setup = setup
    self.outlets = outlets
    self.orders = orders
    self.board = board
    self.inbox = inbox
    self.pipeline = pipeline
    watcher = Watcher(compiled)
    context = ScanContext(hostname: machine.hostname)
    files = FileWatch(setup.watchedFiles)
    recordsEverything = keepsPast
    let (hostname, start, policies, rules) = (
      machine.hostname, EpochClock.now(), compiled.policies.count, compiled.engine.rules.count
    )
    board.update { status in
      status.hostname = hostname
      status.started = start
      status.configured = start
      status.generation = 1
      status.policies = policies
      status.rules = rules
      status.recordsEverything = keepsPast
    }
  }

  /// Loads the kernel program.
  /// - Parameter types: the calls that are recorded at first; `nil` for all.
  private static func kernel(
    watching watched: Set<EventTypeID>, recording types: Set<EventTypeID>?
  ) throws(GuardSetupError) -> KernelSource {
    var options = KernelSourceOptions()
    // What processes use is not asked for by rules.
    if types != nil { options.samplePeriod = nil }
    do throws(KernelSourceError) {
      var kernel = try KernelSource(schema: .builtIn, options: options)
      kernel.watch(watched)
      if let types { try kernel.record(types: types) }
      return kernel
    } catch {
      throw GuardSetupError(error.description)
    }
  }

  /// Whether the past has to be kept: captures of policies begin in it, or somebody asks for it.
  static func keepsPast(_ configuration: GuardConfiguration, _ compiled: CompiledPolicies) -> Bool {
    let limits = configuration.flightRecorder
    return compiled.captures || limits.isWanted && limits.memory > 0 && limits.time > 0
  }

  /// Watches until SIGTERM or SIGINT. SIGHUP has the configuration read again.
  ///
  /// - Parameter ready: called when everything is watched.
  /// - Throws: when the kernel refuses. Later nothing ends the guard but a signal: what goes wrong is told.
  public consuming func run(ready: () -> Void = {}) throws(GuardSetupError) {
    containers.start()
    let signals = RecordingSignals()
    do throws(KernelSourceError) { try source.start() } catch { throw GuardSetupError(error.description) }
    context.start = source.started
    // What other threads are made from here on do not take the priority over.
    _ = reel_keep_priority()
    KernelSource.preferCallingThread()
    isTellingState = recordsEverything
    _ = states.due(at: Clock.sinceBoot(), bytes: 0, stateBytes: 0)
    tellOfLeft()
    shipAgain()
    board.update { $0.isRunning = true }
    ready()
    while signals.ended == 0 {
      let isBusy = isTellingState || watcher.isWaiting
      source.waitForWatched(spacing: GuardDaemon.spacing, atMost: isBusy ? GuardDaemon.spacing : GuardDaemon.period)
      step()
      if let meaning = signals.takeHangUp() {
        if meaning == .end { break }
        reload()
      }
    }
    finish()
  }

  /// Takes what there is.
  private mutating func step() {
    takeKnowledge()
    let batches = source.drain()
    take(batches)
    let now = self.now
    takeOrders(now: now)
    takeReloaded()
    closeForCaptures(now: now)
    tellState(now: now)
    if now - looked.files > 1_000_000_000 {
      looked.files = now
      if files.hasChanged() { reload() }
    }
    if now - looked.status > 200_000_000 { publish(now: now) }
    if now - looked.retention > 30_000_000_000 {
      looked.retention = now
      retain(now: now)
    }
  }

  /// The time of this moment on the recording's clock, in nanoseconds of the epoch.
  var now: Int64 { Clock.sinceBoot() + source.epochOffset }

  /// Asks the rules of what came, then hands it over: a capture that begins now gets the batch that its trigger is in.
  mutating func take(_ batches: [EventBatch]) {
    for glance in source.takeGlances() {
      let found = watcher.take(glance, context, now: now)
      fire(found)
    }
    if watcher.isWaiting {
      let found = watcher.takeWaiting(context, now: now)
      fire(found)
    }
    for batch in batches {
      counts.events += UInt64(batch.count)
      if recordsEverything { pipeline.append(batch) }
    }
    let losses = source.takeLosses()
    if !losses.isEmpty {
      counts.note(losses)
      pipeline.append(losses.compactMap { LossRecord($0) })
    }
  }

  /// What became known of containers.
  private mutating func takeKnowledge() {
    containers.notice(source.takeNewContainers())
    for known in inbox.takeContainers() { context.containers[known.id] = known }
    let news = containers.takeNews()
    for (id, known) in news.names { source.name(container: id, name: known.name, image: known.image) }
    for change in news.changes { source.add(change) }
  }

  private mutating func retain(now: Int64) {
    let outlets = outlets
    keeper.store.retain(setup.configuration.captures, now: now) { record, reason in
      if let reason { outlets.warn("capture \(record.id) should go: \(reason)") }
    }
    if let complaint = shipments.complaint(orders.list(), now: now) {
      tellOfFailure(complaint, setup.configuration.channels.keys.sorted())
    }
  }

  /// Says what the guard before had not finished, each once.
  private func tellOfLeft() {
    for record in left { keeper.tellOfLeft(record, setup.configuration.channels.keys.sorted()) }
  }

  private func shipAgain() {
    guard let ship = setup.configuration.captures.ship else { return }
    for record in orders.list() where record.state == .shipping {
      keeper.shipAgain(record, ship, setup.configuration.channels.keys.sorted())
    }
  }

  /// Ends well: captures get their tails.
  private consuming func finish() {
    take(source.stop())
    // What is not known of containers by now will not be known.
    let waiting = watcher.takeWaiting(context, now: Int64.max)
    fire(waiting)
    keeper.finishAll(because: "the guard was ended")
    orders.close()
    containers.finish()
    pipeline.drain()
    // Those also whose time was over a moment ago.
    if keeper.ending.wait(timeout: .now() + .seconds(20)) == .timedOut {
      outlets.warn("not all captures could be finished; what was written of them is readable")
    }
    keeper.store.flush()
    publish(now: now)
    board.update { $0.isRunning = false }
  }
}
