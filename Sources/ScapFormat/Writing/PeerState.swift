import BinaryCoding
import EventBatch
import EventSchema

/// What readers have been told so far about threads, so that nothing that an event shows is unknown to them.
///
/// Readers replay: they know a thread from the list of processes, or from the events by which it was made and changed. Where
/// these are not in the file (a filter left them out, they were lost, or readers do not know such a change), events that
/// readers take in and do not show say it. The same is done with descriptors: `PeerDescriptors`.
struct PeerState: ~Copyable {
  /// What readers have been told about descriptors.
  var descriptors: PeerDescriptors
  private let threadFlags: UInt32
  /// Whether events come from such a file, in which a program's start was all that said who a thread is.
  private let isImported: Bool
  /// What was told last of each thread.
  private var known: [Int64: Int] = [:]

  init(threadFlags: UInt32, openFlags: FlagTable?, architecture: Architecture, isImported: Bool) {
    self.threadFlags = threadFlags
    self.isImported = isImported
    descriptors = PeerDescriptors(openFlags: openFlags, architecture: architecture)
  }

  /// Notes that a thread stands in the list of processes.
  /// - Returns: false when it is there already, or nothing is known of it.
  mutating func tell(_ thread: Int, _ threads: ThreadReader) -> Bool {
    guard let tid = threads.number(thread, .tid), known[tid] == nil, !threads.name(thread).isEmpty else { return false }
    known[tid] = threads.signature(thread)
    return true
  }

  /// The hidden events that must stand in front of an event; notes what readers know behind it.
  mutating func events(
    before plan: TypePlan, row: Int, isChild: Bool, _ encoder: EventEncoder, _ batch: inout PeerBatch
  ) -> [HiddenEvent] {
    let threads = encoder.threads
    let lineage = encoder.batch.lineages[row]
    guard let thread = threads.thread(ofLineage: lineage), let tid = threads.number(thread, .tid) else { return [] }
    var events: [HiddenEvent] = []
    let signature = batch.signature(thread)
    let before = known[tid]
    // Of a thread that nobody told anything there is nothing to tell.
    if before != signature, !threads.name(thread).isEmpty {
      known[tid] = signature
      let makesItself = plan.effect == .makesTask && isChild
      if before == nil {
        tellAncestors(of: lineage, threads, &batch, &events)
        if makesItself {
          descriptors.inherit(thread, threads)
        } else if plan.effect != .executes || !isImported {
          tellNew(thread, threads, &events)
        }
      } else if makesItself {
        // The id is used again, and nobody said that the thread before has ended.
        events.append(HiddenEvent.end(tid))
        descriptors.inherit(thread, threads)
      } else if plan.effect == .none || plan.effect == .makesTask {
        if threads.number(thread, .pid) == tid {
          events += HiddenEvent.program(thread, threads)
        } else {
          // A thread that executes something takes its process over: what is new of it, another one of its id has.
          events += [HiddenEvent.end(tid), HiddenEvent.newTask(thread, threads, flags: threadFlags)]
        }
      }
    } else if plan.effect == .makesTask, isChild {
      descriptors.inherit(thread, threads)
    }
    if plan.effect == .ends {
      known[tid] = nil
      descriptors.end(thread, threads)
    } else {
      descriptors.follow(plan.descriptor, row: row, thread, encoder, &batch, &events)
    }
    return events
  }

  /// Readers show names of ancestors, too.
  private mutating func tellAncestors(
    of lineage: UInt32, _ threads: ThreadReader, _ batch: inout PeerBatch, _ events: inout [HiddenEvent]
  ) {
    var unknown: [Int] = []
    var current = threads.parent(ofLineage: lineage)
    while let row = current, let thread = threads.thread(ofLineage: row), let tid = threads.number(thread, .tid),
      known[tid] == nil
    {
      known[tid] = batch.signature(thread)
      unknown.append(thread)
      current = threads.parent(ofLineage: row)
    }
    for thread in unknown.reversed() { tellNew(thread, threads, &events) }
  }

  private mutating func tellNew(_ thread: Int, _ threads: ThreadReader, _ events: inout [HiddenEvent]) {
    events.append(HiddenEvent.newTask(thread, threads, flags: threadFlags))
    // Readers make up a parent that they do not know, with the child's name.
    if let parent = threads.number(thread, .parentPid), known[parent] == nil { events.append(HiddenEvent.end(parent)) }
    descriptors.inherit(thread, threads)
    // What a new task executes, readers take from its parent.
    let isMain = threads.number(thread, .pid) == threads.number(thread, .tid)
    if isMain, !threads.imageText(thread, .path).isEmpty { events += HiddenEvent.program(thread, threads) }
  }
}

/// What is worked out once for the threads and objects of a batch.
struct PeerBatch {
  private let threads: ThreadReader
  private let objects: ObjectReader
  private var signatures: [Int?]
  private var objectSignatures: [ShownObject?]

  init(_ encoder: EventEncoder) {
    threads = encoder.threads
    objects = encoder.objects
    signatures = [Int?](repeating: nil, count: threads.dimensions.threads.count)
    objectSignatures = [ShownObject?](repeating: nil, count: objects.dimensions.objects.count)
  }

  /// The thread's signature.
  mutating func signature(_ thread: Int) -> Int {
    if let known = signatures[thread] { return known }
    let made = threads.signature(thread)
    signatures[thread] = made
    return made
  }

  /// What readers show of an object.
  mutating func shown(_ object: Int) -> ShownObject {
    if let known = objectSignatures[object] { return known }
    let made = objects.shown(object)
    objectSignatures[object] = made
    return made
  }
}
