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
    if !socketsAreSettled { settleSockets() }
    var closed: [EventBatch] = []
    for known in threads.all where !known.isInvented {
      appendState(thread, time, lineage: star.lineage(of: known, threads))
      var found: [(Int64, ScapObject)] = []
      if !known.sharesDescriptors || known.isMain { known.descriptors.forEach { found.append(($0, $1)) } }
      for (number, object) in found {
        // A part has rows of its own: behind its end they are made anew.
        if star.builder.count >= partRows { closed.append(star.finish()) }
        let lineage = star.lineage(of: known, threads)
        appendState(descriptor, time, lineage: lineage, object: star.row(of: object), numbers: [number])
      }
      if star.builder.count >= partRows { closed.append(star.finish()) }
    }
    for (container, entry) in star.directory.users where container.isEmpty {
      if entry.isGroup {
        appendState(group, time, numbers: [Int64(entry.number)], texts: [entry.name])
      } else {
        appendState(
          user, time, numbers: [Int64(entry.number), Int64(entry.group)], texts: [entry.name, entry.home, entry.shell])
      }
      if star.builder.count >= partRows { closed.append(star.finish()) }
    }
    if star.builder.count > 0 || closed.isEmpty { closed.append(star.finish()) }
    return closed.enumerated().map { part, rows in
      MachineState(time: time, reason: .start, part: UInt32(part), isLast: part == closed.count - 1, rows: rows)
    }
  }

  /// Appends a row whose first stored parameters are these, the others none.
  private mutating func appendState(
    _ type: EventTypeID, _ time: Int64, lineage: UInt32 = EventBatch.noRow, object: UInt32 = EventBatch.noRow,
    numbers: [Int64] = [], texts: [[UInt8]] = []
  ) {
    star.builder.appendEvent(
      exitTime: time, latency: EventBatch.missing, type: type, cpu: 0, flags: [], lineage: lineage, object: object,
      result: EventBatch.missing)
    for number in numbers { star.builder.appendInteger(number) }
    for text in texts { text.withUnsafeBytes { star.builder.appendText($0) } }
    let stored = schema.schema.type(type)?.parameters.count { $0.source.isStored } ?? 0
    for _ in 0..<max(stored - numbers.count - texts.count, 0) { star.builder.appendMissing() }
  }
}
