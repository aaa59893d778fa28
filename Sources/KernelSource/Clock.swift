import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// The clocks of a recording, in nanoseconds.
///
/// Time since boot counts sleep. The kernel reads the clock that does not in a quarter less time, so that the probe reads
/// that one and adds how long the machine has slept; so does this process, since both compare their times.
public enum Clock {
  /// How long the machine has slept since boot, as last looked at by `noticeSleep`.
  private static let slept = Atomic<Int64>(measureSleep())

  /// Time since boot: the clock of the probe.
  public static func sinceBoot() -> Int64 { read(CLOCK_MONOTONIC) + slept.load(ordering: .relaxed) }

  /// Looks whether the machine has slept since the last look, and gives how long it has in all. Events of the moments between
  /// waking and this call have times that are early by the last sleep, and are in their right order.
  static func noticeSleep() -> Int64 {
    let known = slept.load(ordering: .relaxed)
    // What two readings one after the other can be apart is no sleep.
    guard abs(read(CLOCK_BOOTTIME) - read(CLOCK_MONOTONIC) - known) > leastSleep else { return known }
    let now = measureSleep()
    guard abs(now - known) > leastSleep else { return known }
    slept.store(now, ordering: .relaxed)
    return now
  }

  private static let leastSleep: Int64 = 1_000_000

  private static func measureSleep() -> Int64 {
    let difference = offset(from: { read(CLOCK_MONOTONIC) }, to: CLOCK_BOOTTIME)
    return difference < leastSleep ? 0 : difference
  }

  /// What to add to time since boot for the epoch.
  public static func epochOffset() -> Int64 { offset(from: sinceBoot, to: CLOCK_REALTIME) }

  /// How far one clock is ahead of another. The tightest of several readings: being put aside by the scheduler between the
  /// two would shift every event of a recording.
  private static func offset(from clock: () -> Int64, to other: clockid_t) -> Int64 {
    var best: (width: Int64, offset: Int64) = (Int64.max, 0)
    for _ in 0..<16 {
      let before = clock()
      let time = read(other)
      let after = clock()
      if after - before < best.width { best = (after - before, time - (before + (after - before) / 2)) }
    }
    return best.offset
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
