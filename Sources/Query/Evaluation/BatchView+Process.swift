import EventBatch

extension BatchView {
  /// What a process field says about a lineage row.
  func value(
    _ property: ProcessProperty, of relation: ProcessRelation, argument: FieldArgument, lineage row: Int
  ) -> FieldValue {
    guard let thread = thread(ofLineage: row) else { return .missing }
    let threads = batch.dimensions.threads
    switch relation {
    case .itself:
      return value(property, thread: thread, lineage: row, argument: argument)
    case .parent:
      return ancestor(1, property, from: row)
    case .ancestor:
      if case .index(let index) = argument { return ancestor(index, property, from: row) }
      if case .name = argument { return nearestAncestor(property, argument, from: row) }
      var values: [FieldValue] = []
      var current = row
      while let parent = parent(ofLineage: current), values.count < 4096 {
        let value = ancestor(0, property, from: parent)
        if value != .missing { values.append(value) }
        current = parent
      }
      return values.isEmpty ? .missing : .list(values)
    case .sessionLeader:
      return leader(.sessionLeader, threads[thread, .session], property, from: row)
    case .groupLeader, .virtualGroupLeader:
      return leader(.groupLeader, threads[thread, .processGroup], property, from: row)
    }
  }

  private func ancestor(_ distance: Int, _ property: ProcessProperty, from row: Int) -> FieldValue {
    var current = row
    for _ in 0..<max(distance, 0) {
      // Of a parent that nothing is known of there is `proc.ppid` alone: an ancestor is one that has a name.
      guard let parent = parent(ofLineage: current) else { return .missing }
      current = parent
    }
    guard let thread = thread(ofLineage: current) else { return .missing }
    return value(property, thread: thread, lineage: current, argument: .none)
  }

  /// The value of the nearest ancestor that has one.
  private func nearestAncestor(_ property: ProcessProperty, _ argument: FieldArgument, from row: Int) -> FieldValue {
    var current = row
    while let parent = parent(ofLineage: current) {
      if let thread = thread(ofLineage: parent) {
        let value = value(property, thread: thread, lineage: parent, argument: argument)
        if value != .missing { return value }
      }
      current = parent
    }
    return .missing
  }

  /// A property of the leader of a session or group: as the lineage names it, else the ancestor with its id, or any thread
  /// of the batch that has it.
  private func leader(
    _ column: LineageColumn, _ pid: Int64, _ property: ProcessProperty, from row: Int
  ) -> FieldValue {
    if let thread = batch.dimensions.lineages.value(row, column) {
      return value(property, thread: Int(thread), lineage: nil, argument: .none)
    }
    if pid == EventBatch.missing { return .missing }
    var current: Int? = row
    var steps = 0
    while let lineage = current, steps < 4096 {
      if let thread = thread(ofLineage: lineage), batch.dimensions.threads[thread, .pid] == pid {
        return value(property, thread: thread, lineage: lineage, argument: .none)
      }
      current = parent(ofLineage: lineage)
      steps += 1
    }
    guard let thread = leadersByPid[pid] else { return .missing }
    return value(property, thread: thread, lineage: nil, argument: .none)
  }

