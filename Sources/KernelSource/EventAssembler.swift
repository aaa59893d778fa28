import EventBatch
import EventSchema
import Probe

/// Builds batches from the probe's records, which must come in order of time.
struct EventAssembler: ~Copyable {
  var builder: EventBatchBuilder
  private let plans: TypePlans
  private let options: KernelSourceOptions
  private let epochOffset: Int64
  var definitions: Definitions
  var lives = ContainerLives()
  /// When the recording began, in nanoseconds of the epoch.
  var started = Int64.max

  /// Events whose thread or object was never defined, and when they happened.
  private(set) var unresolved = Unresolved()
  /// Events of the open batch whose thread or object was not defined when they came: a definition may stand in the
  /// ring of another CPU.
  private var pending: [PendingEvent] = []
  /// Batches that are closed and not yet taken.
  private(set) var closed: [EventBatch] = []
  private var batchStart = Int64.max
  /// What is looked at before batches are closed.
  var glances = Glances()

  /// What the last event of each CPU referred to: most events repeat it.
  private var recent: [RecentReferences]

  private struct RecentReferences {
    var thread: UInt64 = 0
    var lineage: UInt32 = 0
    var epoch: UInt32 = 0
    var object: UInt64 = 0
    var objectRow: UInt32 = 0
  }

  /// A run of events of which something is not known.
  struct Unresolved {
    var count: UInt64 = 0
    var from = Int64.max
    var to = Int64.min
  }

  /// Gives what was counted since the last call.
  mutating func takeUnresolved() -> Unresolved? {
    guard unresolved.count > 0 else { return nil }
    defer { unresolved = Unresolved() }
    return unresolved
  }

  /// What an event still lacks; `nil` for what it has.
  private struct PendingEvent {
    var row: Int
    var time: Int64
    var thread: UInt64?
    var object: UInt64?
  }

  init(schema: Schema, options: KernelSourceOptions, epochOffset: Int64, cpuCount: Int) {
    builder = EventBatchBuilder(schema: schema)
    plans = TypePlans(schema)
    self.options = options
    self.epochOffset = epochOffset
    definitions = Definitions(epochOffset: epochOffset, environment: options.environment)
    recent = [RecentReferences](repeating: RecentReferences(), count: cpuCount)
  }

  var pendingEvents: Int { builder.count }

  /// Takes the batches that were closed.
  mutating func takeClosed() -> [EventBatch] {
    let batches = closed
    closed = []
    return batches
  }

  /// Takes one record.
  @inline(__always)
  mutating func take(_ record: UnsafeRawPointer, cpu: Int) {
    let header = record.assumingMemoryBound(to: reel_record.self)
    switch UInt32(header.pointee.kind) {
    case REEL_RECORD_EVENT.rawValue: event(record, cpu: cpu)
    case REEL_RECORD_THREAD.rawValue: definitions.thread(record)
    case REEL_RECORD_IMAGE.rawValue: definitions.image(record)
    case REEL_RECORD_OBJECT.rawValue: definitions.object(record)
    case REEL_RECORD_ENDED.rawValue: definitions.ended(record)
    default: break
    }
  }

  /// Closes the batch that is being built, if it has events.
  mutating func close() {
    guard builder.count > 0 else { return }
    resolvePending()
    takeGlance(upTo: builder.count)
    glances.seen = 0
    let batch = definitions.store.withDimensions { builder.finish($0) }
    closed.append(batch)
    batchStart = Int64.max
  }

  /// To be called before an event is appended.
  @inline(__always)
  mutating func beginBatch(at time: Int64) {
    if builder.count == 0 { batchStart = time }
  }

  /// How many rows the dimensions have grown to.
  var dimensionRows: Int { definitions.store.rowCount }

  /// Goes on with fresh dimensions; see `Definitions.startGeneration`.
  mutating func startGeneration() {
    close()
    definitions.startGeneration()
    lives.forgetRows()
    for cpu in recent.indices { recent[cpu] = RecentReferences() }
  }

  /// Closes the batch when it is old enough at a time of the epoch.
  mutating func closeIfOlder(than now: Int64) {
    if builder.count == 0 { return }
    let patience = builder.count >= options.quietEvents ? options.batchTime : options.quietBatchTime
    if now - batchStart >= patience { closeUnlessPending(at: now) }
  }

