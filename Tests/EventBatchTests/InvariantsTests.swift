import EventBatch
import TestSupport
import Testing

@Suite struct InvariantsTests {
  static let breaks: [(String, @Sendable (inout EventBatch) -> Void)] = [
    ("a column is short", { $0.cpus.removeLast() }),
    ("times go back", { $0.exitTimes.swapAt(0, $0.count - 1) }),
    ("a rank is wrong", { $0.ranks[5] += 1 }),
    ("a type is wrong", { $0.types[5] = $0.types[5] == 1 ? 2 : 1 }),
    ("a lineage does not resolve", { $0.lineages[3] = UInt32($0.dimensions.lineages.count) }),
    ("an object does not resolve", { $0.objects[3] = 1 << 30 }),
    ("a type's count is wrong", { $0.arguments[0].count += 1 }),
    ("an argument column is short", { $0.arguments[0].columns[0].values.removeLast() }),
    ("missing ranks are out of order", { $0.arguments[0].columns[0].missing = [3, 2] }),
    ("a text does not resolve", { $0.dimensions.threads[0, .comm] = 1 << 40 }),
    ("a parent stands behind its child", { $0.dimensions.lineages[0, .parent] = 0 }),
    ("a lineage has no thread", { $0.dimensions.lineages[0, .thread] = EventBatch.missing }),
    ("numbers do not ascend", { $0.numbers = .listed([UInt64](repeating: 7, count: $0.count)) }),
  ]

  @Test(arguments: 0..<breaks.count)
  func aBrokenBatchIsFound(index: Int) throws {
    var generator = BatchGenerator(seed: 4)
    var batch = generator.next(events: 120)
    try batch.checkInvariants()
    InvariantsTests.breaks[index].1(&batch)
    let broken = batch
    #expect(throws: BatchViolation.self, "\(InvariantsTests.breaks[index].0)") { try broken.checkInvariants() }
  }
}
