import EventBatch
import EventSchema
import Probe

#if canImport(Glibc)
import Glibc
#endif

/// A state of the machine that is being told: threads first, then descriptors, then what only files know.
///
/// Its rows stand in the source's own dimensions while a part is made, and are forgotten with it: a machine with half a
/// million descriptors is told in parts of bounded size. Each row's time is the moment at which it was looked at: what
/// happened to a thing after that time happened to what the row says, and what happened before is in it.
struct StateSnapshot: ~Copyable {
  /// The ways through all threads and descriptors, while there are more.
  private var threads: IteratorRun?
  private var descriptors: IteratorRun?
  /// Users and mounts stand between descriptors and sockets.
  private var hasToldFiles = false
  /// Connections that no descriptor holds, while there are more.
  private var sockets: NetworkTable?
  private var isDone = false
  private let reason: MachineState.Reason
  private let time: Int64
  private let epochOffset: Int64
  private var builder: EventBatchBuilder
  private var part: UInt32 = 0
  private let calls: [UInt32: String]
  /// A process of each mount namespace that a selected thread is in.
  private var mountNamespaces: [Int64: Int64] = [:]
  /// What the record before the row's own said: the lineage of a thread, the object of a descriptor.
  private var lineage = EventBatch.noRow
  private var object = EventBatch.noRow
  /// The newest row of each thing of the part: most descriptors share what they point to.
  private var objectRows: [Int64: UInt32] = [:]

  /// Rows after which a part is closed.
  private static let partRows = 4_096
  /// Nanoseconds after which it is closed as well: rings wait for as long, and a ring of 8 MiB fills in a tenth of a second.
  private static let partTime: Int64 = 5_000_000

  /// Goes through all processes once, which must be known before the first row can be said: a row names its ancestors.
  ///
  /// - Parameter definitions: gets the processes that it does not know, for the state and for events to come.
  /// - Returns: `nil` where the kernel has no iterators.
  static func begin(
    _ reason: MachineState.Reason, _ probe: borrowing LoadedProbe, schema: Schema, epochOffset: Int64,
    selection: KernelSelection, definitions: inout Definitions
  ) -> StateSnapshot? {
    guard let run = probe.begin(.threads) else { return nil }
    let time = Clock.sinceBoot() + epochOffset
    var hasMore = true
    while hasMore {
      hasMore = run.step(256)
      probe.takeSnapshotRecords { record in
        switch UInt32(record.assumingMemoryBound(to: reel_record.self).pointee.kind) {
        // The image stands in front of the thread that executes it.
        case REEL_RECORD_IMAGE.rawValue: definitions.snapshotImage(record)
        case REEL_RECORD_THREAD.rawValue:
          let thread = record.assumingMemoryBound(to: reel_thread.self).pointee
          if thread.tid == thread.pid { definitions.snapshotProcess(record) }
        default: break
        }
      }
    }
    return StateSnapshot(
      threads: probe.begin(.threads), descriptors: probe.begin(.descriptors), reason: reason, time: time,
      schema: schema,
      epochOffset: epochOffset, isOfEverything: selection.isEverything)
  }

  private init(
    threads: consuming IteratorRun?, descriptors: consuming IteratorRun?, reason: MachineState.Reason, time: Int64,
    schema: Schema, epochOffset: Int64, isOfEverything: Bool
  ) {
    self.threads = threads
    self.descriptors = descriptors
    self.reason = reason
    self.time = time
    self.epochOffset = epochOffset
    sockets = isOfEverything ? NetworkTable() : nil
    builder = EventBatchBuilder(schema: schema)
    let named = schema.systemCalls(.current).compactMap { call in
      call.type.systemCall.map { (UInt32(call.number), $0) }
    }
    calls = Dictionary(named) { first, _ in first }
  }

