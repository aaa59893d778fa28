import BinaryCoding
import EventBatch
import EventSchema

/// Writes a `.scap` file.
///
///     var writer = ScapWriter(machine: machine, users: users, schema: schema)
///     writer.append(processesOf: state)
///     writer.append(descriptorsOf: state)
///     for batch in batches {
///       writer.append(batch, rows: rows)
///       try file.write(writer.takeOutput())
///     }
///     writer.finish()
///     try file.write(writer.takeOutput())
///
/// Bytes are made in memory and taken by the caller; between two calls at most a few tens of megabytes are held back, however
/// long the file becomes.
public struct ScapWriter: ~Copyable {
  /// Whom the file is for.
  public let dialect: ScapDialect
  /// How many events of Reel were written.
  public private(set) var events = 0
  /// How many had nothing like them in such files.
  public private(set) var leftOut = 0

  private let architecture: Architecture
  private let processors: UInt32
  private let plans: [TypePlan]
  private let openFlags: FlagTable?
  private let threadFlags: UInt32
  private var output = ByteBuffer(capacity: 1 << 20)
  private var sequencer: EventSequencer
  private var peer: PeerState

  /// A file that begins with what is known of the machine.
  ///
  /// - Parameters:
  ///   - interfaces: addresses of the machine.
  ///   - held: how many bytes of events are held back to bring them into order.
  public init(
    machine: ScapMachine, users: [ScapUser], interfaces: [ScapInterface], schema: Schema,
    architecture: Architecture = .x86_64, dialect: ScapDialect = .classic, held: Int = 8 << 20
  ) {
    self.dialect = dialect
    self.architecture = architecture
    processors = machine.processors
    plans = EventPlanner(schema: schema, dialect: dialect, architecture: architecture).plans()
    openFlags = schema.flagTables.first { $0.name == "file_flags" }
    let cloneFlags = schema.flagTables.first { $0.name == "clone_flags" }
    threadFlags = ["CLONE_THREAD", "CLONE_FILES", "CLONE_VM", "CLONE_FS", "CLONE_SIGHAND"].reduce(0) { flags, name in
      let entry = cloneFlags?.entries.first { $0.name == name }
      return flags | UInt32(truncatingIfNeeded: entry?.portable ?? 0)
    }
    sequencer = EventSequencer(capacity: held)
    peer = PeerState(threadFlags: threadFlags, openFlags: openFlags, architecture: architecture)
    machine.append(to: &output, dialect: dialect)
    ScapInterface.append(interfaces, to: &output)
    ScapUser.append(users, to: &output)
  }

  /// The bytes that were made since the last call.
  public mutating func takeOutput() -> [UInt8] {
    let bytes = output.array()
    output.truncate(to: 0)
    return bytes
  }

  /// The same, a piece at a time: what is made of them need not stand in memory beside all of them.
  public mutating func takeOutput(pieces size: Int, _ write: ([UInt8]) throws -> Void) rethrows {
    for start in stride(from: 0, to: output.count, by: size) {
      try write(Array(output.bytes[start..<min(start + size, output.count)]))
    }
    output.truncate(to: 0)
  }

  /// Ends the file: hands out everything that was held back.
  public mutating func finish() { sequencer.finish(into: &output) }
}

// What was there when the recording began. Processes must be told before descriptors, and both before events.
extension ScapWriter {
  /// Appends the threads of a state: rows of type `state_thread`.
  public mutating func append(processesOf state: EventBatch, rows: some Sequence<UInt32>) {
    guard let type = state.schema.type(named: "state_thread") else { return }
    let threads = ThreadReader(state.dimensions)
    let sizes = memory(state, type)
    var block: Int?
    for row in rows.lazy.map({ Int($0) }) where state.types[row] == type.id.rawValue {
      guard let thread = threads.thread(ofLineage: state.lineages[row]), peer.tell(thread, threads) else { continue }
      let start = block ?? output.beginBlock(.processesV9)
      block = start
      let rank = Int(state.ranks[row])
      threads.append(
        thread: thread, memory: ScapMemory(size: sizes.size(rank), resident: sizes.resident(rank)), to: &output,
        dialect: dialect, threadFlags: threadFlags)
      // Readers take blocks of any size; ours stay small enough to be looked at.
      if output.count - start > 1 << 18 {
        output.endBlock(start)
        block = nil
      }
    }
    if let block { output.endBlock(block) }
  }

