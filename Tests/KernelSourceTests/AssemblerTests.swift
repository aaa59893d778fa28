import EventBatch
import EventSchema
import Probe
import Testing

@testable import KernelSource

/// Records as the probe writes them.
private struct RecordBytes {
  var bytes: [UInt8] = []

  mutating func append<Value: BitwiseCopyable>(_ value: Value) {
    withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
  }

  mutating func append(_ text: String) { bytes.append(contentsOf: text.utf8) }

  /// The record with its length filled in.
  func finished() -> [UInt8] {
    var padded = bytes
    while padded.count % 8 != 0 { padded.append(0) }
    withUnsafeBytes(of: UInt32(padded.count)) { for index in 0..<4 { padded[index] = $0[index] } }
    return padded
  }

  static func header(_ kind: reel_record_kind, _ time: UInt64, flags: UInt16 = 0) -> reel_record {
    reel_record(length: 0, kind: UInt16(kind.rawValue), flags: flags, time: time)
  }

  static func image(_ identity: UInt64, path: String, arguments: String, time: UInt64 = 0) -> [UInt8] {
    var record = RecordBytes()
    var image = reel_image()
    image.record = header(REEL_RECORD_IMAGE, time)
    image.identity = identity
    image.path_length = UInt32(path.utf8.count)
    image.arguments_length = UInt32(arguments.utf8.count)
    record.append(image)
    record.append(path)
    record.append(arguments)
    return record.finished()
  }

  static func thread(
    _ identity: UInt64, pid: UInt32, parent: UInt32, image: UInt64, directory: String = "home\0", time: UInt64 = 0
  ) -> [UInt8] {
    var record = RecordBytes()
    var thread = reel_thread()
    thread.record = header(REEL_RECORD_THREAD, time)
    thread.identity = identity
    thread.image = image
    (thread.tid, thread.pid, thread.parent_pid) = (pid, pid, parent)
    thread.working_directory_length = UInt32(directory.utf8.count)
    withUnsafeMutableBytes(of: &thread.comm) { $0.copyBytes(from: "worker".utf8) }
    record.append(thread)
    record.append(directory)
    return record.finished()
  }

  static func object(_ identity: UInt64, path: String, mode: UInt32 = 0o100644, time: UInt64 = 0) -> [UInt8] {
    var record = RecordBytes()
    var object = reel_object()
    object.record = header(REEL_RECORD_OBJECT, time)
    object.identity = identity
    (object.thing, object.name) = (identity, identity)
    object.inode = 7
    object.mode = mode
    object.path_length = UInt32(path.utf8.count)
    record.append(object)
    record.append(path)
    return record.finished()
  }

  static func event(
    _ type: EventTypeID, time: UInt64, start: UInt64, result: Int64, thread: UInt64, object: UInt64,
    arguments: [UInt64], captures: [(index: UInt8, bytes: [UInt8])] = []
  ) -> [UInt8] {
    var record = RecordBytes()
    record.append(
      reel_event(
        record: header(REEL_RECORD_EVENT, time), start: start, result: result, thread: thread, object: object, tid: 1,
        type: type.rawValue, argument_count: UInt8(arguments.count), capture_count: UInt8(captures.count)))
    for argument in arguments { record.append(argument) }
    for capture in captures {
      record.append(reel_capture(length: UInt32(capture.bytes.count), index: capture.index, flags: 0, padding: 0))
      record.bytes.append(contentsOf: capture.bytes)
      while record.bytes.count % 8 != 0 { record.bytes.append(0xEE) }
    }
    return record.finished()
  }
}

extension EventAssembler {
  fileprivate mutating func take(_ record: [UInt8]) {
    record.withUnsafeBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      take(start, cpu: 0)
    }
  }
}

@Suite("From records to batches")
struct AssemblerTests {
  /// Takes records in order and gives the one batch that they make.
  private func assemble(_ records: [[UInt8]]) throws -> (batch: EventBatch, unresolved: UInt64) {
    var assembler = EventAssembler(
      schema: .builtIn, options: KernelSourceOptions(), epochOffset: 1_000_000, cpuCount: 1)
    for record in records { assembler.take(record) }
    assembler.close()
    let batches = assembler.takeClosed()
    try #require(batches.count == 1)
    try batches[0].checkInvariants()
    return (batches[0], assembler.unresolved.count)
  }