  /// Closes the batch, or waits a little for what its last events refer to: a definition that another CPU sent at the same
  /// moment is behind them in the merged order, since an event's time is read before its object is looked up.
  private mutating func closeUnlessPending(at now: Int64) {
    if let newest = pending.last(where: { $0.thread != 0 && $0.object != unknownObject }),
      now - newest.time < EventAssembler.patience
    {
      return
    }
    close()
  }

  /// How much later, in nanoseconds, a definition may be than the event that refers to it.
  private static let patience: Int64 = 1_000_000

  private mutating func event(_ record: UnsafeRawPointer, cpu: Int) {
    let event = record.assumingMemoryBound(to: reel_event.self)
    let typeNumber = event.pointee.type
    let recordFlags = event.pointee.record.flags
    guard let plan = plans.plan(typeNumber, isNarrow: recordFlags & UInt16(REEL_EVENT_NARROW) != 0) else { return }
    let time = Int64(event.pointee.record.time) &+ epochOffset
    let start = event.pointee.start
    let result = event.pointee.result
    var flags = EventFlags(rawValue: recordFlags & 0x00FF)
    let words = record + MemoryLayout<reel_event>.size
    let wordCount = Int(event.pointee.argument_count)
    let captures = CaptureList(
      words + wordCount * 8, count: Int(event.pointee.capture_count),
      end: record + Int(event.pointee.record.length))

    if flags.contains(.childReturn), !plan.makesTask { flags.remove(.childReturn) }

    let thread = event.pointee.thread
    let lineage = lineageRow(thread, cpu: cpu, time: time)
    var objectRow = EventBatch.noRow
    let object = event.pointee.object
    var isPending = lineage == EventBatch.noRow
    if object != 0 {
      if object != unknownObject { objectRow = self.objectRow(object, cpu: cpu) }
      if objectRow == EventBatch.noRow {
        isPending = true
      } else if plan.connects, result < 0, result != inProgress {
        if let address = plan.address, let bytes = captures[Int(address.index)] {
          objectRow = failedConnection(objectRow, to: bytes)
        }
      } else if plan.movesMessage, let address = plan.address, let bytes = captures[Int(address.index)] {
        objectRow = datagram(objectRow, address: bytes)
      }
    } else if result < 0, !plan.isRequest, let path = plan.path,
      let bytes = captures[Int(path.index)], !bytes.isEmpty
    {
      // An empty path names nothing.
      let directory =
        plan.hasDirectory && wordCount > 0
        ? words.load(fromByteOffset: (wordCount - 1) * 8, as: UInt64.self) : 0
      objectRow = failedOpen(bytes, directory: directory, lineage: lineage)
    }

    if plan.isRequest, !isPending, result < 0 || objectRow == EventBatch.noRow {
      objectRow = requestedObject(
        plan, objectRow, words: words, wordCount: wordCount, captures: captures, result: result, lineage: lineage)
    }

    beginBatch(at: time)
    if isPending {
      pending.append(
        PendingEvent(
          row: builder.count, time: time, thread: lineage == EventBatch.noRow ? thread : nil,
          object: object != 0 && objectRow == EventBatch.noRow ? object : nil))
    }
    // A call that has not returned has no result; its latency is the time so far, which readers know by the flag.
    let hasReturned = !flags.contains(.unfinished)
    builder.appendEvent(
      exitTime: time,
      latency: start == 0 ? EventBatch.missing : Int64(event.pointee.record.time &- start),
      type: EventTypeID(rawValue: typeNumber), cpu: UInt16(truncatingIfNeeded: cpu), flags: flags, lineage: lineage,
      object: objectRow, result: plan.hasResult && hasReturned ? result : EventBatch.missing)
    appendArguments(
      plan, words: words, wordCount: wordCount, captures: captures, result: result, start: start, lineage: lineage,
      isCompat: flags.contains(.compat))
    if plan.executes, result == 0, hasReturned { noticeExecution(lineage, time: time) }
    if plan.endsTask, wordCount > 3, words.load(fromByteOffset: 8, as: UInt64.self) == 1 {
      noticeEnd(
        lineage, status: words.load(as: Int64.self), isVictim: words.load(fromByteOffset: 24, as: UInt64.self) != 0,
        time: time)
      definitions.end(lineage: lineage, reaper: words.load(fromByteOffset: 16, as: Int64.self))
    }
    if builder.count >= options.batchEvents || builder.heapBytes >= options.batchHeapBytes {
      closeUnlessPending(at: time)
    }
  }

