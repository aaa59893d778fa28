import EventBatch
import Testing

@testable import Recorder

/// When states of the machine are due.
struct StateScheduleTests {
  private static let second: Int64 = 1_000_000_000

  @Test func theStartIsDueOnce() {
    var schedule = StateSchedule()
    #expect(schedule.due(at: 5, bytes: 100, stateBytes: 0) == .start)
    #expect(schedule.due(at: 6, bytes: 100, stateBytes: 0) == nil)
  }

  @Test func eachFurtherFileBeginsWithOne() {
    var schedule = StateSchedule()
    _ = schedule.due(at: 0, bytes: 0, stateBytes: 0)
    schedule.fileChanged()
    #expect(schedule.due(at: 1, bytes: 10, stateBytes: 10) == .rotation)
    #expect(schedule.due(at: 1, bytes: 10, stateBytes: 10) == nil)
  }

  @Test func aFileThatChangesBeforeTheStartIsStillTheStart() {
    var schedule = StateSchedule()
    schedule.fileChanged()
    #expect(schedule.due(at: 0, bytes: 0, stateBytes: 0) == .start)
    #expect(schedule.due(at: 0, bytes: 0, stateBytes: 0) == nil)
  }

  /// After a state of 3,000 bytes at the start: what was written since, when, and whether another one is due.
  @Test(
    arguments: [
      (59, 1_000_000, nil), (60, 1_000_000, .periodic), (60, 100_000, .periodic), (60, 99_000, nil), (600, 0, nil),
    ] as [(Int64, UInt64, MachineState.Reason?)])
  func onlyWhatIsWorthItsBytesIsPeriodic(seconds: Int64, others: UInt64, reason: MachineState.Reason?) {
    var schedule = StateSchedule(interval: 60 * Self.second, share: 0.03)
    _ = schedule.due(at: 0, bytes: 500, stateBytes: 0)
    #expect(schedule.due(at: seconds * Self.second, bytes: 500 + 3000 + others, stateBytes: 3000) == reason)
  }

  @Test func aDearStateIsTakenLater() {
    var schedule = StateSchedule(interval: Self.second, share: 0.03)
    _ = schedule.due(at: 0, bytes: 0, stateBytes: 0)
    var taken: [Int64] = []
    // 3,000 bytes a state, 10,000 bytes of events a second: ten seconds for each.
    var (events, states): (UInt64, UInt64) = (0, 3000)
    for now in 1...60 {
      events += 10_000
      if schedule.due(at: Int64(now) * Self.second, bytes: events + states, stateBytes: states) != nil {
        taken.append(Int64(now))
        states += 3000
      }
    }
    #expect(taken == [10, 20, 30, 40, 50, 60])
  }
}
