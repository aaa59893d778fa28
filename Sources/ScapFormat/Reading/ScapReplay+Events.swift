import EventBatch
import EventSchema

// What becomes of an event of the file.

extension ScapReplay {
  /// Takes the next event of the file.
  mutating func take(_ event: borrowing ScapEventBytes, _ plan: UnsafePointer<ScapPlan>) {
    number += 1
    if !socketsAreSettled { settleSockets() }
    if let gone = ended {
      ended = nil
      remove(gone)
    }
    // The greatest time stands for none: such events come when they are written.
    let time = event.time > UInt64(Int64.max) ? previousTime : Int64(event.time)
    previousTime = time
    switch plan.pointee.role {
    case .enter: begin(event, plan, time)
    case .exit: finish(event, plan, time)
    case .alone: alone(event, plan, time)
    case .genericEnter, .genericExit: generic(event, plan, time)
    case .unknown: unknown(event, time)
    }
  }

  /// The thread with an id. One that nobody spoke of yet has only that.
  mutating func thread(_ tid: Int64) -> ScapThread {
    guard let known = threads.find(tid) else { return invent(tid) }
    if known.isBare {
      known.isBare = false
      known.change()
      star.epoch &+= 1
    }
    return known
  }

  /// A thread that an event names without its doing anything.
  mutating func namedThread(_ tid: Int64) -> ScapThread {
    if let known = threads.find(tid) { return known }
    let named = invent(tid)
    named.isBare = true
    return named
  }

  mutating func invent(_ tid: Int64) -> ScapThread {
    let invented = ScapThread(tid: tid, pid: tid, parent: -1)
    invented.isInvented = true
    invented.state.loginUid = 0xFFFF_FFFF
    threads.add(invented)
    star.epoch &+= 1
    return invented
  }

  mutating func begin(_ event: borrowing ScapEventBytes, _ plan: UnsafePointer<ScapPlan>, _ time: Int64) {
    let thread = thread(event.tid)
    endCall(of: thread, time: time)
    remember(event, thread, time)
    // The descriptor is the first parameter, where the call is about one.
    thread.lastDescriptor =
      plan.pointee.flags.contains(.usesDescriptor) && plan.pointee.descriptor.exit >= 0
      ? event[Int(plan.pointee.descriptor.exit)].map { $0.isEmpty ? -1 : scapInteger($0, isSigned: true) } ?? -1 : -1
  }

  mutating func remember(_ event: borrowing ScapEventBytes, _ thread: ScapThread, _ time: Int64) {
    thread.enter.code = event.code
    thread.enter.time = time
    thread.enter.cpu = event.cpu
    thread.enter.isHidden = event.isHidden
    thread.enter.set(event)
  }

  mutating func finish(_ event: borrowing ScapEventBytes, _ plan: UnsafePointer<ScapPlan>, _ time: Int64) {
    // The return of a new thread tells who it is: it must not be taken for one that nobody spoke of.
    let isChild =
      plan.pointee.action == .clone
      && event[0].map { !$0.isEmpty && scapInteger($0, isSigned: true) == 0 } ?? false
    let thread: ScapThread
    if isChild {
      thread = child(ofReturn: event, plan, time)
    } else {
      thread = self.thread(event.tid)
    }
    let isWhole = thread.enter.code == event.code - 1
    // A program that was named below a directory says that it runs as every other does.
    let hasBegun = isWhole || (plan.pointee.action == .execute && thread.enter.code == ScapEnter.executionBelow)
    let latency = hasBegun && time >= thread.enter.time ? time - thread.enter.time : EventBatch.missing
    let values = ScapValues(event, isWhole ? thread.enter.parameters : .none, plan)
    let result = plan.pointee.result >= 0 ? values.exit(plan.pointee.result) : nil
    let object = act(values, plan, thread, result: result, time: time)
    // Of a call that is shown in part, the other part says no more than what happened.
    if !event.isHidden || (hasBegun && !thread.enter.isHidden) {
      append(
        values, plan, time: time, latency: latency, cpu: event.cpu, thread: thread, object: object,
        flags: isChild ? .childReturn : [], result: result)
    }
    if hasBegun { thread.enter.code = ScapEnter.none }
  }