  /// Appends the threads that some events name and that were there before a time, with their ancestors: where no state says
  /// what was there.
  public mutating func append(processesOf batch: EventBatch, rows: some Sequence<UInt32>, startedBefore time: Int64) {
    let threads = ThreadReader(batch.dimensions)
    var seen = [Bool](repeating: false, count: batch.dimensions.lineages.count)
    let block = output.beginBlock(.processesV9)
    for row in rows {
      var current = batch.lineages[Int(row)]
      while Int(current) < seen.count, !seen[Int(current)], let thread = threads.thread(ofLineage: current) {
        seen[Int(current)] = true
        if (threads.number(thread, .startTime) ?? 0) < time, peer.tell(thread, threads) {
          threads.append(thread: thread, memory: ScapMemory(), to: &output, dialect: dialect, threadFlags: threadFlags)
        }
        current = threads.parent(ofLineage: current) ?? EventBatch.noRow
      }
    }
    output.endBlock(block)
  }

  /// Appends the descriptors of a state: rows of type `state_descriptor`.
  ///
  ///     block    | thread u64 | entries … |
  public mutating func append(descriptorsOf state: EventBatch, rows: some Sequence<UInt32>) {
    guard let type = state.schema.type(named: "state_descriptor"),
      let arguments = state.arguments(of: type.id), let numbers = arguments.columns.first, numbers.isPresent
    else { return }
    let threads = ThreadReader(state.dimensions)
    let objects = ObjectReader(state.dimensions)
    var block: (start: Int, pid: Int64)?
    for row in rows.lazy.map({ Int($0) }) where state.types[row] == type.id.rawValue {
      let object = Int(state.objects[row])
      guard let thread = threads.thread(ofLineage: state.lineages[row]), let pid = threads.number(thread, .pid),
        object < state.dimensions.objects.count
      else { continue }
      if let open = block, open.pid != pid {
        output.endBlock(open.start)
        block = nil
      }
      if block == nil {
        block = (output.beginBlock(.descriptorsV2), pid)
        output.append(pid)
      }
      let descriptor = numbers.values[Int(state.ranks[row])]
      peer.descriptors.tell(pid: pid, descriptor, objects.shown(object))
      let flags = objects.number(object, .openFlags).map { UInt64(bitPattern: $0) } ?? 0
      objects.append(
        descriptor: descriptor, object: object, to: &output, dialect: dialect,
        flags: UInt32(truncatingIfNeeded: openFlags?.portableFlags(for: flags, architecture: architecture) ?? 0))
    }
    if let block { output.endBlock(block.start) }
  }

  private func memory(
    _ state: EventBatch, _ type: EventType
  ) -> (size: (Int) -> Int64, resident: (Int) -> Int64) {
    let arguments = state.arguments(of: type.id)
    let stored = type.parameters.filter { $0.source.isStored }
    func column(_ name: String) -> (Int) -> Int64 {
      guard let index = stored.firstIndex(where: { $0.name == name }),
        let column = arguments?.columns[index], column.isPresent
      else { return { _ in 0 } }
      return { column.isMissing($0) ? 0 : column.values[$0] }
    }
    return (column("vm_size"), column("vm_rss"))
  }
}

// What happened.
extension ScapWriter {
  /// Appends events of a batch, which come in the order of their returns.
  ///
  /// - Parameter rows: which ones, ascending.
  public mutating func append(_ batch: EventBatch, rows: some Sequence<UInt32>) {
    let encoder = EventEncoder(batch, dialect: dialect, architecture: architecture, processors: processors)
    var told = PeerBatch(encoder)
    for row in rows { append(Int(row), encoder, &told) }
    sequencer.drain(into: &output)
  }

