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

  /// In which order records are wanted.
  public enum Order: Sendable {
    case time
    /// Session by session, each in the order of time.
    case session
  }

  /// Scans a source, once for each sort of record; chunks without such events are not read.
  /// - Parameters:
  ///   - memory: how many bytes of records are held before they go to a temporary file, about. Half of what is usual: they are
  ///     sorted twice.
  ///   - progress: called after each chunk.
  /// - Throws: what the source throws, and `CaptureError` of the temporary file.
  public nonisolated(nonsending) func answer<Source: EventSource>(
    over source: Source, by order: Order = .time, parallelism: Int? = nil, memory: Int = RowSorter.standardMemory / 2,
    progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> AuditResult {
    var join = AuditJoin(memory: memory)
    var last: ScanProgress?
    for (number, search) in searches.enumerated() {
      last = try await run(search, over: source, parallelism, progress) { record, key in
        try join.add(record, key: key, onceEach: search.isOnceEach ? number + 1 : nil)
      }
    }
    if let transfers, join.hasKeys {
      let counting = counting
      try await Scan(source, transfers, parallelism: parallelism).run(columns: counting.columns) { events in
        counting.transfers(in: events)
      } consume: { found, _ in
        for (key, transfer) in found { try join.add(transfer, key) }
        return true
      }
    }
    if let ends { try await add(ends: ends, over: source, parallelism, to: &join) }
    let joined = try join.finish()
    var sessions = AuditSessions()
    var times: ClosedRange<Int64>?
    if order == .session {
      try joined.forEach { record in
        sessions.add(record)
        times = min(times?.lowerBound ?? .max, record.time)...max(times?.upperBound ?? .min, record.time)
      }
    }
    let (found, place) = sessions.ordered()
    let (time, number) = (1 + AuditRecord.timePlace, 1 + AuditRecord.numberPlace)
    var rows = RowSorter(memory: memory) { one, other in
      if one[0] != other[0] { return one[0] < other[0] }
      return one[time] == other[time] ? one[number] < other[number] : one[time] < other[time]
    }
    try joined.forEach { record in
      try rows.append([.integer(order == .session ? Int64(place(record.actor)) : 0)] + record.row)
    }
    return AuditResult(progress: last, sessions: found, times: times, rows: try rows.finish())
  }

  private nonisolated(nonsending) func run<Source: EventSource>(
    _ search: Search, over source: Source, _ parallelism: Int?, _ progress: (ScanProgress) -> Void,
    take: (AuditRecord, TransferKey?) throws -> Void
  ) async throws -> ScanProgress {
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
      for (record, key) in records { try take(record, key) }
      progress(state)
      return true
    }
  }

  /// How processes ended.
  private nonisolated(nonsending) func add<Source: EventSource>(
    ends question: Question, over source: Source, _ parallelism: Int?, to join: inout AuditJoin
  ) async throws {
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
      for (process, end) in found { try join.add(end, of: process) }
      return true
    }
  }
}
