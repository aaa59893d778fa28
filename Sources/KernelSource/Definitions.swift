import EventBatch
import Probe

/// Turns the probe's definition records into dimension rows.
struct Definitions {
  var store = DimensionStore()
  var lineages = Lineages()
  /// Nanoseconds to add to the probe's time since boot for the epoch.
  let epochOffset: Int64
  /// Local ports that something listens on, by network namespace: a connection with one of them has the role of the server.
  var listeningPorts: Set<ListeningPort> = []
  /// Which variables of environments are kept.
  let environment: EnvironmentSelection
  /// Names that differ from what the directory entries say, by the probe's number of the first object of that name: they
  /// outlive the store's rows. Forgotten all at once when there are too many; files that stay open longer then go by
  /// their real names.
  var requestedNames: [UInt64: [UInt8]] = [:]
  static let requestedNameLimit = 100_000

  /// Whether the ids in `/proc` are those that the kernel program says.
  var seesAllProcesses = false

  /// The store of the generation before this one: calls that began then may still name its rows.
  private var previous: DimensionStore?

  init(epochOffset: Int64, environment: EnvironmentSelection = .none) {
    self.epochOffset = epochOffset
    self.environment = environment
  }

  /// Starts a new store. The probe has been told to define everything anew, and all that it sent before is taken in:
  /// what is not used any more is gone with the old store.
  mutating func startGeneration() {
    var fresh = DimensionStore()
    fresh.adoptUsers(from: store)
    var freshLineages = Lineages()
    let adopted = lineages.survivors(in: store.dimensions.threads).map { row in
      (old: row, new: fresh.adoptThread(row, from: store, identity: nil))
    }
    freshLineages.adopt(adopted, from: lineages, in: fresh.dimensions.threads)
    previous = store
    store = fresh
    lineages = freshLineages
  }

  /// The row of a version of a thread, `nil` when it was not defined (yet).
  mutating func threadRow(_ identity: UInt64) -> UInt32? {
    if let row = store.threadRows[identity] { return row }
    guard let previous, let row = previous.threadRows[identity] else { return nil }
    return store.adoptThread(row, from: previous, identity: identity)
  }

  /// Whether a version of a thread was defined, in this generation or the one before.
  func isThreadKnown(_ identity: UInt64) -> Bool {
    store.threadRows[identity] != nil || previous?.threadRows[identity] != nil
  }

