import CLinux

#if canImport(Glibc)
import Glibc
#endif

/// What came of an action.
enum ActionOutcome: Sendable, Hashable {
  case done
  /// What it was about is no more.
  case gone
  /// It is not done to this one, whatever a policy says.
  case refused(String)
  case failed(String)
}

/// Kills a process, and never another one that got its id.
enum ProcessKill {
  /// Kills the process of an event.
  /// - Parameter bootTime: what is added to time since boot for the epoch.
  static func kill(_ subject: Subject, bootTime: Int64) -> ActionOutcome {
    guard let process = subject.process else { return .failed("the process of the event is not known") }
    if subject.isKernelThread { return .refused("it is a thread of the kernel") }
    guard process.pid > 1, process.pid <= Int64(Int32.max) else { return .refused("it is the first process") }
    if process.pid == Int64(getpid()) { return .refused("it is the guard itself") }
    return kill(Int32(process.pid), SIGKILL) { start in
      // The kernel tells starts in hundredths of a second there.
      abs(start - (process.start - bootTime)) < 20_000_000
    }
  }

  /// Sends a signal to a process whose start since boot is right.
  static func kill(_ pid: Int32, _ signal: Int32, isMeant: (Int64) -> Bool) -> ActionOutcome {
    let descriptor = reel_open_process(pid)
    guard descriptor >= 0 else {
      return errno == ESRCH ? .gone : .failed("process \(pid) cannot be opened: \(String(cString: strerror(errno)))")
    }
    defer { close(descriptor) }
    // From here on the descriptor means whoever has the id now; the start says whether that is who is meant.
    guard let start = start(of: pid), isMeant(start) else { return .gone }
    guard reel_signal_process(descriptor, signal) == 0 else {
      return errno == ESRCH
        ? .gone : .failed("process \(pid) cannot be signalled: \(String(cString: strerror(errno)))")
    }
    return .done
  }

  /// When a process was made, in nanoseconds since boot, as exactly as `/proc` tells it.
  static func start(of pid: Int32) -> Int64? {
    guard let file = fopen("/proc/\(pid)/stat", "re") else { return nil }
    defer { fclose(file) }
    var bytes = [UInt8](repeating: 0, count: 4096)
    let count = fread(&bytes, 1, bytes.count, file)
    // The name may hold anything, parentheses too; what is behind the last one is numbers.
    guard let end = bytes[..<count].lastIndex(of: UInt8(ascii: ")")) else { return nil }
    let fields = bytes[(end + 1)..<count].split(separator: UInt8(ascii: " "))
    guard fields.count > 19, let ticks = Int64(String(decoding: fields[19], as: UTF8.self)) else { return nil }
    return ticks * (1_000_000_000 / Int64(max(sysconf(Int32(_SC_CLK_TCK)), 1)))
  }
}
