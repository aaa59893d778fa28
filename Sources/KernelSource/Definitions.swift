import EventBatch
import Probe

/// Turns the probe's definition records into dimension rows.
struct Definitions {
  var store = DimensionStore()
  var lineages = Lineages()
  /// Nanoseconds to add to the probe's time since boot for the epoch.
  let epochOffset: Int64
  /// Local ports that something listens on: a connection with one of them has the role of the server.
  var listeningPorts: Set<UInt16> = []
  /// Names that differ from what the directory entries say, by the probe's number of the first object of that name: they
  /// outlive the store's rows. Forgotten all at once when there are too many; files that stay open longer then go by
  /// their real names.
  private var requestedNames: [UInt64: [UInt8]] = [:]
  private static let requestedNameLimit = 100_000
  /// What a call said about a socket's role, by the probe's number of the thing.
  private var roles: [UInt64: SocketRole] = [:]

  /// The store of the generation before this one: calls that began then may still name its rows.
  private var previous: DimensionStore?

  init(epochOffset: Int64) { self.epochOffset = epochOffset }

  /// Starts a new store. The probe has been told to define everything anew, and all that it sent before is taken in:
  /// what is not used any more is gone with the old store.
  mutating func startGeneration() {
    var fresh = DimensionStore()
    fresh.adoptUsers(from: store)
    var freshLineages = Lineages()
    for row in lineages.living {
      let adopted = fresh.adoptThread(row, from: store, identity: nil)
      freshLineages.note(row: adopted, in: fresh.dimensions.threads)
    }
    previous = store
    store = fresh
    lineages = freshLineages
    roles = [:]
  }

  /// The row of a version of a thread, `nil` when it was not defined (yet).
  mutating func threadRow(_ identity: UInt64) -> UInt32? {
    if let row = store.threadRows[identity] { return row }
    guard let previous, let row = previous.threadRows[identity] else { return nil }
    return store.adoptThread(row, from: previous, identity: identity)
  }

  /// The row of an object, `nil` when it was not defined (yet).
  mutating func objectRow(_ identity: UInt64) -> UInt32? {
    if let row = store.objectRows[identity] { return row }
    guard let previous, let row = previous.objectRows[identity] else { return nil }
    return store.adoptObject(row, from: previous, identity: identity)
  }

  /// The lineage row of a version of a thread as of now, `nil` when it was not defined (yet).
  mutating func lineageRow(_ identity: UInt64) -> UInt32? {
    threadRow(identity).map { lineages.lineage(of: $0, in: &store.dimensions) }
  }

  mutating func image(_ record: UnsafeRawPointer) {
    let image = record.assumingMemoryBound(to: reel_image.self).pointee
    let pathStart = record + MemoryLayout<reel_image>.size
    let path = UnsafeRawBufferPointer(start: pathStart, count: Int(image.path_length))
    let areaStart = pathStart + Int(image.path_length)
    let area = UnsafeRawBufferPointer(start: areaStart, count: Int(image.arguments_length))
    let filename = UnsafeRawBufferPointer(
      start: areaStart + Int(image.arguments_length), count: Int(image.filename_length))
    var values = [Int64](repeating: EventBatch.missing, count: ImageColumn.allCases.count)
    var flags: ImageFlags = []
    if image.flags & UInt32(REEL_IMAGE_TRUNCATED) != 0 { flags.insert(.truncated) }
    if image.flags & UInt32(REEL_IMAGE_KERNEL) != 0 {
      flags.insert(.kernelTask)
    } else {
      if image.path_length > 0 { values[ImageColumn.path.rawValue] = store.text(executablePath(path)) }
      if image.flags & UInt32(REEL_IMAGE_UNREADABLE) == 0 {
        let arguments = ArgumentArea(area)
        values[ImageColumn.exe.rawValue] = store.text(arguments.first)
        values[ImageColumn.arguments.rawValue] = store.text(arguments.rest)
      }
      if !filename.isEmpty { values[ImageColumn.filename.rawValue] = store.text(filename) }
      values[ImageColumn.device.rawValue] = DeviceNumber.userSpace(image.device)
      values[ImageColumn.inode.rawValue] = Int64(bitPattern: image.inode)
      values[ImageColumn.changeTime.rawValue] = image.change_time
      values[ImageColumn.modificationTime.rawValue] = image.modification_time
    }
    values[ImageColumn.flags.rawValue] = flags.rawValue
    _ = store.image(values, identity: image.identity)
  }

  private func executablePath(_ path: UnsafeRawBufferPointer) -> [UInt8] { PathText.absolute(leafFirst: path) }

