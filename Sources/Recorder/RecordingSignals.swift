import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Set by the handlers; an atomic is what a handler may touch.
private let ending = Atomic<Int32>(0)
/// When, in milliseconds of the monotonic clock.
private let endingSince = Atomic<Int64>(0)
private let endingFromTerminal = Atomic<Bool>(false)
private let hangUps = Atomic<Int32>(0)

/// Turns signals into flags, so that the capture gets its tail.
///
/// SIGINT and SIGTERM end the recording; another one that comes a second later or more has its usual effect. One that comes
/// sooner is the same wish twice: `timeout` asks the program and then its group. SIGHUP asks for the next file, and is left
/// alone where it was ignored before (`nohup`).
///
/// Handlers are put back when the value goes away.
package struct RecordingSignals: ~Copyable {
  private var previous: [(signal: Int32, action: sigaction)] = []
  /// Whether there was a terminal that can hang up.
  private let hadTerminal = RecordingSignals.hasTerminal

  /// Installs the handlers.
  package init() {
    ending.store(0, ordering: .relaxed)
    endingSince.store(0, ordering: .relaxed)
    endingFromTerminal.store(false, ordering: .relaxed)
    hangUps.store(0, ordering: .relaxed)
    // No restart: the wait for events must end.
    for signal in [SIGINT, SIGTERM] {
      var action = sigaction()
      action.__sigaction_handler.sa_sigaction = { signal, info, _ in
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        let now = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        let since = endingSince.load(ordering: .relaxed)
        if since != 0 {
          guard now - since >= 1000 else { return }
          // Takes effect when this handler returns.
          var usual = sigaction()
          usual.__sigaction_handler.sa_handler = nil  // SIG_DFL
          sigaction(signal, &usual, nil)
          raise(signal)
          return
        }
        endingSince.store(now, ordering: .relaxed)
        // The kernel itself sends what comes from a terminal (SI_KERNEL).
        endingFromTerminal.store(info?.pointee.si_code == 0x80, ordering: .relaxed)
        ending.store(signal, ordering: .relaxed)
      }
      action.sa_flags = SA_SIGINFO
      install(action, for: signal)
    }
    var before = sigaction()
    sigaction(SIGHUP, nil, &before)
    if unsafeBitCast(before.__sigaction_handler.sa_handler, to: Int.self) != 1 {  // SIG_IGN
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { _ in hangUps.add(1, ordering: .relaxed) }
      install(action, for: SIGHUP)
    }
  }

  private mutating func install(_ action: sigaction, for signal: Int32) {
    var action = action
    var old = sigaction()
    sigaction(signal, &action, &old)
    previous.append((signal, old))
  }

  deinit {
    for (signal, action) in previous {
      var action = action
      sigaction(signal, &action, nil)
    }
  }

  /// The signal that ends the recording, 0 for none.
  package var ended: Int32 { ending.load(ordering: .relaxed) }

  /// Whether that signal came from the terminal, which sends it to all that run there.
  var cameFromTerminal: Bool { endingFromTerminal.load(ordering: .relaxed) }

  /// What SIGHUP asks for.
  package enum HangUp {
    /// Go on in the next file.
    case rotate
    /// The terminal is gone, and with it whoever started this.
    case end
  }

  /// Whether SIGHUP arrived since the last look, and what it means.
  package func takeHangUp() -> HangUp? {
    guard hangUps.exchange(0, ordering: .relaxed) != 0 else { return nil }
    return hadTerminal && !RecordingSignals.hasTerminal ? .end : .rotate
  }

  private static var hasTerminal: Bool {
    let descriptor = open("/dev/tty", O_RDONLY | O_NOCTTY | O_CLOEXEC)
    if descriptor >= 0 { close(descriptor) }
    return descriptor >= 0
  }
}
