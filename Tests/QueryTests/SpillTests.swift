import CaptureFile
import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import Query

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// What does not fit into memory gives the same results from a temporary file.
struct SpillTests {
  private static let aggregates = [
    "count", "sum(evt.buflen)", "avg(evt.latency)", "min(evt.latency)", "max(fd.name)", "distinct(fd.name)",
    "distinct(evt.num)", "first(evt.num)", "last(proc.name)", "count(fd.name)", "p50(evt.latency)", "p99(evt.num)",
  ]

  private static func source(_ seed: UInt64, batches: Int64 = 6, events: Int = 70) -> BatchSource {
    var generator = SeededGenerator(seed: seed)
    return BatchSource(
      (1...batches).map { randomBatch(&generator, events: events, firstTime: $0 * 1_000_000) }, schema: .builtIn)
  }

  /// Groups in files equal those in memory: each, their order, totals, and every way to sort them; some of the ways, and one
  /// source, unless `REEL_EXHAUSTIVE` is set.
  @Test(arguments: [["proc.name"], ["evt.type", "fd.name"], ["evt.num"], ["user.uid", "evt.cpu", "container.id"], []])
  func groupsAreThoseOfMemory(keys: [String]) async throws {
    for seed in 1...(isExhaustive ? 3 : 1) as ClosedRange<UInt64> {
      let source = Self.source(seed)
      let grouping = try Grouping(by: keys, show: Self.aggregates, schema: .builtIn)
      let question = try Question(filter: "evt.cpu != 3", schema: .builtIn)
      var columns: [String?] = [nil]
      for name in keys + Self.aggregates { columns += [name, "-" + name] }
      let (table, progress) = try await grouping.run(over: source, question)
      for memory in [0, 20_000] {
        let (groups, done) = try await grouping.gather(over: source, question, memory: memory)
        #expect(done == progress)
        #expect(groups.isSpilled || memory > 0)
        var rows: [GroupTable.Row] = []
        try groups.forEach(inOrder: true) { rows.append($0) }
        #expect(rows.map(Self.values) == table.rows.map(Self.values))
        for (place, column) in columns.enumerated() {
          for limit in isExhaustive ? [nil, 0, 1, 7] : [[nil, 0, 1, 7][place % 4]] {
            let sorted = try groups.sorted(by: column, limit: limit)
            var found: [[FieldValue]] = []
            try sorted.forEach { found.append(Self.values($0)) }
            let expected = try table.sorted(by: column, limit: limit).map(Self.values)
            #expect(found == expected)
            #expect(sorted.count == found.count && sorted.groupCount == table.count)
            #expect(sorted.totals == Self.aggregates.indices.map { table.total(ofColumn: $0) })
          }
        }
        #expect(throws: QueryError.self) { try groups.sorted(by: "cuont") }
      }
    }
  }

  private static func values(_ row: GroupTable.Row) -> [FieldValue] { row.key + row.values }

  @Test func nothingIsOneEmptyGroupWithoutKeys() async throws {
    let nothing = try Question(filter: "evt.num = 0", schema: .builtIn)
    let (all, _) = try await Grouping(by: [], schema: .builtIn).gather(over: Self.source(1), nothing, memory: 0)
    var rows: [[FieldValue]] = []
    try all.forEach { rows.append(Self.values($0)) }
    #expect(rows == [[.unsigned(0)]])
  }

  /// Histograms of many numbers are those of memory, too: they take another form in the file.
  @Test(arguments: [1, 128, 129, 5000])
  func histogramsReturn(numbers: Int) throws {
    var generator = SeededGenerator(seed: UInt64(numbers))
    var histogram = Histogram()
    for _ in 0..<numbers { histogram.add(Int64.random(in: -5...(1 << 40), using: &generator)) }
    var bytes: [UInt8] = []
    histogram.append(to: &bytes)
    var rest = bytes[...]
    #expect(Histogram(taking: &rest) == histogram)
    #expect(rest.isEmpty)
  }