  mutating func thread(_ record: UnsafeRawPointer) {
    let thread = record.assumingMemoryBound(to: reel_thread.self).pointee
    let directoryStart = record + MemoryLayout<reel_thread>.size
    let directory = UnsafeRawBufferPointer(start: directoryStart, count: Int(thread.working_directory_length))
    let cgroup = UnsafeRawBufferPointer(
      start: directoryStart + Int(thread.working_directory_length), count: Int(thread.cgroup_length))
    let comm = withUnsafeBytes(of: thread.comm) { Array($0.prefix { $0 != 0 }) }
    let processName = withUnsafeBytes(of: thread.process_comm) { Array($0.prefix { $0 != 0 }) }
    let cgroupPath = PathText.absolute(leafFirst: cgroup)

    var values = [Int64](repeating: EventBatch.missing, count: ThreadColumn.allCases.count)
    func set(_ column: ThreadColumn, _ value: Int64) { values[column.rawValue] = value }
    set(.tid, Int64(thread.tid))
    set(.pid, Int64(thread.pid))
    set(.virtualTid, Int64(thread.virtual_tid))
    set(.virtualPid, Int64(thread.virtual_pid))
    set(.startTime, Int64(thread.start_time) + epochOffset)
    set(.processStartTime, Int64(thread.process_start_time) + epochOffset)
    set(.parentPid, Int64(thread.parent_pid))
    set(.comm, store.text(comm))
    set(.processName, store.text(processName))
    if let image = image(of: thread) { set(.image, Int64(image)) }
    if thread.path_flags & UInt32(REEL_PATH_ABSENT) == 0 {
      set(.workingDirectory, store.text(PathText.absolute(leafFirst: directory)))
    }
    set(.uid, Int64(thread.uid))
    set(.effectiveUid, Int64(thread.effective_uid))
    set(.savedUid, Int64(thread.saved_uid))
    set(.filesystemUid, Int64(thread.filesystem_uid))
    set(.gid, Int64(thread.gid))
    set(.effectiveGid, Int64(thread.effective_gid))
    set(.savedGid, Int64(thread.saved_gid))
    set(.filesystemGid, Int64(thread.filesystem_gid))
    // The kernel's -1: nobody logged in.
    set(.loginUid, thread.login_uid == UInt32.max ? -1 : Int64(thread.login_uid))
    set(.session, Int64(thread.session))
    set(.processGroup, Int64(thread.process_group))
    set(.virtualSession, Int64(thread.virtual_session))
    set(.virtualProcessGroup, Int64(thread.virtual_process_group))
    set(.tty, Int64(thread.tty))
    set(.capabilitiesInheritable, Int64(bitPattern: thread.capabilities_inheritable))
    set(.capabilitiesPermitted, Int64(bitPattern: thread.capabilities_permitted))
    set(.capabilitiesEffective, Int64(bitPattern: thread.capabilities_effective))
    set(.cgroupID, Int64(bitPattern: thread.cgroup_id))
    set(.cgroup, store.text(cgroupPath))
    if let (id, engine) = ContainerPath.container(cgroupPath[...]) {
      set(.container, Int64(store.container(id, engine: engine)))
    }
    set(.mountNamespace, Int64(thread.mount_namespace))
    set(.pidNamespace, Int64(thread.pid_namespace))
    set(.netNamespace, Int64(thread.net_namespace))
    set(.userNamespace, Int64(thread.user_namespace))
    set(.utsNamespace, Int64(thread.uts_namespace))
    set(.ipcNamespace, Int64(thread.ipc_namespace))
    set(.cgroupNamespace, Int64(thread.cgroup_namespace))
    set(.taskFlags, Int64(thread.task_flags))
    // RLIM_INFINITY has no number of its own in a signed column.
    set(.descriptorLimit, thread.descriptor_limit > UInt64(Int64.max) ? -1 : Int64(thread.descriptor_limit))
    let row = store.thread(values, identity: thread.identity)
    lineages.note(row: row, in: store.dimensions.threads)
  }

  /// The image row of a thread. One that was first seen while it ended has no memory to read it from; what is known of
  /// its process stands then.
  private func image(of thread: reel_thread) -> UInt32? {
    let known = lineages.row(ofProcess: Int64(thread.pid)).flatMap {
      store.dimensions.threads.value(Int($0), .image).map(UInt32.init(truncatingIfNeeded:))
    }
    guard let image = store.imageRow(thread.image) else { return known }
    let hasPath = store.dimensions.images.value(Int(image), .path) != nil
    return hasPath ? image : known ?? image
  }

