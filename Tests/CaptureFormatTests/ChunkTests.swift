import BinaryCoding
import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import CaptureFormat

@Suite struct ChunkTests {
  private func encode(_ batch: EventBatch) throws -> EncodedChunk {
    var encoder = ChunkEncoder(.none)
    return try encoder.encode(batch)
  }

  private func decode(_ chunk: EncodedChunk, _ selection: ColumnSelection = .all, _ schema: Schema = TestSchema.schema)
    throws -> EventBatch
  {
    try chunk.bytes.withUnsafeBytes {
      try ChunkLayout.decode(
        payload: $0, head: chunk.head, selection: selection, schema: schema, names: DimensionNames(), .none)
    }
  }

  @Test(arguments: UInt64(1)...12, [0, 1, 2, 50, 1500])
  func batchesComeBack(seed: UInt64, events: Int) throws {
    var generator = BatchGenerator(seed: seed)
    let batch = generator.next(events: events)
    let decoded = try decode(try encode(batch))
    try decoded.checkInvariants()
    #expect(batch.difference(to: decoded) == nil)
  }

  @Test func listedNumbersComeBack() throws {
    var generator = BatchGenerator(seed: 5)
    let batch = generator.next(events: 90).selecting(rows: Array(stride(from: 1, to: 90, by: 3)))
    try batch.checkInvariants()
    let chunk = try encode(batch)
    #expect(chunk.head.firstNumber == batch.numbers[0] && chunk.head.lastNumber == batch.numbers[29])
    let decoded = try decode(chunk)
    try decoded.checkInvariants()
    #expect(batch.difference(to: decoded) == nil)
  }

  @Test(arguments: UInt64(0)..<60)
  func aSelectionEqualsThatPartOfAll(seed: UInt64) throws {
    var random = SeededGenerator(seed: seed)
    var generator = BatchGenerator(seed: seed % 7)
    let batch = generator.next(events: 200 + random.below(900))
    let chunk = try encode(batch)
    let core = ColumnSelection.Core(
      rawValue: UInt16(truncatingIfNeeded: random.next()) & ColumnSelection.Core.all.rawValue)
    var keys: Set<ColumnSelection.ArgumentKey> = []
    for type in batch.schema.types {
      for parameter in type.parameters.indices where random.oneIn(2) {
        keys.insert(.init(type: type.id, parameter: parameter))
      }
    }
    let selection = ColumnSelection(core: core, arguments: .only(keys), payloads: random.oneIn(2))
    let part = try decode(chunk, selection)
    try part.checkInvariants()
    #expect(part.count == batch.count)
    #expect(part.exitTimes == (core.contains(.exitTimes) ? batch.exitTimes : []))
    #expect(part.latencies == (core.contains(.latencies) ? batch.latencies : []))
    #expect(part.cpus == (core.contains(.cpus) ? batch.cpus : []))
    #expect(part.flags == (core.contains(.flags) ? batch.flags : []))
    #expect(part.lineages == (core.contains(.lineages) ? batch.lineages : []))
    #expect(part.objects == (core.contains(.objects) ? batch.objects : []))
    #expect(part.results == (core.contains(.results) ? batch.results : []))
    #expect(part.ranks == (core.contains(.ranks) ? batch.ranks : []))
    #expect(part.types == (core.isDisjoint(with: [.types, .ranks]) ? [] : batch.types))
    for (selected, whole) in zip(part.arguments, batch.arguments) {
      let parameters = batch.schema.type(whole.type)?.parameters ?? []
      var stored = 0
      for (index, parameter) in parameters.enumerated() where parameter.source.isStored {
        let isWanted =
          keys.contains(.init(type: whole.type, parameter: index))
          && (selection.payloads || parameter.type.storage != .bytes)
        #expect(selected.columns[stored] == (isWanted ? whole.columns[stored] : .absent))
        stored += 1
      }
    }
  }

