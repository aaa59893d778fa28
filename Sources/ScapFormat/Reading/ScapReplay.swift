import BinaryCoding
import EventBatch
import EventSchema

/// What is known of the machine while a file is read, and the batch that is being made.
struct ScapReplay: ~Copyable {
  let schema: ScapSchema
  /// What becomes of events, by their codes.
  let plans: ScapPlans
  private var builder: EventBatchBuilder
  var star = ScapStar()
  var threads = ScapThreads()
  /// The number of the last event in the file.
  private(set) var number: UInt64 = 0
  var bootTime: Int64 = 0
  /// Grows with each thing that a descriptor points to.
  var identity: Int64 = 0

  /// The numbers of the batch's events.
  private var numbers: [UInt64] = []
  /// Which of them say nothing that happened then: recorders write them when they find time.
  private var metadataRows: [Int] = []
  private var lastNumber: UInt64 = 0
  /// The greatest time in the batches so far.
  private var lastTime = Int64.min
  /// The time of the event before.
  private var previousTime: Int64 = 0
  private var socketsAreSettled = false
  /// The thread that ended with the event before.
  private var ended: ScapThread?

  init(_ schema: ScapSchema) {
    self.schema = schema
    plans = ScapPlans(schema, .builtIn)
    builder = EventBatchBuilder(schema: schema.schema)
  }

  var count: Int { builder.count }
  var heapBytes: Int { builder.heapBytes }

  // MARK: What stands in front of the events

  mutating func beginSection() {
    endCalls()
    threads.removeAll()
    socketsAreSettled = false
    star.epoch &+= 1
  }

  mutating func note(_ user: ScapUser) { star.note(user) }

  mutating func take(_ list: [ScapThread]) {
    for thread in list {
      thread.container = scapContainerID(thread.cgroups)
      threads.add(thread)
    }
    star.epoch &+= 1
  }

  mutating func takeDescriptors(_ body: UnsafeRawBufferPointer, hasLengths: Bool) throws(MalformedBytes) {
    var found: [(Int64, ScapObject)] = []
    let tid = try ScapObject.list(body, hasLengths: hasLengths, identity: &identity) { found.append(($0, $1)) }
    guard let thread = threads[tid] else { return }
    for (number, object) in found { thread.descriptors[number] = object }
  }

  /// Which side sockets of the list are on: who listens at a port is the server of the connections with it.
  mutating func settleSockets() {
    if socketsAreSettled { return }
    socketsAreSettled = true
    var ports: Set<Int64> = []
    for thread in threads.all {
      thread.descriptors.forEach { _, object in
        if object.kind == .ipv4Server || object.kind == .ipv6Server { ports.insert(object.sourcePort) }
      }
    }
    for thread in threads.all {
      thread.descriptors.forEach { _, object in
        guard object.kind == .ipv4Socket, object.role == .none else { return }
        guard ports.contains(object.sourcePort) else {
          object.role = .client
          return
        }
        // The list tells the own end first, events the client's.
        swap(&object.source, &object.destination)
        swap(&object.sourcePort, &object.destinationPort)
        object.role = .server
      }
    }
  }

  // MARK: Events

  /// Takes the next event of the file.
  mutating func take(_ event: ScapEventBytes, _ plan: ScapPlan) {
    number += 1
    settleSockets()
    if let gone = ended {
      ended = nil
      remove(gone)
    }
    // The greatest time stands for none: such events come when they are written.
    let time = event.time > UInt64(Int64.max) ? previousTime : Int64(event.time)
    previousTime = time
    switch plan.role {
    case .enter: begin(event, plan, time)
    case .exit: finish(event, plan, time)
    case .alone: alone(event, plan, time)
    case .genericEnter, .genericExit: generic(event, plan, time)
    case .unknown: unknown(event, time)
    }
  }

  /// The thread with an id. One that nobody spoke of yet has only that.
  private mutating func thread(_ tid: Int64) -> ScapThread {
    guard let known = threads.find(tid) else { return invent(tid) }
    if known.isBare {
      known.isBare = false
      known.change()
      star.epoch &+= 1
    }
    return known
  }

  /// A thread that an event names without its doing anything.
  private mutating func namedThread(_ tid: Int64) -> ScapThread {
    if let known = threads.find(tid) { return known }
    let named = invent(tid)
    named.isBare = true
    return named
  }

  mutating func invent(_ tid: Int64) -> ScapThread {
    let invented = ScapThread(tid: tid, pid: tid, parent: -1)
    invented.isInvented = true
    invented.loginUid = 0xFFFF_FFFF
    threads.add(invented)
    star.epoch &+= 1
    return invented
  }

