import CaptureFormat
import EventBatch
import EventSchema

/// Applies the events behind a state to its threads and descriptors.
///
/// Threads need no rules: every event carries the newest version of the thread that did it, so the last one before a
/// moment says what the thread was then, whatever was lost in between; only ends have to be seen. Descriptors are opened,
/// closed, duplicated and inherited as the events say, and a call about a descriptor that nobody saw opened tells what it
/// stood for.
///
/// One object for a question. Memory is that of a state: rows that nothing refers to any more are dropped now and then.
final class StateReplay {
  private let schema: Schema
  private let effects: DescriptorEffects?
  private let threadType: EventTypeID?
  private let descriptorType: EventTypeID?
  private var store = DimensionCopier()
  /// The values of the state's rows of threads; texts are rows of the store.
  private var rows: [[Int64]] = []
  private var threads: [Int64: ThreadEntry] = [:]
  private var descriptors = DescriptorTables()
  /// Lineages of the main threads of processes, for their descriptors' rows.
  private var leaders: [Int64: UInt32] = [:]
  /// When the descriptors of processes were looked at for the state: what happened to them before is in it.
  private var looked: [Int64: Int64] = [:]
  /// Processes whose descriptors the state has.
  private var withRows: Set<Int64> = []
  /// Processes of which a thread did something.
  private var active: Set<Int64> = []
  private var copied = 0
  private let mostCopied: Int
  private let places: (descriptor: ArgumentPlace?, closing: ArgumentPlace?)

  private struct ThreadEntry {
    var process: Int64
    /// A row of the store, or of the batch while `isUnsettled`.
    var lineage: UInt32
    var isUnsettled = false
    /// When that version was seen.
    var seen: Int64
    /// The row of the state, while what it says of the thread still holds.
    var row: Int?
  }

  /// - Parameters:
  ///   - withDescriptors: whether descriptors are wanted, too.
  ///   - mostCopied: how many rows are copied before those that nothing refers to any more are dropped.
  init(_ schema: Schema, withDescriptors: Bool, mostCopied: Int = 1 << 18) {
    self.schema = schema
    effects = withDescriptors ? DescriptorEffects(schema) : nil
    threadType = schema.type(named: "state_thread")?.id
    let descriptor = schema.type(named: "state_descriptor")
    descriptorType = descriptor?.id
    places = (
      descriptor.flatMap { ArgumentPlace("fd", of: $0) }, descriptor.flatMap { ArgumentPlace("cloexec", of: $0) }
    )
    self.mostCopied = mostCopied
  }

  /// How many descriptors may have been closed by an execution: nobody saw how they were opened.
  var uncertain: Int { descriptors.uncertain }
  /// How many events were applied.
  private(set) var events = 0
  /// What is needed of events.
  var columns: ColumnSelection {
    effects?.columns ?? ColumnSelection(core: [.exitTimes, .types, .lineages, .results])
  }

  // MARK: The state

  /// Takes a part of the state.
  func take(state batch: EventBatch) {
    store.beginSource()
    let wanted = [threadType, effects == nil ? nil : descriptorType].compactMap(\.self)
    for row in 0..<batch.count {
      let type = EventTypeID(rawValue: batch.types[row])
      guard wanted.contains(type), batch.lineages[row] != EventBatch.noRow,
        let (tid, pid, _) = identity(Int(batch.lineages[row]), batch.dimensions)
      else { continue }
      let lineage = store.lineage(batch.lineages[row], from: batch.dimensions)
      if type == threadType {
        takeThread(batch, row, tid, pid, lineage)
      } else {
        takeDescriptor(batch, row, pid, lineage)
      }
    }
    store.usersOfThreads(from: batch.dimensions)
    copied += batch.dimensions.lineages.count + batch.dimensions.objects.count
  }

  private func takeThread(_ batch: EventBatch, _ row: Int, _ tid: Int64, _ pid: Int64, _ lineage: UInt32) {
    if tid == pid { leaders[pid] = lineage }
    let type = EventTypeID(rawValue: batch.types[row])
    // A running thread may have gone on, or to sleep, without any event.
    let isRunning = text(batch, row, type, named: "state")?.elementsEqual("running".utf8) ?? false
    if isRunning { active.insert(pid) }
    rows.append(values(of: row, type, batch))
    if tid == pid, !withRows.contains(pid) { looked[pid] = batch.exitTimes[row] }
    threads[tid] = ThreadEntry(
      process: pid, lineage: lineage, seen: batch.exitTimes[row], row: isRunning ? nil : rows.count - 1)
  }

