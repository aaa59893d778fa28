import BinaryCoding
import EventBatch
import EventSchema

/// What readers have been told so far about threads, so that nothing that an event shows is unknown to them.
///
/// Readers replay: they know a thread from the list of processes, or from the events by which it was made and changed. Where
/// these are not in the file (a filter left them out, they were lost, or readers do not know such a change), events that
/// readers take in and do not show say it.
struct PeerState: ~Copyable {
  private let dialect: ScapDialect
  /// What was told last of each thread.
  private var known: [Int64: Int] = [:]

  init(dialect: ScapDialect) { self.dialect = dialect }

  /// Notes that a thread stands in the list of processes.
  /// - Returns: false when it is there already.
  mutating func tell(_ thread: Int, _ threads: ThreadReader) -> Bool {
    guard let tid = threads.number(thread, .tid), known[tid] == nil else { return false }
    known[tid] = threads.signature(thread)
    return true
  }

  /// The hidden events that must stand in front of an event; notes what readers know behind it.
  mutating func events(
    before effect: StateEffect, isChild: Bool, _ thread: Int, _ encoder: EventEncoder, _ batch: inout PeerBatch
  ) -> [HiddenEvent] {
    let threads = encoder.threads
    guard let tid = threads.number(thread, .tid) else { return [] }
    let signature = batch.signature(thread)
    let before = known[tid]
    if effect == .ends {
      known[tid] = nil
    } else if before == signature {
      return []
    } else {
      known[tid] = signature
    }
    var events: [HiddenEvent] = []
    if before == nil {
      // The event of a new task tells all of it.
      if !(effect == .makesTask && isChild) { events.append(HiddenEvent(.newTask, thread, threads)) }
    } else if before != signature, effect == .none || effect == .makesTask, !isChild {
      events.append(HiddenEvent(.program, thread, threads))
    }
    return events
  }
}

/// What is worked out once for the threads of a batch.
struct PeerBatch {
  private let threads: ThreadReader
  private var signatures: [Int?]

  init(_ encoder: EventEncoder) {
    threads = encoder.threads
    signatures = [Int?](repeating: nil, count: threads.dimensions.threads.count)
  }

  /// The thread's signature.
  mutating func signature(_ thread: Int) -> Int {
    if let known = signatures[thread] { return known }
    let made = threads.signature(thread)
    signatures[thread] = made
    return made
  }
}

/// An event that readers take in and do not show.
struct HiddenEvent {
  enum Kind {
    /// A task comes into being.
    case newTask
    /// A task is another program, or another user's, somewhere else.
    case program
  }

  let kind: Kind
  let thread: Int
  let threads: ThreadReader

  init(_ kind: Kind, _ thread: Int, _ threads: ThreadReader) {
    self.kind = kind
    self.thread = thread
    self.threads = threads
  }

  /// Appends its blocks.
  func append(time: Int64, to output: inout ByteBuffer) {
    switch kind {
    case .newTask: appendClone(time, to: &output)
    case .program:
      appendEvent(292, time, [.text(threads.imageText(thread, .path))], to: &output)
      appendExecution(time, to: &output)
    }
  }

  private enum Value {
    case wide(Int64)
    case narrow(Int64)
    case text(ArraySlice<UInt8>)
    case bytes(ArraySlice<UInt8>)
  }

  private func number(_ column: ThreadColumn, _ standard: Int64 = 0) -> Int64 {
    threads.number(thread, column) ?? standard
  }

  /// What the events of new tasks and of new programs have in common.
  private var common: [Value] {
    [
      .wide(0), .text(threads.exe(thread)), .bytes(threads.imageText(thread, .arguments)), .wide(number(.tid)),
      .wide(number(.pid)), .wide(number(.parentPid)), .text(threads.text(thread, .workingDirectory)),
      .wide(number(.descriptorLimit)), .wide(0), .wide(0), .narrow(0), .narrow(0), .narrow(0),
      .text(threads.name(thread)), .bytes(threads.controlGroups(thread)[...]),
    ]
  }

  private func appendClone(_ time: Int64, to output: inout ByteBuffer) {
    let values =
      common + [
        .narrow(0), .narrow(number(.effectiveUid)), .narrow(number(.effectiveGid)), .wide(number(.virtualTid)),
        .wide(number(.virtualPid)),
      ]
    appendEvent(223, time, values, to: &output)
  }

  private func appendExecution(_ time: Int64, to output: inout ByteBuffer) {
    let values =
      common + [
        .bytes(threads.imageText(thread, .environment)), .narrow(number(.tty)), .wide(number(.virtualProcessGroup)),
        .narrow(number(.loginUid, -1)), .narrow(Int64(threads.executableFlags(thread))),
      ]
    appendEvent(293, time, values, to: &output)
  }

  private func appendEvent(_ code: UInt16, _ time: Int64, _ values: [Value], to output: inout ByteBuffer) {
    let head = EventHead(time: time, tid: number(.tid), code: code, cpu: 0, isHidden: true)
    let start = head.begin(parameters: values.count, in: &output)
    for (index, value) in values.enumerated() {
      let before = output.count
      switch value {
      case .wide(let number): output.append(number)
      case .narrow(let number): output.append(UInt32(truncatingIfNeeded: number))
      case .text(let text):
        output.append(bytes: text.prefix(ScapLimits.words))
        output.append(UInt8(0))
      case .bytes(let bytes): output.append(bytes: bytes.prefix(ScapLimits.words))
      }
      head.set(size: output.count - before, of: index, start, in: &output)
    }
    head.end(start, parameters: values.count, in: &output)
  }
}