  private mutating func begin(_ event: ScapEventBytes, _ plan: ScapPlan, _ time: Int64) {
    let thread = thread(event.tid)
    endCall(of: thread, time: time)
    remember(event, thread, time)
    // The descriptor is the first parameter, where the call is about one.
    thread.lastDescriptor =
      plan.flags.contains(.usesDescriptor) && plan.descriptor.exit >= 0
      ? event[plan.descriptor.exit].map { $0.isEmpty ? -1 : scapInteger($0, isSigned: true) } ?? -1 : -1
  }

  private mutating func remember(_ event: ScapEventBytes, _ thread: ScapThread, _ time: Int64) {
    thread.enter.code = event.code
    thread.enter.time = time
    thread.enter.cpu = event.cpu
    thread.enter.number = number
    let bytes = thread.enter.bytes ?? ScapBuffer()
    bytes.set(event.values)
    thread.enter.bytes = bytes
    thread.enter.ends.removeAll(keepingCapacity: true)
    for index in 0..<event.count { thread.enter.ends.append(event.end(index)) }
  }

  private mutating func finish(_ event: ScapEventBytes, _ plan: ScapPlan, _ time: Int64) {
    // The return of a new thread tells who it is: it must not be taken for one that nobody spoke of.
    let isChild = plan.action == .clone && event[0].map { !$0.isEmpty && scapInteger($0, isSigned: true) == 0 } ?? false
    let thread: ScapThread
    if isChild {
      thread = child(ofReturn: event, plan, time)
    } else {
      thread = self.thread(event.tid)
    }
    let isWhole = thread.enter.code == event.code - 1
    let latency = isWhole && time >= thread.enter.time ? time - thread.enter.time : EventBatch.missing
    let values = ScapValues(event, isWhole ? thread.enter : nil, plan)
    let result = plan.result >= 0 ? values.exit(plan.result) : nil
    let object = act(values, plan, thread, result: result, time: time)
    append(
      values, plan, time: time, latency: latency, cpu: event.cpu, thread: thread, object: object,
      flags: isChild ? .childReturn : [], result: result)
    if isWhole { thread.enter.code = ScapEnter.none }
  }

  private mutating func alone(_ event: ScapEventBytes, _ plan: ScapPlan, _ time: Int64) {
    // What recorders note has no thread, but for how much time one has used.
    let hasThread = !plan.isMetadata || event.code == 234
    let thread = hasThread ? namedThread(event.tid) : nil
    let values = ScapValues(event, nil, plan)
    switch plan.action {
    case .container, .asyncEvent: noteContainer(values)
    case .addUser: noteUser(values)
    case .end:
      if let thread {
        ended = thread
        endCall(of: thread, time: time, isKept: false)
      }
    default: break
    }
    append(
      values, plan, time: time, latency: EventBatch.missing, cpu: event.cpu, thread: thread, object: nil, flags: [],
      result: nil)
    if plan.isMetadata { metadataRows.append(builder.count - 1) }
  }

  // MARK: Calls that are told as numbers

  private mutating func generic(_ event: ScapEventBytes, _ plan: ScapPlan, _ time: Int64) {
    let thread = thread(event.tid)
    let call = event[0].map { scapInteger($0, isSigned: false) } ?? 0
    let type = schema.genericType(ofCall: call)
    guard plan.role == .genericExit else {
      // Those that end the thread do not return.
      let isEnd = schema.endsTask(call)
      endCall(of: thread, time: time, isKept: !isEnd)
      thread.lastDescriptor = -1
      if isEnd {
        appendGeneric(event, type, time, EventBatch.missing, thread)
      } else {
        remember(event, thread, time)
      }
      return
    }
    let isWhole = thread.enter.code == 0
    let latency = isWhole && time >= thread.enter.time ? time - thread.enter.time : EventBatch.missing
    appendGeneric(event, type, time, latency, thread, begun: isWhole)
    if isWhole { thread.enter.code = ScapEnter.none }
  }

  private mutating func appendGeneric(
    _ event: ScapEventBytes, _ type: EventTypeID, _ time: Int64, _ latency: Int64, _ thread: ScapThread,
    begun: Bool = false
  ) {
    appendHead(
      type, time: time, latency: latency, cpu: event.cpu, flags: [], lineage: star.lineage(of: thread, threads),
      object: EventBatch.noRow, result: EventBatch.missing)
    // The kernel's own number stands in the beginning alone.
    for index in 0..<2 {
      appendValue(event[index] ?? (begun ? thread.enter.value(index) : nil), .integer, isSigned: false, false)
    }
  }

