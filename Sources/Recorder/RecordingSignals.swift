import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Set by the handler; an atomic is what a handler may touch.
private let received = Atomic<Int32>(0)

/// Turns the signals that end a recording into a flag, so that the capture gets its tail. The first one ends the
/// recording; a second one of the same kind has its usual effect.
///
/// Handlers are put back when the value goes away.
struct StopSignals: ~Copyable {
  private static let signals = [SIGINT, SIGTERM]
  private var previous: [sigaction] = []

  init() {
    received.store(0, ordering: .relaxed)
    for signal in StopSignals.signals {
      var action = sigaction()
      action.__sigaction_handler.sa_handler = { received.store($0, ordering: .relaxed) }
      // No restart: the wait for events must end.
      action.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
      var old = sigaction()
      sigaction(signal, &action, &old)
      previous.append(old)
    }
  }

  deinit {
    for (signal, action) in zip(StopSignals.signals, previous) {
      var action = action
      sigaction(signal, &action, nil)
    }
  }

  /// The signal that arrived, 0 for none.
  var arrived: Int32 { received.load(ordering: .relaxed) }
}
