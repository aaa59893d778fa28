import EventBatch
import EventSchema
import Probe

#if canImport(Glibc)
import Glibc
#endif

/// A state of the machine that is being told: threads first, then descriptors, then what only files know.
///
/// It has dimensions of its own, so that what it needs goes away with it: a machine with half a million descriptors is told
/// in parts that are closed and forgotten one by one. Each row's time is the moment at which it was looked at: what happened
/// to a thing after that time happened to what the row says, and what happened before is in it.
struct StateSnapshot: ~Copyable {
  /// The way through all descriptors, while there are more.
  private var descriptors: IteratorRun?
  private var isDone = false
  private let reason: MachineState.Reason
  private let time: Int64
  private let epochOffset: Int64
  private var definitions: Definitions
  private var builder: EventBatchBuilder
  private var part: UInt32 = 0
  private var threads: [ThreadRow]
  private var nextThread = 0
  private let calls: [UInt32: String]
  /// A process of each mount namespace that a selected thread is in.
  private var mountNamespaces: [Int64: Int64] = [:]
  private let isOfEverything: Bool

  /// Rows after which a part is closed.
  private static let partRows = 16_384

  /// What a thread of the snapshot says besides its version.
  struct ThreadRow {
    var time: Int64
    var thread: UInt64
    var cpuTime: UInt64
    var virtualPages: UInt64
    var taskState: UInt32
    var exitState: UInt32
    var call: UInt32
  }

  /// Goes through all threads, which must be known before the first row can be said: a row names its ancestors.
  ///
  /// - Parameters:
  ///   - live: gets the newest version of each process, for events to come.
  /// - Returns: `nil` where the kernel has no iterators.
  static func begin(
    _ reason: MachineState.Reason, _ probe: borrowing LoadedProbe, schema: Schema, epochOffset: Int64,
    selection: KernelSelection, live: inout Definitions
  ) -> StateSnapshot? {
    guard let run = probe.begin(.threads) else { return nil }
    let time = Clock.sinceBoot() + epochOffset
    var definitions = Definitions(epochOffset: epochOffset, environment: live.environment)
    definitions.seesAllProcesses = live.seesAllProcesses
    var threads: [ThreadRow] = []
    // The image record stands in front of the thread that executes it.
    var hasMore = true
    while hasMore {
      hasMore = run.step(256)
      probe.takeSnapshotRecords { record in
        switch UInt32(record.assumingMemoryBound(to: reel_record.self).pointee.kind) {
        case REEL_RECORD_IMAGE.rawValue:
          definitions.image(record)
          live.image(record)
        case REEL_RECORD_THREAD.rawValue:
          definitions.thread(record)
          let thread = record.assumingMemoryBound(to: reel_thread.self).pointee
          if thread.tid == thread.pid { live.thread(record, isSnapshot: true) }
        case REEL_RECORD_STATE_THREAD.rawValue:
          let row = record.assumingMemoryBound(to: reel_state_thread.self).pointee
          if row.is_selected == 0 { return }
          threads.append(
            ThreadRow(
              time: Int64(row.record.time) + epochOffset, thread: row.thread, cpuTime: row.cpu_time,
              virtualPages: row.virtual_pages, taskState: row.task_state, exitState: row.exit_state, call: row.call))
        default: break
        }
      }
    }
    MachineSnapshot.addUsers(to: &definitions)
    return StateSnapshot(
      descriptors: probe.begin(.descriptors), reason: reason, time: time, schema: schema, epochOffset: epochOffset,
      isOfEverything: selection.isEverything, definitions: definitions, threads: threads)
  }

  private init(
    descriptors: consuming IteratorRun?, reason: MachineState.Reason, time: Int64, schema: Schema, epochOffset: Int64,
    isOfEverything: Bool, definitions: Definitions, threads: [ThreadRow]
  ) {
    self.descriptors = descriptors
    self.reason = reason
    self.time = time
    self.epochOffset = epochOffset
    self.isOfEverything = isOfEverything
    self.definitions = definitions
    self.threads = threads
    builder = EventBatchBuilder(schema: schema)
    let named = schema.systemCalls(.current).compactMap { call in
      call.type.systemCall.map { (UInt32(call.number), $0) }
    }
    calls = Dictionary(named) { first, _ in first }
  }

