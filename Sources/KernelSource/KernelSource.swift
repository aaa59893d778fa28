import CLibBPF
import Containers
import EventBatch
import EventSchema
import Probe
import SystemPackage

#if canImport(Glibc)
import Glibc
#endif

/// The running kernel as a source of batches.
///
///     var source = try KernelSource(schema: .builtIn, options: KernelSourceOptions())
///     try source.start()
///     while recording {
///       source.wait(milliseconds: 20)
///       for batch in source.drain() { … }
///     }
///     for batch in source.stop() { … }
///
/// Not thread-safe: one thread drains. Needs root or CAP_BPF, CAP_PERFMON and CAP_SYS_PTRACE.
public struct KernelSource: ~Copyable {
  var probe: LoadedProbe
  var assembler: EventAssembler
  let schema: Schema
  let options: KernelSourceOptions
  /// Nanoseconds to add to time since boot for the epoch: fixed at the start, so that no clock step reorders events.
  public let epochOffset: Int64
  /// When the recording started, in nanoseconds of the epoch.
  public private(set) var started: Int64 = 0
  private var cursors: [RingCursor]
  private var losses: [LossCount] = []

  /// Events that reached user space.
  public private(set) var events: UInt64 = 0

  /// Loads the kernel program; nothing is recorded yet.
  public init(schema: Schema, options: KernelSourceOptions) throws(KernelSourceError) {
    guard options.snapLength <= 65_535 else {
      throw KernelSourceError(.badOption, "--snaplen \(options.snapLength) is out of range: 0 to 65535")
    }
    var options = options
    options.selection.addCauses()
    let offset = Clock.epochOffset()
    let loaded = try LoadedProbe(schema: schema, options: options)
    try loaded.install(
      OperationTable(
        schema: schema, architecture: .current, snapLength: options.snapLength, types: options.selection.types))
    try loaded.select(cgroups: options.selection.cgroups)
    probe = loaded
    self.schema = schema
    self.options = options
    epochOffset = offset
    assembler = EventAssembler(
      schema: schema, options: options, epochOffset: epochOffset, cpuCount: probe.cpuCount)
    cursors = [RingCursor](repeating: RingCursor(), count: probe.cpuCount)
  }

  /// How many CPUs the machine can have, each with a ring.
  public var cpuCount: Int { probe.cpuCount }

  /// Events that were drained and are in no closed batch yet.
  public var pendingEvents: Int { assembler.pendingEvents }

  /// Starts recording, then takes the snapshot of what was there before: nothing falls between the two.
  ///
  /// The state of the machine at the start is there to be taken with `nextStatePart` then.
  public mutating func start() throws(KernelSourceError) {
    probe.makeIterators()
    assembler.definitions.seesAllProcesses = MachineSnapshot.isOutermostNamespace()
    assembler.definitions.listeningPorts = MachineSnapshot.listeningPorts()
    MachineSnapshot.addUsers(to: &assembler.definitions)
    try selectProcessTrees()
    started = Clock.sinceBoot() + epochOffset
    try probe.attach(latency: options.latency)
    if let period = options.samplePeriod, options.stage == .all,
      options.selection.types?.contains(.processSample) != false
    {
      samples = ProcessSamples(period: period, now: Clock.sinceBoot())
    }
    beginState(.start)
    if state == nil { MachineSnapshot.addProcesses(to: &assembler.definitions) }
    assembler.started = started
    assembler.findContainers()
  }

  /// Begins to tell everything that is there now; its parts are to be taken with `nextStatePart`. Looks at all threads at
  /// once (about 2 µs each), at the rest part by part. Where the kernel has no iterators there is no state.
  public mutating func beginState(_ reason: MachineState.Reason) {
    state = StateSnapshot.begin(
      reason, probe, schema: schema, epochOffset: epochOffset, selection: options.selection,
      definitions: &assembler.definitions)
  }