  private let definitions = [
    RecordBytes.image(5, path: "cat\0bin\0", arguments: "cat\0/tmp/a\0"),
    RecordBytes.thread(3, pid: 100, parent: 1, image: 5),
    RecordBytes.object(9, path: "a\0tmp\0"),
  ]

  @Test("A read has its thread, object, latency and payload")
  func read() throws {
    let event = RecordBytes.event(
      .read, time: 2_000, start: 1_500, result: 5, thread: 3, object: 9, arguments: [7, 0x1000, 4096],
      captures: [(0, Array("hello".utf8))])
    let (batch, unresolved) = try assemble(definitions + [event])
    #expect(unresolved == 0)
    #expect(batch.exitTimes == [1_002_000])
    #expect(batch.latencies == [500])
    #expect(batch.results == [5])
    let dimensions = batch.dimensions
    let thread = Int(dimensions.lineages[Int(batch.lineages[0]), .thread])
    #expect(dimensions.threads[thread, .pid] == 100)
    #expect(dimensions.strings.text(Int(dimensions.threads[thread, .workingDirectory])) == "/home")
    let image = Int(dimensions.threads[thread, .image])
    #expect(dimensions.strings.text(Int(dimensions.images[image, .path])) == "/bin/cat")
    #expect(dimensions.strings.text(Int(dimensions.images[image, .arguments])) == "/tmp/a\0")
    let object = Int(batch.objects[0])
    #expect(dimensions.strings.text(Int(dimensions.objects[object, .label])) == "/tmp/a")
    // data, fd, size
    let arguments = try #require(batch.arguments(of: .read))
    #expect(Array(arguments.columns[0].bytes(at: 0)) == Array("hello".utf8))
    #expect(arguments.columns[1].values == [7])
    #expect(arguments.columns[2].values == [4096])
  }

  @Test("An unknown latency is missing, not zero")
  func noLatency() throws {
    let event = RecordBytes.event(
      .close, time: 2_000, start: 0, result: 0, thread: 3, object: 9, arguments: [7])
    #expect(try assemble(definitions + [event]).batch.latencies == [EventBatch.missing])
  }

  @Test("A read of nothing has an empty payload; one whose payload was not copied has none")
  func emptyPayload() throws {
    let nothing = RecordBytes.event(
      .read, time: 1, start: 0, result: 0, thread: 3, object: 9, arguments: [7, 0x1000, 4096])
    let unknown = RecordBytes.event(
      .read, time: 2, start: 0, result: 8, thread: 3, object: 9, arguments: [7, 0x1000, 4096])
    let column = try #require(try assemble(definitions + [nothing, unknown]).batch.arguments(of: .read)).columns[0]
    #expect(!column.isMissing(0))
    #expect(column.bytes(at: 0).isEmpty)
    #expect(column.isMissing(1))
  }

  @Test("A failed open has an object from its arguments")
  func failedOpen() throws {
    let event = RecordBytes.event(
      .openat, time: 2_000, start: 1_500, result: -2, thread: 3, object: 0,
      arguments: [UInt64(bitPattern: -100), 0x1000, 0, 0, 0], captures: [(0, Array("../etc/nothing".utf8))])
    let batch = try assemble(definitions + [event]).batch
    let object = Int(batch.objects[0])
    #expect(batch.dimensions.strings.text(Int(batch.dimensions.objects[object, .label])) == "/etc/nothing")
    let flags = ObjectFlags(rawValue: batch.dimensions.objects[object, .flags])
    #expect(flags.contains(.fromArguments))
  }

  @Test("A definition that comes after its event is found when the batch closes")
  func lateDefinition() throws {
    let event = RecordBytes.event(.close, time: 1, start: 0, result: 0, thread: 3, object: 9, arguments: [7])
    let (batch, unresolved) = try assemble([event] + definitions)
    #expect(unresolved == 0)
    #expect(batch.lineages[0] != EventBatch.noRow)
    #expect(batch.objects[0] != EventBatch.noRow)
    #expect(EventFlags(rawValue: batch.flags[0]).contains(.unresolved) == false)
  }

