import EventBatch

/// Decides when the state of the machine is written into a capture: at the start, at the front of each further file, and from
/// time to time.
///
/// From time to time means: when the interval is over, unless the last state was dear, measured by what else was written
/// since. On a quiet machine with many processes states would otherwise be most of the capture.
///
///     if let reason = schedule.due(at: now, bytes: written, stateBytes: ofStates) { … }
package struct StateSchedule: Sendable {
  /// Nanoseconds between two states.
  let interval: Int64
  /// The most that a state may cost of the bytes that were written since.
  let share: Double
  private var pending: MachineState.Reason? = .start
  private var takenAt: Int64 = 0
  private var bytesThen: UInt64 = 0
  private var stateBytesThen: UInt64 = 0

  /// - Parameters:
  ///   - interval: nanoseconds between two states.
  ///   - share: the most that a state may cost of the bytes that were written since.
  package init(interval: Int64 = 60_000_000_000, share: Double = 0.03) {
    self.interval = interval
    self.share = share
  }

  /// The recording goes on in another file.
  mutating func fileChanged() { pending = pending ?? .rotation }

  /// Whether a file has none yet.
  var isOwed: Bool { pending != nil }

  /// Why a state is due now, `nil` when none is. Whoever asks takes it.
  ///
  /// - Parameters:
  ///   - now: nanoseconds of a clock that never steps back.
  ///   - bytes: what the recording has written so far, in all files.
  ///   - stateBytes: what of it were states.
  package mutating func due(at now: Int64, bytes: UInt64, stateBytes: UInt64) -> MachineState.Reason? {
    guard let reason = pending ?? periodic(at: now, bytes, stateBytes) else { return nil }
    pending = nil
    takenAt = now
    bytesThen = bytes
    stateBytesThen = stateBytes
    return reason
  }

  private func periodic(at now: Int64, _ bytes: UInt64, _ stateBytes: UInt64) -> MachineState.Reason? {
    guard now - takenAt >= interval else { return nil }
    let cost = stateBytes - min(stateBytesThen, stateBytes)
    let written = bytes - min(bytesThen, bytes)
    let others = written - min(cost, written)
    return Double(cost) <= share * Double(others) ? .periodic : nil
  }
}