  /// What a process field says about a thread row.
  private func value(
    _ property: ProcessProperty, thread: Int, lineage: Int?, argument: FieldArgument
  ) -> FieldValue {
    let threads = batch.dimensions.threads
    switch property {
    case .pid: return number(threads[thread, .pid])
    case .parentPid: return number(threads[thread, .parentPid])
    case .virtualPid: return number(threads[thread, .virtualPid])
    case .tid: return number(threads[thread, .tid])
    case .virtualTid: return number(threads[thread, .virtualTid])
    case .isMainThread: return same(threads[thread, .tid], threads[thread, .pid])
    case .threadName: return text(threads[thread, .comm])
    case .name: return name(ofThread: thread)
    case .exe, .executablePath, .executableWritable, .executableUpperLayer, .executableLowerLayer,
      .executableInMemory, .executableInode, .executableChangeTime, .executableModificationTime, .argumentsTruncated:
      return image(property, ofThread: thread)
    case .executableAgeAtStart:
      let start = threads[thread, .processStartTime]
      guard let changed = image(.executableChangeTime, ofThread: thread).integerValue, start != EventBatch.missing
      else { return .missing }
      return .integer(start &- changed)
    case .arguments, .environment, .argumentCount, .argumentLength, .commandLine, .exeLine, .command:
      return words(property, ofThread: thread, argument: argument)
    case .workingDirectory: return directory(threads[thread, .workingDirectory])
    case .terminal: return number(threads[thread, .tty])
    case .loginShell: return lineage.map(loginShell) ?? .missing
    case .session: return number(threads[thread, .session])
    case .group: return number(threads[thread, .processGroup])
    case .virtualGroup: return number(threads[thread, .virtualProcessGroup])
    case .isSessionLeader: return same(threads[thread, .session], threads[thread, .pid])
    case .isGroupLeader: return same(threads[thread, .processGroup], threads[thread, .pid])
    case .isVirtualGroupLeader: return same(threads[thread, .virtualProcessGroup], threads[thread, .virtualPid])
    case .processStart: return number(threads[thread, .processStartTime])
    case .capabilitiesPermitted: return capabilities(threads[thread, .capabilitiesPermitted])
    case .capabilitiesInheritable: return capabilities(threads[thread, .capabilitiesInheritable])
    case .capabilitiesEffective: return capabilities(threads[thread, .capabilitiesEffective])
    case .cgroups, .cgroup: return cgroups(threads[thread, .cgroup], argument)
    case .descriptorLimit: return number(threads[thread, .descriptorLimit])
    case .namespaceStart:
      guard let start = namespaceStarts[threads[thread, .pidNamespace]] else { return .missing }
      return .unsigned(UInt64(bitPattern: start))
    case .executableAgeInNamespace:
      guard let start = namespaceStarts[threads[thread, .pidNamespace]],
        let changed = image(.executableChangeTime, ofThread: thread).integerValue, changed >= start
      else { return .missing }
      return .integer(changed &- start)
    case .number(let column): return number(threads[thread, column])
    case .rootDirectory: return text(threads[thread, .rootDirectory])
    case .taskFlags: return threads.value(thread, .taskFlags).map { .unsigned(UInt64(bitPattern: $0)) } ?? .missing
    }
  }

  /// The name of the process: that of its main thread, which sources that know it note with every thread; else what the
  /// batch says of that thread, else the thread's own.
  func name(ofThread thread: Int) -> FieldValue {
    let threads = batch.dimensions.threads
    let noted = threads[thread, .processName]
    if noted != EventBatch.missing { return text(noted) }
    if threads[thread, .tid] != threads[thread, .pid] {
      let key = ProcessKey(pid: threads[thread, .pid], start: threads[thread, .processStartTime])
      if let leader = leaders[key] { return text(threads[leader, .comm]) }
    }
    return text(threads[thread, .comm])
  }

  private func image(ofThread thread: Int) -> Int? {
    let image = batch.dimensions.threads[thread, .image]
    return image >= 0 && image < Int64(batch.dimensions.images.count) ? Int(image) : nil
  }

  private func image(_ property: ProcessProperty, ofThread thread: Int) -> FieldValue {
    guard let row = image(ofThread: thread) else { return .missing }
    let images = batch.dimensions.images
    func flag(_ flag: ImageFlags) -> FieldValue {
      images.value(row, .flags).map { .boolean(ImageFlags(rawValue: $0).contains(flag)) } ?? .missing
    }
    switch property {
    case .exe: return text(images[row, .exe])
    case .executablePath: return text(images[row, .path])
    case .executableWritable: return flag(.writable)
    case .executableUpperLayer: return flag(.upperLayer)
    case .executableLowerLayer: return flag(.lowerLayer)
    case .executableInMemory: return flag(.memfd)
    case .argumentsTruncated: return flag(.truncated)
    case .executableInode: return number(images[row, .inode])
    case .executableChangeTime: return number(images[row, .changeTime])
    default: return number(images[row, .modificationTime])
    }
  }

