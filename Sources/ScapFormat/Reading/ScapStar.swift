import EventBatch
import EventSchema

/// The batch that is being made, with its dimensions and with what finds their rows again.
///
/// Threads and objects remember their rows themselves. Each batch has dimensions of its own, which hold what its events name
/// and nothing else: rows are made anew for whatever is still used, and none is copied. So memory does not grow with the
/// file.
struct ScapStar: ~Copyable {
  /// The events.
  var builder: EventBatchBuilder
  /// What is known of containers and users.
  var directory = ScapDirectory()
  /// Grows with every batch: rows of another generation are none.
  private(set) var generation: UInt32 = 1
  /// Grows with every change of who is whose parent.
  var epoch: UInt32 = 1
  private var images = DimensionRows<ImageColumn>()
  private var threadRows = DimensionRows<ThreadColumn>()
  private var lineages = DimensionRows<LineageColumn>()
  private var objects = DimensionRows<ObjectColumn>()
  private var containers = DimensionRows<ContainerColumn>()
  private var imageRows: [[Int64]: UInt32] = [:]
  private var containerRows: [[UInt8]: UInt32] = [:]
  /// The users and groups that threads of the batch run as.
  private var usedUsers: Set<Int64> = []
  private var usedGroups: Set<Int64> = []

  /// Longer chains of parents are cut: no system nests processes this deep.
  private static let deepest = 128

  init(schema: Schema) {
    builder = EventBatchBuilder(schema: schema)
  }

  /// The batch of all that was appended since the last one.
  mutating func finish() -> EventBatch {
    var dimensions = Dimensions()
    dimensions.users = usersOfThreads()
    dimensions.images = images.table
    dimensions.threads = threadRows.table
    dimensions.lineages = lineages.table
    dimensions.objects = objects.table
    dimensions.containers = containers.table
    let batch = builder.finish(owning: dimensions)
    images.removeAll()
    threadRows.removeAll()
    lineages.removeAll()
    objects.removeAll()
    containers.removeAll()
    imageRows.removeAll(keepingCapacity: true)
    containerRows.removeAll(keepingCapacity: true)
    usedUsers.removeAll(keepingCapacity: true)
    usedGroups.removeAll(keepingCapacity: true)
    generation &+= 1
    // 0 stands for rows that must be made anew.
    if generation == 0 { generation = 1 }
    epoch &+= 1
    return batch
  }

  private mutating func text(_ bytes: [UInt8]) -> Int64 { Int64(bytes.withUnsafeBytes { builder.internText($0) }) }

  private mutating func text(_ bytes: [UInt8]?) -> Int64 { bytes.map { text($0) } ?? EventBatch.missing }

  // MARK: Users and containers

  private mutating func usersOfThreads() -> DimensionTable<UserColumn> {
    var rows = DimensionRows<UserColumn>()
    for (container, user) in directory.users {
      guard (user.isGroup ? usedGroups : usedUsers).contains(Int64(user.number)) else { continue }
      var containerRow: UInt32?
      if !container.isEmpty {
        guard let known = containerRows[container] else { continue }
        containerRow = known
      }
      let row = rows.appendRow()
      if let containerRow { rows[row, .container] = Int64(containerRow) }
      rows[row, .number] = Int64(user.number)
      rows[row, .isGroup] = user.isGroup ? 1 : 0
      rows[row, .label] = text(user.name)
      if user.isGroup { continue }
      rows[row, .homeDirectory] = text(user.home)
      rows[row, .shell] = text(user.shell)
      rows[row, .group] = Int64(user.group)
    }
    return rows.table
  }

  /// Notes what an engine says of a container: events of this batch that stand in front of it are told, too.
  mutating func note(_ container: ScapContainer) {
    directory.note(container)
    for (id, row) in containerRows where id.starts(with: container.id) { fill(row, container) }
  }

  private mutating func containerRow(_ id: [UInt8]) -> UInt32 {
    if let known = containerRows[id] { return known }
    let row = containers.appendRow()
    containers[row, .id] = text(id)
    containerRows[id] = row
    directory.note(id: id)
    if let known = directory.container(id) { fill(row, known) }
    return row
  }

  private mutating func fill(_ row: UInt32, _ container: ScapContainer) {
    let texts: [(ContainerColumn, [UInt8])] = [
      (.label, container.name), (.image, container.image), (.engine, container.engine), (.pod, container.pod),
      (.podNamespace, container.podNamespace),
    ]
    for (column, value) in texts where !value.isEmpty { containers[row, column] = text(value) }
  }

  // MARK: Threads

