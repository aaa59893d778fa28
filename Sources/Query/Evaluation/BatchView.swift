import CaptureFormat
import EventBatch
import EventSchema

/// A batch being asked: its columns, and what has to be looked up once for the whole batch.
///
/// One object for a batch of thousands of events, used by one task.
final class BatchView {
  let batch: EventBatch
  let context: ScanContext
  /// The exit time of the event before the batch's first one.
  let previousExit: Int64?
  var clock: ClockText

  private(set) lazy var leaders: [ProcessKey: Int] = findLeaders()
  private(set) lazy var leadersByPid: [Int64: Int] = findLeadersByPid()
  private(set) lazy var leadersByVirtualPid: [VirtualPid: Int] = findLeadersByVirtualPid()
  /// What frames say of each container row.
  private(set) lazy var containers: [ContainerInfo?] = findContainers()
  /// When the first process of a pid namespace was made, by the namespace.
  private(set) lazy var namespaceStarts: [Int64: Int64] = findNamespaceStarts()
  private(set) lazy var users: [UserKey: Int] = findUsers()
  /// What flags of opens mean: there are few of them in a batch.
  var openKinds: [OpenKey: OpenKind] = [:]
  /// By type, where its layout stands in `layouts`; -1 when nobody asked for it. Small batches ask for few.
  private var positions: [Int32]
  private var layouts: [TypeLayout] = []

  init(_ batch: EventBatch, context: ScanContext, previousExit: Int64?) {
    self.batch = batch
    self.context = context
    self.previousExit = previousExit
    clock = ClockText(context.zone)
    positions = [Int32](repeating: -1, count: batch.schema.types.last.map { Int($0.id.rawValue) + 1 } ?? 0)
  }

  var schema: Schema { batch.schema }

  /// What the event type of a row looks like in this batch; `nil` when the schema does not know the type.
  func layout(ofType raw: UInt16) -> TypeLayout? {
    guard Int(raw) < positions.count else { return nil }
    if positions[Int(raw)] >= 0 { return layouts[Int(positions[Int(raw)])] }
    guard let type = batch.schema.type(EventTypeID(rawValue: raw)) else { return nil }
    let made = TypeLayout(type, in: batch)
    positions[Int(raw)] = Int32(layouts.count)
    layouts.append(made)
    return made
  }

  /// The text in a row of the string table; missing when the reference is.
  func text(_ reference: Int64) -> FieldValue {
    guard reference >= 0, reference < Int64(batch.dimensions.strings.count) else { return .missing }
    return .text(batch.dimensions.strings[Int(reference)])
  }

  /// The thread row of a lineage row.
  func thread(ofLineage row: Int) -> Int? {
    let lineages = batch.dimensions.lineages
    guard row < lineages.count else { return nil }
    let thread = lineages[row, .thread]
    return thread >= 0 && thread < Int64(batch.dimensions.threads.count) ? Int(thread) : nil
  }

  /// The lineage row of the parent.
  func parent(ofLineage row: Int) -> Int? {
    let lineages = batch.dimensions.lineages
    guard row < lineages.count else { return nil }
    let parent = lineages[row, .parent]
    // Parents stand before their children; anything else would let a damaged file send us in circles.
    return parent >= 0 && parent < Int64(row) ? Int(parent) : nil
  }

  private func findLeaders() -> [ProcessKey: Int] {
    let threads = batch.dimensions.threads
    var found: [ProcessKey: Int] = [:]
    for row in 0..<threads.count where threads[row, .tid] == threads[row, .pid] {
      found[ProcessKey(pid: threads[row, .pid], start: threads[row, .processStartTime])] = row
    }
    return found
  }

  private func findLeadersByPid() -> [Int64: Int] {
    let threads = batch.dimensions.threads
    var found: [Int64: Int] = [:]
    for row in 0..<threads.count {
      let pid = threads[row, .pid]
      if threads[row, .tid] == pid || found[pid] == nil { found[pid] = row }
    }
    return found
  }

  private func findLeadersByVirtualPid() -> [VirtualPid: Int] {
    let threads = batch.dimensions.threads
    var found: [VirtualPid: Int] = [:]
    for row in 0..<threads.count where threads[row, .virtualPid] != EventBatch.missing {
      let key = VirtualPid(namespace: threads[row, .pidNamespace], pid: threads[row, .virtualPid])
      if threads[row, .tid] == threads[row, .pid] || found[key] == nil { found[key] = row }
    }
    return found
  }

  private func findContainers() -> [ContainerInfo?] {
    let rows = batch.dimensions.containers
    return (0..<rows.count).map { row in
      guard let id = text(rows[row, .id]).bytesValue else { return nil }
      return context.containers[String(decoding: id, as: UTF8.self)]
    }
  }

  private func findNamespaceStarts() -> [Int64: Int64] {
    let threads = batch.dimensions.threads
    var found: [Int64: Int64] = [:]
    for row in 0..<threads.count where threads[row, .virtualPid] == 1 {
      let (namespace, start) = (threads[row, .pidNamespace], threads[row, .processStartTime])
      if namespace != EventBatch.missing, start != EventBatch.missing { found[namespace] = start }
    }
    return found
  }

  private func findUsers() -> [UserKey: Int] {
    let users = batch.dimensions.users
    var found: [UserKey: Int] = [:]
    for row in 0..<users.count {
      let key = UserKey(
        container: users[row, .container], number: users[row, .number], isGroup: users[row, .isGroup] == 1)
      found[key] = row
    }
    return found
  }
}

/// Which process of a pid namespace. The namespace is missing where nobody told it: then there is one.
struct VirtualPid: Hashable {
  var namespace: Int64
  var pid: Int64
}

/// Which process: ids are used again, with another start.
struct ProcessKey: Hashable {
  var pid: Int64
  var start: Int64
}

/// Which user or group.
struct UserKey: Hashable {
  /// A row of the container table, or `EventBatch.missing` for the host.
  var container: Int64
  var number: Int64
  var isGroup: Bool
}

/// Where the parameters of one event type stand in a batch.
struct TypeLayout {
  let type: EventType
  /// Index into `EventBatch.arguments`, -1 when the batch has no columns of the type.
  let entry: Int
  /// For each parameter its column in that entry, -1 when it is not stored.
  let columns: [Int]
  /// The parameter that is the event's descriptor, -1 when there is none.
  let objectParameter: Int

  init(_ type: EventType, in batch: EventBatch) {
    self.type = type
    entry = batch.arguments.firstIndex { $0.type == type.id } ?? -1
    var next = 0
    var columns: [Int] = []
    for parameter in type.parameters {
      columns.append(parameter.source.isStored ? next : -1)
      if parameter.source.isStored { next += 1 }
    }
    self.columns = columns
    objectParameter = type.parameters.firstIndex { $0.isObject(of: type) } ?? -1
  }
}
