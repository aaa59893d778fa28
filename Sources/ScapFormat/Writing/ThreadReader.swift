import BinaryCoding
import EventBatch
import EventSchema

/// What a row of a batch's threads says, in the terms of `.scap` files.
struct ThreadReader {
  let dimensions: Dimensions

  init(_ dimensions: Dimensions) { self.dimensions = dimensions }

  /// The thread of a lineage.
  func thread(ofLineage row: UInt32) -> Int? {
    guard Int(row) < dimensions.lineages.count else { return nil }
    let thread = dimensions.lineages[Int(row), .thread]
    return thread >= 0 && thread < Int64(dimensions.threads.count) ? Int(thread) : nil
  }

  /// The lineage of the parent.
  func parent(ofLineage row: UInt32) -> UInt32? {
    guard Int(row) < dimensions.lineages.count else { return nil }
    let parent = dimensions.lineages[Int(row), .parent]
    return parent >= 0 && parent < Int64(row) ? UInt32(parent) : nil
  }

  /// A number; `nil` when it is missing.
  func number(_ row: Int, _ column: ThreadColumn) -> Int64? { dimensions.threads.value(row, column) }

  /// A text; empty when it is missing.
  func text(_ row: Int, _ column: ThreadColumn) -> ArraySlice<UInt8> {
    text(dimensions.threads[row, column])
  }

  /// What the thread executes.
  func image(_ row: Int) -> Int? {
    let image = dimensions.threads[row, .image]
    return image >= 0 && image < Int64(dimensions.images.count) ? Int(image) : nil
  }

  /// A text of what the thread executes; empty when it is missing.
  func imageText(_ row: Int, _ column: ImageColumn) -> ArraySlice<UInt8> {
    image(row).map { text(dimensions.images[$0, column]) } ?? []
  }

  /// A number of what the thread executes.
  func imageNumber(_ row: Int, _ column: ImageColumn) -> Int64? {
    image(row).flatMap { dimensions.images.value($0, column) }
  }

  /// A text by its row.
  func text(_ reference: Int64) -> ArraySlice<UInt8> {
    guard reference >= 0, reference < Int64(dimensions.strings.count) else { return [] }
    return dimensions.strings[Int(reference)]
  }

  /// The name that readers show as the process's: they have one name for each thread, and show that.
  func name(_ row: Int) -> ArraySlice<UInt8> {
    let process = text(row, .processName)
    return process.isEmpty ? text(row, .comm) : process
  }

  /// `proc.exe`: the first argument; of tasks of the kernel, which have none, the name.
  func exe(_ row: Int) -> ArraySlice<UInt8> {
    let exe = imageText(row, .exe)
    return exe.isEmpty ? name(row) : exe
  }

  /// The control groups as `name=path` texts, each followed by a NUL. What was imported is so already; what Reel records is
  /// the path in the one hierarchy of today, which these subsystems share.
  func controlGroups(_ row: Int) -> [UInt8] {
    let path = text(row, .cgroup)
    guard path.first == UInt8(ascii: "/") else { return Array(path) }
    var texts: [UInt8] = []
    for subsystem in ["cpuset", "cpu", "io", "memory", "pids"] {
      texts += Array(subsystem.utf8)
      texts.append(UInt8(ascii: "="))
      texts += path
      texts.append(0)
    }
    return texts
  }

  /// `PPM_EXE_*`.
  func executableFlags(_ row: Int) -> UInt32 {
    let flags = ImageFlags(rawValue: imageNumber(row, .flags) ?? 0)
    return (flags.contains(.writable) ? 1 : 0) | (flags.contains(.upperLayer) ? 2 : 0)
      | (flags.contains(.memfd) ? 4 : 0) | (flags.contains(.lowerLayer) ? 8 : 0)
  }
}

/// What a thread occupies, which stands in states alone.
struct ScapMemory {
  /// In bytes.
  var size: Int64 = 0
  /// In bytes.
  var resident: Int64 = 0
}