  @Test(arguments: UInt64(1)...20)
  func noIndexEverSaysNoWrongly(seed: UInt64) throws {
    var generator = BatchGenerator(seed: seed)
    let batch = generator.next(events: 150)
    let head = try encode(batch).head
    let dimensions = batch.dimensions
    for lineage in batch.lineages where lineage != EventBatch.noRow {
      let thread = Int(dimensions.lineages[Int(lineage), .thread])
      if let pid = dimensions.threads.value(thread, .pid) { #expect(head.pids?.contains(pid) == true) }
      if let uid = dimensions.threads.value(thread, .uid) { #expect(head.uids?.contains(uid) == true) }
      let container = dimensions.threads.value(thread, .container).flatMap { dimensions.containers.value(Int($0), .id) }
      #expect(head.containers?.contains(container.map { dimensions.strings.text(Int($0)) } ?? "") == true)
      var ancestor: Int64? = Int64(lineage)
      while let row = ancestor {
        let thread = Int(dimensions.lineages[Int(row), .thread])
        let path = dimensions.threads.value(thread, .image).flatMap { dimensions.images.value(Int($0), .path) }
        #expect(head.executables?.contains(path.map { dimensions.strings.text(Int($0)) } ?? "") == true)
        ancestor = dimensions.lineages.value(Int(row), .parent)
      }
    }
    for object in batch.objects where object != EventBatch.noRow {
      for column in [ObjectColumn.label, .realName] {
        guard let row = dimensions.objects.value(Int(object), column) else { continue }
        let parts = dimensions.strings.text(Int(row)).split(separator: "/").map(String.init)
        for length in 1...parts.count {
          #expect(head.paths?.mayContain("/" + parts[..<length].joined(separator: "/")) == true)
        }
        #expect(head.paths?.mayContain(parts[parts.count - 1]) == true && head.paths?.mayContain("/") == true)
      }
      if let row = dimensions.objects.value(Int(object), .remoteAddress) {
        let address = dimensions.strings[Int(row)]
        if address.count == 4 { #expect(head.addresses?.mayContain(address) == true) }
      }
    }
    #expect(head.leastExit == batch.exitTimes.min() && head.greatestExit == batch.exitTimes.max())
    let starts = (0..<batch.count).map { batch.exitTimes[$0] - max(batch.latencies[$0], 0) }
    #expect(head.leastStart == starts.min())
    #expect(head.typeCounts.map { Int($0.count) } == batch.arguments.map(\.count))
  }

  @Test func aBloomFilterKeepsItsRate() {
    let keys = (0..<4000).map { BloomFilter.hash(ArraySlice("/key/\($0)".utf8)) }
    let filter = BloomFilter(hashes: Set(keys))
    #expect(keys.allSatisfy { filter.mayContain(hash: $0) })
    let wrong = (0..<20_000).filter { filter.mayContain("/other/\($0)") }.count
    #expect(wrong < 400, "2 % at most, 1 % is expected")
    #expect(filter.byteCount <= 4000 * 11 / 8 + 32)
    #expect(!BloomFilter(hashes: []).mayContain("x"))
  }

  @Test(arguments: UInt64(0)..<300)
  func hostileBlocksAreRefusedOrKeepInvariants(seed: UInt64) throws {
    // Blocks are changed and their checksums made right again: what only a forger does.
    var random = SeededGenerator(seed: seed)
    var generator = BatchGenerator(seed: seed % 9)
    var chunk = try encode(generator.next(events: 1 + random.below(80)))
    var head = chunk.head
    let block = random.oneIn(3) ? 0 : random.below(head.blocks.count)
    let range = ChunkLayout.range(head, block: block)
    for _ in 0..<1 + random.below(3) where !range.isEmpty {
      chunk.bytes[range.lowerBound + random.below(range.count)] = UInt8(truncatingIfNeeded: random.next() >> 30)
    }
    head.blocks[block].check = CRC32C.checksum(Array(chunk.bytes[range]))
    chunk.head = head
    do {
      let decoded = try decode(chunk)
      // Order in time is the writer's promise; a reader passes on what is there.
      var sorted = decoded
      sorted.exitTimes.sort()
      try sorted.checkInvariants()
    } catch is MalformedBytes {}
  }

  @Test(arguments: [CoreColumn.exitTimes, .latencies, .types, .cpus, .flags, .lineages, .objects, .results])
  func anAbsentCoreColumnIsRefused(column: CoreColumn) throws {
    var generator = BatchGenerator(seed: 5)
    let chunk = try encode(generator.next(events: 40))
    let range = ChunkLayout.range(chunk.head, block: 0)
    var directory = try chunk.bytes[range].withUnsafeBytes {
      try ColumnDirectory($0, blocks: chunk.head.blocks.map(\.raw))
    }
    directory.entries.removeAll { $0.key == .core(column) }
    var listing = ByteBuffer()
    directory.write(into: &listing)
    // Columns behind the one that is gone begin elsewhere now: only how the directory is taken matters here.
    var head = chunk.head
    head.blocks[0].raw = listing.count
    head.blocks[0].stored = listing.count
    head.blocks[0].check = CRC32C.checksum(listing.bytes)
    var hostile = chunk
    hostile.bytes.replaceSubrange(range, with: listing.array())
    hostile.head = head
    #expect(throws: MalformedBytes.self) { try decode(hostile, ColumnSelection(core: column.selection)) }
    #expect(throws: MalformedBytes.self) { try decode(hostile) }
  }

  @Test func tooManyEventsAreRefused() {
    var batch = EventBatch(schema: TestSchema.schema)
    batch.count = CaptureLimits.chunkEvents + 1
    var encoder = ChunkEncoder(.none)
    do {
      _ = try encoder.encode(batch)
      Issue.record("the batch was encoded")
    } catch {
      #expect(error.limit == CaptureLimits.chunkEvents)
    }
  }

  @Test func equalBatchesGiveEqualBytes() throws {
    for seed in UInt64(1)...3 {
      var one = BatchGenerator(seed: seed)
      var two = BatchGenerator(seed: seed)
      let first = try encode(one.next(events: 300))
      let second = try encode(two.next(events: 300))
      #expect(first.bytes == second.bytes)
    }
  }
}
