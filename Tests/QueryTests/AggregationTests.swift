import EventBatch
import EventSchema
import Query
import TestSupport
import Testing

struct AggregationTests {
  private static func source(seed: UInt64, events: Int = 80, firstTime: Int64 = 0) -> BatchSource {
    var generator = SeededGenerator(seed: seed)
    return BatchSource(
      (1...3).map { randomBatch(&generator, events: events, firstTime: firstTime + Int64($0) * 1_000_000) },
      schema: .builtIn)
  }

  /// Every aggregate equals the one worked out from the plain values, for one key and for two.
  @Test(arguments: [["proc.name"], ["evt.type", "fd.name"], ["user.uid", "evt.cpu", "container.id"], []])
  func aggregatesAgreeWithModel(keys: [String]) async throws {
    let source = Self.source(seed: UInt64(keys.count) + 3)
    let shown = [
      "count", "sum(evt.buflen)", "avg(evt.latency)", "min(evt.latency)", "max(evt.rawres)", "distinct(fd.name)",
      "first(evt.num)", "last(proc.name)", "count(fd.name)", "p50(evt.latency)",
    ]
    let grouping = try Grouping(by: keys, show: shown, schema: .builtIn)
    let question = try Question(filter: "evt.cpu != 3", schema: .builtIn)
    let (table, progress) = try await grouping.run(over: source, question)
    let fields = ["evt.buflen", "evt.latency", "evt.rawres", "fd.name", "evt.num", "proc.name"]
    let reader = try EventValues(keys + fields, schema: .builtIn)
    var events: [[FieldValue]] = []
    try await Scan(source, question).run(columns: reader.columns) {
      reader.rows(of: $0)
    } consume: { rows, _ in
      events += rows
      return true
    }
    #expect(progress.eventsSelected == events.count)
    let groups = Dictionary(grouping: events) { Array($0.prefix(keys.count)) }
    #expect(groups.count == table.count)
    for row in table.rows {
      let group = (groups[row.key] ?? []).map { Array($0.dropFirst(keys.count)) }
      func present(_ index: Int) -> [FieldValue] { group.map { $0[index] }.filter { $0 != .missing } }
      let lengths = present(0).compactMap(\.integerValue)
      let latencies = present(1).compactMap(\.integerValue)
      #expect(row.values[0] == .unsigned(UInt64(group.count)))
      #expect(row.values[1] == .integer(lengths.reduce(0, +)))
      #expect(
        row.values[2]
          == (latencies.isEmpty ? .missing : .decimal(Double(latencies.reduce(0, +)) / Double(latencies.count))))
      #expect(row.values[3] == (latencies.min().map { .integer($0) } ?? .missing))
      #expect(row.values[4] == (present(2).compactMap(\.integerValue).max().map { .integer($0) } ?? .missing))
      #expect(row.values[5] == .unsigned(UInt64(Set(present(3)).count)))
      #expect(row.values[6] == present(4).first ?? .missing)
      #expect(row.values[7] == present(5).last ?? .missing)
      #expect(row.values[8] == .unsigned(UInt64(present(3).count)))
      let sorted = latencies.sorted()
      if sorted.isEmpty {
        #expect(row.values[9] == .missing)
      } else {
        let exact = sorted[(sorted.count + 1) / 2 - 1]
        let found = try #require(row.values[9].integerValue)
        #expect(abs(found - exact) <= exact / 128 + 1)
      }
    }
  }

  /// Aggregates of the same numbers share what they gather; large groups are counted in one go; conditions leave events out.
  @Test(arguments: [["evt.type"], ["proc.name", "evt.cpu"], []], [40, 900])
  func aggregatesOfTheSameNumbersAgreeWithModel(keys: [String], events: Int) async throws {
    // Times of today: the sum of a few is more than 64 bits hold.
    let source = Self.source(seed: UInt64(keys.count) + 40, events: events, firstTime: 1_700_000_000_000_000_000)
    let numbers = ["evt.latency", "evt.rawres", "evt.rawtime"]
    let functions = ["p50", "p99", "sum", "avg", "max"]
    let filters = [nil, "evt.cpu = 1"]
    var aggregates: [Aggregate] = []
    for filter in filters {
      for field in numbers {
        for function in functions {
          aggregates.append(
            try Aggregate(name: function, function: function, of: field, where: filter, schema: .builtIn))
        }
      }
      aggregates.append(
        try Aggregate(name: "last", function: "last", of: "container.id", where: filter, schema: .builtIn))
      aggregates.append(
        try Aggregate(name: "first", function: "first", of: "fd.sport", where: filter, schema: .builtIn))
    }
    let grouping = try Grouping(by: keys.map { .field($0) }, show: aggregates, schema: .builtIn)
    let question = try Question(filter: "evt.cpu != 3", schema: .builtIn)
    let (table, _) = try await grouping.run(over: source, question)
    let reader = try EventValues(keys + ["evt.cpu", "container.id", "fd.sport"] + numbers, schema: .builtIn)
    var found: [[FieldValue]] = []
    try await Scan(source, question).run(columns: reader.columns) {
      reader.rows(of: $0)
    } consume: { rows, _ in
      found += rows
      return true
    }
    let groups = Dictionary(grouping: found) { Array($0.prefix(keys.count)) }
    for row in table.rows {
      let all = (groups[row.key] ?? []).map { Array($0.dropFirst(keys.count)) }
      var values = row.values[...]
      for filter in filters {
        let group = filter == nil ? all : all.filter { $0[0].integerValue == 1 }
        for (index, _) in numbers.enumerated() {
          let known = group.compactMap { $0[index + 3].integerValue }
          for share in [0.5, 0.99] { expect(values.removeFirst(), isAt: share, of: known) }
          let sum = known.reduce(Int128(0)) { $0 + Int128($1) }
          #expect(values.removeFirst() == .integer(Int64(clamping: sum)))
          #expect(values.removeFirst() == (known.isEmpty ? .missing : .decimal(Double(sum) / Double(known.count))))
          #expect(values.removeFirst().integerValue == known.max())
        }
        #expect(values.removeFirst() == group.last { $0[1] != .missing }?[1] ?? .missing)
        #expect(values.removeFirst() == group.first { $0[2] != .missing }?[2] ?? .missing)
      }
    }
  }

  private func expect(_ value: FieldValue, isAt share: Double, of numbers: [Int64]) {
    let sorted = numbers.map { max($0, 0) }.sorted()
    guard !sorted.isEmpty else {
      #expect(value == .missing)
      return
    }
    let exact = sorted[max(Int((share * Double(sorted.count)).rounded(.up)), 1) - 1]
    // Few numbers are kept as they are, also negative ones.
    if let found = value.integerValue {
      #expect(abs(max(found, 0) - exact) <= exact / 128 + 1)
    } else {
      Issue.record("there is no value at \(share) of \(sorted.count) numbers")
    }
  }

  @Test func sortingAndLimits() async throws {
    let source = Self.source(seed: 8)
    let grouping = try Grouping(by: ["evt.type"], show: ["count", "sum(evt.buflen)"], schema: .builtIn)
    let (table, _) = try await grouping.run(over: source, try Question(schema: .builtIn))
    let greatest = try table.sorted(by: "count").map { $0.values[0] }
    #expect(greatest == greatest.sorted { $1 < $0 })
    let least = try table.sorted(by: "-count", limit: 2).map { $0.values[0] }
    #expect(least == Array(greatest.reversed().prefix(2)))
    #expect(try table.sorted(by: nil).map { $0.key } == table.rows.map(\.key).sorted { $0[0] < $1[0] })
    #expect(throws: QueryError.self) { try table.sorted(by: "cuont") }
  }

  @Test func noEventsIsOneEmptyGroupWithoutKeys() async throws {
    let source = Self.source(seed: 8)
    let nothing = try Question(filter: "evt.num = 0", schema: .builtIn)
    let (all, _) = try await Grouping(by: [], schema: .builtIn).run(over: source, nothing)
    #expect(all.rows.map(\.values) == [[.unsigned(0)]])
    let (grouped, _) = try await Grouping(by: ["evt.type"], schema: .builtIn).run(over: source, nothing)
    #expect(grouped.count == 0)
  }

  @Test func timeSlices() async throws {
    let source = Self.source(seed: 2)
    let grouping = try Grouping(
      by: [.time(every: 1_000_000)], show: [try Aggregate("count", schema: .builtIn)], schema: .builtIn)
    let (table, _) = try await grouping.run(over: source, try Question(schema: .builtIn))
    #expect(
      try table.sorted(by: nil).map { [$0.key[0], $0.values[0]] } == [
        [.integer(1_000_000), .unsigned(80)], [.integer(2_000_000), .unsigned(80)],
        [.integer(3_000_000), .unsigned(80)],
      ])
  }
}
