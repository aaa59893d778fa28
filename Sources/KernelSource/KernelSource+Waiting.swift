import EventSchema
import Probe

#if canImport(Glibc)
import Glibc
#endif

extension KernelSource {
  /// Says which events somebody waits for, those of some types: `takeGlances` gives them, `waitForWatched` is woken by
  /// them. Events that user space makes of others wake nobody.
  public mutating func watch(_ types: Set<EventTypeID>) {
    var isWanted = [Bool](repeating: false, count: types.map { Int($0.rawValue) + 1 }.max() ?? 0)
    for type in types { isWanted[Int(type.rawValue)] = true }
    assembler.glances.isWanted = isWanted
    probe.call(for: types)
  }

  /// Waits until there is a watched event to look at, or something that should not wait, or the time is over, or a signal
  /// arrives.
  ///
  /// Where nothing watched happens this wakes as seldom as `wait`. A single watched event can be drained when this returns,
  /// a fraction of a millisecond later; where many come, there is a look for all that came in a while.
  ///
  /// - Parameters:
  ///   - spacing: milliseconds between two looks at least, unless a ring fills up.
  ///   - atMost: milliseconds to wait when nothing watched happens.
  public func waitForWatched(spacing: Int32, atMost: Int32) {
    guard probe.wait(milliseconds: isUrgentLeft ? spacing : atMost), !probe.isFilling else { return }
    let now = Clock.sinceBoot()
    // What is younger than the slack is not taken by a look.
    let moment = max(lookedAt + Int64(spacing) * 1_000_000, now + 2 * Int64(RingCursor.slack))
    var rest = timespec(tv_sec: 0, tv_nsec: Int(min(moment - now, 999_999_999)))
    // A signal ends it: that is looked at next.
    nanosleep(&rest, nil)
  }
}

extension LoadedProbe {
  /// Has the program call for events of some types.
  func call(for types: Set<EventTypeID>) {
    let control = controlMemory.assumingMemoryBound(to: reel_control.self)
    var urgent = [UInt8](repeating: 0, count: Int(REEL_URGENT_TYPES))
    for type in types { urgent[Int(type.rawValue) % urgent.count] = 1 }
    withUnsafeMutableBytes(of: &control.pointee.urgent) { $0.copyBytes(from: urgent) }
  }
}