  /// Fields that are made from the lists of arguments and environment.
  private func words(_ property: ProcessProperty, ofThread thread: Int, argument: FieldArgument) -> FieldValue {
    let row = image(ofThread: thread)
    let images = batch.dimensions.images
    if property == .commandLine || property == .exeLine || property == .command {
      var first = FieldValue.missing
      if property != .commandLine, let row { first = text(images[row, .exe]) }
      // Tasks of the kernel have no first argument, but a name.
      if first == .missing { first = name(ofThread: thread) }
      guard let first = first.bytesValue else { return .missing }
      var line = Array(first)
      let rest = row.flatMap { text(images[$0, .arguments]).bytesValue } ?? []
      // The ecosystem puts the blank behind a lone first argument, too: rules say `proc.exeline startswith "sh "`.
      if property == .exeLine || !rest.isEmpty { line.append(UInt8(ascii: " ")) }
      appendJoined(rest, to: &line)
      return .text(line[...])
    }
    guard let row, let list = text(images[row, property == .environment ? .environment : .arguments]).bytesValue
    else { return .missing }
    switch (property, argument) {
    case (.argumentCount, _): return .unsigned(UInt64(splitWords(list).count))
    case (.argumentLength, _): return .unsigned(UInt64(splitWords(list).reduce(0) { $0 + $1.count }))
    case (.environment, .name(let name)):
      let prefix = Array((name + "=").utf8)
      for word in splitWords(list) where word.starts(with: prefix) { return .text(word.dropFirst(prefix.count)) }
      return .missing
    case (_, .index(let index)):
      let words = splitWords(list)
      return words.indices.contains(index) ? .text(words[index]) : .missing
    default:
      var line: [UInt8] = []
      appendJoined(list, to: &line)
      return .text(line[...])
    }
  }

  /// The arguments of a process as a list, for transformers that take lists.
  func argumentList(lineage row: Int) -> FieldValue {
    guard let thread = thread(ofLineage: row), let image = image(ofThread: thread),
      let list = text(batch.dimensions.images[image, .arguments]).bytesValue
    else { return .missing }
    return .list(splitWords(list).map { .text($0) })
  }

  /// The working directory as the ecosystem shows it: with a slash behind.
  private func directory(_ reference: Int64) -> FieldValue {
    guard let path = text(reference).bytesValue else { return .missing }
    // Imported captures say of a directory that nothing told of that it is empty.
    if path.isEmpty || path.last == UInt8(ascii: "/") { return .text(path) }
    return .text((Array(path) + [UInt8(ascii: "/")])[...])
  }

  /// The path of a control group; of imported captures all of them, `cpu=/path` for each hierarchy, or that of one.
  private func cgroups(_ reference: Int64, _ argument: FieldArgument) -> FieldValue {
    guard let list = text(reference).bytesValue, list.contains(0) else { return text(reference) }
    let words = splitWords(list)
    if case .name(let name) = argument {
      let prefix = Array((name + "=").utf8)
      return words.first { $0.starts(with: prefix) }.map { .text($0.dropFirst(prefix.count)) } ?? .missing
    }
    var line: [UInt8] = []
    appendJoined(list, to: &line)
    return .text(line[...])
  }

  /// The process id of the oldest shell in a lineage.
  private func loginShell(_ row: Int) -> FieldValue {
    var oldest = FieldValue.missing
    var current: Int? = row
    var steps = 0
    while let lineage = current, steps < 4096 {
      if let thread = thread(ofLineage: lineage), let name = name(ofThread: thread).bytesValue,
        name.count >= 2, name.suffix(2).elementsEqual("sh".utf8)
      {
        oldest = number(batch.dimensions.threads[thread, .pid])
      }
      current = parent(ofLineage: lineage)
      steps += 1
    }
    return oldest
  }

  func number(_ value: Int64) -> FieldValue { value == EventBatch.missing ? .missing : .integer(value) }

  private func same(_ one: Int64, _ other: Int64) -> FieldValue {
    one == EventBatch.missing || other == EventBatch.missing ? .missing : .boolean(one == other)
  }

  private func capabilities(_ set: Int64) -> FieldValue {
    if set == EventBatch.missing { return .missing }
    var names: [UInt8] = []
    for (bit, name) in capabilityNames.enumerated() where set & (1 << Int64(bit)) != 0 {
      if !names.isEmpty { names.append(UInt8(ascii: " ")) }
      names.append(contentsOf: name.utf8)
    }
    return .text(names[...])
  }
}

/// The texts of a list in which each is followed by a NUL.
func splitWords(_ list: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
  var words: [ArraySlice<UInt8>] = []
  var start = list.startIndex
  for index in list.indices where list[index] == 0 {
    words.append(list[start..<index])
    start = index + 1
  }
  if start < list.endIndex { words.append(list[start...]) }
  return words
}

/// Appends the texts of a list in which each is followed by a NUL, with a blank between.
private func appendJoined(_ list: ArraySlice<UInt8>, to line: inout [UInt8]) {
  let words = list.last == 0 ? list.dropLast() : list
  line.reserveCapacity(line.count + words.count)
  for byte in words { line.append(byte == 0 ? UInt8(ascii: " ") : byte) }
}
