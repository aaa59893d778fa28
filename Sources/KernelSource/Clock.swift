#if canImport(Glibc)
import Glibc
#endif

/// The clocks of a recording, in nanoseconds.
public enum Clock {
  /// Time since boot, including sleep: the clock of the probe.
  public static func sinceBoot() -> Int64 { read(CLOCK_BOOTTIME) }

  /// What to add to time since boot for the epoch. The tightest of several readings: being put aside by the scheduler
  /// between the two clocks would shift every event of a recording.
  public static func epochOffset() -> Int64 {
    var best: (width: Int64, offset: Int64) = (Int64.max, 0)
    for _ in 0..<16 {
      let before = sinceBoot()
      let epoch = read(CLOCK_REALTIME)
      let after = sinceBoot()
      if after - before < best.width { best = (after - before, epoch - (before + (after - before) / 2)) }
    }
    return best.offset
  }

  private static func read(_ clock: clockid_t) -> Int64 {
    var time = timespec()
    clock_gettime(clock, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