  @Test("What is never defined is counted and marked, not guessed")
  func unresolved() throws {
    let event = RecordBytes.event(.close, time: 1, start: 0, result: 0, thread: 44, object: 9, arguments: [7])
    let (batch, unresolved) = try assemble(definitions + [event])
    #expect(unresolved == 1)
    #expect(batch.lineages[0] == EventBatch.noRow)
    #expect(batch.objects[0] != EventBatch.noRow)
    #expect(EventFlags(rawValue: batch.flags[0]).contains(.unresolved))
  }

  @Test("After the dimensions were renewed, earlier identities still resolve")
  func renewal() throws {
    var assembler = EventAssembler(schema: .builtIn, options: KernelSourceOptions(), epochOffset: 0, cpuCount: 1)
    let event = RecordBytes.event(.close, time: 1, start: 0, result: 0, thread: 3, object: 9, arguments: [7])
    for record in definitions + [event] { assembler.take(record) }
    assembler.startGeneration()
    assembler.take(event)
    assembler.close()
    let batches = assembler.takeClosed()
    #expect(batches.count == 2)
    #expect(assembler.unresolved.count == 0)
    for batch in batches {
      try batch.checkInvariants()
      let object = Int(batch.objects[0])
      #expect(batch.dimensions.strings.text(Int(batch.dimensions.objects[object, .label])) == "/tmp/a")
    }
  }

  @Test("The end of a task says how it ended")
  func taskExit() throws {
    let event = RecordBytes.event(
      .procexit, time: 1, start: 0, result: 0, thread: 3, object: 0, arguments: [0x8B, 1, 4])
    let batch = try assemble(definitions + [event]).batch
    #expect(batch.results == [EventBatch.missing])
    // status, ret, sig, core, reaper_tid
    let columns = try #require(batch.arguments(of: .procexit)).columns
    #expect(columns[0].values == [0x8B])
    #expect(columns[1].values == [0])
    #expect(columns[2].values == [11])
    #expect(columns[3].values == [1])
    #expect(columns[4].values == [4])
  }

  @Test("Events of other hooks have a word for each number, and one word that means missing")
  func hookWords() throws {
    let missing = UInt64(1) << 63
    let event = RecordBytes.event(
      .signaldeliver, time: 1, start: 0, result: 0, thread: 3, object: 0,
      arguments: [missing, 4711, 11, UInt64(bitPattern: -6), 0x1234, 0])
    let batch = try assemble(definitions + [event]).batch
    #expect(batch.results == [EventBatch.missing])
    let columns = try #require(batch.arguments(of: .signaldeliver)).columns
    // spid, dpid, sig, code, addr, handler, flags; the last one was not written.
    let values = columns.map { $0.isMissing(0) ? nil : $0.values.first }
    #expect(values == [nil, 4711, 11, -6, 0x1234, 0, nil])
  }

  private static let requestCases: [(opcode: UInt64, result: Int64, directory: Int64, path: String, object: String?)] =
    [
      (18, -2, -100, "/etc/none", "/etc/none"), (28, -2, -100, "none", "/home/none"), (28, -2, 7, "none", nil),
      (22, -2, -100, "/etc/none", nil), (18, -2, -100, "", nil),
      // Into a slot of registered files.
      (18, 0, -100, "/etc/none", "/etc/none"),
    ]

  @Test(
    "A request of io_uring that opens something and gets no descriptor is about its path", arguments: requestCases)
  func failedRequest(opcode: UInt64, result: Int64, directory: Int64, path: String, object: String?) throws {
    let missing = UInt64(1) << 63
    let event = RecordBytes.event(
      .ioUring, time: 9, start: 2, result: result, thread: 3, object: 0,
      arguments: [opcode, missing, 77, 0, UInt64(bitPattern: directory), missing, missing, 0, 0, 0, 2, 0],
      captures: [(0, Array(path.utf8))])
    let batch = try assemble(definitions + [event]).batch
    #expect(batch.results == [result])
    #expect(batch.latencies == [7])
    let row = batch.objects[0]
    let name =
      row == EventBatch.noRow
      ? nil : batch.dimensions.strings.text(Int(batch.dimensions.objects[Int(row), .label]))
    #expect(name == object)
  }

