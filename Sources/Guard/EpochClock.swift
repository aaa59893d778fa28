#if canImport(Glibc)
import Glibc
#endif

/// The time of day of this moment.
enum EpochClock {
  /// In nanoseconds of the epoch.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }
}