  /// The row of what was executed, `nil` when it was not defined. The probe defines it once for all forks of a process.
  private mutating func imageRow(_ identity: UInt64) -> UInt32? {
    if let row = store.imageRow(identity) { return row }
    guard let previous, let row = previous.imageRow(identity) else { return nil }
    return store.adoptImage(row, from: previous, identity: identity)
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
    let environmentStart = areaStart + Int(image.arguments_length)
    let variables = UnsafeRawBufferPointer(start: environmentStart, count: Int(image.environment_length))
    let filename = UnsafeRawBufferPointer(
      start: environmentStart + Int(image.environment_length), count: Int(image.filename_length))
    var values = [Int64](repeating: EventBatch.missing, count: ImageColumn.allCases.count)
    var flags: ImageFlags = []
    if image.flags & UInt32(REEL_IMAGE_TRUNCATED) != 0 { flags.insert(.truncated) }
    if image.flags & UInt32(REEL_IMAGE_KERNEL) != 0 {
      flags.insert(.kernelTask)
    } else {
      for (mark, flag) in Definitions.imageFlags where image.flags & UInt32(mark) != 0 { flags.insert(flag) }
      if image.path_length > 0 {
        let text = PathText.absolute(leafFirst: path)
        // A file in memory is on no directory: its one component is what the kernel calls it.
        if text.starts(with: Array("/memfd:".utf8)) { flags.insert(.memfd) }
        values[ImageColumn.path.rawValue] = store.text(text)
      }
      if image.flags & UInt32(REEL_IMAGE_UNREADABLE | REEL_IMAGE_FOREIGN) == 0 {
        setArguments(area, variables, isFresh: !filename.isEmpty, &values)
      } else if image.flags & UInt32(REEL_IMAGE_FOREIGN) != 0, seesAllProcesses {
        // Told by somebody else, who cannot look into its memory: the kernel's files can.
        let folder = "/proc/\(image.pid)"
        let area = ProcFile.bytes("\(folder)/cmdline", limit: Int(REEL_IMAGE_AREA)) ?? []
        let variables =
          environment == .none ? [] : ProcFile.bytes("\(folder)/environ", limit: Int(REEL_IMAGE_AREA)) ?? []
        area.withUnsafeBytes { area in
          variables.withUnsafeBytes { variables in setArguments(area, variables, isFresh: false, &values) }
        }
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

  /// Takes what a process executes that was there before, unless the process is known.
  mutating func snapshotImage(_ record: UnsafeRawPointer) {
    let image = record.assumingMemoryBound(to: reel_image.self).pointee
    if lineages.row(ofProcess: Int64(image.pid)) == nil { self.image(record) }
  }

  private static let imageFlags: [(mark: Int32, flag: ImageFlags)] = [
    (REEL_IMAGE_WRITABLE, .writable), (REEL_IMAGE_UPPER_LAYER, .upperLayer), (REEL_IMAGE_LOWER_LAYER, .lowerLayer),
    (REEL_IMAGE_TRUNCATED, .truncated), (REEL_IMAGE_ENVIRONMENT_TRUNCATED, .truncated),
  ]

  /// Sets what a program was started with, from its argument and environment areas.
  private mutating func setArguments(
    _ area: UnsafeRawBufferPointer, _ variables: UnsafeRawBufferPointer, isFresh: Bool, _ values: inout [Int64]
  ) {
    guard !area.isEmpty else { return }
    let arguments = ArgumentArea(area, isFresh: isFresh)
    values[ImageColumn.exe.rawValue] = store.text(arguments.first)
    values[ImageColumn.arguments.rawValue] = store.text(arguments.rest)
    if environment != .none {
      values[ImageColumn.environment.rawValue] = store.text(environment.selected(from: variables))
    }
  }

  /// Takes the version of a thread that an event or a child has told.
  mutating func thread(_ record: UnsafeRawPointer) {
    let thread = record.assumingMemoryBound(to: reel_thread.self).pointee
    let row = addThread(record, identity: thread.identity)
    noteThread(row, thread, isSnapshot: false)
    if thread.tid != thread.pid {
      renameLeader(of: row, name: store.dimensions.threads[Int(row), .processName])
    }
  }

  /// Takes a process that was there before, unless more is known of it: it stands in the lineages of what comes.
  mutating func snapshotProcess(_ record: UnsafeRawPointer) {
    let thread = record.assumingMemoryBound(to: reel_thread.self).pointee
    if let known = lineages.row(ofProcess: Int64(thread.pid)),
      store.dimensions.threads[Int(known), .processStartTime] == Int64(thread.process_start_time) + epochOffset
    {
      return
    }
    noteThread(addThread(record, identity: thread.identity), thread, isSnapshot: true)
  }

  /// The lineage of a thread that is only told for a state: its row is to be forgotten with it.
  mutating func snapshotLineage(_ record: UnsafeRawPointer) -> UInt32 {
    let thread = record.assumingMemoryBound(to: reel_thread.self).pointee
    let row = addThread(record, identity: nil)
    lineages.setParentStart(Int64(thread.parent_start_time) + epochOffset, of: row)
    return lineages.lineage(of: row, in: &store.dimensions)
  }

  private mutating func noteThread(_ row: UInt32, _ thread: reel_thread, isSnapshot: Bool) {
    lineages.note(
      row: row, parentStart: Int64(thread.parent_start_time) + epochOffset, in: store.dimensions.threads,
      isSnapshot: isSnapshot)
  }

  /// Adds the row of a version.
  private mutating func addThread(_ record: UnsafeRawPointer, identity: UInt64?) -> UInt32 {
    let thread = record.assumingMemoryBound(to: reel_thread.self).pointee
    let directoryStart = record + MemoryLayout<reel_thread>.size
    let directory = UnsafeRawBufferPointer(start: directoryStart, count: Int(thread.working_directory_length))
    let rootStart = directoryStart + Int(thread.working_directory_length)
    let root = UnsafeRawBufferPointer(start: rootStart, count: Int(thread.root_directory_length))
    let cgroup = UnsafeRawBufferPointer(
      start: rootStart + Int(thread.root_directory_length), count: Int(thread.cgroup_length))
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
    // Who made a process that was there before is not known: its parent of now may have adopted it.
    if thread.original_parent_pid != 0 { set(.originalParentPid, Int64(thread.original_parent_pid)) }
    set(.comm, store.text(comm))
    set(.processName, store.text(processName))
    if let image = image(of: thread) { set(.image, Int64(image)) }
    if thread.path_flags & UInt32(REEL_PATH_ABSENT) == 0 {
      set(.workingDirectory, store.text(PathText.absolute(leafFirst: directory)))
      set(.rootDirectory, store.text(PathText.absolute(leafFirst: root)))
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
    if let container = store.container(ofCgroup: cgroupPath, in: values[ThreadColumn.cgroup.rawValue]) {
      set(.container, Int64(container))
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
    return store.thread(values, identity: identity)
  }

  /// Gives the process of a thread another name, when another thread than the leader is the first to show it: any thread of
  /// a process may rename the leader, which says so itself only with its next call.
  private mutating func renameLeader(of row: UInt32, name: Int64) {
    let threads = store.dimensions.threads
    guard let leader = lineages.row(ofProcess: threads[Int(row), .pid]), leader != row,
      threads[Int(leader), .tid] == threads[Int(leader), .pid],
      threads[Int(leader), .processStartTime] == threads[Int(row), .processStartTime],
      threads[Int(leader), .processName] != name
    else { return }
    var values = threads.row(Int(leader))
    values[ThreadColumn.processName.rawValue] = name
    values[ThreadColumn.comm.rawValue] = name
    let renamed = store.thread(values, identity: nil)
    lineages.note(row: renamed, parentStart: lineages.parentStart(of: leader), in: store.dimensions.threads)
  }

  /// The image row of a thread. One that was first seen while it ended has no memory to read it from; what is known of
  /// its process stands then.
  private mutating func image(of thread: reel_thread) -> UInt32? {
    let threads = store.dimensions.threads
    let known = lineages.row(ofProcess: Int64(thread.pid)).flatMap { row -> UInt32? in
      // Whoever had the id before executed something else.
      guard threads[Int(row), .processStartTime] == Int64(thread.process_start_time) + epochOffset else { return nil }
      return threads.value(Int(row), .image).map(UInt32.init(truncatingIfNeeded:))
    }
    guard let image = imageRow(thread.image) else { return known }
    guard let known else { return image }
    let images = store.dimensions.images
    if images.value(Int(image), .path) == nil { return known }
    // Told by a child, without arguments: what is known of the same program says more.
    if images.value(Int(image), .exe) == nil, images.value(Int(image), .path) == images.value(Int(known), .path),
      images.value(Int(image), .inode) == images.value(Int(known), .inode)
    {
      return known
    }
    return image
  }

  /// Notes that a process which is not recorded has ended.
  mutating func ended(_ record: UnsafeRawPointer) {
    let ended = record.assumingMemoryBound(to: reel_ended.self).pointee
    lineages.end(
      ProcessIdentity(pid: Int64(ended.pid), startTime: Int64(ended.process_start_time) + epochOffset),
      reaper: Int64(ended.reaper))
  }

  /// Notes that the process of a lineage has ended.
  mutating func end(lineage: UInt32, reaper: Int64) {
    guard lineage != EventBatch.noRow else { return }
    let thread = Int(store.dimensions.lineages[Int(lineage), .thread])
    let threads = store.dimensions.threads
    lineages.end(
      ProcessIdentity(pid: threads[thread, .pid], startTime: threads[thread, .processStartTime]), reaper: reaper)
  }
}