  @inline(__always)
  private mutating func appendArguments(
    _ plan: TypePlan, words: UnsafeRawPointer, wordCount: Int, captures: CaptureList, result: Int64,
    start: UInt64, lineage: UInt32, isCompat: Bool
  ) {
    for number in 0..<plan.argumentCount {
      let argument = plans.argument(plan, number)
      let index = Int(argument.index)
      if argument.conditionRegister != ArgumentPlan.noCondition,
        words.load(fromByteOffset: Int(argument.conditionRegister) * 8, as: UInt32.self) != argument.conditionValue
      {
        builder.appendMissing()
        continue
      }
      switch argument.kind {
      case .integer:
        // Without its beginning, nobody knows what a call that executed a program was given.
        guard index < wordCount, !(plan.executes && result == 0 && start == 0) else {
          builder.appendMissing()
          continue
        }
        var word = words.load(fromByteOffset: index * 8, as: UInt64.self)
        // A register of the 32-bit entry has its sign at bit 31; what takes two of them has more above it.
        if isCompat, argument.isSigned, argument.size == 8, word <= UInt64(UInt32.max) {
          word = UInt64(bitPattern: Int64(Int32(truncatingIfNeeded: word)))
        }
        builder.appendInteger(IntegerLayout.value(word, size: argument.size, isSigned: argument.isSigned))
      case .word:
        let word = index < wordCount ? words.load(fromByteOffset: index * 8, as: Int64.self) : missingWord
        if word == missingWord { builder.appendMissing() } else { builder.appendInteger(word) }
      case .text:
        if let bytes = captures[index] { builder.appendText(bytes) } else { builder.appendMissing() }
      case .filename:
        if result == 0, let row = filename(lineage) {
          row.withUnsafeBytes { builder.appendText($0) }
        } else if let bytes = captures[index] {
          builder.appendText(bytes)
        } else {
          builder.appendMissing()
        }
      case .executedPath:
        if let bytes = captures[index] {
          builder.appendText(bytes)
        } else if result == 0, start != 0, let name = filename(lineage) {
          PathText.executed(name, descriptor: words.load(as: Int32.self)).withUnsafeBytes { builder.appendText($0) }
        } else {
          builder.appendMissing()
        }
      case .passedDescriptors:
        if let bytes = captures[index], let text = MessageControl.descriptors(bytes) {
          text.withUnsafeBytes { builder.appendText($0) }
        } else {
          builder.appendMissing()
        }
      case .bytes:
        if let bytes = captures[index] {
          builder.appendBytes(bytes)
        } else if result == 0, !plan.isRequest {
          // The call moved nothing: the payload is empty, which is not the same as unknown.
          builder.appendBytes(UnsafeRawBufferPointer(start: nil, count: 0))
        } else {
          builder.appendMissing()
        }
      case .address:
        if let bytes = captures[index], let address = SocketAddress.encode(sockaddr: bytes) {
          address.withUnsafeBytes { builder.appendText($0) }
        } else {
          builder.appendMissing()
        }
      case .field:
        let offset = Int(argument.offset)
        let isNarrowTime = argument.size == CallLayout.narrowTimespec
        guard let bytes = captures[index], offset + (isNarrowTime ? 8 : Int(argument.size)) <= bytes.count else {
          builder.appendMissing()
          continue
        }
        if isNarrowTime {
          let seconds = bytes.loadUnaligned(fromByteOffset: offset, as: Int32.self)
          let nanoseconds = bytes.loadUnaligned(fromByteOffset: offset + 4, as: Int32.self)
          builder.appendInteger(Int64(seconds) &* 1_000_000_000 &+ Int64(nanoseconds))
          continue
        }
        if argument.size == 16 {
          // A timespec: seconds, then nanoseconds.
          let seconds = bytes.loadUnaligned(fromByteOffset: offset, as: Int64.self)
          let nanoseconds = bytes.loadUnaligned(fromByteOffset: offset + 8, as: Int64.self)
          builder.appendInteger(seconds &* 1_000_000_000 &+ nanoseconds)
          continue
        }
        var word: UInt64 = 0
        for position in 0..<Int(argument.size) { word |= UInt64(bytes[offset + position]) << UInt64(position * 8) }
        builder.appendInteger(IntegerLayout.value(word, size: argument.size, isSigned: argument.isSigned))
      case .callNumber:
        builder.appendInteger(words.load(fromByteOffset: (wordCount - 1) * 8, as: Int64.self))
      case .exitStatus: builder.appendInteger(words.load(as: Int64.self))
      case .exitCode: builder.appendInteger((words.load(as: Int64.self) >> 8) & 0xFF)
      case .exitSignal: builder.appendInteger(words.load(as: Int64.self) & 0x7F)
      case .exitCore: builder.appendInteger((words.load(as: Int64.self) >> 7) & 1)
      case .exitReaper:
        // Only the end of the last thread of a process has one.
        let reaper = wordCount > 2 ? words.load(fromByteOffset: 16, as: Int64.self) : 0
        if reaper > 0 { builder.appendInteger(reaper) } else { builder.appendMissing() }
      case .victim:
        let victim = words.load(fromByteOffset: (wordCount - 1) * 8, as: UInt64.self)
        if let name = definitions.shownName(ofObject: victim) {
          name.withUnsafeBytes { builder.appendText($0) }
        } else {
          builder.appendMissing()
        }
      case .missing: builder.appendMissing()
      }
    }
  }