extension ThreadReader {
  /// Appends an entry of the list of processes (version 9):
  ///
  ///     | length u32, all of the entry | thread u64 | process u64 | parent u64 | session u64 | group u64
  ///     | name | first argument | executable | arguments | directory | limit of descriptors u64 | flags u32
  ///     | uid u32 | gid u32 | memory, resident, swapped in KiB, u32 each | major, minor faults, u64 each
  ///     | environment | thread, process in its namespace, i64 each | control groups | root |
  ///
  /// and behind it, of the classic dialect
  ///
  ///     | login uid u32 | executable is writable u8 | inheritable, permitted, effective capabilities, u64 each |
  ///
  /// of the current one
  ///
  ///     | start of the namespace u64 | terminal u32 | the same | upper layer u8
  ///     | executable's inode, its change and modification, u64 each | in memory u8 | lower layer u8 | group i64 |
  ///
  /// Group is the number in the namespace in front, and the machine's own behind.
  func append(
    thread row: Int, memory: ScapMemory, to output: inout ByteBuffer, dialect: ScapDialect, threadFlags: UInt32
  ) {
    let start = output.count
    output.append(UInt32(0))
    let pid = number(row, .pid) ?? 0
    let tid = number(row, .tid) ?? pid
    output.append(tid)
    output.append(pid)
    output.append(number(row, .parentPid) ?? 0)
    output.append(number(row, .session) ?? 0)
    output.append(number(row, .virtualProcessGroup) ?? number(row, .processGroup) ?? 0)
    output.append(listText: name(row), limit: ScapLimits.path)
    output.append(listText: exe(row), limit: ScapLimits.path)
    output.append(listText: imageText(row, .path), limit: ScapLimits.path)
    output.append(listText: imageText(row, .arguments), limit: ScapLimits.words)
    output.append(listText: text(row, .workingDirectory), limit: ScapLimits.path)
    output.append(number(row, .descriptorLimit) ?? 0)
    output.append(tid == pid ? UInt32(0) : threadFlags)
    output.append(UInt32(truncatingIfNeeded: number(row, .effectiveUid) ?? 0))
    output.append(UInt32(truncatingIfNeeded: number(row, .effectiveGid) ?? 0))
    output.append(UInt32(clamping: memory.size / 1024))
    output.append(UInt32(clamping: memory.resident / 1024))
    output.append(UInt32(0))
    output.append(UInt64(0))
    output.append(UInt64(0))
    output.append(listText: imageText(row, .environment), limit: ScapLimits.words)
    output.append(number(row, .virtualTid) ?? tid)
    output.append(number(row, .virtualPid) ?? pid)
    output.append(listText: controlGroups(row), limit: ScapLimits.words)
    let root = text(row, .rootDirectory)
    output.append(listText: root.isEmpty ? ArraySlice("/".utf8) : root, limit: ScapLimits.path)
    appendTail(row, to: &output, dialect: dialect)
    output.replace(at: start, with: UInt32(output.count - start))
  }

  private func appendTail(_ row: Int, to output: inout ByteBuffer, dialect: ScapDialect) {
    let flags = executableFlags(row)
    if dialect == .current {
      output.append(UInt64(0))
      output.append(UInt32(truncatingIfNeeded: number(row, .tty) ?? 0))
    }
    output.append(UInt32(truncatingIfNeeded: number(row, .loginUid) ?? -1))
    output.append(UInt8(flags & 1))
    output.append(number(row, .capabilitiesInheritable) ?? 0)
    output.append(number(row, .capabilitiesPermitted) ?? 0)
    output.append(number(row, .capabilitiesEffective) ?? 0)
    guard dialect == .current else { return }
    output.append(UInt8(flags >> 1 & 1))
    output.append(imageNumber(row, .inode) ?? 0)
    output.append(imageNumber(row, .changeTime) ?? 0)
    output.append(imageNumber(row, .modificationTime) ?? 0)
    output.append(UInt8(flags >> 2 & 1))
    output.append(UInt8(flags >> 3 & 1))
    output.append(number(row, .processGroup) ?? 0)
  }

  /// A number that two rows share when readers would show the same of them. Used to see what readers have not been told.
  func signature(_ row: Int) -> Int {
    var hasher = Hasher()
    for column in [
      ThreadColumn.tid, .pid, .parentPid, .virtualTid, .virtualPid, .effectiveUid, .effectiveGid, .loginUid, .tty,
    ] {
      hasher.combine(dimensions.threads[row, column])
    }
    hasher.combine(name(row))
    hasher.combine(exe(row))
    hasher.combine(imageText(row, .path))
    hasher.combine(imageText(row, .arguments).prefix(ScapLimits.words))
    hasher.combine(text(row, .workingDirectory))
    hasher.combine(text(row, .cgroup))
    return hasher.finalize()
  }
}