  /// The next part of the state that was begun, `nil` behind the last one. Takes some milliseconds at most, so that rings
  /// can be drained between parts; a part in which nothing was found until then is empty.
  public mutating func nextStatePart() -> MachineState? {
    guard let part = state?.next(probe, &assembler.definitions) else {
      state = nil
      return nil
    }
    return part
  }

  /// What selects further control groups while recording: containers that are made later.
  public func selector() throws(KernelSourceError) -> ControlGroupSelector { try ControlGroupSelector(probe.object) }

  /// Containers that were seen at work since the last call; one may come several times.
  public mutating func takeNewContainers() -> [CgroupContainer] { assembler.definitions.store.takeNewContainers() }

  /// Says what people call a container: events of its life say it from now on.
  public mutating func name(container id: String, name: String?, image: String?) {
    assembler.lives.name(
      Array(id.utf8), ContainerLives.Names(name: name.map { Array($0.utf8) }, image: image.map { Array($0.utf8) }))
  }

  /// Puts what happened to a container behind all events that were taken.
  public mutating func add(_ change: ContainerChange) {
    assembler.take(change, time: Int64(bitPattern: max(watermark, UInt64(started - epochOffset))) + epochOffset)
  }

  /// Tells the kernel program which processes are meant: their ids alone would also mean whoever has them later.
  private mutating func selectProcessTrees() throws(KernelSourceError) {
    guard !options.selection.processTrees.isEmpty else {
      return try probe.select(processes: options.selection.processes.map { ($0, 0) })
    }
    var scratch = Definitions(epochOffset: epochOffset)
    scratch.seesAllProcesses = assembler.definitions.seesAllProcesses
    var starts: [(pid: UInt32, start: UInt64)] = []
    if let run = probe.begin(.threads) {
      var hasMore = true
      while hasMore {
        hasMore = run.step(256)
        probe.takeSnapshotRecords { record in
          guard record.assumingMemoryBound(to: reel_record.self).pointee.kind == REEL_RECORD_THREAD.rawValue else {
            return
          }
          let thread = record.assumingMemoryBound(to: reel_thread.self).pointee
          if thread.tid == thread.pid, options.selection.processTrees.contains(thread.pid) {
            starts.append((thread.pid, thread.process_start_time))
          }
        }
      }
    }
    guard starts.count == options.selection.processTrees.count else {
      let missing = options.selection.processTrees.subtracting(starts.map(\.pid)).sorted()
      throw KernelSourceError(
        .badOption, "there is no process \(missing.map(String.init).joined(separator: ", ")): see ps")
    }
    try probe.select(processes: starts)
  }

