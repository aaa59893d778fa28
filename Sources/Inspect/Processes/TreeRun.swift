import EventSchema
import Query

/// Finds the processes of a capture and who made whom.
///
///     let run = try TreeRun(schema: source.schema, filter: "fd.name startswith /etc")
///     let tree = try await run.answer(over: source)
public struct TreeRun: Sendable {
  private let sighting: ProcessSighting
  private let all: Question
  private let selected: Question?
  private let moment: Int64?

  /// Prepares an answer.
  ///
  /// - Parameters:
  ///   - filter: shows the processes that did something of this kind, and those above them; `nil` shows all.
  ///   - from: the least exit time that counts, in nanoseconds of the epoch.
  ///   - to: the first exit time that does not.
  ///   - moment: shows the processes that were there at this time, below who was their parent then.
  /// - Throws: what is wrong with the filter.
  public init(
    schema: Schema, filter: String? = nil, from: Int64? = nil, to: Int64? = nil, at moment: Int64? = nil
  ) throws(QueryError) {
    sighting = try ProcessSighting(schema)
    all = try Question(schema: schema, from: from, to: to)
    selected = try filter.map { filter throws(QueryError) in
      try Question(filter: filter, schema: schema, from: from, to: to)
    }
    self.moment = moment
  }

  /// Scans a source, twice where there is a filter.
  /// - Parameters:
  ///   - state: what was there before, as rows of threads; processes that did nothing are known from it alone.
  ///   - progress: called after each chunk.
  /// - Throws: what the sources throw.
  public nonisolated(nonsending) func answer<Source: EventSource>(
    over source: Source, state: StateSource? = nil, parallelism: Int? = nil, progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> ProcessTree {
    var collector = ProcessCollector(at: moment)
    var failures: [String] = []
    if let state { failures = try await take(state, into: &collector) }
    let (sighting, columns) = (sighting, sighting.columns)
    var done = try await Scan(source, all, parallelism: parallelism).run(columns: columns) { events in
      sighting.sightings(in: events)
    } consume: { found, state in
      collector.take(found)
      progress(state)
      return true
    }
    var wanted: Set<ProcessInstance>?
    if let selected {
      var found: Set<ProcessInstance> = []
      try await Scan(source, selected, parallelism: parallelism).run(columns: columns) { events in
        sighting.sightings(in: events)
      } consume: { sightings, _ in
        for version in sightings.versions where version.events > 0 { found.insert(version.identity) }
        return true
      }
      wanted = found
    }
    done.failures = failures + done.failures
    return collector.finish(selected: wanted, progress: done)
  }

  private nonisolated(nonsending) func take(
    _ state: StateSource, into collector: inout ProcessCollector
  ) async throws -> [String] {
    let sighting = try ProcessSighting(state.schema)
    let question = try Question(filter: "evt.type = state_thread", schema: state.schema)
    var parts: [ProcessSightings] = []
    let done = try await Scan(state, question).run(columns: sighting.columns) { events in
      sighting.sightings(in: events)
    } consume: { found, _ in
      parts.append(found)
      return true
    }
    for var part in parts {
      // Rows of a state are no events.
      for index in part.versions.indices { part.versions[index].events = 0 }
      collector.take(part)
    }
    return done.failures
  }
}
