import BinaryCoding
import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import CaptureFormat

/// The indexes of heads against a look at every event.
@Suite struct IndexTests {
  /// What events are about, event by event, as indexes must know it.
  private struct Seen {
    var pids: Set<Int64> = []
    var uids: Set<Int64> = []
    var containers: Set<String> = []
    var executables: Set<String> = []
    var errors: Set<Int64> = []
    var ports: Set<Int64> = []
    var names: Set<[UInt8]> = []
    var addresses: Set<[UInt8]> = []

    init(_ batch: EventBatch) {
      let dimensions = batch.dimensions
      func bytes(_ row: Int64) -> [UInt8]? { row == EventBatch.missing ? nil : Array(dimensions.strings[Int(row)]) }
      func text(_ row: Int64) -> String { bytes(row).map { String(decoding: $0, as: UTF8.self) } ?? "" }
      for row in 0..<batch.count {
        if (-4095 ... -1).contains(batch.results[row]) { errors.insert(-batch.results[row]) }
        if batch.lineages[row] != EventBatch.noRow {
          var lineage = Int64(batch.lineages[row])
          let thread = Int(dimensions.lineages[Int(lineage), .thread])
          dimensions.threads.value(thread, .pid).map { _ = pids.insert($0) }
          dimensions.threads.value(thread, .uid).map { _ = uids.insert($0) }
          let container = dimensions.threads.value(thread, .container)
          containers.insert(container.map { text(dimensions.containers[Int($0), .id]) } ?? "")
          while lineage != EventBatch.missing {
            let image = dimensions.threads[Int(dimensions.lineages[Int(lineage), .thread]), .image]
            executables.insert(image == EventBatch.missing ? "" : text(dimensions.images[Int(image), .path]))
            lineage = dimensions.lineages[Int(lineage), .parent]
          }
        }
        guard batch.objects[row] != EventBatch.noRow else { continue }
        let object = Int(batch.objects[row])
        for column in [ObjectColumn.localPort, .remotePort] {
          dimensions.objects.value(object, column).map { _ = ports.insert($0 & 0xFFFF) }
        }
        for column in [ObjectColumn.label, .realName] {
          bytes(dimensions.objects[object, column]).map { _ = names.insert($0) }
        }
        for column in [ObjectColumn.localAddress, .remoteAddress] {
          guard let address = bytes(dimensions.objects[object, column]) else { continue }
          if address.count == 4 || address.count == 16 { addresses.insert(address) }
          if dimensions.objects[object, .family] == Int64(SocketAddress.unixFamily) { names.insert(address) }
        }
      }
    }
  }

  @Test(arguments: UInt64(0)..<40)
  func nothingThatEventsAreAboutIsDenied(seed: UInt64) throws {
    var generator = BatchGenerator(seed: seed)
    var encoder = ChunkEncoder(.none)
    for events in [0, 1, 30, 700] {
      let batch = generator.next(events: events)
      let seen = Seen(batch)
      let chunk = try encoder.encode(batch)
      // As a reader sees it, not only as the encoder made it.
      let head = try #require(
        chunk.bytes.withUnsafeBytes { bytes in
          try? ChunkHead(UnsafeRawBufferPointer(rebasing: bytes[..<chunk.head.byteCount]))
        })
      // Those of the events themselves are exact.
      #expect(head.pids == seen.pids.sorted())
      #expect(head.uids == seen.uids.sorted())
      #expect(head.errors == seen.errors.sorted())
      #expect(head.containers.map(Set.init) == seen.containers)
      #expect(head.typeCounts.map(\.type) == Set(batch.types).sorted().map { EventTypeID(rawValue: $0) })
      // Those of dimension rows may hold more.
      #expect(head.executables.map(Set.init)?.isSuperset(of: seen.executables) == true)
      #expect(head.ports.map(Set.init)?.isSuperset(of: seen.ports) == true)
      for name in seen.names {
        #expect(head.paths?.mayContain(name[...]) == true)
        for position in name.indices where name[position] == UInt8(ascii: "/") {
          #expect(head.paths?.mayContain(name[..<max(position, 1)]) == true)
        }
        if let last = name.lastIndex(of: UInt8(ascii: "/")) {
          #expect(head.paths?.mayContain(name[(last + 1)...]) == true)
        }
      }
      for address in seen.addresses { #expect(head.addresses?.mayContain(address[...]) == true) }
    }
  }

  /// Sets that outgrow what they save are left out, which excludes nothing; the others stay.
  @Test func greatSetsAreLeftOut() throws {
    func head(processes: Int, objects: Int, nameLength: Int = 4) throws -> ChunkHead {
      var dimensions = Dimensions()
      var interner = StringInterner()
      var builder = EventBatchBuilder(schema: TestSchema.schema, firstNumber: 1)
      for index in 0..<max(processes, objects) {
        if index < processes {
          let image = Int(dimensions.images.appendRow())
          let path = String(repeating: "x", count: nameLength) + "\(index)"
          dimensions.images[image, .path] = Int64(interner.intern(Array(path.utf8)[...]))
          let thread = Int(dimensions.threads.appendRow())
          dimensions.threads[thread, .pid] = Int64(index)
          dimensions.threads[thread, .uid] = Int64(index % 3)
          dimensions.threads[thread, .image] = Int64(image)
          let lineage = Int(dimensions.lineages.appendRow())
          dimensions.lineages[lineage, .thread] = Int64(thread)
        }
        if index < objects {
          let object = Int(dimensions.objects.appendRow())
          dimensions.objects[object, .localPort] = Int64(index)
          dimensions.objects[object, .label] = Int64(interner.intern(Array("/d\(index)/n\(index)".utf8)[...]))
        }
        builder.appendEvent(
          exitTime: Int64(index), latency: 0, type: EventTypeID(rawValue: 40_000), cpu: 0, flags: [],
          lineage: index < processes ? UInt32(index) : EventBatch.noRow,
          object: index < objects ? UInt32(index) : EventBatch.noRow, result: -Int64(index % 3))
      }
      dimensions.strings = interner.table
      var encoder = ChunkEncoder(.none)
      return try encoder.encode(builder.finish(dimensions)).head
    }
    let small = try head(processes: 4096, objects: 4096)
    #expect(small.pids?.count == 4096 && small.ports?.count == 4096 && small.paths != nil)
    // 4096 paths of 5 to 8 bytes are less than 32 KiB.
    #expect(small.executables?.count == 4096)
    let large = try head(processes: 4097, objects: 200_000, nameLength: 6)
    #expect(large.pids == nil && large.executables == nil && large.ports == nil && large.paths == nil)
    #expect(large.uids == [0, 1, 2] && large.errors == [1, 2] && large.addresses?.byteCount == 0)
    #expect(large.byteCount < 1000)
  }
}
