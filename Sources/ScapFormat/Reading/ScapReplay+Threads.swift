import EventBatch

// What calls do to threads, and how threads come and go.

extension ScapReplay {
  mutating func actOnThread(
    _ values: ScapValues, _ plan: UnsafePointer<ScapPlan>, _ thread: ScapThread, result: Int64?, time: Int64
  ) {
    guard let result, result >= 0 else { return }
    switch plan.pointee.action {
    case .setUser: setUser(values.integer(.uid, isSigned: false), thread)
    case .setEffectiveUser: setUser(values.integer(.euid, isSigned: false), thread)
    case .setGroup: setGroup(values.integer(.gid, isSigned: false), thread)
    case .setEffectiveGroup: setGroup(values.integer(.egid, isSigned: false), thread)
    case .setSession:
      thread.state.session = result
      changed(thread)
    case .setProcessGroup: setProcessGroup(values, thread)
    case .setLimit: setLimit(values, thread)
    case .changeRoot:
      if let path = values.bytes(.path) {
        thread.state.root = ScapPath.join(
          directory(of: thread), path.last == 0 ? UnsafeRawBufferPointer(rebasing: path.dropLast()) : path)
        changed(thread)
      }
    case .clone: if result > 0 { parentReturned(values, thread, child: result, time: time) }
    default: break
    }
  }

  mutating func changed(_ thread: ScapThread) {
    thread.change()
    star.epoch &+= 1
  }

  private mutating func setUser(_ uid: Int64?, _ thread: ScapThread) {
    guard let uid, uid != 0xFFFF_FFFF, thread.state.uid != uid else { return }
    thread.state.uid = uid
    changed(thread)
  }

  private mutating func setGroup(_ gid: Int64?, _ thread: ScapThread) {
    guard let gid, gid != 0xFFFF_FFFF, thread.state.gid != gid else { return }
    thread.state.gid = gid
    changed(thread)
  }

  private mutating func setProcessGroup(_ values: ScapValues, _ thread: ScapThread) {
    guard let group = values.integer(.pgid), let pid = values.integer(.pid) else { return }
    // Ids of another pid namespace lead nowhere; the process itself is 0.
    let target = pid == 0 || pid == thread.virtualPid ? thread : threads[pid]
    guard let target else { return }
    target.state.virtualGroup = group == 0 ? target.virtualPid : group
    changed(target)
  }

  private mutating func setLimit(_ values: ScapValues, _ thread: ScapThread) {
    // RLIMIT_NOFILE.
    guard values.integer(.resource, isSigned: false) == 7 else { return }
    let pid = values.integer(.pid) ?? 0
    guard let limit = values.integer(.newcur) ?? values.integer(.cur), limit >= 0,
      let target = pid == 0 ? thread : threads[pid]
    else { return }
    target.state.descriptorLimit = limit
    changed(target)
  }

  // MARK: Birth

  /// The thread that returns from the call that made it.
  mutating func child(
    ofReturn event: borrowing ScapEventBytes, _ plan: UnsafePointer<ScapPlan>, _ time: Int64
  ) -> ScapThread {
    let values = ScapValues(event, .none, plan)
    let flags = UInt32(truncatingIfNeeded: values.integer(.flags, isSigned: false) ?? 0)
    // The event names the parent of the process. What a thread has, it has from its process.
    let isThread = flags & ScapCloneFlags.thread != 0
    let parentID = values.integer(.ptid) ?? -1
    let makerID = isThread ? values.integer(.pid) ?? -1 : parentID
    if threads[makerID] == nil, makerID > 0, makerID != event.tid {
      let maker = invent(makerID)
      if isThread { maker.parent = parentID }
      describeMaker(maker, values)
    }
    let known = threads.find(event.tid)
    // Its maker may have returned before it.
    let isNew =
      known.map { $0.isInvented || $0.startTime == ScapThread.unknown || time - $0.startTime > 2_000_000_000 } ?? true
    let thread: ScapThread
    if let known, !isNew {
      thread = known
    } else {
      let pid = values.integer(.pid) ?? event.tid
      thread = ScapThread(tid: event.tid, pid: pid, parent: parentID)
      thread.startTime = time
      inherit(thread, from: threads[makerID], flags: flags)
      threads.add(thread)
    }
    thread.wasMadeByChild = true
    describe(thread, values)
    if let virtual = values.integer(.vtid) { thread.virtualTid = virtual }
    if let virtual = values.integer(.vpid) { thread.virtualPid = virtual }
    changed(thread)
    return thread
  }