  mutating func object(_ record: UnsafeRawPointer) {
    let object = record.assumingMemoryBound(to: reel_object.self).pointee
    let textStart = record + MemoryLayout<reel_object>.size
    let text = UnsafeRawBufferPointer(start: textStart, count: Int(object.path_length))
    let requestStart = textStart + Int(object.path_length)
    let request = UnsafeRawBufferPointer(start: requestStart, count: Int(object.request_length))
    let directory = UnsafeRawBufferPointer(
      start: requestStart + Int(object.request_length), count: Int(object.directory_length))
    let kind = ObjectKind(object, name: text)
    var values = [Int64](repeating: EventBatch.missing, count: ObjectColumn.allCases.count)
    func set(_ column: ObjectColumn, _ value: Int64) { values[column.rawValue] = value }
    set(.identity, Int64(bitPattern: object.thing))
    set(.objectKind, kind.rawValue)
    set(.inode, Int64(bitPattern: object.inode))
    set(.device, DeviceNumber.userSpace(object.device))
    set(.mountID, Int64(object.mount_id))
    set(.openFlags, Int64(object.open_flags))
    var flags: ObjectFlags = []
    if object.path_flags & UInt32(REEL_PATH_DELETED) != 0, kind.hasPath { flags.insert(.deleted) }
    if object.path_flags & UInt32(REEL_PATH_TRUNCATED) != 0 { flags.insert(.nameTruncated) }

    if object.family == 0 {
      let real = kind.label(of: object, text)
      let name = kind.hasPath || kind == .pipe ? name(of: object, request: request, in: directory, real: real) : real
      set(.label, store.text(name))
      if name != real { set(.realName, store.text(real)) }
    } else {
      let isInternet = kind == .ipv4Socket || kind == .ipv6Socket
      set(.family, Int64(object.family))
      set(.socketType, Int64(object.socket_type))
      set(.networkProtocol, Int64(object.protocol))
      if isInternet {
        let width = kind == .ipv4Socket ? 4 : 16
        let local = withUnsafeBytes(of: object.local_address) { Array($0.prefix(width)) }
        let remote = withUnsafeBytes(of: object.remote_address) { Array($0.prefix(width)) }
        if object.local_port != 0 {
          set(.localAddress, store.text(local))
          set(.localPort, Int64(object.local_port))
        }
        if object.remote_port != 0 {
          set(.remoteAddress, store.text(remote))
          set(.remotePort, Int64(object.remote_port))
        }
        if object.state == tcpListen, object.protocol == 6 {
          flags.insert(.listening)
          listeningPorts.insert(object.local_port)
        }
      } else if kind == .unixSocket {
        if !text.isEmpty { set(.localAddress, store.text(unixPath(text))) }
        set(.socketSource, Int64(bitPattern: object.socket_source))
        set(.socketPeer, Int64(bitPattern: object.socket_peer))
      } else {
        set(.label, store.text(Array("socket:[\(object.inode)]".utf8)))
      }
      if object.state == tcpEstablished { flags.insert(.connected) }
      if let role = roles[object.thing] {
        set(.role, role.rawValue)
      } else if isInternet, object.remote_port != 0, listeningPorts.contains(object.local_port) {
        set(.role, SocketRole.server.rawValue)
      }
    }
    set(.flags, flags.rawValue)
    _ = store.object(values, identity: object.identity)
  }

  /// The name of something with a path: what it was opened by, absolute and normal. A rename does not change it, nor does
  /// a new generation; without a path that was seen it is what the directory entries said first.
  private mutating func name(
    of object: reel_object, request: UnsafeRawBufferPointer, in directory: UnsafeRawBufferPointer, real: [UInt8]
  ) -> [UInt8] {
    var name = real
    if !request.isEmpty {
      name = PathText.normal(Array(request)[...], in: PathText.absolute(leafFirst: directory)[...])
    } else if object.name != object.identity {
      if let known = requestedNames[object.name] {
        name = known
      } else if let row = objectRow(object.name), let label = store.dimensions.objects.value(Int(row), .label) {
        name = Array(store.strings.table[Int(label)])
      }
    }
    if name != real {
      if requestedNames.count >= Definitions.requestedNameLimit { requestedNames = [:] }
      requestedNames[object.name] = name
    }
    return name
  }

  /// Notes which end a socket is, from the call that made or connected it; its rows from now on say so.
  mutating func setRole(_ role: SocketRole, ofObject row: UInt32) {
    let thing = UInt64(bitPattern: store.dimensions.objects[Int(row), .identity])
    roles[thing] = role
    store.dimensions.objects[Int(row), .role] = role.rawValue
  }

  private func unixPath(_ text: UnsafeRawBufferPointer) -> [UInt8] {
    // A path ends at its NUL; an abstract name begins with one and may hold more.
    text.first == 0 ? Array(text) : Array(text.prefix { $0 != 0 })
  }
}

private let tcpEstablished: UInt16 = 1
private let tcpListen: UInt16 = 10

/// Device numbers: the kernel keeps the minor in the low 20 bits, `stat` shows it split around the major.
enum DeviceNumber {
  static func userSpace(_ device: UInt32) -> Int64 {
    let major = Int64(device >> 20)
    let minor = Int64(device & 0xFFFFF)
    return (minor & 0xFF) | major << 8 | (minor & ~0xFF) << 12
  }
}

/// The texts of a process's argument area.
struct ArgumentArea {
  /// The first argument, without its NUL.
  let first: [UInt8]
  /// All others, each with its NUL.
  let rest: [UInt8]

  init(_ area: UnsafeRawBufferPointer) {
    let end = area.firstIndex(of: 0) ?? area.count
    first = Array(area[..<end])
    var rest = end + 1 < area.count ? Array(area[(end + 1)...]) : []
    // A program may write over its arguments and leave a run of NULs behind them.
    while rest.count > 1, rest[rest.count - 1] == 0, rest[rest.count - 2] == 0 { rest.removeLast() }
    if rest == [0], area.count > end + 2 { rest = [] }
    if let last = rest.last, last != 0 { rest.append(0) }
    self.rest = rest
  }
}
