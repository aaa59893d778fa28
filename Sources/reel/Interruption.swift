import Dispatch
import Synchronization

#if canImport(Glibc)
import Glibc
#endif

/// Whether the user wants no more: Ctrl-C ends what is followed quietly.
struct Interruption: ~Copyable {
  private final class Flag: Sendable {
    let isSet = Atomic<Bool>(false)
  }

  private let flag = Flag()
  private let source: any DispatchSourceSignal

  init() {
    signal(SIGINT, SIG_IGN)
    source = DispatchSource.makeSignalSource(signal: SIGINT)
    let flag = flag
    source.setEventHandler { flag.isSet.store(true, ordering: .relaxed) }
    source.resume()
  }

  var hasCome: Bool { flag.isSet.load(ordering: .relaxed) }
}