  /// Keeps an event of a type that this program does not know as it is.
  private mutating func unknown(_ event: ScapEventBytes, _ time: Int64) {
    let lineage = threads.find(event.tid).map { star.lineage(of: $0, threads) } ?? EventBatch.noRow
    appendHead(
      ScapSchema.unknownType, time: time, latency: EventBatch.missing, cpu: event.cpu, flags: [], lineage: lineage,
      object: EventBatch.noRow, result: EventBatch.missing)
    builder.appendInteger(Int64(event.code))
    var sizes: [UInt8] = []
    for index in 0..<event.count {
      let size = UInt32(event[index]?.count ?? 0)
      withUnsafeBytes(of: size.littleEndian) { sizes.append(contentsOf: $0) }
    }
    sizes.withUnsafeBytes { builder.appendBytes($0) }
    builder.appendBytes(event.values)
  }

  // MARK: Calls without a return

  /// Writes down the call that a thread was in: its return is not in the file.
  private mutating func endCall(of thread: ScapThread, time: Int64, isKept: Bool = true) {
    guard thread.enter.code != ScapEnter.none else { return }
    let code = thread.enter.code
    thread.enter.code = ScapEnter.none
    // An event needs a number of its own, and the one of the beginning is past: that of the event that shows that there is
    // no return is free unless it is an event by itself.
    let free = isKept ? number : number - 1
    guard free > lastNumber else { return }
    let present = number
    number = free
    defer { number = present }
    appendUnfinished(thread, code, time)
  }

  private mutating func appendUnfinished(_ thread: ScapThread, _ code: UInt16, _ time: Int64) {
    let latency = time >= thread.enter.time ? time - thread.enter.time : EventBatch.missing
    let enter = thread.enter
    let lineage = star.lineage(of: thread, threads)
    if code == 0 {
      let call = enter.value(0).map { scapInteger($0, isSigned: false) } ?? 0
      appendHead(
        schema.genericType(ofCall: call), time: time, latency: latency, cpu: enter.cpu, flags: .unfinished,
        lineage: lineage, object: EventBatch.noRow, result: EventBatch.missing)
      for index in 0..<2 { appendValue(enter.value(index), .integer, isSigned: false, false) }
      return
    }
    let plan = plans[code]
    var object = EventBatch.noRow
    if thread.lastDescriptor >= 0, let found = self.object(thread.lastDescriptor, of: thread) {
      object = star.row(of: found)
    }
    appendHead(
      plan.type, time: time, latency: latency, cpu: enter.cpu, flags: .unfinished, lineage: lineage, object: object,
      result: EventBatch.missing)
    for parameter in plan.parameters {
      appendValue(enter.value(parameter.exit), parameter.form, isSigned: parameter.exitIsSigned, parameter.exitHasNUL)
    }
  }

  /// Writes down the calls that are still running at the end of a section, behind its events.
  mutating func endCalls() {
    for thread in threads.all where thread.enter.code != ScapEnter.none {
      let code = thread.enter.code
      thread.enter.code = ScapEnter.none
      number += 1
      appendUnfinished(thread, code, previousTime)
    }
  }

  // MARK: Making batches

  @inline(__always)
  private mutating func appendHead(
    _ type: EventTypeID, time: Int64, latency: Int64, cpu: UInt16, flags: EventFlags, lineage: UInt32, object: UInt32,
    result: Int64
  ) {
    builder.appendEvent(
      exitTime: time, latency: latency, type: type, cpu: cpu, flags: flags, lineage: lineage, object: object,
      result: result)
    numbers.append(number)
    lastNumber = number
  }

  @inline(__always)
  private mutating func append(
    _ values: ScapValues, _ plan: ScapPlan, time: Int64, latency: Int64, cpu: UInt16, thread: ScapThread?,
    object: ScapObject?, flags: EventFlags, result: Int64?
  ) {
    let lineage = thread.map { star.lineage(of: $0, threads) } ?? EventBatch.noRow
    appendHead(
      plan.type, time: time, latency: latency, cpu: cpu, flags: flags, lineage: lineage,
      object: object.map { star.row(of: $0) } ?? EventBatch.noRow, result: result ?? EventBatch.missing)
    for parameter in plan.parameters {
      if let bytes = values.exitBytes(parameter.exit) {
        appendValue(bytes, parameter.form, isSigned: parameter.exitIsSigned, parameter.exitHasNUL)
      } else if let bytes = values.enterBytes(parameter.enter), !bytes.isEmpty {
        appendValue(bytes, parameter.form, isSigned: parameter.enterIsSigned, parameter.enterHasNUL)
      } else {
        appendValue(values.emptyExit(parameter.exit), parameter.form, isSigned: false, false)
      }
    }
  }