  private func takeDescriptor(_ batch: EventBatch, _ row: Int, _ pid: Int64, _ lineage: UInt32) {
    let event = AppliedEvent(batch, row: row)
    guard let number = places.descriptor.flatMap({ event.value($0) }) else { return }
    if leaders[pid] == nil { leaders[pid] = lineage }
    if withRows.insert(pid).inserted { looked[pid] = batch.exitTimes[row] }
    let closing = places.closing.flatMap { event.value($0) }.map { $0 != 0 }
    descriptors.set(
      pid, number,
      DescriptorSlot(
        object: store.object(batch.objects[row], from: batch.dimensions), closesOnExec: closing,
        changed: batch.exitTimes[row]))
  }

  /// The stored parameters of a row.
  private func values(of row: Int, _ type: EventTypeID, _ batch: EventBatch) -> [Int64] {
    guard let columns = batch.arguments(of: type)?.columns, let declared = schema.type(type) else { return [] }
    let rank = Int(batch.ranks[row])
    return zip(columns, declared.parameters.lazy.filter(\.source.isStored)).map { column, parameter in
      guard column.isPresent, !column.isMissing(rank) else { return EventBatch.missing }
      guard parameter.type.storage == .string else { return column.values[rank] }
      return Int64(store.text(UInt32(truncatingIfNeeded: column.values[rank]), from: batch.dimensions))
    }
  }

  // MARK: Events

  /// Applies events of a batch, in the order of time.
  func apply(_ batch: EventBatch, rows: [UInt32]) {
    var identities = [(tid: Int64, pid: Int64, parent: Int64?)?](
      repeating: nil, count: batch.dimensions.lineages.count)
    var touched: Set<Int64> = []
    var event = AppliedEvent(batch)
    for row in rows {
      let row = Int(row)
      event.row = row
      let lineage = batch.lineages[row]
      guard lineage != EventBatch.noRow else { continue }
      let known = identities[Int(lineage)] ?? identity(Int(lineage), batch.dimensions)
      identities[Int(lineage)] = known
      guard let known else { continue }
      events += 1
      if threads[known.tid].map({ $0.seen < event.time }) ?? true {
        active.insert(known.pid)
        threads[known.tid] = ThreadEntry(
          process: known.pid, lineage: lineage, isUnsettled: true, seen: event.time)
        touched.insert(known.tid)
      }
      change(event, known)
    }
    settle(batch, touched)
  }

  private func change(_ event: AppliedEvent, _ who: (tid: Int64, pid: Int64, parent: Int64?)) {
    let type = event.type
    if type == .procexit { return end(who.tid, of: who.pid, event.time) }
    let result = event.batch.results[event.row]
    let isExecution = (type == .execve || type == .execveat) && result == 0
    // Whoever executes is the only thread that is left, and is the main one from now on.
    if isExecution {
      for (tid, entry) in threads where entry.process == who.pid && tid != who.tid && entry.seen < event.time {
        threads[tid] = nil
      }
    }
    guard let effect = effects?[event.type.rawValue] else { return }
    let time = event.time
    let isInState = looked[who.pid].map { $0 >= time } ?? false
    switch effect {
    case .endsThread: break
    case .executes: if isExecution, !isInState { descriptors.execute(who.pid, time: time) }
    case .forks(let flags):
      if EventFlags(rawValue: event.batch.flags[event.row]).contains(.childReturn) {
        guard who.tid == who.pid, !isInState, let parent = who.parent else { return }
        descriptors.begin(who.pid, parent: parent, seenAs: [who.tid, event.virtualPid ?? who.pid], time: time)
      } else if result > 0 {
        // A thread has the descriptors of its process.
        let isThread = flags.flatMap { event.value($0) }.map { $0 & 0x1_0000 != 0 } ?? false
        if !isThread { descriptors.fork(parent: who.pid, child: result) }
      }
    default: if !isInState { event.apply(effect, to: &descriptors, of: who.pid) }
    }
  }

  private func end(_ tid: Int64, of pid: Int64, _ time: Int64) {
    // A thread that was looked at later is another one of the same id, or waits for its parent.
    if let known = threads[tid], known.seen > time { return }
    threads[tid] = nil
    guard effects != nil, !threads.values.contains(where: { $0.process == pid }) else { return }
    descriptors.end(pid)
    leaders[pid] = nil
  }

  /// Copies what is kept of a batch into the store.
  private func settle(_ batch: EventBatch, _ touched: Set<Int64>) {
    store.beginSource()
    for tid in touched {
      guard var entry = threads[tid], entry.isUnsettled else { continue }
      entry.lineage = store.lineage(entry.lineage, from: batch.dimensions)
      entry.isUnsettled = false
      threads[tid] = entry
      if tid == entry.process { leaders[tid] = entry.lineage }
      if leaders[entry.process] == nil { leaders[entry.process] = entry.lineage }
      copied += 1
    }
    let objects = batch.dimensions.objects.count
    descriptors.settle { $0 < objects ? store.object($0, from: batch.dimensions) : EventBatch.noRow }
    store.usersOfThreads(from: batch.dimensions)
    copied += objects + batch.dimensions.users.count
    if copied > mostCopied + 4 * threads.count { compact() }
  }

