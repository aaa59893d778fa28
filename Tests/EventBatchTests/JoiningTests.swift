import EventBatch
import EventSchema
import TestSupport
import Testing

@Suite struct JoiningTests {
  /// Runs of random length from several batches by turns, as a merge takes them.
  @Test(arguments: UInt64(1)..<30)
  func joinedRunsAreTheirEvents(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    let batches = (0..<1 + random.below(4)).map { index in
      var generator = BatchGenerator(seed: seed + UInt64(index) * 1000)
      return generator.next(events: 1 + random.below(60))
    }
    // Times of different batches are not in order here, which is not what is looked at.
    var joiner = BatchJoiner(schema: TestSchema.schema, firstNumber: 7)
    var copied = batches.map { _ in CopiedRows() }
    var positions = batches.map { _ in 0 }
    var expected: [String] = []
    while let index = (0..<batches.count).filter({ positions[$0] < batches[$0].count }).randomElement(using: &random) {
      let end = min(positions[index] + 1 + random.below(9), batches[index].count)
      joiner.append(positions[index]..<end, of: batches[index], &copied[index])
      expected += (positions[index]..<end).map { batches[index].text($0, numbered: false) }
      positions[index] = end
      if end == batches[index].count { joiner.endSource(batches[index], &copied[index]) }
    }
    #expect(joiner.count == expected.count)
    let joined = joiner.finish()
    #expect(joined.texts(numbered: false) == expected)
    #expect(joined.numbers == .consecutive(first: 7))
    try joined.dimensions.checkInvariants()
    var ordered = joined
    ordered.exitTimes.sort()
    try ordered.checkInvariants()
  }

  @Test func equalRowsAreOne() throws {
    var generator = BatchGenerator(seed: 5)
    let batch = generator.next(events: 200)
    var joiner = BatchJoiner(schema: TestSchema.schema)
    for _ in 0..<3 {
      var copied = CopiedRows()
      joiner.append(0..<batch.count, of: batch, &copied)
      joiner.endSource(batch, &copied)
    }
    let joined = joiner.finish()
    #expect(joined.count == 600)
    #expect(joined.dimensions.threads.count == batch.dimensions.threads.count)
    #expect(joined.dimensions.lineages.count == batch.dimensions.lineages.count)
    #expect(joined.dimensions.objects.count <= batch.dimensions.objects.count)
    #expect(joined.dimensions.users.count == batch.dimensions.users.count)
  }

  @Test func numbersAreKeptUnlessGiven() throws {
    var generator = BatchGenerator(seed: 5)
    let batch = generator.next(events: 20).selecting(rows: [0, 3, 4, 9])
    var joiner = BatchJoiner(schema: TestSchema.schema)
    var copied = CopiedRows()
    joiner.append(1..<4, of: batch, &copied)
    let first = batch.numbers[0]
    #expect(joiner.finish().numbers == .listed([first + 3, first + 4, first + 9]))
  }

  /// A schema that lacks the last parameter of each type, and has other numbers for all of them.
  @Test func aBatchOfAnOlderSchemaGetsTheNewerOnes() throws {
    let newer = TestSchema.schema
    let older = Schema(
      types: newer.types.map { type in
        EventType(
          id: EventTypeID(rawValue: type.id.rawValue + 5), name: type.name, systemCall: type.systemCall,
          numberX86: nil, numberARM: nil, category: type.category, traits: [], object: .none, argumentCount: 3,
          captures: type.captures, parameters: type.parameters.dropLast())
      }, flagTables: [])
    var generator = BatchGenerator(seed: 9, schema: older)
    let batch = generator.next(events: 80)
    let (union, maps) = Schema.union([older, newer])
    #expect(union.types.map(\.name).sorted() == newer.types.map(\.name).sorted())
    let converted = batch.converted(to: union, types: maps[0])
    try converted.checkInvariants()
    for row in 0..<batch.count {
      // What the older schema does not have is missing, and all else is the same.
      let text = converted.text(row)
      #expect(text.hasPrefix(batch.text(row)))
      #expect(text.dropFirst(batch.text(row).count).split(separator: " ").allSatisfy { $0.hasSuffix("=missing") })
    }
  }
}
