/// One channel with its queue, its thread and what waits on disk.
final class ChannelWorker: Sendable {
  /// What sender and thread share.
  private struct State {
    var queue: [Notice] = []
    var bytes = 0
    /// Until when attempts go on; `nil` while the guard runs.
    var deadline: Int64?
    var hasEnded = false
    var status: ChannelStatus
  }

  let configuration: ChannelConfiguration
  private let name: String
  private let shared: Monitor<State>
  private let report: @Sendable (String) -> Void

  /// Notices in memory that nobody has looked at yet.
  static let queueLimit = 4096
  /// Bytes of them.
  static let queueBytes = 16 << 20

  /// Starts the thread.
  init(
    _ name: String, _ configuration: ChannelConfiguration, spool: SpoolLimits?, hostname: String,
    report: @escaping @Sendable (String) -> Void
  ) {
    self.name = name
    self.configuration = configuration
    self.report = report
    shared = Monitor(State(status: ChannelStatus(name: name, kind: configuration.kind)))
    let isStarted = WorkerThread.start { [self] in
      var work = Work(self, spool, hostname)
      work.run()
    }
    if !isStarted {
      shared.change { $0.hasEnded = true }
      report("the channel '\(name)' has no thread, and takes nothing: the machine has none to give")
    }
  }

  var status: ChannelStatus { shared.read { $0.status } }

  /// Takes a notice. Never waits.
  func send(_ notice: Notice) {
    shared.change { state in
      let size = notice.text.utf8.count + notice.json.utf8.count
      if state.hasEnded || state.queue.count >= ChannelWorker.queueLimit
        || state.bytes + size > ChannelWorker.queueBytes
      {
        state.status.lost += 1
        return
      }
      state.queue.append(notice)
      state.bytes += size
      state.status.waiting += 1
    }
  }

  /// Has attempts end at a moment of the monotonic clock; what is left then goes into the spool.
  func stop(at deadline: Int64) { shared.change { $0.deadline = min($0.deadline ?? .max, deadline) } }

  /// Waits for the end of the thread.
  /// - Returns: whether it came.
  func waitForEnd(until deadline: Int64) -> Bool {
    shared.wait(until: deadline) { $0.hasEnded ? true : nil } ?? false
  }

  /// What the thread does, and has for itself.
  private struct Work: ~Copyable {
    private let worker: ChannelWorker
    private let channel: any Channel
    private let hostname: String
    private var spool: SpoolBox
    /// Notices in memory, behind those of the spool.
    private var pending: [Notice] = []
    private var backOff = BackOff()
    private var nextAttempt: Int64 = 0
    private var failingSince: Int64?
    private var lostBefore: UInt64 = 0

    init(_ worker: ChannelWorker, _ limits: SpoolLimits?, _ hostname: String) {
      self.worker = worker
      self.hostname = hostname
      channel = worker.configuration.makeChannel()
      spool = SpoolBox()
      guard let limits else { return }
      do throws(Spool.Unusable) {
        spool.open(try Spool("\(limits.directory)/\(worker.name)", limit: limits.bytes))
        let waiting = spool.count
        let bytes = spool.bytes
        worker.shared.read {
          $0.status.waiting += UInt64(waiting)
          $0.status.spooledBytes = bytes
        }
      } catch {
        worker.report(
          "the channel '\(worker.name)' has no spool (\(error.what)); what it does not take waits in memory, and is lost at the end"
        )
      }
    }

    mutating func run() {
      while true {
        let hasWork = !pending.isEmpty || spool.count > 0
        let next = nextAttempt
        let (taken, deadline) =
          worker.shared.wait(until: hasWork ? next : nil) { state -> ([Notice], Int64?)? in
            guard !state.queue.isEmpty || state.deadline != nil || hasWork && Moment.now >= next else { return nil }
            defer {
              state.queue = []
              state.bytes = 0
            }
            return (state.queue, state.deadline)
          } ?? ([], nil)
        pending += taken
        if let deadline {
          // At the end nobody waits for the next attempt.
          if failingSince != nil || Moment.now >= deadline || pending.isEmpty && spool.count == 0 { break }
        }
        if spool.count > 0 || failingSince != nil { store() }
        if Moment.now >= nextAttempt { attempt() }
      }
      store()
      spool.synchronize()
      let lost = UInt64(pending.count)
      if lost > 0 { worker.report("\(lost) notices for the channel '\(worker.name)' are lost at the end") }
      worker.shared.change {
        $0.status.lost += lost + UInt64($0.queue.count)
        $0.queue = []
        $0.hasEnded = true
      }
    }

