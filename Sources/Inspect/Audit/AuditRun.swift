import CaptureFormat
import EventBatch
import EventSchema
import Query

/// Finds what people and services did: programs that were executed, connections, changes of files.
///
///     let run = try AuditRun(schema: source.schema, kinds: [.commands], filter: "container.name = web")
///     let audit = try await run.answer(over: source)
public struct AuditRun: Sendable {
  /// Finds records of one sort.
  private struct Search: Sendable {
    var question: Question
    var values: EventValues
    var make: @Sendable (_ time: Int64, _ number: UInt64, _ actor: AuditActor, _ more: [FieldValue]) -> AuditRecord
    /// Whether only the first of each process and thing is told.
    var isOnceEach = false
  }

  private let searches: [Search]
  private let transfers: Question?
  private let ends: Question?
  private let endValues: EventValues
  private let counting: TransferCounting

  /// Prepares an answer.
  ///
  /// - Parameters:
  ///   - kinds: which kinds of activity.
  ///   - filter: which events count.
  ///   - from: the least exit time that counts, in nanoseconds of the epoch.
  ///   - to: the first exit time that does not.
  /// - Throws: what is wrong with the filter.
  public init(
    schema: Schema, kinds: Set<AuditKind> = Set(AuditKind.allCases), filter: String? = nil, from: Int64? = nil,
    to: Int64? = nil
  ) throws(QueryError) {
    let asked = try Question(filter: filter, schema: schema, from: from, to: to)
    func question(_ filter: String) throws(QueryError) -> Question {
      try asked.and(Question(filter: filter, schema: schema))
    }
    func values(_ more: [String]) throws(QueryError) -> EventValues {
      try EventValues(AuditActor.fields + ["evt.res"] + more, schema: schema)
    }
    var searches: [Search] = []
    if kinds.contains(.commands) {
      searches.append(
        Search(
          question: try question("evt.type in (execve, execveat) and evt.failed = false"),
          values: try values(["proc.cmdline", "proc.exepath"])
        ) { time, number, actor, more in
          AuditRecord(
            time: time, number: number, actor: actor, activity: .command(line: more[0], path: more[1], end: nil))
        })
    }
    if kinds.contains(.network) {
      searches.append(
        Search(
          question: try question("evt.type in (connect, accept, accept4) and fd.type in (ipv4, ipv6)"),
          values: try values(["evt.type", "fd.name", "fd.l4proto"])
        ) { time, number, actor, more in
          AuditRecord(
            time: time, number: number, actor: actor,
            activity: .network(
              isIncoming: more[0] != .text("connect"), connection: more[1], protocolName: more[2], received: 0, sent: 0,
              ended: nil))
        })
    }
    if kinds.contains(.files) {
      for action in AuditedFiles.actions {
        let word = action.word
        searches.append(
          Search(
            question: try question(action.filter), values: try values([action.path, action.also]),
            make: { time, number, actor, more in
              let says = more[1] != .missing && word != "read" && word != "write" && more[1].text != more[0].text
              return AuditRecord(
                time: time, number: number, actor: actor,
                activity: .file(action: word, path: more[0], also: says ? more[1] : .missing, bytes: 0))
            }, isOnceEach: word == "read" || word == "write"))
      }
    }
    self.searches = searches
    var moved: [String] = []
    if kinds.contains(.network) { moved.append("fd.type in (ipv4, ipv6)") }
    if kinds.contains(.files) { moved.append("fd.type = file") }
    let calls = schema.types.filter {
      !$0.traits.isDisjoint(with: [.readsFromDescriptor, .writesToDescriptor, .destroysDescriptor])
    }
    // What was moved before the window or after it belongs to what was done in it.
    transfers =
      moved.isEmpty || calls.isEmpty
      ? nil
      : try Question(
        filter:
          "evt.type in (\(calls.map(\.name).joined(separator: ", "))) and (\(moved.joined(separator: " or ")))",
        schema: schema)
    ends = kinds.contains(.commands) ? try Question(filter: "evt.type = procexit", schema: schema) : nil
    endValues = try EventValues(
      ["proc.pid", "proc.pid.ts", "thread.tid", "evt.rawarg.ret", "evt.rawarg.sig", "evt.rawarg.core"], schema: schema)
    counting = TransferCounting(schema)
  }

