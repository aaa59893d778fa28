import EventBatch

// What calls do to descriptors, and which object an event is about.

extension ScapReplay {
  /// `AT_FDCWD`.
  static let currentDirectory: Int64 = -100
}

/// The portable values of flags that matter here.
private enum OpenFlags {
  static let directory: Int64 = 0x400
}

extension ScapReplay {
  /// The thread whose descriptors a thread uses.
  func holder(_ thread: ScapThread) -> ScapThread {
    thread.sharesDescriptors ? threads.main(of: thread) ?? thread : thread
  }

  func object(_ descriptor: Int64, of thread: ScapThread) -> ScapObject? {
    guard descriptor >= 0 else { return nil }
    return thread.sharesDescriptors ? holder(thread).descriptors[descriptor] : thread.descriptors[descriptor]
  }

  func set(_ descriptor: Int64, of thread: ScapThread, _ object: ScapObject?) {
    holder(thread).descriptors[descriptor] = object
  }

  mutating func make(_ kind: ScapObjectKind, name: [UInt8] = []) -> ScapObject {
    identity += 1
    return ScapObject(kind, name: name, identity: identity)
  }

  /// Does what a call did, and tells what it was about.
  mutating func act(
    _ values: ScapValues, _ plan: UnsafePointer<ScapPlan>, _ thread: ScapThread, result: Int64?, time: Int64
  ) -> ScapObject? {
    var object: ScapObject?
    if plan.pointee.flags.contains(.usesDescriptor), let descriptor = values.descriptor {
      thread.lastDescriptor = descriptor
      object = self.object(descriptor, of: thread)
    }
    let succeeded = result.map { $0 >= 0 } ?? false
    switch plan.pointee.action {
    case .none: break
    case .open: object = open(values, thread, result ?? -1)
    case .close: if succeeded, let descriptor = values.descriptor { set(descriptor, of: thread, nil) }
    case .closeRange: if succeeded { closeRange(values, thread) }
    case .duplicate:
      if let result, result >= 0, let object { set(result, of: thread, object) }
    case .control:
      // F_DUPFD and F_DUPFD_CLOEXEC.
      if let result, result >= 0, let object, let command = values.integer(.cmd), command == 1 || command == 0x1A {
        set(result, of: thread, object)
      }
    case .pipe: if succeeded { makePipe(values, thread) }
    case .socket: if let result, result >= 0 { object = makeSocket(values, thread, result) }
    case .socketPair: if succeeded { makePair(values, thread) }
    case .bind: if succeeded { object = bind(values, thread, object) }
    case .connect: object = connect(values, thread, object, result ?? -1)
    case .accept: if let result, result >= 0 { object = accept(values, thread, result) }
    case .listen: if succeeded { object = listen(values, thread, object) }
    case .message: object = message(values, plan, thread, object, result ?? -1)
    case .newDescriptor: if let result, result >= 0 { object = makeOther(plan.pointee.kind, values, thread, result) }
    case .execute: object = execute(values, thread, result ?? -1)
    case .changeDirectory:
      if succeeded, let path = values.bytes(.path) {
        enter(ScapPath.join(directory(of: thread), trimmed(path)), thread)
      }
    case .changeDirectoryTo:
      if succeeded, let object { enter(object.name, thread) }
    case .currentDirectory:
      if succeeded, let path = values.text(.path), path != directory(of: thread) { enter(path, thread) }
    default: actOnThread(values, plan, thread, result: result, time: time)
    }
    return object
  }

  func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    bytes.last == 0 ? UnsafeRawBufferPointer(rebasing: bytes.dropLast()) : bytes
  }

  // MARK: Directories

  /// Where relative paths of a thread begin; empty when nothing told of it.
  func directory(of thread: ScapThread) -> [UInt8] { workingDirectory(of: thread) ?? [] }

  func workingDirectory(of thread: ScapThread) -> [UInt8]? { directoryOwner(thread).state.workingDirectory }

  /// The thread whose working directory a thread shares.
  private func directoryOwner(_ thread: ScapThread) -> ScapThread {
    thread.flags & ScapCloneFlags.fileSystem != 0 ? threads.main(of: thread) ?? thread : thread
  }

  private mutating func enter(_ path: [UInt8], _ thread: ScapThread) {
    let owner = directoryOwner(thread)
    let normal = path.first == UInt8(ascii: "/") ? path.withUnsafeBytes { ScapPath.normal($0) } : path
    if owner.state.workingDirectory == normal { return }
    owner.state.workingDirectory = normal
    owner.change()
    thread.change()
    star.epoch &+= 1
  }

  /// What a path is relative to.
  func base(_ directory: Int64?, _ thread: ScapThread) -> [UInt8] {
    guard let directory, directory != ScapReplay.currentDirectory else { return self.directory(of: thread) }
    return object(directory, of: thread)?.name ?? Array("<UNKNOWN>".utf8)
  }

  // MARK: Files

  private mutating func open(_ values: ScapValues, _ thread: ScapThread, _ result: Int64) -> ScapObject? {
    guard let path = values.bytes(.name) ?? values.bytes(.path) else {
      thread.lastDescriptor = result
      return nil
    }
    let text = trimmed(path)
    let directory = values.integer(.dirfd)
    let name = ScapPath.join(base(directory, thread), text)
    let flags = values.integer(.flags, isSigned: false) ?? 0
    let object = make(flags & OpenFlags.directory != 0 ? .directory : .fileV2, name: name)
    object.openFlags = values.bytes(.flags) == nil ? ScapThread.unknown : flags
    thread.lastDescriptor = result
    guard result >= 0 else {
      object.isFromArguments = true
      return object
    }
    if let device = values.integer(.dev, isSigned: false) { object.device = device }
    if let inode = values.integer(.ino, isSigned: false) { object.inode = inode }
    set(result, of: thread, object)
    return object
  }

  private func closeRange(_ values: ScapValues, _ thread: ScapThread) {
    guard let first = values.integer(.first, isSigned: false), let last = values.integer(.last, isSigned: false),
      first <= last
    else { return }
    // Those that are only to be closed by an execution stay.
    if (values.integer(.flags, isSigned: false) ?? 0) & 0x4 != 0 { return }
    holder(thread).descriptors.close(first...last)
  }

  private mutating func makePipe(_ values: ScapValues, _ thread: ScapThread) {
    for end in [values.integer(.fd1), values.integer(.fd2)] {
      guard let end, end >= 0 else { continue }
      let object = make(.fifo)
      if let inode = values.integer(.ino, isSigned: false) { object.inode = inode }
      set(end, of: thread, object)
    }
  }

  private mutating func makeOther(
    _ kind: ScapObjectKind, _ values: ScapValues, _ thread: ScapThread, _ result: Int64
  ) -> ScapObject {
    let object = make(kind)
    if kind == .memfd, let name = values.text(.name) { object.name = name }
    set(result, of: thread, object)
    thread.lastDescriptor = result
    return object
  }
}