  /// Puts the calling thread before others: on a busy machine, rings fill while the thread that drains them waits for a
  /// CPU. Children inherit it, so that programs are started before. Without the right to it nothing changes.
  public static func preferCallingThread() {
    // Linux keeps the priority of each thread; 0 is the caller. A refusal is no failure: recording works, with less reserve.
    _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, -15)
  }

  /// Waits until there is something to drain that should not wait, or the time is over, or a signal arrives.
  public func wait(milliseconds: Int32) { probe.wait(milliseconds: milliseconds) }

  /// Takes what is in the rings and gives the batches that were closed by it, in order of time.
  public mutating func drain() -> [EventBatch] {
    probe.noticeSleep()
    take(until: nil)
    takeSamples()
    renewDimensions()
    assembler.closeIfOlder(than: Clock.sinceBoot() + epochOffset)
    return assembler.takeClosed()
  }

  /// Closes the batch that is being built, so that what was taken so far and what comes next are in different ones.
  public mutating func flush() -> [EventBatch] {
    assembler.close()
    return assembler.takeClosed()
  }

  /// Stops recording and gives all that is left.
  public mutating func stop() -> [EventBatch] {
    probe.detach()
    // A program that was running when its link went away is done long before this.
    usleep(2000)
    take(until: UInt64.max)
    takeUnfinished(.calls)
    takeUnfinished(.requests)
    assembler.close()
    return assembler.takeClosed()
  }

  /// Takes the calls that have not returned, or the requests that have not completed, as unfinished events.
  private mutating func takeUnfinished(_ iterator: LoadedProbe.Iterator) {
    guard options.stage == .all, let run = probe.begin(iterator) else { return }
    var hasMore = true
    while hasMore {
      hasMore = run.step(1024)
      probe.takeSnapshotRecords { record in assembler.take(record, cpu: 0) }
    }
  }

  /// Takes what processes use, when it is time to. Events that come later are not before the watermark.
  private mutating func takeSamples() {
    samples?.takeIfDue(
      probe, now: Clock.sinceBoot(), stamp: watermark, isKnown: { assembler.definitions.isThreadKnown($0) }
    ) { record in assembler.take(record, cpu: 0) }
  }

  /// What was lost since the last call.
  public mutating func takeLosses() -> [LossCount] {
    collectLosses()
    defer { losses = [] }
    return losses
  }

  /// Merges the rings by time up to a limit (`nil`: as far as no ring can still bring an earlier record).
  private mutating func take(until limit: UInt64?) {
    let now = UInt64(bitPattern: Clock.sinceBoot())
    for cpu in 0..<probe.cpuCount {
      let ring = probe.ring(cpu)
      // Busy first: a program that starts after this look takes its time after `now`.
      let isBusy = reel_load_acquire(&ring.pointee.busy) != 0
      let head = reel_load_acquire(&ring.pointee.head)
      cursors[cpu].begin(
        head: head, isBusy: isBusy && limit == nil, idleLimit: limit ?? now &- RingCursor.slack)
    }
    while true {
      var least = 0
      var leastTime = UInt64.max
      var secondTime = UInt64.max
      for cpu in 0..<probe.cpuCount {
        let time = cursors[cpu].nextTime(probe.ringData(cpu), mask: probe.ringSize - 1)
        if time < leastTime {
          secondTime = leastTime
          leastTime = time
          least = cpu
        } else if time < secondTime {
          secondTime = time
        }
      }
      if cursors[least].isAtEnd {
        watermark = leastTime
        break
      }
      // A run of records of one ring, as long as none of another ring comes before them.
      let data = probe.ringData(least)
      repeat {
        let record = cursors[least].record(data, mask: probe.ringSize - 1)
        assembler.take(record, cpu: least)
        cursors[least].advance(record)
      } while !cursors[least].isAtEnd
        && cursors[least].nextTime(data, mask: probe.ringSize - 1) <= secondTime
    }
    isUrgentLeft = false
    for cpu in 0..<probe.cpuCount {
      let ring = probe.ring(cpu)
      // A ring calls once for each place of its tail: what came behind that call, and is left, has not called.
      let hasCalled = ring.pointee.called_at == ring.pointee.tail
      reel_store_release(&ring.pointee.tail, cursors[cpu].position)
      if hasCalled, reel_load_acquire(&ring.pointee.head) != cursors[cpu].position { isUrgentLeft = true }
    }
    lookedAt = Int64(bitPattern: now)
    collectLosses()
  }

  /// Keeps the dimensions from growing for ever: has everything defined anew, and drops the old rows once nothing that
  /// was recorded before can come any more.
  private mutating func renewDimensions() {
    if let raisedAt {
      // Every event behind this moment names rows of the new generation.
      guard watermark > raisedAt else { return }
      assembler.startGeneration()
      self.raisedAt = nil
    } else if assembler.dimensionRows > options.dimensionRows {
      probe.raiseGeneration()
      raisedAt = UInt64(bitPattern: Clock.sinceBoot()) + 1_000_000
    }
  }

  private mutating func collectLosses() {
    let now = Clock.sinceBoot() + epochOffset
    for cpu in 0..<probe.cpuCount {
      let ring = probe.ring(cpu)
      let counts = [
        ring.pointee.lost.0, ring.pointee.lost.1, ring.pointee.lost.2, ring.pointee.lost.3,
      ]
      for (index, cause) in LossCount.Cause.probeCauses.enumerated() {
        let new = counts[index] &- cursors[cpu].lostBefore[index]
        guard new > 0 else { continue }
        cursors[cpu].lostBefore[index] = counts[index]
        losses.append(
          LossCount(cause: cause, cpu: UInt32(cpu), count: new, from: cursors[cpu].lookedAt, to: now))
      }
      cursors[cpu].lookedAt = now
    }
    if let unresolved = assembler.takeUnresolved() {
      losses.append(
        LossCount(
          cause: .unresolved, cpu: nil, count: unresolved.count, from: unresolved.from, to: unresolved.to))
    }
  }

  /// What processes used; `nil` when that is not asked for.
  private var samples: ProcessSamples?
  /// The state that is being told.
  private var state: StateSnapshot?
  /// When the generation was raised, a moment added for programs that were running; `nil` when that is done with.
  private var raisedAt: UInt64?
  /// Everything before this time since boot was taken.
  private var watermark: UInt64 = 0
  /// When the rings were looked at last, in time since boot.
  private(set) var lookedAt: Int64 = 0
  /// Whether a ring that had called still holds something.
  private(set) var isUrgentLeft = false
}