  /// The row of a thread as it is now.
  mutating func row(of thread: ScapThread, main: ScapThread?) -> UInt32 {
    // Directory, environment and parent are those of the main thread.
    let mainVersion = main?.version ?? 0
    if thread.threadGeneration == generation, thread.rowMainVersion == mainVersion { return thread.threadRow }
    var image: UInt32?
    if !thread.isBare { image = imageRow(of: thread, main: main) }
    let row = threadRows.appendRow()
    thread.threadRow = row
    thread.threadGeneration = generation
    thread.rowMainVersion = mainVersion
    threadRows[row, .tid] = thread.tid
    guard let image else { return row }
    threadRows[row, .pid] = thread.pid
    threadRows[row, .virtualTid] = thread.virtualTid
    threadRows[row, .virtualPid] = thread.virtualPid
    threadRows[row, .parentPid] = main?.parent ?? thread.parent
    threadRows[row, .image] = Int64(image)
    if !thread.state.comm.isEmpty {
      let name = text(thread.state.comm)
      threadRows[row, .comm] = name
      threadRows[row, .processName] = name
    }
    // The tools of the time of older files show a directory that nothing told of as an empty one.
    threadRows[row, .workingDirectory] = text(workingDirectory(of: thread, main: main) ?? [])
    if !thread.state.root.isEmpty { threadRows[row, .rootDirectory] = text(thread.state.root) }
    threadRows[row, .uid] = thread.state.uid
    threadRows[row, .effectiveUid] = thread.state.uid
    threadRows[row, .gid] = thread.state.gid
    threadRows[row, .effectiveGid] = thread.state.gid
    threadRows[row, .loginUid] = thread.state.loginUid
    usedUsers.insert(thread.state.uid)
    usedUsers.insert(thread.state.loginUid)
    usedGroups.insert(thread.state.gid)
    threadRows[row, .session] = thread.state.session
    threadRows[row, .processGroup] = thread.state.group
    threadRows[row, .virtualProcessGroup] = thread.state.virtualGroup
    threadRows[row, .tty] = thread.state.tty
    threadRows[row, .capabilitiesInheritable] = thread.state.capabilities.inheritable
    threadRows[row, .capabilitiesPermitted] = thread.state.capabilities.permitted
    threadRows[row, .capabilitiesEffective] = thread.state.capabilities.effective
    threadRows[row, .cgroup] = text(thread.state.cgroups)
    if !thread.state.container.isEmpty { threadRows[row, .container] = Int64(containerRow(thread.state.container)) }
    threadRows[row, .startTime] = thread.startTime
    threadRows[row, .processStartTime] = main?.startTime ?? thread.startTime
    threadRows[row, .descriptorLimit] = thread.state.descriptorLimit
    return row
  }

  private func workingDirectory(of thread: ScapThread, main: ScapThread?) -> [UInt8]? {
    let owner = thread.flags & ScapCloneFlags.fileSystem != 0 ? main ?? thread : thread
    return owner.state.workingDirectory
  }

  private mutating func imageRow(of thread: ScapThread, main: ScapThread?) -> UInt32 {
    var values = [Int64](repeating: EventBatch.missing, count: ImageColumn.allCases.count)
    values[ImageColumn.exe.rawValue] = text(thread.state.exe)
    values[ImageColumn.path.rawValue] = text(thread.state.executablePath)
    values[ImageColumn.arguments.rawValue] = text(thread.state.arguments)
    values[ImageColumn.environment.rawValue] = text((main ?? thread).state.environment)
    values[ImageColumn.filename.rawValue] = text(thread.state.filename)
    values[ImageColumn.inode.rawValue] = thread.state.executable.inode
    values[ImageColumn.changeTime.rawValue] = thread.state.executable.changeTime
    values[ImageColumn.modificationTime.rawValue] = thread.state.executable.modificationTime
    if thread.state.executable.flags != ScapThread.unknown {
      let pairs: [(Int64, ImageFlags)] = [(1, .writable), (2, .upperLayer), (4, .memfd), (8, .lowerLayer)]
      var flags: ImageFlags = []
      for (bit, flag) in pairs where thread.state.executable.flags & bit != 0 { flags.formUnion(flag) }
      values[ImageColumn.flags.rawValue] = flags.rawValue
    }
    if let known = imageRows[values] { return known }
    let row = images.appendRow(values)
    imageRows[values] = row
    return row
  }

  /// The lineage of a thread as of now.
  @inline(__always)
  mutating func lineage(of thread: ScapThread, _ threads: borrowing ScapThreads) -> UInt32 {
    if thread.lineageEpoch == epoch, thread.threadGeneration == generation { return thread.lineage }
    return lineage(of: thread, threads, depth: 0)
  }