  /// Drops the rows of the store that nothing refers to.
  private func compact() {
    var full = DimensionCopier()
    swap(&full, &store)
    let old = full.finish()
    threads = threads.mapValues { entry in
      var entry = entry
      entry.lineage = store.lineage(entry.lineage, from: old)
      return entry
    }
    leaders = leaders.mapValues { store.lineage($0, from: old) }
    descriptors.move { store.object($0, from: old) }
    for (column, parameter) in threadParameters.enumerated() where parameter.type.storage == .string {
      for index in rows.indices where column < rows[index].count && rows[index][column] != EventBatch.missing {
        rows[index][column] = Int64(store.text(UInt32(truncatingIfNeeded: rows[index][column]), from: old))
      }
    }
    store.usersOfThreads(from: old)
    copied = 0
  }

  // MARK: The result

  /// The threads and descriptors as rows of a state of a moment.
  func finish(at time: Int64) -> EventBatch {
    var full = DimensionCopier()
    swap(&full, &store)
    let dimensions = full.finish()
    var builder = EventBatchBuilder(schema: schema)
    func append(_ type: EventTypeID, _ lineage: UInt32, _ object: UInt32, _ value: (String) -> Int64?) {
      builder.appendEvent(
        exitTime: time, latency: EventBatch.missing, type: type, cpu: 0, flags: [], lineage: lineage, object: object,
        result: EventBatch.missing)
      for parameter in schema.type(type)?.parameters ?? [] where parameter.source.isStored {
        guard let value = value(parameter.name), value != EventBatch.missing, parameter.type.storage != .bytes else {
          builder.appendMissing()
          continue
        }
        if parameter.type.storage == .integer {
          builder.appendInteger(value)
        } else {
          dimensions.strings[Int(value)].withUnsafeBytes { builder.appendText($0) }
        }
      }
    }
    if let threadType {
      for entry in threads.sorted(by: { $0.key < $1.key }).map(\.value) {
        append(threadType, entry.lineage, EventBatch.noRow) { self.value($0, of: entry) }
      }
    }
    if let descriptorType, effects != nil {
      for (process, table) in descriptors.tables.sorted(by: { $0.key < $1.key }) {
        guard let leader = leaders[process] else { continue }
        for (number, slot) in table.sorted(by: { $0.key < $1.key }) where slot.isOpen {
          append(descriptorType, leader, slot.object) { name in
            switch name {
            case "fd": Int64(number)
            case "cloexec": slot.closesOnExec.map { $0 ? 1 : 0 }
            // Where a file is read and written moves without a word, also by other processes that have it.
            default: nil
            }
          }
        }
      }
    }
    return builder.finish(dimensions)
  }

  /// What the state said of a thread, as far as it still holds: nothing that a call, or running, changes.
  private func value(_ name: String, of entry: ThreadEntry) -> Int64? {
    guard let row = entry.row, let index = threadParameters.firstIndex(where: { $0.name == name }),
      index < rows[row].count
    else { return nil }
    let isOfThread = name == "state" || name == "call"
    return isOfThread || !active.contains(entry.process) ? rows[row][index] : nil
  }

  /// The parameters that `rows` hold.
  private var threadParameters: [Parameter] {
    threadType.flatMap { schema.type($0) }?.parameters.filter(\.source.isStored) ?? []
  }

  // MARK: Reading batches

  private func identity(_ lineage: Int, _ dimensions: Dimensions) -> (tid: Int64, pid: Int64, parent: Int64?)? {
    guard lineage < dimensions.lineages.count, let thread = dimensions.lineages.value(lineage, .thread),
      let tid = dimensions.threads.value(Int(thread), .tid), let pid = dimensions.threads.value(Int(thread), .pid)
    else { return nil }
    let parent = dimensions.lineages.value(lineage, .parent)
      .flatMap { dimensions.lineages.value(Int($0), .thread) }
      .flatMap { dimensions.threads.value(Int($0), .pid) }
    return (tid, pid, parent)
  }

  private func text(_ batch: EventBatch, _ row: Int, _ type: EventTypeID, named name: String) -> ArraySlice<UInt8>? {
    guard let index = threadParameters.firstIndex(where: { $0.name == name }),
      let column = batch.arguments(of: type)?.columns[index], column.isPresent
    else { return nil }
    let rank = Int(batch.ranks[row])
    return column.isMissing(rank) ? nil : batch.dimensions.strings[Int(column.values[rank])]
  }
}