  /// Local ports that something was seen to listen on.
  var listeningPorts: Set<ListeningPort> { definitions.listeningPorts }

  /// Goes on by a bounded piece of work: at most one part, some milliseconds.
  ///
  /// - Returns: the next part; `nil` behind the last one.
  mutating func next(_ probe: borrowing LoadedProbe, live: Definitions) -> MachineState? {
    while !isDone {
      if nextThread < threads.count {
        addThreads()
        if nextThread < threads.count || builder.count >= StateSnapshot.partRows { return close(isLast: false) }
        threads = []
        nextThread = 0
      }
      if let hasMore = descriptors?.step(2048) {
        takeDescriptors(probe, live: live)
        if !hasMore { descriptors = nil }
        if builder.count >= StateSnapshot.partRows { return close(isLast: false) }
      } else {
        addUsers()
        addMounts()
        addLonelySockets()
        isDone = true
        return close(isLast: true)
      }
    }
    return nil
  }

  private mutating func close(isLast: Bool) -> MachineState {
    let rows = definitions.store.withDimensions { builder.finish($0) }
    // The next part needs the threads again, and none of these objects.
    definitions.store.forgetObjects()
    defer { part += 1 }
    return MachineState(time: time, reason: reason, part: part, isLast: isLast, rows: rows)
  }

  private mutating func append(
    _ type: EventTypeID, time: Int64, lineage: UInt32 = EventBatch.noRow, object: UInt32 = EventBatch.noRow
  ) {
    builder.appendEvent(
      exitTime: max(time, builder.count > 0 ? builder.greatestExit : time), latency: EventBatch.missing, type: type,
      cpu: 0,
      flags: [], lineage: lineage, object: object, result: EventBatch.missing)
  }

  private mutating func append(_ text: String) { append(Array(text.utf8)) }

  private mutating func append(_ text: [UInt8]) { text.withUnsafeBytes { builder.appendText($0) } }

  private mutating func addThreads() {
    let page = Int64(getpagesize())
    while nextThread < threads.count, builder.count < StateSnapshot.partRows {
      let thread = threads[nextThread]
      nextThread += 1
      guard let row = definitions.threadRow(thread.thread),
        let lineage = definitions.lineageRow(thread.thread)
      else { continue }
      let namespace = definitions.store.dimensions.threads[Int(row), .mountNamespace]
      if namespace > 0, mountNamespaces[namespace] == nil {
        mountNamespaces[namespace] = definitions.store.dimensions.threads[Int(row), .pid]
      }
      append(.stateThread, time: thread.time, lineage: lineage)
      append(TaskState.name(state: thread.taskState, exit: thread.exitState))
      if let call = calls[thread.call] { append(call) } else { builder.appendMissing() }
      builder.appendInteger(Int64(thread.virtualPages) * page)
      let pid = definitions.store.dimensions.threads[Int(row), .pid]
      let isLeader = definitions.store.dimensions.threads[Int(row), .tid] == pid
      if isLeader, definitions.seesAllProcesses, let resident = ProcFile.residentPages(pid) {
        builder.appendInteger(resident * page)
      } else {
        builder.appendMissing()
      }
      builder.appendInteger(Int64(thread.cpuTime))
    }
  }

  private mutating func takeDescriptors(_ probe: borrowing LoadedProbe, live: Definitions) {
    probe.takeSnapshotRecords { record in
      switch UInt32(record.assumingMemoryBound(to: reel_record.self).pointee.kind) {
      case REEL_RECORD_OBJECT.rawValue:
        let object = record.assumingMemoryBound(to: reel_object.self).pointee
        if object.name != object.identity, let name = live.openedName(ofObject: object.name) {
          definitions.requestedNames[object.name] = name
        }
        definitions.object(record)
      case REEL_RECORD_STATE_DESCRIPTOR.rawValue:
        addDescriptor(record.assumingMemoryBound(to: reel_state_descriptor.self).pointee)
      default: break
      }
    }
  }

