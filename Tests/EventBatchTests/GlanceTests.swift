import EventBatch
import EventSchema
import TestSupport
import Testing

/// What is seen of an open batch is what a selection of the closed one says.
@Suite struct GlanceTests {
  @Test("A glance at some rows is the selection of those whose type is wanted", arguments: UInt64(0)..<60)
  func glance(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var generator = BatchGenerator(seed: seed)
    let isWanted = (0..<random.below(200)).map { _ in random.oneIn(2) }
    for _ in 0..<3 {
      let count = random.below(300)
      let first = random.below(count + 1)
      let rows = first..<first + random.below(count - first + 1)
      let (glance, batch) = generator.glanced(events: count, at: rows, of: isWanted)
      try glance.checkInvariants()
      let expected = rows.filter { Int(batch.types[$0]) < isWanted.count && isWanted[Int(batch.types[$0])] }
      if expected.isEmpty {
        #expect(glance.count == 0)
      } else {
        #expect(glance.difference(to: batch.selecting(rows: expected)) == nil)
      }
    }
  }
}
