import EventBatch
import EventSchema
import TestSupport
import Testing

@testable import ScapFormat

/// Files that the writer makes, taken apart again.
@Suite struct ScapWriterTests {
  static let machine = ScapMachine(hostname: "testhost", processors: 4, bootTime: 1_600_000_000_000_000_000)

  /// The file of some batches.
  private func file(
    _ batches: [EventBatch], _ dialect: ScapDialect, held: Int = 1 << 30
  ) throws -> (file: NaiveScapFile, events: Int, leftOut: Int) {
    var writer = ScapWriter(
      machine: ScapWriterTests.machine, users: [], interfaces: [], schema: .builtIn, dialect: dialect, held: held)
    var bytes: [UInt8] = []
    for batch in batches {
      writer.append(batch, rows: 0..<UInt32(batch.count))
      bytes += writer.takeOutput()
    }
    writer.finish()
    bytes += writer.takeOutput()
    return (try NaiveScapFile(bytes), writer.events, writer.leftOut)
  }

  @Test(
    "blocks and parameters are whole, whatever the events hold", arguments: ScapDialect.allCases, 0..<6 as Range<UInt64>
  )
  func wholeness(dialect: ScapDialect, seed: UInt64) throws {
    var generator = BatchGenerator(seed: seed, schema: .builtIn)
    let batches = (0..<4).map { _ in generator.next(events: 600) }
    let (file, events, leftOut) = try file(batches, dialect)
    #expect(events + leftOut == 2400)
    #expect(events > 1500)
    #expect(file.events.count >= events)
    for event in file.events {
      let type = try #require(ScapCatalogue.builtIn[event.code], "there is no event \(event.code)")
      #expect(event.cpu < 4)
      #expect(event.values.count <= type.parameters.count)
      for (value, parameter) in zip(event.values, type.parameters) {
        if let size = parameter.type.size {
          // Readers of the classic dialect take numbers to be there.
          let sizes = dialect == .classic || event.isHidden ? [size] : [size, 0]
          #expect(sizes.contains(value.count), "\(type.name).\(parameter.name) has \(value.count) bytes")
        }
        if parameter.type.endsWithNUL, !value.isEmpty {
          #expect(value.last == 0, "\(type.name).\(parameter.name) has no end")
        }
      }
      if dialect == .current, !event.isHidden { #expect(type.isExit || type.kind != .syscall) }
    }
  }

  @Test("the classic dialect has only events and parameters of its time", arguments: 10..<13 as Range<UInt64>)
  func classicEvents(seed: UInt64) throws {
    var generator = BatchGenerator(seed: seed, schema: .builtIn)
    let (file, _, _) = try file([generator.next(events: 3000)], .classic)
    for event in file.events {
      // sysdig 0.29 has events up to clone3's and codes of calls below 329.
      #expect(event.code <= 335)
      if event.code <= 1 { #expect(event.number(0) < 329) }
    }
  }

  @Test("of each call there is the beginning, then the return, and the time between is the latency")
  func pairs() throws {
    var generator = BatchGenerator(seed: 77, schema: .builtIn)
    let batch = generator.next(events: 4000)
    let (file, _, _) = try file([batch], .classic)
    var returns: [String: Int] = [:]
    for event in file.events where event.code & 1 == 1 && !event.isHidden {
      returns["\(event.time) \(event.tid) \(event.code)", default: 0] += 1
    }
    var begins: [String: Int] = [:]
    for event in file.events where event.code & 1 == 0 && !event.isHidden {
      begins["\(event.time) \(event.tid) \(event.code)", default: 0] += 1
    }
    let threads = ThreadReader(batch.dimensions)
    for row in 0..<batch.count {
      let type = try #require(batch.schema.type(EventTypeID(rawValue: batch.types[row])))
      guard let event = ClassicEvent.byName[type.name], event.exitParameters != nil else { continue }
      let tid = threads.thread(ofLineage: batch.lineages[row]).flatMap { threads.number($0, .tid) } ?? -1
      let exit = batch.exitTimes[row]
      let latency = batch.latencies[row] == EventBatch.missing ? 0 : batch.latencies[row]
      let flags = EventFlags(rawValue: batch.flags[row])
      if !flags.contains(.unfinished), batch.results[row] != EventBatch.missing {
        let key = "\(exit) \(tid) \(event.exit)"
        #expect(returns[key, default: 0] > 0, "no return of event \(row), \(type.name)")
        returns[key, default: 0] -= 1
      }
      if !flags.contains(.childReturn) {
        let key = "\(exit - latency) \(tid) \(event.enter)"
        #expect(begins[key, default: 0] > 0, "no beginning of event \(row), \(type.name)")
        begins[key, default: 0] -= 1
      }
    }
  }

  @Test(
    "an execution below a directory tells the path of what runs now, since readers crash at other names; one that failed, its name",
    arguments: [
      ("true", 0, "/usr/bin/true"), ("", 0, "/usr/bin/true"), ("/bin/true", 0, "/bin/true"), ("true", -2, "true"),
    ] as [(String, Int64, String)])
  func executionBelowADirectory(name: String, result: Int64, told: String) throws {
    var machine = MachineMaker()
    let process = machine.process(10, "true")
    machine.event(
      "execveat", at: 1_700_000_000_000_000_000, of: process, result: result,
      ["dirfd": 3, "pathname": .text(name), "exec_flags": 0x1000])
    let event = try #require(
      try file([machine.finish()], .classic).file.events.first { $0.code == 330 && !$0.isHidden })
    #expect(event.number(0) == 3)
    #expect(String(decoding: event.values[1].dropLast(), as: UTF8.self) == told)
    // Of the beginning, not those of the executable: AT_EMPTY_PATH.
    #expect(event.number(2) == 1)
  }

  @Test("times ascend where there is room to hold events back, and events are the same where there is little")
  func order() throws {
    var generator = BatchGenerator(seed: 5, schema: .builtIn)
    let batches = (0..<8).map { _ in generator.next(events: 500) }
    let whole = try file(batches, .classic).file
    #expect(zip(whole.events, whole.events.dropFirst()).allSatisfy { $0.time <= $1.time })
    let narrow = try file(batches, .classic, held: 20_000).file
    func keys(_ file: NaiveScapFile) -> [String] {
      file.events.filter { !$0.isHidden }.map { "\($0.time) \($0.tid) \($0.code) \($0.values)" }.sorted()
    }
    #expect(keys(whole) == keys(narrow))
  }

  @Test("blocks of events never grow beyond what readers take")
  func payloadIsCut() throws {
    let type = try #require(Schema.builtIn.type(named: "read"))
    var builder = EventBatchBuilder(schema: .builtIn)
    builder.appendEvent(
      exitTime: 1_700_000_000_000_000_000, latency: 10, type: type.id, cpu: 0, flags: [], lineage: EventBatch.noRow,
      object: EventBatch.noRow, result: 200_000)
    for parameter in type.parameters where parameter.source.isStored {
      switch parameter.type.storage {
      case .integer: builder.appendInteger(7)
      case .string: builder.appendText(UnsafeRawBufferPointer(start: nil, count: 0))
      case .bytes: [UInt8](repeating: 0x61, count: 200_000).withUnsafeBytes { builder.appendBytes($0) }
      }
    }
    let batch = builder.finish(Dimensions())
    for dialect in ScapDialect.allCases {
      let file = try file([batch], dialect).file
      #expect(file.blocks.allSatisfy { $0.body.count + 12 <= 65536 })
      let read = try #require(file.events.first { $0.code == 7 })
      #expect(read.values[1].count == ScapLimits.payload)
      #expect(read.number(0) == 200_000)
    }
  }

  @Test("containers and losses become events")
  func metaEvents() throws {
    var writer = ScapWriter(machine: ScapWriterTests.machine, users: [], interfaces: [], schema: .builtIn)
    writer.append(containerJSON: Array("{}".utf8), time: 100)
    writer.append(lossOf: 12, from: 200, to: 300, cpu: 1)
    writer.finish()
    let file = try NaiveScapFile(writer.takeOutput())
    #expect(file.events.map(\.code) == [272, 148, 149])
    #expect(file.events.map(\.time) == [100, 200, 300])
    #expect(file.events[0].isHidden && file.events[0].text(0) == "{}")
    #expect(!file.events[1].isHidden && file.events[1].number(0) == 12 && file.events[1].cpu == 1)
  }

  @Test("an event of sixteen bytes of path and payload, byte by byte")
  func golden() throws {
    var interner = StringInterner()
    var source = Dimensions()
    let thread = Int(source.threads.appendRow())
    source.threads[thread, .tid] = 4711
    source.threads[thread, .pid] = 4711
    source.threads[thread, .comm] = Int64(interner.intern("cat"))
    let lineage = source.lineages.appendRow()
    source.lineages[Int(lineage), .thread] = Int64(thread)
    source.strings = interner.table
    let type = try #require(Schema.builtIn.type(named: "chdir"))
    var builder = EventBatchBuilder(schema: .builtIn)
    builder.appendEvent(
      exitTime: 0x1122_3344_5566_7788, latency: 8, type: type.id, cpu: 3, flags: [], lineage: lineage,
      object: EventBatch.noRow, result: -2)
    Array("/tmp".utf8).withUnsafeBytes { builder.appendText($0) }
    let batch = builder.finish(source)
    var writer = ScapWriter(machine: ScapWriterTests.machine, users: [], interfaces: [], schema: .builtIn)
    writer.append(processesOf: batch, rows: [0], startedBefore: Int64.max)
    _ = writer.takeOutput()
    writer.append(batch, rows: [0])
    writer.finish()
    let hexadecimal = writer.takeOutput().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    let enter =
      "16020000" + "28000000" + "0300"  // block, length, cpu
      + "8077665544332211" + "6712000000000000" + "1a000000" + "5e00" + "00000000"  // time, thread, length, type, count
      + "28000000"
    let exit =
      "16020000" + "3c000000" + "0300" + "8877665544332211" + "6712000000000000" + "2b000000" + "5f00" + "02000000"
      + "0800" + "0500" + "feffffffffffffff" + "2f746d7000" + "000000" + "3c000000"
    #expect(hexadecimal == enter + exit)
  }
}
