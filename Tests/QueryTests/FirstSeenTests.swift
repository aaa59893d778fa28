import Testing

@testable import Query

@Suite struct FirstSeenTests {
  @Test func valuesAreForgottenWhenThereAreTooMany() {
    var seen = FirstSeen(limit: 3)
    for value in UInt64(1)...3 { seen.note(value, at: Int64(value) * 10) }
    seen.note(2, at: 5)
    #expect(seen.times == [1: 10, 2: 5, 3: 30])
    #expect(!seen.isFull)
    seen.note(4, at: 40)
    #expect(seen.isFull)
    #expect(seen.times.isEmpty)
    seen.note(5, at: 50)
    #expect(seen.times.isEmpty)
  }

  @Test func oneThatIsFullMakesTheOtherFull() {
    var (one, other) = (FirstSeen(limit: 2), FirstSeen(limit: 2))
    one.note(1, at: 1)
    for value in UInt64(1)...3 { other.note(value, at: 1) }
    one.merge(other)
    #expect(one.isFull)
    #expect(one.times.isEmpty)
    other.merge(FirstSeen(limit: 2))
    #expect(other.isFull)
  }

  @Test func mergingKeepsTheEarliestTimes() {
    var (one, other) = (FirstSeen(limit: 4), FirstSeen(limit: 4))
    one.note(1, at: 10)
    one.note(2, at: 20)
    other.note(2, at: 15)
    other.note(3, at: 30)
    one.merge(other)
    #expect(one.times == [1: 10, 2: 15, 3: 30])
  }
}