  mutating func alone(_ event: borrowing ScapEventBytes, _ plan: UnsafePointer<ScapPlan>, _ time: Int64) {
    // What recorders note has no thread, but for how much time one has used.
    let hasThread = !plan.pointee.isMetadata || event.code == 234
    let thread = hasThread ? namedThread(event.tid) : nil
    let values = ScapValues(event, .none, plan)
    switch plan.pointee.action {
    case .container, .asyncEvent: noteContainer(values)
    case .addUser: noteUser(values)
    case .end:
      if let thread {
        ended = thread
        endCall(of: thread, time: time, isKept: false)
      }
    default: break
    }
    if event.isHidden { return }
    append(
      values, plan, time: time, latency: EventBatch.missing, cpu: event.cpu, thread: thread, object: nil, flags: [],
      result: nil)
    if plan.pointee.isMetadata { metadataRows.append(star.builder.count - 1) }
  }

  // MARK: Calls that are told as numbers

  mutating func generic(_ event: borrowing ScapEventBytes, _ plan: UnsafePointer<ScapPlan>, _ time: Int64) {
    let thread = thread(event.tid)
    let call = event[0].map { scapInteger($0, isSigned: false) } ?? 0
    let type = schema.genericType(ofCall: call)
    guard plan.pointee.role == .genericExit else {
      // Those that end the thread do not return.
      let isEnd = schema.endsTask(call)
      endCall(of: thread, time: time, isKept: !isEnd)
      thread.lastDescriptor = -1
      if isEnd {
        if !event.isHidden { appendGeneric(event, type, time, EventBatch.missing, thread) }
      } else {
        remember(event, thread, time)
      }
      return
    }
    let isWhole = thread.enter.code == 0
    let latency = isWhole && time >= thread.enter.time ? time - thread.enter.time : EventBatch.missing
    if !event.isHidden || (isWhole && !thread.enter.isHidden) {
      appendGeneric(event, type, time, latency, thread, begun: isWhole)
    }
    if isWhole { thread.enter.code = ScapEnter.none }
  }

  mutating func appendGeneric(
    _ event: borrowing ScapEventBytes, _ type: EventTypeID, _ time: Int64, _ latency: Int64, _ thread: ScapThread,
    begun: Bool = false
  ) {
    appendHead(
      type, time: time, latency: latency, cpu: event.cpu, flags: [], lineage: star.lineage(of: thread, threads),
      object: EventBatch.noRow, result: EventBatch.missing)
    // The kernel's own number stands in the beginning alone.
    for index in 0..<2 {
      appendValue(event[index] ?? (begun ? thread.enter.parameters[index] : nil), .integer, isSigned: false, false)
    }
  }

  /// Keeps an event of a type that this program does not know as it is.
  mutating func unknown(_ event: borrowing ScapEventBytes, _ time: Int64) {
    if event.isHidden { return }
    let lineage = threads.find(event.tid).map { star.lineage(of: $0, threads) } ?? EventBatch.noRow
    appendHead(
      ScapSchema.unknownType, time: time, latency: EventBatch.missing, cpu: event.cpu, flags: [], lineage: lineage,
      object: EventBatch.noRow, result: EventBatch.missing)
    star.builder.appendInteger(Int64(event.code))
    var sizes: [UInt8] = []
    for index in 0..<event.count {
      let size = UInt32(event[index]?.count ?? 0)
      withUnsafeBytes(of: size.littleEndian) { sizes.append(contentsOf: $0) }
    }
    sizes.withUnsafeBytes { star.builder.appendBytes($0) }
    star.builder.appendBytes(event.values)
  }
}