  @Test("A request that fails to open a path below a directory is about it")
  func requestBelowDirectory() throws {
    let missing = UInt64(1) << 63
    let event = RecordBytes.event(
      .ioUring, time: 9, start: 2, result: -2, thread: 3, object: 0,
      arguments: [18, missing, 77, 0, 7, missing, missing, 0, 0, 0, 2, 0, 9], captures: [(0, Array("none".utf8))])
    let batch = try assemble(definitions + [event]).batch
    #expect(
      batch.dimensions.strings.text(Int(batch.dimensions.objects[Int(batch.objects[0]), .label])) == "/tmp/a/none")
  }

  @Test("An open of an empty path is about nothing")
  func emptyPath() throws {
    let event = RecordBytes.event(
      .openat, time: 2_000, start: 1_500, result: -2, thread: 3, object: 0,
      arguments: [UInt64(bitPattern: -100), 0x1000, 0, 0, 0], captures: [(0, [])])
    #expect(try assemble(definitions + [event]).batch.objects == [EventBatch.noRow])
  }

  @Test("Structures of 32-bit programs are read as these lay them out", arguments: [true, false])
  func narrowStructures(isNarrow: Bool) throws {
    let type = try #require(Schema.builtIn.type(systemCall: "nanosleep"))
    // 3 s and 5 ns, in 4 bytes each and in 8.
    let bytes: [UInt8] = isNarrow ? [3, 0, 0, 0, 5, 0, 0, 0] : [3, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]
    var event = RecordBytes.event(
      type.id, time: 1, start: 0, result: 0, thread: 3, object: 0, arguments: [0x1000], captures: [(0, bytes)])
    event[6] |= UInt8(REEL_EVENT_COMPAT)
    if isNarrow { event[7] |= UInt8(REEL_EVENT_NARROW >> 8) }
    let batch = try assemble(definitions + [event]).batch
    #expect(try #require(batch.arguments(of: type.id)).columns[0].values == [3_000_000_005])
    #expect(EventFlags(rawValue: batch.flags[0]) == .compat)
  }

  @Test("A socket's option has the name of its level, and no other", arguments: [UInt64(6), 1])
  func optionNames(level: UInt64) throws {
    let type = try #require(Schema.builtIn.type(systemCall: "setsockopt"))
    let event = RecordBytes.event(
      type.id, time: 1, start: 0, result: 0, thread: 3, object: 9, arguments: [7, level, 9, 0x1000, 4])
    let arguments = try #require(try assemble(definitions + [event]).batch.arguments(of: type.id))
    let stored = type.parameters.filter(\.source.isStored)
    let column = try #require(stored.firstIndex { $0.name == "tcp_option" })
    #expect(arguments.columns[column].isMissing(0) == (level != 6))
    if level == 6 { #expect(arguments.columns[column].values == [9]) }
    for (index, parameter) in stored.enumerated() where parameter.name.hasSuffix("_option") && index != column {
      #expect(arguments.columns[index].isMissing(0), "\(parameter.name)")
    }
  }

  @Test(
    "A register of the 32-bit entry has its sign at bit 31",
    arguments: [(UInt64(0xFFFF_FFFE), Int64(-2)), (0x1_0000_0002, 0x1_0000_0002)])
  func compatSign(register: UInt64, value: Int64) throws {
    // Any call with a plain signed number of 64 bits.
    let type = try #require(
      Schema.builtIn.types.first { type in
        type.systemCall != nil && type.parameters.contains { $0.type == .int64 && Self.register(of: $0) != nil }
      })
    let index = try #require(
      type.parameters.firstIndex { $0.type == .int64 && Self.register(of: $0) != nil })
    let words = [UInt64](repeating: register, count: 6)
    var event = RecordBytes.event(type.id, time: 1, start: 0, result: 0, thread: 3, object: 0, arguments: words)
    event[6] |= UInt8(REEL_EVENT_COMPAT)
    let batch = try assemble(definitions + [event]).batch
    let column = type.parameters[..<index].filter(\.source.isStored).count
    #expect(try #require(batch.arguments(of: type.id)).columns[column].values == [value])
  }

  private static func register(of parameter: Parameter) -> UInt8? {
    if case .argument(let index) = parameter.source { return index }
    return nil
  }
}
