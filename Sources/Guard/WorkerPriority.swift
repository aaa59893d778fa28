#if canImport(Glibc)
import Glibc
#endif

/// The priority of threads beside the one that drains the rings, which goes before them.
enum WorkerPriority {
  /// Gives the calling thread the usual priority, in case that it was made by a thread with a higher one.
  static func lower() { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, 0) }
}