  private mutating func lineage(of thread: ScapThread, _ threads: borrowing ScapThreads, depth: Int) -> UInt32 {
    if thread.lineageEpoch == epoch, thread.threadGeneration == generation { return thread.lineage }
    let main = threads.main(of: thread)
    let row = row(of: thread, main: main)
    var parentLineage = EventBatch.noRow
    thread.isBeingLookedAt = true
    // The parent of a thread is that of its process.
    if depth < ScapStar.deepest, let parent = threads[(main ?? thread).parent], parent !== thread,
      !parent.isBeingLookedAt
    {
      parentLineage = lineage(of: parent, threads, depth: depth + 1)
    }
    thread.isBeingLookedAt = false
    let leaders = (leader(thread.state.session, threads), leader(thread.state.group, threads))
    thread.lineageEpoch = epoch
    if thread.lineageGeneration == generation, thread.lineageThreadRow == row, thread.lineageParent == parentLineage,
      thread.lineageLeaders == leaders
    {
      return thread.lineage
    }
    let lineage = lineages.appendRow()
    lineages[lineage, .thread] = Int64(row)
    if parentLineage != EventBatch.noRow { lineages[lineage, .parent] = Int64(parentLineage) }
    if leaders.0 != EventBatch.noRow { lineages[lineage, .sessionLeader] = Int64(leaders.0) }
    if leaders.1 != EventBatch.noRow { lineages[lineage, .groupLeader] = Int64(leaders.1) }
    thread.lineage = lineage
    thread.lineageGeneration = generation
    thread.lineageThreadRow = row
    thread.lineageParent = parentLineage
    thread.lineageLeaders = leaders
    return thread.lineage
  }

  private mutating func leader(_ id: Int64, _ threads: borrowing ScapThreads) -> UInt32 {
    guard let leader = threads[id] else { return EventBatch.noRow }
    return row(of: leader, main: threads.main(of: leader))
  }

  // MARK: Objects

  /// The row of an object.
  mutating func row(of object: ScapObject) -> UInt32 {
    if object.generation == generation { return object.row }
    let row = objects.appendRow()
    let (kind, family) = object.kindAndFamily
    objects[row, .identity] = object.identity
    objects[row, .objectKind] = kind.rawValue
    objects[row, .device] = object.device
    objects[row, .inode] = object.inode
    objects[row, .openFlags] = object.openFlags
    objects[row, .family] = family ?? object.family
    objects[row, .socketType] = object.socketType
    objects[row, .networkProtocol] = object.networkProtocol
    var flags: ObjectFlags = []
    if object.isConnected { flags.insert(.connected) }
    if object.isListening { flags.insert(.listening) }
    if object.isFromArguments { flags.insert(.fromArguments) }
    objects[row, .flags] = flags.rawValue
    if object.isInternetSocket {
      // The server's own end is the one that was connected to.
      let isServer = object.role == .server
      let ends = [
        (object.source, object.sourcePort, isServer && !object.destination.isEmpty),
        (object.destination, object.destinationPort, !isServer),
      ]
      for (address, port, isRemote) in ends where !address.isEmpty {
        objects[row, isRemote ? .remoteAddress : .localAddress] = text(address)
        objects[row, isRemote ? .remotePort : .localPort] = port
      }
    } else {
      objects[row, .label] = text(object.name)
    }
    switch object.role {
    case .none: break
    case .client: objects[row, .role] = SocketRole.client.rawValue
    case .server: objects[row, .role] = SocketRole.server.rawValue
    }
    objects[row, .socketSource] = object.unixSource
    objects[row, .socketPeer] = object.unixPeer
    object.row = row
    object.generation = generation
    return object.row
  }
}

extension ScapObject {
  /// What batches call it, and the family of a socket.
  fileprivate var kindAndFamily: (ObjectKind, Int64?) {
    switch kind {
    case .unknown, .unsupported: (.unknown, nil)
    case .file, .fileV2: (.file, nil)
    case .directory: (.directory, nil)
    case .ipv4Socket, .ipv4Server: (.ipv4Socket, 2)
    case .ipv6Socket, .ipv6Server: (.ipv6Socket, 10)
    case .fifo: (.pipe, nil)
    case .unixSocket: (.unixSocket, 1)
    case .event: (.eventfd, nil)
    case .signalfd: (.signalfd, nil)
    case .eventpoll: (.epoll, nil)
    case .inotify: (.inotify, nil)
    case .timerfd: (.timerfd, nil)
    case .netlink: (.netlinkSocket, 16)
    case .bpf: (.bpf, nil)
    case .userfaultfd: (.userfaultfd, nil)
    case .ioUring: (.ioUring, nil)
    case .memfd: (.memfd, nil)
    case .pidfd: (.pidfd, nil)
    }
  }
}
