import EventBatch

/// The dimensions that grow while a file is read, with what finds rows again.
///
/// Threads and objects remember their rows themselves. After some hundred thousand rows a new generation begins: all tables
/// are empty again, and rows are made anew for whatever is still used. So memory does not grow with the file.
struct ScapStar {
  private(set) var dimensions = Dimensions()
  private(set) var strings = StringInterner()
  private(set) var generation: UInt32 = 1
  /// Grows with every change of who is whose parent.
  var epoch: UInt32 = 1
  private var imageRows: [[Int64]: UInt32] = [:]
  private var containerRows: [[UInt8]: UInt32] = [:]
  private var containers: [[UInt8]: ScapContainer] = [:]
  private var users: [UserKey: ScapUser] = [:]

  private struct UserKey: Hashable {
    var container: [UInt8]
    var isGroup: Bool
    var number: UInt32
  }

  /// Longer chains of parents are cut: no system nests processes this deep.
  private static let deepest = 128
  private static let mostRows = 200_000
  private static let mostTextBytes = 32 << 20

  /// Goes on with empty tables when they have grown large. Only between batches.
  mutating func renewIfLarge() {
    let rows = dimensions.threads.count + dimensions.objects.count + dimensions.lineages.count + dimensions.images.count
    guard rows > ScapStar.mostRows || strings.table.heap.count > ScapStar.mostTextBytes else { return }
    renew()
  }

  private mutating func renew() {
    dimensions = Dimensions()
    strings = StringInterner()
    imageRows = [:]
    containerRows = [:]
    generation &+= 1
    // 0 stands for rows that must be made anew.
    if generation == 0 { generation = 1 }
    epoch &+= 1
    for (key, user) in users { append(user, container: key.container) }
  }

  /// Lends the dimensions, with their texts.
  mutating func withDimensions<Result>(_ body: (borrowing Dimensions) -> Result) -> Result {
    // The table is lent for the call only: a lasting second owner would make the next text copy the whole heap.
    dimensions.strings = strings.table
    defer { dimensions.strings = StringTable() }
    return body(dimensions)
  }

  private mutating func text(_ bytes: [UInt8]) -> Int64 { Int64(bytes.withUnsafeBytes { strings.intern($0) }) }

  private mutating func text(_ bytes: [UInt8]?) -> Int64 { bytes.map { text($0) } ?? EventBatch.missing }

  // MARK: Users and containers

  /// Notes a user or group, of the host or of a container.
  mutating func note(_ user: ScapUser, container: [UInt8] = []) {
    let key = UserKey(container: container, isGroup: user.isGroup, number: user.number)
    if users[key] == user { return }
    users[key] = user
    append(user, container: container)
  }

  private mutating func append(_ user: ScapUser, container: [UInt8]) {
    var values = [Int64](repeating: EventBatch.missing, count: UserColumn.allCases.count)
    if !container.isEmpty { values[UserColumn.container.rawValue] = Int64(containerRow(container)) }
    values[UserColumn.number.rawValue] = Int64(user.number)
    values[UserColumn.isGroup.rawValue] = user.isGroup ? 1 : 0
    values[UserColumn.label.rawValue] = text(user.name)
    if !user.isGroup {
      values[UserColumn.homeDirectory.rawValue] = text(user.home)
      values[UserColumn.shell.rawValue] = text(user.shell)
      values[UserColumn.group.rawValue] = Int64(user.group)
    }
    _ = dimensions.users.appendRow(values)
  }

  /// Notes what an engine says of a container.
  mutating func note(_ container: ScapContainer) {
    containers[container.id] = container
    // Older events tell the first part of an id only.
    for (id, row) in containerRows where id.starts(with: container.id) { fill(row, container) }
  }

  /// The full id of a container of which an event told the short one.
  func fullID(ofContainer short: [UInt8]) -> [UInt8] {
    containers.keys.first { $0.starts(with: short) } ?? containerRows.keys.first { $0.starts(with: short) } ?? short
  }

  private mutating func containerRow(_ id: [UInt8]) -> UInt32 {
    if let known = containerRows[id] { return known }
    let row = dimensions.containers.appendRow()
    dimensions.containers[Int(row), .id] = text(id)
    containerRows[id] = row
    let known = containers[id] ?? containers.first { id.starts(with: $0.key) }?.value
    if let known { fill(row, known) }
    return row
  }

  private mutating func fill(_ row: UInt32, _ container: ScapContainer) {
    let texts: [(ContainerColumn, [UInt8])] = [
      (.label, container.name), (.image, container.image), (.engine, container.engine), (.pod, container.pod),
      (.podNamespace, container.podNamespace),
    ]
    for (column, value) in texts where !value.isEmpty { dimensions.containers[Int(row), column] = text(value) }
  }