/// Events of one cause that were lost on one CPU between two looks at its counter.
public struct LossCount: Sendable, Hashable {
  /// Why something was lost.
  public enum Cause: Sendable, Hashable, CaseIterable {
    /// The ring had no room: user space was too slow or the ring too small.
    case ringFull
    /// A program of the recorder was interrupted by another one.
    case nested
    /// There was no memory for the state of a task.
    case noTask
    /// A definition did not fit; the event itself was recorded, and the definition is sent again with the next one.
    case definition
    /// An event refers to a thread or object that was never defined.
    case unresolved

    static let probeCauses: [Cause] = [.ringFull, .nested, .noTask, .definition]
  }

  /// Why.
  public let cause: Cause
  /// `nil` for what is found after the rings were merged.
  public let cpu: UInt32?
  /// How many.
  public let count: UInt64
  /// Nanoseconds of the epoch.
  public let from: Int64
  /// See `from`.
  public let to: Int64
}

/// How far one CPU's ring was read.
struct RingCursor {
  /// Time between the moment at which a program becomes visibly busy and the moment that it takes as its own: generous,
  /// since a store may wait behind others.
  static let slack: UInt64 = 50_000

  private(set) var position: UInt64 = 0
  private var head: UInt64 = 0
  private var limit: UInt64 = 0
  private var lastTime: UInt64 = 0
  var lostBefore = [UInt64](repeating: 0, count: 4)
  var lookedAt: Int64 = 0

  mutating func begin(head: UInt64, isBusy: Bool, idleLimit: UInt64) {
    self.head = head
    // A busy program's record comes after all that its CPU wrote before, but maybe before `idleLimit`.
    limit = isBusy ? 0 : idleLimit
  }

  var isAtEnd: Bool { position == head }

  /// The time of the next record; behind the last one, a time that all later records of this ring are not before.
  @inline(__always)
  func nextTime(_ data: UnsafeRawPointer, mask: Int) -> UInt64 {
    if position == head { return max(limit, lastTime) }
    return record(data, mask: mask).load(fromByteOffset: 8, as: UInt64.self)
  }

  @inline(__always)
  func record(_ data: UnsafeRawPointer, mask: Int) -> UnsafeRawPointer {
    data + Int(truncatingIfNeeded: position) & mask
  }

  @inline(__always)
  mutating func advance(_ record: UnsafeRawPointer) {
    lastTime = record.load(fromByteOffset: 8, as: UInt64.self)
    position &+= UInt64(record.load(as: UInt32.self))
  }
}
