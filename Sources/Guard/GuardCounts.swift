import KernelSource

#if canImport(Glibc)
import Glibc
#endif

/// What the thread that drains counts, and publishes a few times a second.
struct GuardCounts {
  var events: UInt64 = 0
  var lost: [String: UInt64] = [:]
  var alerts: [GuardStatus.AlertKey: UInt64] = [:]
  var throttled: [GuardStatus.AlertKey: UInt64] = [:]
  var alertLatency = LatencyHistogram()
  /// Events that were lost since somebody was told.
  var untold: UInt64 = 0

  mutating func note(_ losses: [LossCount]) {
    for loss in losses {
      lost[loss.cause.metricName, default: 0] += loss.count
      if loss.cause != .definition { untold += loss.count }
    }
  }
}

extension LossCount.Cause {
  /// As counters call it.
  fileprivate var metricName: String {
    switch self {
    case .ringFull: "ring_full"
    case .nested: "nested"
    case .noTask: "no_task"
    case .definition: "definition"
    case .unresolved: "unresolved"
    }
  }
}

extension GuardDaemon {
  /// Publishes the status, and tells of losses.
  mutating func publish(now: Int64) {
    looked.status = now
    keeper.publishProgress()
    let recorder = pipeline.status(at: now)
    let captures = keeper.store.counts
    let (counts, everything) = (counts, recordsEverything)
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    func nanoseconds(_ time: timeval) -> Int64 { Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_usec) * 1000 }
    let processor = nanoseconds(usage.ru_utime) + nanoseconds(usage.ru_stime)
    let resident = GuardCounts.residentBytes() ?? UInt64(usage.ru_maxrss) * 1024
    board.update { status in
      status.lookedAt = now
      status.events = counts.events
      status.lost = counts.lost
      status.alerts = counts.alerts
      status.throttled = counts.throttled
      status.alertLatency = counts.alertLatency
      status.flightRecorder = recorder
      status.captures = captures
      status.recordsEverything = everything
      status.processorTime = processor
      status.residentBytes = resident
    }
    if counts.untold > 0, now - looked.losses > 10_000_000_000 {
      looked.losses = now
      let text = "\(counts.untold) events were lost: more happened than could be taken"
      self.counts.untold = 0
      outlets.warn(text)
      outlets.tell(
        GuardDaemon.notice(text, priority: 4, hostname: context.hostname), setup.configuration.channels.keys.sorted())
    }
  }
}

extension GuardCounts {
  /// The resident memory of this process, in bytes.
  fileprivate static func residentBytes() -> UInt64? {
    guard let file = fopen("/proc/self/statm", "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 256)
    let count = fread(&bytes, 1, bytes.count, file)
    let fields = bytes[..<count].split(separator: UInt8(ascii: " "))
    guard fields.count > 1, let pages = UInt64(String(decoding: fields[1], as: UTF8.self)) else { return nil }
    return pages * UInt64(max(sysconf(Int32(_SC_PAGESIZE)), 1))
  }
}