  @inline(__always)
  private mutating func appendValue(
    _ bytes: UnsafeRawBufferPointer?, _ form: ScapParameterPlan.Form, isSigned: Bool, _ hasNUL: Bool
  ) {
    guard let bytes else {
      builder.appendMissing()
      return
    }
    if bytes.isEmpty {
      // Bytes and lists of which there are none are empty; of anything else there is no value without bytes.
      switch form {
      case .bytes: builder.appendBytes(bytes)
      case .strings: builder.appendText(bytes)
      default: builder.appendMissing()
      }
      return
    }
    switch form {
    case .integer: builder.appendInteger(scapInteger(bytes, isSigned: isSigned))
    case .bytes: builder.appendBytes(bytes)
    case .strings: builder.appendText(bytes)
    case .text:
      let end = hasNUL && bytes[bytes.count - 1] == 0 ? bytes.count - 1 : bytes.count
      builder.appendText(UnsafeRawBufferPointer(rebasing: bytes[..<end]))
    case .address:
      // The path of a unix socket ends with a NUL that is not part of it.
      let isPath = bytes[0] == 1 && bytes[bytes.count - 1] == 0
      builder.appendText(isPath ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes)
    }
  }

  /// The batch of all events since the last one.
  mutating func finish() -> EventBatch {
    var batch = star.withDimensions { builder.finish($0) }
    let isDense = numbers.last.map { $0 - numbers[0] + 1 == UInt64(numbers.count) } ?? true
    batch.numbers = isDense ? .consecutive(first: numbers.first ?? 1) : .listed(numbers)
    settleTimes(&batch)
    numbers.removeAll(keepingCapacity: true)
    metadataRows.removeAll(keepingCapacity: true)
    star.renewIfLarge()
    return batch
  }

  /// Brings times into order. What recorders note about containers and users may bear a later time than the calls behind it:
  /// it takes theirs. Calls that are out of order take the time of the call in front of them.
  private mutating func settleTimes(_ batch: inout EventBatch) {
    for row in metadataRows.reversed() where row + 1 < batch.count {
      let next = batch.exitTimes[row + 1]
      // What was noted before anything else was may bear no time at all.
      batch.exitTimes[row] = batch.exitTimes[row] == 0 ? next : min(batch.exitTimes[row], next)
    }
    for row in 0..<batch.count {
      if batch.exitTimes[row] < lastTime { batch.exitTimes[row] = lastTime } else { lastTime = batch.exitTimes[row] }
    }
  }
}

/// The values of a call: of its return, and of its beginning where that is known.
struct ScapValues {
  private let event: ScapEventBytes
  private let enter: ScapEnter?
  private let plan: ScapPlan

  init(_ event: ScapEventBytes, _ enter: ScapEnter?, _ plan: ScapPlan) {
    self.event = event
    self.enter = enter
    self.plan = plan
  }

  /// A parameter of the return, `nil` when it is not there.
  @inline(__always)
  func exitBytes(_ index: Int) -> UnsafeRawBufferPointer? {
    guard index >= 0, let bytes = event[index], !bytes.isEmpty else { return nil }
    return bytes
  }

  /// A parameter of the return that is empty, `nil` when the event has not so many.
  func emptyExit(_ index: Int) -> UnsafeRawBufferPointer? { index >= 0 ? event[index] : nil }

  /// A number among the parameters of the return.
  @inline(__always)
  func exit(_ index: Int) -> Int64? { exitBytes(index).map { scapInteger($0, isSigned: true) } }

  /// A parameter of the beginning.
  @inline(__always)
  func enterBytes(_ index: Int) -> UnsafeRawBufferPointer? { enter?.value(index) }

  func bytes(_ reference: ScapReference) -> UnsafeRawBufferPointer? {
    let place = plan.references[reference.rawValue]
    if let bytes = exitBytes(Int(place.exit)) { return bytes }
    guard let bytes = enterBytes(Int(place.enter)), !bytes.isEmpty else { return nil }
    return bytes
  }

  /// A number; unsigned ones by their bits.
  func integer(_ reference: ScapReference, isSigned: Bool = true) -> Int64? {
    bytes(reference).map { scapInteger($0, isSigned: isSigned) }
  }

  /// A text without its NUL.
  func text(_ reference: ScapReference) -> [UInt8]? {
    bytes(reference).map { $0.last == 0 ? Array($0.dropLast()) : Array($0) }
  }

  /// Texts, each with its NUL.
  func texts(_ reference: ScapReference) -> [UInt8]? { bytes(reference).map { Array($0) } }

  /// The descriptor that the event is about.
  var descriptor: Int64? {
    if let bytes = exitBytes(plan.descriptor.exit) { return scapInteger(bytes, isSigned: true) }
    guard let bytes = enterBytes(plan.descriptor.enter), !bytes.isEmpty else { return nil }
    return scapInteger(bytes, isSigned: true)
  }
}