  /// Goes on by a bounded piece of work: at most one part, some milliseconds.
  ///
  /// - Returns: the next part, without rows when none was found in that time; `nil` behind the last one.
  mutating func next(_ probe: borrowing LoadedProbe, _ definitions: inout Definitions) -> MachineState? {
    if isDone { return nil }
    let mark = definitions.store.mark
    defer {
      objectRows = [:]
      definitions.store.truncate(to: mark)
      definitions.lineages.truncate(threads: mark.threads, lineages: mark.lineages)
    }
    let begun = Clock.sinceBoot()
    while builder.count < StateSnapshot.partRows, Clock.sinceBoot() - begun < StateSnapshot.partTime {
      if let hasMore = threads?.step(256) {
        takeRecords(probe, &definitions)
        if !hasMore { threads = nil }
      } else if let hasMore = descriptors?.step(1024) {
        takeRecords(probe, &definitions)
        if !hasMore { descriptors = nil }
      } else if !hasToldFiles {
        addUsers(definitions)
        if definitions.seesAllProcesses { addMounts() }
        hasToldFiles = true
      } else if let line = sockets?.next() {
        if case .withoutDescriptor(let socket) = line { add(socket, &definitions) }
      } else {
        isDone = true
        break
      }
    }
    let rows = definitions.store.withDimensions { builder.finish($0) }
    defer { if rows.count > 0 { part += 1 } }
    return MachineState(time: time, reason: reason, part: part, isLast: isDone, rows: rows)
  }

  private mutating func takeRecords(_ probe: borrowing LoadedProbe, _ definitions: inout Definitions) {
    probe.takeSnapshotRecords { record in
      switch UInt32(record.assumingMemoryBound(to: reel_record.self).pointee.kind) {
      case REEL_RECORD_THREAD.rawValue: lineage = definitions.snapshotLineage(record)
      case REEL_RECORD_STATE_THREAD.rawValue:
        let thread = record.assumingMemoryBound(to: reel_state_thread.self).pointee
        if thread.is_selected != 0 { addThread(thread, definitions) }
      case REEL_RECORD_OBJECT.rawValue: object = objectRow(record, &definitions)
      case REEL_RECORD_STATE_DESCRIPTOR.rawValue:
        addDescriptor(record.assumingMemoryBound(to: reel_state_descriptor.self).pointee, &definitions)
      default: break
      }
    }
  }

  private mutating func objectRow(_ record: UnsafeRawPointer, _ definitions: inout Definitions) -> UInt32 {
    let values = definitions.objectValues(record)
    let thing = values[ObjectColumn.identity.rawValue]
    if let known = objectRows[thing], definitions.store.dimensions.objects.row(Int(known)) == values { return known }
    let row = definitions.store.object(values, identity: nil)
    objectRows[thing] = row
    return row
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

  private mutating func addThread(_ state: reel_state_thread, _ definitions: Definitions) {
    guard lineage != EventBatch.noRow else { return }
    let row = Int(definitions.store.dimensions.lineages[Int(lineage), .thread])
    let threads = definitions.store.dimensions.threads
    let pid = threads[row, .pid]
    let namespace = threads[row, .mountNamespace]
    if namespace > 0, mountNamespaces[namespace] == nil { mountNamespaces[namespace] = pid }
    append(.stateThread, time: Int64(state.record.time) + epochOffset, lineage: lineage)
    append(TaskState.name(state: state.task_state, exit: state.exit_state))
    if let call = calls[state.call] { append(call) } else { builder.appendMissing() }
    let page = Int64(getpagesize())
    builder.appendInteger(Int64(state.virtual_pages) * page)
    if threads[row, .tid] == pid, definitions.seesAllProcesses, let resident = ProcFile.residentPages(pid) {
      builder.appendInteger(resident * page)
    } else {
      builder.appendMissing()
    }
    builder.appendInteger(Int64(state.cpu_time))
  }

  private mutating func addDescriptor(_ state: reel_state_descriptor, _ definitions: inout Definitions) {
    // A process that was made meanwhile is told by its events.
    guard let thread = definitions.lineages.row(ofProcess: Int64(state.pid)),
      definitions.store.dimensions.threads[Int(thread), .processStartTime]
        == Int64(state.process_start_time) + epochOffset
    else { return }
    let process = definitions.lineages.lineage(of: thread, in: &definitions.store.dimensions)
    append(.stateDescriptor, time: Int64(state.record.time) + epochOffset, lineage: process, object: object)
    builder.appendInteger(Int64(state.descriptor))
    builder.appendInteger(state.closes_on_exec == 0 ? 0 : 1)
    builder.appendInteger(state.position)
  }

  private mutating func addUsers(_ definitions: Definitions) {
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

  /// A connection that no descriptor holds (any more, or yet): one that waits out its time, or is to be accepted.
  private mutating func add(_ socket: NetworkTable.Socket, _ definitions: inout Definitions) {
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
    append(
      .stateSocket, time: Clock.sinceBoot() + epochOffset, object: definitions.store.object(values, identity: nil))
    append(socket.state)
    builder.appendInteger(Int64(socket.queuedIn))
    builder.appendInteger(Int64(socket.queuedOut))
  }
}
