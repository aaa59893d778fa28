import EventSchema
import Probe

/// What processes use, looked at from time to time, as events of the type `process_sample`.
///
/// A process is told of when something about it is another than last time: on an idle machine next to nothing is. One that
/// makes no system calls is told of once it uses the CPU; until then the state of the machine says what it is.
struct ProcessSamples {
  private struct Key: Hashable {
    var pid: UInt32
    var start: UInt64
  }

  fileprivate struct Usage: Equatable {
    var cpuTime: UInt64 = 0
    var virtual: UInt64 = 0
    var resident: UInt64 = 0
    var swapped: UInt64 = 0
    var threads: UInt32 = 0
    var descriptors: UInt32 = 0
  }

  fileprivate struct Process {
    var usage = Usage()
    /// The leader's version, or that of another thread when the leader has none.
    var thread: UInt64 = 0
    var isWhole = false
  }

  private let period: Int64
  private var last: [Key: Usage] = [:]
  private var nextAt: Int64

  /// - Parameter now: time since boot; the first look is a period later.
  init(period: Int64, now: Int64) {
    self.period = period
    nextAt = now + period
  }

  /// Looks at all processes when it is time to, and hands over an event record for each that has changed.
  ///
  /// - Parameters:
  ///   - stamp: the time of the events, since boot: not before that of any record that was taken.
  ///   - isKnown: whether a version of a thread was taken: one that was sent just now may still stand in a ring.
  ///   - take: takes an event record, or a definition of who it is about, which comes before.
  mutating func takeIfDue(
    _ probe: borrowing LoadedProbe, now: Int64, stamp: UInt64, isKnown: (UInt64) -> Bool,
    _ take: (UnsafeRawPointer) -> Void
  ) {
    guard now >= nextAt else { return }
    // What was missed is not made up for.
    nextAt = max(nextAt + period, now)
    guard let run = probe.begin(.samples) else { return }
    var processes: [Key: Process] = [:]
    var hasMore = true
    while hasMore {
      hasMore = run.step(1024)
      probe.takeSnapshotRecords { record in
        let kind = UInt32(record.assumingMemoryBound(to: reel_record.self).pointee.kind)
        guard kind == REEL_RECORD_SAMPLE.rawValue else { return take(record) }
        let sample = record.assumingMemoryBound(to: reel_sample.self).pointee
        processes[Key(pid: sample.pid, start: sample.process_start_time), default: Process()].add(sample)
      }
    }
    var usages: [Key: Usage] = [:]
    usages.reserveCapacity(processes.count)
    for (key, process) in processes where process.isWhole {
      let before = last[key]
      if process.thread != 0, !isKnown(process.thread) {
        // The next look tells of it.
        usages[key] = before
        continue
      }
      usages[key] = process.usage
      if before == process.usage || process.thread == 0 { continue }
      ProcessSamples.record(key.pid, process, before: before, stamp: stamp, take)
    }
    last = usages
  }

  private static func record(
    _ pid: UInt32, _ process: Process, before: Usage?, stamp: UInt64, _ take: (UnsafeRawPointer) -> Void
  ) {
    let usage = process.usage
    let words: [UInt64] = [
      usage.cpuTime,
      // Sums over threads that start and end between the looks may fall short for a moment.
      before.map { usage.cpuTime >= $0.cpuTime ? usage.cpuTime - $0.cpuTime : 0 } ?? UInt64(1) << 63,
      usage.virtual, usage.resident, usage.swapped, UInt64(usage.threads), UInt64(usage.descriptors),
    ]
    let size = MemoryLayout<reel_event>.size + words.count * 8
    withUnsafeTemporaryAllocation(byteCount: size, alignment: 8) { bytes in
      guard let base = bytes.baseAddress else { return }
      var event = reel_event()
      event.record.length = UInt32(size)
      event.record.kind = UInt16(REEL_RECORD_EVENT.rawValue)
      event.record.time = stamp
      event.thread = process.thread
      event.tid = pid
      event.type = EventTypeID.processSample.rawValue
      event.argument_count = UInt8(words.count)
      base.storeBytes(of: event, as: reel_event.self)
      for (index, word) in words.enumerated() {
        base.storeBytes(of: word, toByteOffset: MemoryLayout<reel_event>.size + index * 8, as: UInt64.self)
      }
      take(UnsafeRawPointer(base))
    }
  }
}

extension ProcessSamples.Process {
  mutating func add(_ sample: reel_sample) {
    usage.cpuTime += sample.cpu_time + sample.ended_cpu_time
    let isLeader = sample.pid == sample.tid
    if sample.thread != 0, isLeader || thread == 0 { thread = sample.thread }
    guard isLeader else { return }
    isWhole = true
    usage.virtual = sample.virtual_kib
    usage.resident = sample.resident_kib
    usage.swapped = sample.swapped_kib
    usage.threads = sample.threads
    usage.descriptors = sample.descriptors
  }
}