  private mutating func append(_ row: Int, _ encoder: EventEncoder, _ told: inout PeerBatch) {
    let batch = encoder.batch
    let type = Int(batch.types[row])
    guard type < plans.count else {
      leftOut += 1
      return
    }
    if batch.types[row] == ScapSchema.unknownType.rawValue { return appendUnknown(row, encoder) }
    let plan = plans[type]
    let flags = EventFlags(rawValue: batch.flags[row])
    let isUnfinished = flags.contains(.unfinished)
    if plan.shape == .leftOut || (isUnfinished && plan.enter == nil) {
      leftOut += 1
      return
    }
    let thread = encoder.threads.thread(ofLineage: batch.lineages[row])
    let exit = batch.exitTimes[row]
    let latency = batch.latencies[row]
    let begin = latency == EventBatch.missing ? exit : exit &- max(latency, 0)
    let isChild = flags.contains(.childReturn)
    let first = plan.shape == .single ? exit : begin
    for event in peer.events(before: plan, row: row, isChild: isChild, encoder, &told) {
      sequencer.append(time: first) { event.append(time: first, to: &$0) }
    }
    // A new task returns from a call that it did not begin.
    let older = encoder.version(plan, row)
    if let enter = older?.enter ?? plan.enter, !(isChild && plan.shape == .pair) {
      sequencer.append(time: first) {
        encoder.append(enter, row: row, time: first, thread: thread, isShortened: plan.shape == .single, to: &$0)
      }
    }
    if let event = older?.exit ?? plan.exit, !isUnfinished, !plan.endsTask {
      sequencer.append(time: exit) {
        encoder.append(event, row: row, time: exit, thread: thread, isShortened: true, to: &$0)
      }
    }
    events += 1
  }
}

extension ScapWriter {
  /// Appends an event that was read from such a file and that nobody knows, as it was.
  private mutating func appendUnknown(_ row: Int, _ encoder: EventEncoder) {
    guard let code = encoder.integer(0, row), let sizes = encoder.bytes(1, row), let data = encoder.bytes(2, row),
      dialect == .current
    else {
      leftOut += 1
      return
    }
    let time = encoder.batch.exitTimes[row]
    let thread = encoder.threads.thread(ofLineage: encoder.batch.lineages[row])
    let head = EventHead(
      time: time, tid: thread.flatMap { encoder.threads.number($0, .tid) } ?? -1,
      code: UInt16(truncatingIfNeeded: code), cpu: UInt16(UInt32(encoder.batch.cpus[row]) % max(processors, 1)),
      isHidden: false)
    // Four bytes a size; one that does not fit a block belongs to a large one, which is not written.
    let lengths = stride(from: sizes.startIndex, to: sizes.endIndex - 3, by: 4).map { index in
      sizes[index..<(index + 4)].reversed().reduce(0) { $0 << 8 | Int($1) }
    }
    guard lengths.reduce(0, +) == data.count, data.count <= ScapLimits.payload, lengths.count <= 1024 else {
      leftOut += 1
      return
    }
    sequencer.append(time: time) { output in
      let start = head.begin(parameters: lengths.count, in: &output)
      for (index, length) in lengths.enumerated() { head.set(size: length, of: index, start, in: &output) }
      output.append(bytes: data)
      head.end(start, in: &output)
    }
    events += 1
  }
}

// What is no event of Reel, and is one in such files.
extension ScapWriter {
  /// Appends what is known of a container, as an event that readers take in and do not show.
  ///
  /// - Parameter json: the object that readers take: `{"container":{"id":…,"name":…}}`.
  public mutating func append(containerJSON json: [UInt8], time: Int64) {
    // What does not fit a block is not told: half an object is none.
    if json.count > ScapLimits.payload { return }
    let head = EventHead(
      time: time, tid: -1, code: dialect == .classic ? EventPlanner.classicContainer : EventPlanner.container, cpu: 0,
      isHidden: true)
    sequencer.append(time: time) { output in
      let start = head.begin(parameters: 1, in: &output)
      output.append(bytes: json)
      output.append(UInt8(0))
      head.set(size: json.count + 1, of: 0, start, in: &output)
      head.end(start, in: &output)
    }
  }

  /// Appends a loss: two events between which others are missing, whose number stands where readers have a ratio.
  public mutating func append(lossOf count: UInt64, from: Int64, to: Int64, cpu: UInt32?) {
    let processor = UInt16(truncatingIfNeeded: (cpu ?? 0) % max(processors, 1))
    for (code, time) in [(UInt16(148), from), (149, max(from, to))] {
      let head = EventHead(time: time, tid: -1, code: code, cpu: processor, isHidden: false)
      sequencer.append(time: time) { output in
        let start = head.begin(parameters: 1, in: &output)
        output.append(UInt32(clamping: count))
        head.set(size: 4, of: 0, start, in: &output)
        head.end(start, in: &output)
      }
    }
  }
}