  // MARK: Threads

  /// The row of a thread as it is now.
  mutating func row(of thread: ScapThread, main: ScapThread?) -> UInt32 {
    if thread.threadGeneration == generation { return thread.threadRow }
    var values = [Int64](repeating: EventBatch.missing, count: ThreadColumn.allCases.count)
    func set(_ column: ThreadColumn, _ value: Int64) { values[column.rawValue] = value }
    set(.tid, thread.tid)
    set(.pid, thread.pid)
    set(.virtualTid, thread.virtualTid)
    set(.virtualPid, thread.virtualPid)
    set(.parentPid, main?.parent ?? thread.parent)
    set(.image, Int64(imageRow(of: thread, main: main)))
    if !thread.comm.isEmpty {
      set(.comm, text(thread.comm))
      set(.processName, text(thread.comm))
    }
    let directory = workingDirectory(of: thread, main: main)
    if !directory.isEmpty { set(.workingDirectory, text(directory)) }
    if !thread.root.isEmpty { set(.rootDirectory, text(thread.root)) }
    set(.uid, thread.uid)
    set(.effectiveUid, thread.uid)
    set(.gid, thread.gid)
    set(.effectiveGid, thread.gid)
    set(.loginUid, thread.loginUid)
    set(.session, thread.session)
    set(.processGroup, thread.group)
    set(.virtualProcessGroup, thread.virtualGroup)
    set(.tty, thread.tty)
    set(.capabilitiesInheritable, thread.capabilities.inheritable)
    set(.capabilitiesPermitted, thread.capabilities.permitted)
    set(.capabilitiesEffective, thread.capabilities.effective)
    set(.cgroup, text(thread.cgroups))
    if !thread.container.isEmpty { set(.container, Int64(containerRow(thread.container))) }
    set(.startTime, thread.startTime)
    set(.processStartTime, main?.startTime ?? thread.startTime)
    set(.descriptorLimit, thread.descriptorLimit)
    thread.threadRow = dimensions.threads.appendRow(values)
    thread.threadGeneration = generation
    return thread.threadRow
  }

  private func workingDirectory(of thread: ScapThread, main: ScapThread?) -> [UInt8] {
    thread.flags & ScapCloneFlags.fileSystem != 0 ? (main ?? thread).workingDirectory : thread.workingDirectory
  }

  private mutating func imageRow(of thread: ScapThread, main: ScapThread?) -> UInt32 {
    var values = [Int64](repeating: EventBatch.missing, count: ImageColumn.allCases.count)
    values[ImageColumn.exe.rawValue] = text(thread.exe)
    values[ImageColumn.path.rawValue] = text(thread.executablePath)
    values[ImageColumn.arguments.rawValue] = text(thread.arguments)
    values[ImageColumn.environment.rawValue] = text((main ?? thread).environment)
    values[ImageColumn.filename.rawValue] = text(thread.filename)
    values[ImageColumn.inode.rawValue] = thread.executable.inode
    values[ImageColumn.changeTime.rawValue] = thread.executable.changeTime
    values[ImageColumn.modificationTime.rawValue] = thread.executable.modificationTime
    if thread.executable.flags != ScapThread.unknown {
      let pairs: [(Int64, ImageFlags)] = [(1, .writable), (2, .upperLayer), (4, .memfd), (8, .lowerLayer)]
      var flags: ImageFlags = []
      for (bit, flag) in pairs where thread.executable.flags & bit != 0 { flags.formUnion(flag) }
      values[ImageColumn.flags.rawValue] = flags.rawValue
    }
    if let known = imageRows[values] { return known }
    let row = dimensions.images.appendRow(values)
    imageRows[values] = row
    return row
  }

  /// The lineage of a thread as of now.
  mutating func lineage(of thread: ScapThread, _ threads: ScapThreads) -> UInt32 {
    lineage(of: thread, threads, depth: 0)
  }