  /// However numbers are divided among histograms that are merged, each with what it counts later, it is as if they were added
  /// to one.
  @Test(arguments: UInt64(1)...20)
  func mergedHistogramsAreOne(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let numbers = (0..<Int.random(in: 0...4000, using: &generator)).map { _ in
      Int64.random(in: -2...(1 << Int64.random(in: 1...50, using: &generator)), using: &generator)
    }
    var (whole, merged) = (Histogram(), Histogram())
    for number in numbers { whole.add(number) }
    var rest = numbers[...]
    while !rest.isEmpty {
      let part = rest.prefix(Int.random(in: 1...(Bool.random(using: &generator) ? 20 : 600), using: &generator))
      rest = rest.dropFirst(part.count)
      var histogram = Histogram()
      for number in part { histogram.add(number) }
      merged.merge(histogram)
    }
    #expect(merged == whole)
    #expect(merged.count == UInt64(numbers.count))
    for share in [0, 0.3, 0.5, 0.99, 1] { #expect(merged.percentile(share) == whole.percentile(share)) }
    // Of all numbers in order, the one at that place, but for the error of its part.
    let sorted = numbers.map { max($0, 0) }.sorted()
    for share in [0.5, 0.99] where sorted.count > 128 {
      let exact = sorted[max(Int((share * Double(sorted.count)).rounded(.up)), 1) - 1]
      let found = try #require(merged.percentile(share))
      #expect(abs(found - exact) <= exact / 128 + 1)
    }
    var bytes: [UInt8] = []
    merged.append(to: &bytes)
    var stored = bytes[...]
    #expect(Histogram(taking: &stored) == whole)
  }

  /// Of many rows the first are kept, also of equal ones and where some went to the file.
  @Test(arguments: [2000, 1 << 30], [0, 1, 30, 3000])
  func firstOfManyRows(memory: Int, most: Int) throws {
    var generator = SeededGenerator(seed: 5)
    let rows: [[FieldValue]] = (0..<20_000).map { _ in
      [.integer(Int64.random(in: 0...50, using: &generator)), .integer(Int64.random(in: 0...50, using: &generator))]
    }
    var sorter = RowSorter(most: most, memory: memory * (most > 100 ? 50 : 1), by: Self.isBefore)
    for row in rows { try sorter.append(row) }
    #expect(sorter.count == rows.count)
    var found: [[FieldValue]] = []
    try sorter.finish().forEach { found.append($0) }
    #expect(found == Array(rows.sorted(by: Self.isBefore).prefix(most)))
  }

  /// Rows come back in order, as many as are wanted, page by page.
  @Test(arguments: [0, 500, 1 << 30], [nil, 0, 3, 100, 10_000])
  func rowsAreSorted(memory: Int, most: Int?) throws {
    var generator = SeededGenerator(seed: 9)
    let rows: [[FieldValue]] = (0..<1000).map { number in
      [
        .integer(Int64.random(in: 0...20, using: &generator)), .text("row \(number)"),
        [.missing, .decimal(0.5), .boolean(true), .list([.unsigned(7), .text("")])].randomElement(using: &generator)
          ?? .missing,
      ]
    }
    for isSorted in [false, true] {
      var sorter =
        isSorted ? RowSorter(most: most, memory: memory, by: Self.isBefore) : RowSorter(most: most, memory: memory)
      for row in rows { try sorter.append(row) }
      #expect(sorter.count == rows.count)
      let found = try sorter.finish()
      let expected = Array((isSorted ? rows.sorted(by: Self.isBefore) : rows).prefix(most ?? rows.count))
      #expect(found.count == expected.count)
      for (offset, limit) in [(0, nil), (2, 5), (expected.count, 1), (1, Int.max)] as [(Int, Int?)] {
        var page: [[FieldValue]] = []
        try found.forEach(from: offset, limit: limit) { page.append($0) }
        #expect(page == Array(expected.dropFirst(offset).prefix(limit ?? expected.count)))
      }
    }
  }

  @Sendable private static func isBefore(_ one: [FieldValue], _ other: [FieldValue]) -> Bool {
    one[0] == other[0] ? one[1] < other[1] : one[0] < other[0]
  }

  /// Records longer than every buffer come back whole.
  @Test func longRecords() throws {
    var sorter = RowSorter(memory: 0)
    let lengths = [0, 1, 5_000_000, 300_000, 7]
    for length in lengths { try sorter.append([.text(ArraySlice([UInt8](repeating: 65, count: length)))]) }
    var found: [Int] = []
    try sorter.finish().forEach { found.append($0[0].bytesValue?.count ?? -1) }
    #expect(found == lengths)
  }

  /// A full disk is an error that says what to do, and no shorter result.
  @Test func fullDisk() throws {
    let descriptor = try #require(openFullDevice())
    let file = SpillFile(owning: descriptor)
    let error = #expect(throws: CaptureError.self) {
      let bytes = [UInt8](repeating: 1, count: 100)
      try bytes.withUnsafeBytes { try file.write($0, at: 0) }
    }
    #expect(error?.what.contains("No space left on device") == true)
    #expect(error?.remedy?.contains("TMPDIR") == true && error?.kind == .failed)
  }

  /// A file that somebody made shorter is an error, too.
  @Test func shortFile() throws {
    let file = try SpillFile()
    var writer = SpillWriter(file, at: 0)
    try writer.append { $0.append(contentsOf: [1, 2, 3]) }
    let run = try writer.finish()
    var reader = SpillReader(file, SpillFile.Run(start: run.start, end: run.end + 8), bufferSize: 1 << 10)
    #expect(throws: CaptureError.self) { while try reader.next({ $0.count }) != nil {} }
  }
}

/// A device whose disk is always full.
private func openFullDevice() -> Int32? {
  let descriptor = open("/dev/full", O_RDWR | O_CLOEXEC)
  return descriptor < 0 ? nil : descriptor
}
