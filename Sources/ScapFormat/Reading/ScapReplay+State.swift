import EventBatch
import EventSchema

extension ScapReplay {
  /// What was there when the recording began, in parts of so many rows: threads with the descriptors of their process, and
  /// users. Their time is that of the first event, since the file does not say when it was looked at.
  mutating func initialState(time: Int64, partRows: Int) -> [MachineState] {
    guard let thread = schema.schema.type(named: "state_thread")?.id,
      let descriptor = schema.schema.type(named: "state_descriptor")?.id,
      let user = schema.schema.type(named: "state_user")?.id, let group = schema.schema.type(named: "state_group")?.id
    else { return [] }
    settleSockets()
    var parts = StateParts(time: time, partRows: partRows, builder: EventBatchBuilder(schema: schema.schema))
    for known in threads.all where !known.isInvented {
      let lineage = star.lineage(of: known, threads)
      parts.append(thread, schema.schema, lineage: lineage, &star)
      if known.sharesDescriptors, !known.isMain { continue }
      var found: [(Int64, ScapObject)] = []
      known.descriptors.forEach { found.append(($0, $1)) }
      for (number, object) in found {
        let row = star.row(of: object)
        parts.append(descriptor, schema.schema, lineage: lineage, object: row, numbers: [number], &star)
      }
    }
    for row in 0..<star.dimensions.users.count where star.dimensions.users.value(row, .container) == nil {
      let users = star.dimensions.users
      func text(_ column: UserColumn) -> [UInt8] {
        users.value(row, column).map { Array(star.strings.table[Int($0)]) } ?? []
      }
      if users[row, .isGroup] == 1 {
        parts.append(group, schema.schema, numbers: [users[row, .number]], texts: [text(.label)], &star)
      } else {
        parts.append(
          user, schema.schema, numbers: [users[row, .number], users[row, .group]],
          texts: [text(.label), text(.homeDirectory), text(.shell)], &star)
      }
    }
    return parts.finish(&star)
  }
}

/// The parts of a state while they are made.
private struct StateParts: ~Copyable {
  let time: Int64
  let partRows: Int
  var builder: EventBatchBuilder
  private var closed: [EventBatch] = []

  init(time: Int64, partRows: Int, builder: consuming EventBatchBuilder) {
    self.time = time
    self.partRows = partRows
    self.builder = builder
  }

  /// Appends a row whose first stored parameters are these, the others none.
  mutating func append(
    _ type: EventTypeID, _ schema: Schema, lineage: UInt32 = EventBatch.noRow, object: UInt32 = EventBatch.noRow,
    numbers: [Int64] = [], texts: [[UInt8]] = [], _ star: inout ScapStar
  ) {
    builder.appendEvent(
      exitTime: time, latency: EventBatch.missing, type: type, cpu: 0, flags: [], lineage: lineage, object: object,
      result: EventBatch.missing)
    for number in numbers { builder.appendInteger(number) }
    for text in texts { text.withUnsafeBytes { builder.appendText($0) } }
    let stored = schema.type(type)?.parameters.count { $0.source.isStored } ?? 0
    for _ in 0..<max(stored - numbers.count - texts.count, 0) { builder.appendMissing() }
    if builder.count >= partRows { closed.append(star.withDimensions { builder.finish($0) }) }
  }

  mutating func finish(_ star: inout ScapStar) -> [MachineState] {
    if builder.count > 0 || closed.isEmpty { closed.append(star.withDimensions { builder.finish($0) }) }
    return closed.enumerated().map { part, rows in
      MachineState(
        time: time, reason: .start, part: UInt32(part), isLast: part == closed.count - 1, rows: rows)
    }
  }
}