  private mutating func addDescriptor(_ state: reel_state_descriptor) {
    // A process that was made meanwhile is told by its events.
    guard let thread = definitions.lineages.row(ofProcess: Int64(state.pid)),
      definitions.store.dimensions.threads[Int(thread), .processStartTime]
        == Int64(state.process_start_time) + epochOffset
    else { return }
    let lineage = definitions.lineages.lineage(of: thread, in: &definitions.store.dimensions)
    append(
      .stateDescriptor, time: Int64(state.record.time) + epochOffset, lineage: lineage,
      object: definitions.objectRow(state.object) ?? EventBatch.noRow)
    builder.appendInteger(Int64(state.descriptor))
    builder.appendInteger(state.closes_on_exec == 0 ? 0 : 1)
    builder.appendInteger(state.position)
  }

  private mutating func addUsers() {
    let now = Clock.sinceBoot() + epochOffset
    let users = definitions.store.dimensions.users
    func text(_ row: Int, _ column: UserColumn) -> [UInt8] {
      users.value(row, column).map { Array(definitions.store.strings.table[Int($0)]) } ?? []
    }
    for row in 0..<users.count {
      let name = text(row, .label)
      if users[row, .isGroup] == 1 {
        append(.stateGroup, time: now)
        builder.appendInteger(users[row, .number])
        append(name)
      } else {
        let (home, shell) = (text(row, .homeDirectory), text(row, .shell))
        append(.stateUser, time: now)
        builder.appendInteger(users[row, .number])
        builder.appendInteger(users[row, .group])
        append(name)
        append(home)
        append(shell)
      }
    }
  }

  /// The mounts of each mount namespace, as one of its processes sees them.
  private mutating func addMounts() {
    guard definitions.seesAllProcesses else { return }
    for (namespace, process) in mountNamespaces.sorted(by: { $0.key < $1.key }) {
      let now = Clock.sinceBoot() + epochOffset
      for mount in MountInfo.read("/proc/\(process)/mountinfo") {
        append(.stateMount, time: now)
        builder.appendInteger(mount.id)
        builder.appendInteger(mount.parent)
        builder.appendInteger(mount.device)
        append(mount.root)
        append(mount.point)
        append(mount.type)
        append(mount.source)
        append(mount.options)
        builder.appendInteger(namespace)
      }
    }
  }

  /// Connections that no descriptor holds (any more, or yet): those that wait out their time, and those to be accepted.
  private mutating func addLonelySockets() {
    guard isOfEverything else { return }
    let now = Clock.sinceBoot() + epochOffset
    for socket in NetworkTable.socketsWithoutDescriptor() {
      var values = [Int64](repeating: EventBatch.missing, count: ObjectColumn.allCases.count)
      func set(_ column: ObjectColumn, _ value: Int64) { values[column.rawValue] = value }
      let kind: ObjectKind = socket.local.address.count == 4 ? .ipv4Socket : .ipv6Socket
      set(.objectKind, kind.rawValue)
      set(.family, Int64(kind == .ipv4Socket ? SocketAddress.ipv4Family : SocketAddress.ipv6Family))
      set(.networkProtocol, 6)
      set(.socketType, 1)
      set(.localAddress, definitions.store.text(socket.local.address))
      set(.localPort, Int64(socket.local.port))
      set(.remoteAddress, definitions.store.text(socket.remote.address))
      set(.remotePort, Int64(socket.remote.port))
      set(.flags, ObjectFlags.connected.rawValue)
      append(.stateSocket, time: now, object: definitions.store.argumentObject(values))
      append(socket.state)
      builder.appendInteger(Int64(socket.queuedIn))
      builder.appendInteger(Int64(socket.queuedOut))
    }
  }
}