  /// The path that the image of a lineage's thread was executed by.
  private func filename(_ lineage: UInt32) -> [UInt8]? {
    guard lineage != EventBatch.noRow else { return nil }
    let dimensions = definitions.store.dimensions
    let thread = Int(dimensions.lineages[Int(lineage), .thread])
    guard let image = dimensions.threads.value(thread, .image),
      let name = dimensions.images.value(Int(image), .filename)
    else { return nil }
    return Array(definitions.store.strings.table[Int(name)])
  }

  @inline(__always)
  private mutating func lineageRow(_ thread: UInt64, cpu: Int, time: Int64) -> UInt32 {
    if thread == recent[cpu].thread, recent[cpu].epoch == definitions.lineages.epoch { return recent[cpu].lineage }
    guard thread != 0, let lineage = definitions.lineageRow(thread) else { return EventBatch.noRow }
    noticeContainer(ofLineage: lineage, time: time)
    recent[cpu].thread = thread
    recent[cpu].lineage = lineage
    recent[cpu].epoch = definitions.lineages.epoch
    return lineage
  }

  @inline(__always)
  private mutating func objectRow(_ object: UInt64, cpu: Int) -> UInt32 {
    if object == recent[cpu].object { return recent[cpu].objectRow }
    guard let row = definitions.objectRow(object) else { return EventBatch.noRow }
    recent[cpu].object = object
    recent[cpu].objectRow = row
    return row
  }

  /// Looks again for definitions that came after their event; what is still unknown is counted and marked.
  private mutating func resolvePending() {
    for event in pending where !resolve(event) { giveUp(event) }
    pending.removeAll(keepingCapacity: true)
  }

  /// Looks for what an event lacks. False when something is still unknown.
  private mutating func resolve(_ event: PendingEvent) -> Bool {
    var lineage: UInt32?
    var object: UInt32?
    if let thread = event.thread, thread != 0 { lineage = definitions.lineageRow(thread) }
    if let wanted = event.object { object = definitions.objectRow(wanted) }
    builder.resolve(row: event.row, lineage: lineage, object: object)
    return (event.thread == nil || lineage != nil) && (event.object == nil || object != nil)
  }

  private mutating func giveUp(_ event: PendingEvent) {
    builder.mark(row: event.row, .unresolved)
    unresolved.count += 1
    unresolved.from = min(unresolved.from, event.time)
    unresolved.to = max(unresolved.to, event.time)
  }

  /// Resolves what can be, in order; stops at the first event whose definition may still come.
  /// - Returns: the row of that event, or how many there are.
  mutating func resolveEarly(at now: Int64) -> Int {
    var done = 0
    while done < pending.count {
      let event = pending[done]
      if !resolve(event) {
        if now - event.time < EventAssembler.patience { break }
        giveUp(event)
      }
      done += 1
    }
    pending.removeFirst(done)
    return pending.first?.row ?? builder.count
  }
}

/// `REEL_VALUE_MISSING`, which Swift does not import.
private let missingWord = Int64.min

/// `-EINPROGRESS`.
let inProgress: Int64 = -115
