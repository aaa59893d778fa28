import EventBatch

/// One descriptor of a process.
struct DescriptorSlot {
  /// Its object: a row of the store, or, until the batch is settled, of the batch.
  var object: UInt32
  /// Whether `object` is a row of the batch.
  var isUnsettled = false
  /// Whether it goes when the process executes something; `nil` when that is not known.
  var closesOnExec: Bool?
  /// False for what was closed: remembered, since a call that began earlier may still speak of it.
  var isOpen = true
  /// When it was opened, closed, or looked at for the state, in nanoseconds of the epoch.
  var changed: Int64
}

/// The descriptors of all processes, changed by events.
struct DescriptorTables {
  typealias Table = [Int32: DescriptorSlot]

  /// By process id.
  private(set) var tables: [Int64: Table] = [:]
  /// Processes whose tables were changed since the last batch was settled.
  private var changed: Set<Int64> = []
  /// Tables of parents as they were when they forked, for children whose own return is still to come.
  private var forks: [ForkKey: Table] = [:]
  /// Children whose own return came first.
  private var returned: Set<ForkKey> = []
  /// How many descriptors of which it is not known survived an execution.
  private(set) var uncertain = 0

  private struct ForkKey: Hashable {
    var parent: Int64
    /// As the parent sees it.
    var child: Int64
  }

  /// What waits for its other half is forgotten when there is too much of it: its other half was lost.
  private static let mostForks = 4096

  /// Notes a descriptor, unless something is known of it that is newer.
  mutating func set(_ process: Int64, _ number: Int64, _ slot: DescriptorSlot) {
    guard let number = Int32(exactly: number), number >= 0 else { return }
    if let known = tables[process]?[number], known.changed > slot.changed { return }
    tables[process, default: [:]][number] = slot
    changed.insert(process)
  }

  /// A call that began at `start` was about a descriptor: what it stands for is known then.
  mutating func use(_ process: Int64, _ number: Int64, object: UInt32, start: Int64, time: Int64) {
    guard let number = Int32(exactly: number), number >= 0 else { return }
    guard var slot = tables[process]?[number] else {
      // It was there, though nobody saw how it came: inherited, or received from another process.
      set(process, Int64(number), DescriptorSlot(object: object, isUnsettled: true, changed: time))
      return
    }
    // A call that was under way when the descriptor was opened or closed speaks of what was there before.
    if start <= slot.changed { return }
    if !slot.isOpen { slot = DescriptorSlot(object: object, closesOnExec: nil, changed: time) }
    slot.object = object
    slot.isUnsettled = true
    set(process, Int64(number), slot)
  }

  mutating func close(_ process: Int64, _ number: Int64, time: Int64) {
    set(process, number, DescriptorSlot(object: EventBatch.noRow, isOpen: false, changed: time))
  }

  mutating func close(_ process: Int64, from first: Int64, through last: Int64, time: Int64) {
    guard let table = tables[process], first <= last else { return }
    for (number, slot) in table where slot.isOpen && Int64(number) >= first && Int64(number) <= last {
      close(process, Int64(number), time: time)
    }
  }

  mutating func setClosesOnExec(_ process: Int64, from first: Int64, through last: Int64, _ closes: Bool) {
    guard let table = tables[process], first <= last else { return }
    for number in table.keys where Int64(number) >= first && Int64(number) <= last {
      tables[process]?[number]?.closesOnExec = closes
    }
  }

  /// The process executed something.
  mutating func execute(_ process: Int64, time: Int64) {
    guard let table = tables[process] else { return }
    for (number, slot) in table where slot.isOpen {
      switch slot.closesOnExec {
      case true: close(process, Int64(number), time: time)
      case nil: uncertain += 1
      case false: break
      }
    }
  }

  mutating func end(_ process: Int64) {
    tables[process] = nil
  }

  /// The parent's side of a fork: the child gets what the parent has at this moment.
  mutating func fork(parent: Int64, child: Int64) {
    let key = ForkKey(parent: parent, child: child)
    if returned.remove(key) != nil { return }
    if forks.count >= DescriptorTables.mostForks { forks.removeAll() }
    forks[key] = tables[parent] ?? [:]
  }

  /// The child's side of a fork.
  /// - Parameter seenAs: the ids that the child may have for its parent.
  mutating func begin(_ child: Int64, parent: Int64, seenAs ids: [Int64], time: Int64) {
    var inherited: Table?
    for id in ids where inherited == nil { inherited = forks.removeValue(forKey: ForkKey(parent: parent, child: id)) }
    if inherited == nil {
      if returned.count >= DescriptorTables.mostForks { returned.removeAll() }
      for id in Set(ids) { returned.insert(ForkKey(parent: parent, child: id)) }
    }
    tables[child] = (inherited ?? tables[parent] ?? [:]).mapValues { slot in
      var slot = slot
      // The parent may have been looked at later.
      slot.changed = min(slot.changed, time)
      return slot
    }
    changed.insert(child)
  }

  /// Replaces rows of the batch by rows of the store.
  mutating func settle(_ store: (UInt32) -> UInt32) {
    for process in changed { tables[process] = tables[process].map { DescriptorTables.settled($0, store) } }
    for (key, table) in forks { forks[key] = DescriptorTables.settled(table, store) }
    changed = []
  }

  private static func settled(_ table: Table, _ store: (UInt32) -> UInt32) -> Table {
    guard table.values.contains(where: \.isUnsettled) else { return table }
    return table.mapValues { slot in
      guard slot.isUnsettled else { return slot }
      var slot = slot
      slot.object = store(slot.object)
      slot.isUnsettled = false
      return slot
    }
  }

  /// Replaces all rows of the store.
  mutating func move(_ map: (UInt32) -> UInt32) {
    func moved(_ table: Table) -> Table {
      table.mapValues { slot in
        var slot = slot
        slot.object = map(slot.object)
        return slot
      }
    }
    tables = tables.mapValues(moved)
    forks = forks.mapValues(moved)
  }
}
