import CaptureFormat
import EventBatch
import EventSchema
import Query

/// What the events of one chunk say of the processes that did them.
struct ProcessSightings: Sendable {
  /// A version of a process's thread.
  struct Version: Sendable {
    var identity: ProcessInstance
    var tid: Int64
    var parent: ProcessInstance?
    /// The process that made it, where that is known.
    var maker: Int64?
    /// The first and last time it did something; `nil` for one that stands in the line of another alone.
    var times: ClosedRange<Int64>?
    var events: Int
    /// The values of `ProcessSightings.fields`.
    var values: [FieldValue]
  }

  /// The end of a thread.
  struct End: Sendable {
    var identity: ProcessInstance
    var tid: Int64
    var end: ProcessEnd
  }

  /// In the order in which they were first seen.
  var versions: [Version] = []
  var ends: [End] = []
  var signals: [(identity: ProcessInstance, signal: ReceivedSignal)] = []
  /// The last time.
  var last: Int64 = .min

  /// What is asked of each version.
  static let fields = [
    "proc.name", "proc.cmdline", "proc.exepath", "user.name", "user.loginname", "container.id", "container.name",
    "proc.tty", "proc.sid",
  ]
}

/// Finds processes in chunks. A value: any number of chunks may be looked at at the same time.
struct ProcessSighting: Sendable {
  private let description: LineageValues
  private let ends: EventValues
  private let signals: EventValues
  private let endType: EventTypeID?
  private let signalType: EventTypeID?
  let columns: ColumnSelection

  init(_ schema: Schema) throws(QueryError) {
    description = try LineageValues(ProcessSightings.fields, schema: schema)
    endType = schema.type(named: "procexit")?.id
    signalType = schema.type(named: "signaldeliver")?.id
    ends = try EventValues(
      endType == nil ? [] : ["evt.rawarg.ret", "evt.rawarg.sig", "evt.rawarg.core"], schema: schema)
    signals = try EventValues(signalType == nil ? [] : ["evt.arg.sig", "evt.rawarg.spid"], schema: schema)
    columns = ColumnSelection(core: [.exitTimes, .types, .lineages], dimensions: false)
      .union(description.columns).union(ends.columns).union(signals.columns)
  }

  func sightings(in events: SelectedEvents) -> ProcessSightings {
    let batch = events.batch
    var found = ProcessSightings()
    var counts = [Int](repeating: 0, count: batch.dimensions.lineages.count)
    var first = [Int64](repeating: 0, count: counts.count)
    var last = first
    var order: [Int] = []
    var endRows: [UInt32] = []
    var signalRows: [UInt32] = []
    for row in events.rows {
      let lineage = Int(batch.lineages[Int(row)])
      guard lineage < counts.count else { continue }
      let time = batch.exitTimes[Int(row)]
      if counts[lineage] == 0 {
        first[lineage] = time
        order.append(lineage)
      }
      counts[lineage] += 1
      last[lineage] = time
      let type = EventTypeID(rawValue: batch.types[Int(row)])
      if type == endType { endRows.append(row) }
      if type == signalType { signalRows.append(row) }
    }
    // Whoever stands above one that did something is of interest as well; parents stand before their children.
    var isAbove = [Bool](repeating: false, count: counts.count)
    for lineage in counts.indices.reversed() where counts[lineage] > 0 || isAbove[lineage] {
      if let parent = ProcessSighting.parent(of: lineage, batch) { isAbove[parent] = true }
    }
    for lineage in isAbove.indices where isAbove[lineage] && counts[lineage] == 0 { order.append(lineage) }
    for lineage in order {
      guard let version = version(lineage, events) else { continue }
      found.versions.append(version)
      guard counts[lineage] > 0 else { continue }
      found.versions[found.versions.count - 1].events = counts[lineage]
      found.versions[found.versions.count - 1].times = min(first[lineage], last[lineage])...last[lineage]
      found.last = max(found.last, last[lineage])
    }
    addEnds(endRows, events, to: &found)
    addSignals(signalRows, events, to: &found)
    return found
  }

  private static func parent(of lineage: Int, _ batch: EventBatch) -> Int? {
    guard let parent = batch.dimensions.lineages.value(lineage, .parent), parent >= 0, parent < Int64(lineage) else {
      return nil
    }
    return Int(parent)
  }

  private func version(_ lineage: Int, _ events: SelectedEvents) -> ProcessSightings.Version? {
    let batch = events.batch
    guard let (identity, thread) = identity(lineage, batch) else { return nil }
    let threads = batch.dimensions.threads
    let parent =
      ProcessSighting.parent(of: lineage, batch).flatMap { self.identity($0, batch)?.identity }
      ?? threads.value(thread, .parentPid).flatMap { $0 > 0 ? ProcessInstance(pid: $0) : nil }
    return ProcessSightings.Version(
      identity: identity, tid: threads.value(thread, .tid) ?? identity.pid, parent: parent,
      maker: threads.value(thread, .originalParentPid), times: nil, events: 0,
      values: description.values(ofLineage: lineage, in: events))
  }

  private func identity(_ lineage: Int, _ batch: EventBatch) -> (identity: ProcessInstance, thread: Int)? {
    guard let thread = batch.dimensions.lineages.value(lineage, .thread), thread >= 0,
      thread < Int64(batch.dimensions.threads.count),
      let pid = batch.dimensions.threads.value(Int(thread), .pid)
    else { return nil }
    let start = batch.dimensions.threads.value(Int(thread), .processStartTime)
    return (ProcessInstance(pid: pid, start: start), Int(thread))
  }

  private func addEnds(_ rows: [UInt32], _ events: SelectedEvents, to found: inout ProcessSightings) {
    if rows.isEmpty { return }
    let chosen = events.narrowed(to: rows)
    for (row, values) in zip(rows, ends.rows(of: chosen)) {
      guard let (identity, thread) = identity(Int(events.batch.lineages[Int(row)]), events.batch) else { continue }
      let signal = values[1].integerValue.flatMap { $0 > 0 ? $0 : nil }
      found.ends.append(
        ProcessSightings.End(
          identity: identity, tid: events.batch.dimensions.threads.value(thread, .tid) ?? identity.pid,
          end: ProcessEnd(
            time: events.batch.exitTimes[Int(row)], code: signal == nil ? values[0].integerValue : nil, signal: signal,
            dumpedCore: values[2].integerValue == 1)))
    }
  }

  private func addSignals(_ rows: [UInt32], _ events: SelectedEvents, to found: inout ProcessSightings) {
    if rows.isEmpty { return }
    let chosen = events.narrowed(to: rows)
    for (row, values) in zip(rows, signals.rows(of: chosen)) {
      guard let (identity, _) = identity(Int(events.batch.lineages[Int(row)]), events.batch) else { continue }
      found.signals.append(
        (
          identity,
          ReceivedSignal(
            time: events.batch.exitTimes[Int(row)], name: values[0], sender: values[1].integerValue)
        ))
    }
  }
}
