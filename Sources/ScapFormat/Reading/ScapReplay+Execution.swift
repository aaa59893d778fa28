import EventBatch

// What an execution makes of a thread.

extension ScapReplay {
  /// Makes a thread the program that it executes.
  /// - Returns: the file that was named below a directory's descriptor, which its path alone does not tell.
  mutating func execute(_ values: ScapValues, _ thread: ScapThread, _ result: Int64) -> ScapObject? {
    // That it runs now, the program tells as if it had been named by a path: by what, the beginning knows.
    let isBelow = thread.enter.code == ScapEnter.executionBelow
    let call = isBelow ? ScapValues(thread.enter.parameters, plans[ScapEnter.executionBelow]) : values
    // Where nothing told of the working directory, the program's start does.
    if result >= 0 { describe(thread, values) }
    let path = executedPath(call, thread)
    var object: ScapObject?
    if let directory = call.integer(.dirfd), directory != ScapReplay.currentDirectory, path.first == UInt8(ascii: "/") {
      object = make(.fileV2, name: path)
      object?.isFromArguments = true
    }
    if result >= 0 { become(values, thread, path: path, name: call.text(.filename) ?? call.text(.pathname)) }
    return object
  }

  /// The path of what is executed, absolute where its directory is known; empty when none is told.
  private func executedPath(_ call: ScapValues, _ thread: ScapThread) -> [UInt8] {
    guard let given = call.bytes(.filename) ?? call.bytes(.pathname) else { return [] }
    let path = trimmed(given)
    if !path.isEmpty, !path.elementsEqual("<NA>".utf8) {
      return ScapPath.join(base(call.integer(.dirfd), thread), path)
    }
    // AT_EMPTY_PATH: the descriptor itself.
    guard let flags = call.integer(.execFlags), flags & 1 != 0, let descriptor = call.integer(.dirfd) else { return [] }
    return object(descriptor, of: thread)?.name ?? []
  }

  private mutating func become(_ values: ScapValues, _ thread: ScapThread, path: [UInt8], name: [UInt8]?) {
    thread.isInvented = false
    if let pid = values.integer(.pid) { thread.pid = pid }
    // Of a thread that was known, what made it said more.
    if thread.parent < 0, let parent = values.integer(.ptid) { thread.parent = parent }
    thread.state.environment = values.texts(.env).map(scapEnvironment) ?? []
    if let terminal = values.integer(.tty, isSigned: false) { thread.state.tty = terminal }
    if let group = values.integer(.vpgid) { thread.state.virtualGroup = group }
    if let group = values.integer(.pgid) {
      // Files of a certain time call the group inside the namespace so.
      if values.bytes(.vpgid) == nil { thread.state.virtualGroup = group } else { thread.state.group = group }
    }
    if let login = values.integer(.loginuid, isSigned: false) { thread.state.loginUid = login }
    if let bits = values.integer(.capInheritable) { thread.state.capabilities.inheritable = bits }
    if let bits = values.integer(.capPermitted) { thread.state.capabilities.permitted = bits }
    if let bits = values.integer(.capEffective) { thread.state.capabilities.effective = bits }
    thread.state.executable = ScapThread.Executable()
    if let flags = values.integer(.flags, isSigned: false) { thread.state.executable.flags = flags }
    if let inode = values.integer(.exeInode) { thread.state.executable.inode = inode }
    if let time = values.integer(.exeChanged) { thread.state.executable.changeTime = time }
    if let time = values.integer(.exeModified) { thread.state.executable.modificationTime = time }
    if let name, name != Array("<NA>".utf8) { thread.state.filename = name }
    if let trusted = values.text(.trustedPath), !trusted.isEmpty {
      thread.state.executablePath = trusted
    } else {
      thread.state.executablePath = path
    }
    changed(thread)
  }
}
