import EventBatch
import EventSchema
import TestSupport
import Testing

@Suite struct SelectingTests {
  @Test(arguments: UInt64(0)..<40)
  func selectedEventsSayWhatTheySaid(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var generator = BatchGenerator(seed: seed)
    let batch = generator.next(events: random.below(300))
    let rows = (0..<batch.count).filter { _ in random.oneIn(3) }
    let selected = batch.selecting(rows: rows)
    try selected.checkInvariants()
    #expect(selected.count == rows.count)
    for (row, source) in rows.enumerated() {
      #expect(selected.numbers[row] == batch.numbers[source])
      #expect(selected.exitTimes[row] == batch.exitTimes[source])
      #expect(selected.results[row] == batch.results[source])
      #expect(tasks(selected, row) == tasks(batch, source))
      #expect(object(selected, row) == object(batch, source))
      #expect(arguments(selected, row) == arguments(batch, source))
    }
    #expect(selected.dimensions.lineages.count <= batch.dimensions.lineages.count)
  }

  @Test func rowsThatNobodyUsesAreLeftBehind() throws {
    var generator = BatchGenerator(seed: 2)
    let batch = generator.next(events: 200)
    let row = try #require(batch.objects.firstIndex { $0 != EventBatch.noRow })
    let selected = batch.selecting(rows: [row])
    #expect(selected.dimensions.objects.count == 1)
    #expect(selected.numbers == .consecutive(first: batch.numbers[row]))
    #expect(selected.arguments.map(\.count) == [1])
  }

  @Test func nothingSelectedIsEmpty() throws {
    var generator = BatchGenerator(seed: 2)
    let selected = generator.next(events: 20).selecting(rows: [])
    try selected.checkInvariants()
    #expect(selected.count == 0 && selected.arguments.isEmpty && selected.dimensions.threads.count == 0)
  }

  /// The threads from the event's own to the first ancestor, with their texts.
  private func tasks(_ batch: EventBatch, _ row: Int) -> [String] {
    var tasks: [String] = []
    var lineage = batch.lineages[row] == EventBatch.noRow ? nil : Int64(batch.lineages[row])
    let dimensions = batch.dimensions
    while let current = lineage {
      let thread = Int(dimensions.lineages[Int(current), .thread])
      let comm = dimensions.threads.value(thread, .comm).map { dimensions.strings.text(Int($0)) }
      let container = dimensions.threads.value(thread, .container).flatMap { dimensions.containers.value(Int($0), .id) }
        .map { dimensions.strings.text(Int($0)) }
      let path = dimensions.threads.value(thread, .image).flatMap { dimensions.images.value(Int($0), .path) }
        .map { dimensions.strings.text(Int($0)) }
      tasks.append("\(dimensions.threads[thread, .tid]) \(comm ?? "-") \(container ?? "-") \(path ?? "-")")
      lineage = dimensions.lineages.value(Int(current), .parent)
    }
    return tasks
  }

  private func object(_ batch: EventBatch, _ row: Int) -> String? {
    guard batch.objects[row] != EventBatch.noRow else { return nil }
    let object = Int(batch.objects[row])
    let name = batch.dimensions.objects.value(object, .label).map { batch.dimensions.strings.text(Int($0)) }
    return "\(batch.dimensions.objects[object, .identity]) \(name ?? "-")"
  }

  /// The event's arguments as bytes or numbers, `nil` where one is missing.
  private func arguments(_ batch: EventBatch, _ row: Int) -> [[UInt8]?] {
    let type = EventTypeID(rawValue: batch.types[row])
    guard let columns = batch.arguments(of: type)?.columns else { return [] }
    let stored = batch.schema.type(type)?.parameters.filter { $0.source.isStored } ?? []
    let rank = Int(batch.ranks[row])
    return zip(stored, columns).map { parameter, column in
      if column.isMissing(rank) { return nil }
      switch parameter.type.storage {
      case .integer: return Array("\(column.values[rank])".utf8)
      case .string: return Array(batch.dimensions.strings[Int(column.values[rank])])
      case .bytes: return Array(column.bytes(at: rank))
      }
    }
  }
}