  /// Scans a source, once for each sort of record; chunks without such events are not read.
  /// - Parameter progress: called after each chunk.
  /// - Throws: what the source throws. Memory is that of the records.
  public nonisolated(nonsending) func answer<Source: EventSource>(
    over source: Source, parallelism: Int? = nil, progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> AuditResult {
    var result = AuditResult()
    var found: [(record: AuditRecord, key: TransferKey?)] = []
    for search in searches {
      result.progress = try await run(search, over: source, parallelism, progress) { found.append($0) }
    }
    found.sort { ($0.record.time, $0.record.number) < ($1.record.time, $1.record.number) }
    result.records = found.map(\.record)
    if let transfers, found.contains(where: { $0.key != nil }) {
      try await add(transfers, over: source, parallelism, keys: found.map(\.key), to: &result.records)
    }
    if let ends { try await add(ends: ends, over: source, parallelism, to: &result.records) }
    return result
  }

  private nonisolated(nonsending) func run<Source: EventSource>(
    _ search: Search, over source: Source, _ parallelism: Int?, _ progress: (ScanProgress) -> Void,
    take: ((record: AuditRecord, key: TransferKey?)) -> Void
  ) async throws -> ScanProgress {
    var seen: Set<TransferKey> = []
    let values = search.values
    return try await Scan(source, search.question, parallelism: parallelism).run(
      columns: values.columns.union(
        ColumnSelection(core: [.numbers, .exitTimes, .lineages, .objects, .results], dimensions: false))
    ) { events -> [(record: AuditRecord, key: TransferKey?)] in
      zip(events.rows, values.rows(of: events)).map { row, values in
        let count = AuditActor.fields.count
        var record = search.make(
          events.batch.exitTimes[Int(row)], events.batch.numbers[Int(row)], AuditActor(values[..<count]),
          Array(values[(count + 1)...]))
        let result = events.batch.results[Int(row)]
        // A connection that is under way has not failed.
        if result < 0, result != EventBatch.missing, values[count] != .text("EINPROGRESS") {
          record.error = values[count]
        }
        return (record, TransferCounting.key(Int(row), events.batch))
      }
    } consume: { records, state in
      for record in records {
        if search.isOnceEach, let key = record.key, !seen.insert(key).inserted { continue }
        take(record)
      }
      progress(state)
      return true
    }
  }

  private nonisolated(nonsending) func add<Source: EventSource>(
    _ question: Question, over source: Source, _ parallelism: Int?, keys: [TransferKey?],
    to records: inout [AuditRecord]
  ) async throws {
    var sums: [TransferKey: Transfer] = [:]
    let counting = counting
    let wanted = Set(keys.compactMap(\.self))
    try await Scan(source, question, parallelism: parallelism).run(columns: counting.columns) { events in
      counting.transfers(in: events)
    } consume: { found, _ in
      for (key, transfer) in found where wanted.contains(key) { sums[key, default: Transfer()].add(transfer) }
      return true
    }
    for (index, key) in keys.enumerated() {
      guard let key, let sum = sums[key] else { continue }
      switch records[index].activity {
      case .network(let isIncoming, let connection, let name, _, _, _):
        records[index].activity = .network(
          isIncoming: isIncoming, connection: connection, protocolName: name, received: sum.received, sent: sum.sent,
          ended: sum.closed)
      case .file(let action, let path, let also, _) where action == "read" || action == "write":
        records[index].activity = .file(
          action: action, path: path, also: also, bytes: action == "read" ? sum.received : sum.sent)
      case .file, .command: break
      }
    }
  }

  /// How processes ended: of those that executed several programs, the last one has the end.
  private nonisolated(nonsending) func add<Source: EventSource>(
    ends question: Question, over source: Source, _ parallelism: Int?, to records: inout [AuditRecord]
  ) async throws {
    var ends: [ProcessInstance: ProcessEnd] = [:]
    let values = endValues
    try await Scan(source, question, parallelism: parallelism).run(
      columns: values.columns.union(ColumnSelection(core: [.exitTimes], dimensions: false))
    ) { events in
      zip(events.rows, values.rows(of: events)).compactMap { row, values -> (ProcessInstance, ProcessEnd)? in
        guard let pid = values[0].integerValue, values[2].integerValue == pid else { return nil }
        let signal = values[4].integerValue.flatMap { $0 > 0 ? $0 : nil }
        return (
          ProcessInstance(pid: pid, start: values[1].integerValue),
          ProcessEnd(
            time: events.batch.exitTimes[Int(row)], code: signal == nil ? values[3].integerValue : nil, signal: signal,
            dumpedCore: values[5].integerValue == 1)
        )
      }
    } consume: { found, _ in
      for (process, end) in found { ends[process] = end }
      return true
    }
    var isTold: Set<ProcessInstance> = []
    for index in records.indices.reversed() {
      guard case .command(let line, let path, _) = records[index].activity else { continue }
      let process = ProcessInstance(pid: records[index].actor.pid, start: records[index].actor.start)
      guard isTold.insert(process).inserted else { continue }
      records[index].activity = .command(line: line, path: path, end: ends[process])
    }
  }
}