  /// One that nobody spoke of was, when it made its child, what the child is now.
  private func describeMaker(_ maker: ScapThread, _ values: ScapValues) {
    maker.state.comm = values.text(.comm) ?? []
    maker.state.exe = values.text(.exe) ?? []
    maker.state.arguments = values.texts(.args) ?? []
  }

  /// A thread made another one and returns.
  private mutating func parentReturned(_ values: ScapValues, _ thread: ScapThread, child tid: Int64, time: Int64) {
    // In another pid namespace the result is not the id that events have: the child tells more.
    if let virtual = values.integer(.vtid), virtual != thread.tid { return }
    let flags = UInt32(truncatingIfNeeded: values.integer(.flags, isSigned: false) ?? 0)
    if flags & ScapCloneFlags.childInNamespace != 0 { return }
    if let known = threads[tid], known.wasMadeByChild { return }
    let isThread = flags & ScapCloneFlags.thread != 0
    let parent = isThread ? (threads.main(of: thread) ?? thread).parent : thread.tid
    let child = ScapThread(tid: tid, pid: isThread ? thread.pid : tid, parent: parent)
    child.startTime = time
    if values.bytes(.vtid) != nil {
      child.virtualTid = tid
      child.virtualPid = isThread ? thread.virtualPid : tid
    }
    inherit(child, from: thread, flags: flags)
    describe(child, values)
    threads.add(child)
    changed(child)
  }

  /// What a thread has from the one that made it.
  private func inherit(_ child: ScapThread, from parent: ScapThread?, flags: UInt32) {
    child.flags = flags
    // Of a parent that nobody told of there is nothing to have.
    guard let parent, parent !== child, !parent.isInvented else { return }
    child.state = parent.state
    child.state.environment = (threads.main(of: parent) ?? parent).state.environment
    child.state.workingDirectory = workingDirectory(of: parent)
    if flags & ScapCloneFlags.files == 0 {
      child.descriptors =
        (parent.sharesDescriptors ? threads.main(of: parent) ?? parent : parent).descriptors
    }
  }

  /// What the event itself tells of a new thread, or of one that executed something.
  func describe(_ thread: ScapThread, _ values: ScapValues) {
    if let exe = values.text(.exe) { thread.state.exe = exe }
    if let comm = values.text(.comm) {
      thread.state.comm = comm
    } else if let exe = values.text(.exe) {
      // The first versions of the format did not tell the name.
      thread.state.comm = Array(exe[((exe.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1)...].prefix(15))
    }
    if values.bytes(.exe) != nil { thread.state.arguments = values.texts(.args) ?? [] }
    if let cgroups = values.texts(.cgroups) {
      thread.state.cgroups = cgroups
      thread.state.container = scapContainerID(cgroups)
    }
    if let limit = values.integer(.fdlimit) { thread.state.descriptorLimit = limit }
    if let uid = values.integer(.uid, isSigned: false) { thread.state.uid = uid }
    if let gid = values.integer(.gid, isSigned: false) { thread.state.gid = gid }
    if thread.state.workingDirectory?.isEmpty ?? true, let directory = values.text(.cwd) {
      thread.state.workingDirectory = directory
    }
  }

  // MARK: End

  /// Forgets a thread that ended. A process whose main thread ended first is known until its last thread goes.
  mutating func remove(_ thread: ScapThread) {
    threads.remove(thread.tid)
    star.epoch &+= 1
  }
}