    /// Puts what is in memory behind what is on disk.
    private mutating func store() {
      guard !pending.isEmpty, spool.isOpen else { return cutPending(ChannelWorker.queueLimit, nil) }
      let stored = spool.append(pending)
      pending.removeFirst(stored.count)
      let bytes = spool.bytes
      worker.shared.read { $0.status.spooledBytes = bytes }
      // One that is full stays full until something was taken from it: what is behind it would come out of order.
      if let reason = stored.reason { cutPending(0, reason) }
    }

    private mutating func cutPending(_ most: Int, _ reason: String?) {
      let lost = max(pending.count - most, 0)
      guard lost > 0 else { return }
      pending.removeLast(lost)
      let isFirst = worker.shared.read { state in
        state.status.lost += UInt64(lost)
        state.status.waiting -= min(UInt64(lost), state.status.waiting)
        return state.status.lost == UInt64(lost) + lostBefore
      }
      if isFirst { worker.report("the channel '\(worker.name)' loses notices: \(reason ?? "too many wait in memory")") }
    }

    private mutating func attempt() {
      let isFromSpool = spool.count > 0
      let batch = isFromSpool ? spool.first(channel.batchSize) : Array(pending.prefix(channel.batchSize))
      if batch.isEmpty { return }
      let shared = worker.shared
      let outcome = channel.deliver(batch[...]) { shared.read { $0.deadline.map { Moment.now >= $0 } ?? false } }
      switch outcome {
      case .delivered:
        take(batch.count, delivered: batch.count, fromSpool: isFromSpool)
        cameBack()
      case .rejected(let index, let reason):
        worker.report("the channel '\(worker.name)' loses a notice: \(reason)")
        take(index + 1, delivered: index, fromSpool: isFromSpool)
        cameBack()
      case .failed(let index, let reason, let after):
        take(index, delivered: index, fromSpool: isFromSpool)
        fail(reason, after)
      }
    }

    private mutating func take(_ count: Int, delivered: Int, fromSpool isFromSpool: Bool) {
      if isFromSpool { spool.remove(count) } else { pending.removeFirst(count) }
      let bytes = spool.bytes
      worker.shared.read { state in
        state.status.delivered += UInt64(delivered)
        state.status.rejected += UInt64(count - delivered)
        state.status.waiting -= min(UInt64(count), state.status.waiting)
        state.status.spooledBytes = bytes
      }
    }

    private mutating func fail(_ reason: String, _ after: Int64?) {
      nextAttempt = Moment.now + backOff.next(atLeast: after)
      let isFirst = failingSince == nil
      if isFirst { failingSince = Moment.ofDay }
      let since = failingSince
      worker.shared.read { state in
        state.status.failures += 1
        state.status.trouble = reason
        state.status.failingSince = since
      }
      if isFirst {
        worker.report(
          "the channel '\(worker.name)' does not take notices: \(reason); they wait \(spool.isOpen ? "on disk" : "in memory")"
        )
      }
      store()
    }

    /// Tells, also through the channel itself, what was missed.
    private mutating func cameBack() {
      backOff.reset()
      nextAttempt = 0
      guard let since = failingSince else { return }
      failingSince = nil
      let now = Moment.ofDay
      let before = lostBefore
      let lost = worker.shared.read { state in
        state.status.trouble = ""
        state.status.failingSince = nil
        return state.status.lost - before
      }
      lostBefore += lost
      let seconds = max((now - since) / 1_000_000_000, 0)
      let missed = lost == 0 ? "nothing was lost" : lost == 1 ? "1 notice was lost" : "\(lost) notices were lost"
      let text = "the channel '\(worker.name)' takes notices again after \(seconds) s; \(missed)"
      worker.report(text)
      guard lost > 0 else { return }
      pending.append(
        Notice.internal(text, priority: 4, hostname: hostname, time: now, ["channel": worker.name, "lost": "\(lost)"]))
      worker.shared.read { $0.status.waiting += 1 }
    }
  }
}

/// A spool, if there is one.
private struct SpoolBox: ~Copyable {
  private var spool: Spool?

  init() { spool = nil }

  mutating func open(_ spool: consuming Spool) { self.spool = consume spool }

  var isOpen: Bool {
    switch spool {
    case .some: true
    case .none: false
    }
  }

  var count: Int {
    switch spool {
    case .some(let spool): spool.count
    case .none: 0
    }
  }

  var bytes: UInt64 {
    switch spool {
    case .some(let spool): spool.bytes
    case .none: 0
    }
  }

  mutating func append(_ notices: [Notice]) -> Spool.Stored { spool?.append(notices) ?? Spool.Stored() }
  mutating func first(_ most: Int) -> [Notice] { spool?.first(most) ?? [] }
  mutating func remove(_ count: Int) { spool?.remove(count) }
  func synchronize() {
    switch spool {
    case .some(let spool): spool.synchronize()
    case .none: break
    }
  }
}
