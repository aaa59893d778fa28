/// Names of signals, the same on every architecture that Reel knows.
public enum SignalNames {
  /// The first real-time signal of the kernel. C libraries keep the first two or three for themselves and count
  /// their `SIGRTMIN` from there; the kernel's number is what is recorded.
  public static let firstRealTime = 32

  /// The greatest signal number.
  public static let last = 64

  /// The name of a signal: `SIGKILL`, `SIGRTMIN+2`. `nil` for 0 and for numbers that are no signals.
  public static func name(of number: Int) -> String? {
    guard number > 0, number <= last else { return nil }
    if number < firstRealTime { return names[number] }
    return number == firstRealTime ? "SIGRTMIN" : "SIGRTMIN+\(number - firstRealTime)"
  }

  /// The number of a signal by its name, with or without `SIG` in front; `nil` when there is no such signal.
  public static func number(named name: String) -> Int? {
    let full = name.hasPrefix("SIG") ? name : "SIG" + name
    if full.count > 3, let number = names.firstIndex(of: full) { return number }
    switch full {
    case "SIGPOLL": return 29
    case "SIGIOT": return 6
    case "SIGCLD": return 17
    case "SIGRTMIN": return firstRealTime
    case "SIGRTMAX": return last
    default:
      guard full.hasPrefix("SIGRTMIN+"), let offset = UInt8(full.dropFirst(9)) else { return nil }
      let number = firstRealTime + Int(offset)
      return number <= last ? number : nil
    }
  }

  /// By number from 0.
  private static let names: [String] = [
    "", "SIGHUP", "SIGINT", "SIGQUIT", "SIGILL", "SIGTRAP", "SIGABRT", "SIGBUS", "SIGFPE", "SIGKILL", "SIGUSR1",
    "SIGSEGV", "SIGUSR2", "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT", "SIGCHLD", "SIGCONT", "SIGSTOP", "SIGTSTP",
    "SIGTTIN", "SIGTTOU", "SIGURG", "SIGXCPU", "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO", "SIGPWR",
    "SIGSYS",
  ]
}