  private mutating func lineage(of thread: ScapThread, _ threads: ScapThreads, depth: Int) -> UInt32 {
    if thread.lineageEpoch == epoch, thread.threadGeneration == generation { return thread.lineage }
    let row = row(of: thread, main: threads.main(of: thread))
    var parentLineage = EventBatch.noRow
    thread.isBeingLookedAt = true
    if depth < ScapStar.deepest, let parent = threads[thread.parent], parent !== thread, !parent.isBeingLookedAt {
      parentLineage = lineage(of: parent, threads, depth: depth + 1)
    }
    thread.isBeingLookedAt = false
    let leaders = (leader(thread.session, threads), leader(thread.group, threads))
    thread.lineageEpoch = epoch
    if thread.lineageGeneration == generation, thread.lineageThreadRow == row, thread.lineageParent == parentLineage,
      thread.lineageLeaders == leaders
    {
      return thread.lineage
    }
    var values = [Int64](repeating: EventBatch.missing, count: LineageColumn.allCases.count)
    values[LineageColumn.thread.rawValue] = Int64(row)
    if parentLineage != EventBatch.noRow { values[LineageColumn.parent.rawValue] = Int64(parentLineage) }
    if leaders.0 != EventBatch.noRow { values[LineageColumn.sessionLeader.rawValue] = Int64(leaders.0) }
    if leaders.1 != EventBatch.noRow { values[LineageColumn.groupLeader.rawValue] = Int64(leaders.1) }
    thread.lineage = dimensions.lineages.appendRow(values)
    thread.lineageGeneration = generation
    thread.lineageThreadRow = row
    thread.lineageParent = parentLineage
    thread.lineageLeaders = leaders
    return thread.lineage
  }

  private mutating func leader(_ id: Int64, _ threads: ScapThreads) -> UInt32 {
    guard let leader = threads[id] else { return EventBatch.noRow }
    return row(of: leader, main: threads.main(of: leader))
  }

  // MARK: Objects

  /// The row of an object.
  mutating func row(of object: ScapObject) -> UInt32 {
    if object.generation == generation { return object.row }
    var values = [Int64](repeating: EventBatch.missing, count: ObjectColumn.allCases.count)
    func set(_ column: ObjectColumn, _ value: Int64) { values[column.rawValue] = value }
    let (kind, family) = object.kindAndFamily
    set(.identity, object.identity)
    set(.objectKind, kind.rawValue)
    set(.device, object.device)
    set(.inode, object.inode)
    set(.openFlags, object.openFlags)
    if let family { set(.family, family) } else if object.family != ScapThread.unknown { set(.family, object.family) }
    set(.socketType, object.socketType)
    set(.networkProtocol, object.networkProtocol)
    var flags: ObjectFlags = []
    if object.isConnected { flags.insert(.connected) }
    if object.isListening { flags.insert(.listening) }
    if object.isFromArguments { flags.insert(.fromArguments) }
    set(.flags, flags.rawValue)
    if object.isInternetSocket {
      // The server's own end is the one that was connected to.
      let isServer = object.role == .server
      let ends = [
        (object.source, object.sourcePort, isServer && !object.destination.isEmpty),
        (object.destination, object.destinationPort, !isServer),
      ]
      for (address, port, isRemote) in ends where !address.isEmpty {
        set(isRemote ? .remoteAddress : .localAddress, text(address))
        set(isRemote ? .remotePort : .localPort, port)
      }
    } else {
      set(.label, text(object.name))
    }
    switch object.role {
    case .none: break
    case .client: set(.role, SocketRole.client.rawValue)
    case .server: set(.role, SocketRole.server.rawValue)
    }
    set(.socketSource, object.unixSource)
    set(.socketPeer, object.unixPeer)
    object.row = dimensions.objects.appendRow(values)
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

/// The threads that live, by id.
struct ScapThreads {
  private var threads: [Int64: ScapThread] = [:]
  /// The one that was found last: events of a thread come in runs.
  private var last: ScapThread?
  /// More than these are not kept: no system has them.
  static let most = 4 << 20

  var count: Int { threads.count }

  subscript(tid: Int64) -> ScapThread? { threads[tid] }

  /// The same, remembered for the next time.
  mutating func find(_ tid: Int64) -> ScapThread? {
    if let last, last.tid == tid { return last }
    guard let found = threads[tid] else { return nil }
    last = found
    return found
  }

  mutating func add(_ thread: ScapThread) {
    guard threads.count < ScapThreads.most else { return }
    threads[thread.tid] = thread
    if last?.tid == thread.tid { last = thread }
  }

  mutating func remove(_ tid: Int64) {
    threads[tid] = nil
    if last?.tid == tid { last = nil }
  }

  mutating func removeAll() {
    threads = [:]
    last = nil
  }

  /// The main thread of a thread's process, if the thread is not that itself.
  func main(of thread: ScapThread) -> ScapThread? { thread.isMain ? nil : threads[thread.pid] }

  /// Those that live, by id.
  var all: [ScapThread] { threads.values.sorted { $0.tid < $1.tid } }
}

/// What an engine says of a container.
struct ScapContainer: Hashable {
  var id: [UInt8]
  var name: [UInt8] = []
  var image: [UInt8] = []
  var engine: [UInt8] = []
  var pod: [UInt8] = []
  var podNamespace: [UInt8] = []
}
