import CaptureFormat
import EventBatch
import EventSchema
import Query

/// Adds up what processes did along the line of their ancestors.
///
///     let run = try FlameRun(schema: source.schema, by: .bytes, filter: "fd.type = file")
///     let graph = try await run.answer(over: source)
public struct FlameRun: Sendable {
  private let question: Question
  private let measure: FlameGraph.Measure
  private let byCall: Bool
  private let names: LineageValues
  private let weight: EventValues
  private let moves: [Bool]
  private let typeNames: [UInt16: [UInt8]]

  /// The most frames above each other; what stands further up is left out.
  static let mostDepth = 100

  /// Prepares an answer.
  ///
  /// - Parameters:
  ///   - by: what is added up.
  ///   - byCall: whether the calls of a process are frames below it.
  ///   - filter: which events count.
  ///   - from: the least exit time that counts, in nanoseconds of the epoch.
  ///   - to: the first exit time that does not.
  /// - Throws: what is wrong with the filter.
  public init(
    schema: Schema, by measure: FlameGraph.Measure, byCall: Bool = false, filter: String? = nil, from: Int64? = nil,
    to: Int64? = nil
  ) throws(QueryError) {
    self.measure = measure
    self.byCall = byCall
    question = try Question(filter: filter, schema: schema, from: from, to: to)
      .and(Question(filter: FlameRun.filter(measure), schema: schema))
    names = try LineageValues(["proc.name"], schema: schema)
    weight = try EventValues(measure == .cpu ? ["evt.rawarg.cpu_used"] : [], schema: schema)
    var moves = [Bool](repeating: false, count: Int(schema.types.last?.id.rawValue ?? 0) + 1)
    var typeNames: [UInt16: [UInt8]] = [:]
    for type in schema.types {
      moves[Int(type.id.rawValue)] = !type.traits.isDisjoint(with: [.readsFromDescriptor, .writesToDescriptor])
      typeNames[type.id.rawValue] = Array(type.name.utf8)
    }
    self.moves = moves
    self.typeNames = typeNames
  }

  private static func filter(_ measure: FlameGraph.Measure) -> String {
    switch measure {
    case .time: "syscall.type exists and evt.latency exists"
    case .cpu: "evt.rawarg.cpu_used exists"
    case .bytes: "evt.is_io = true and evt.rawres > 0"
    case .count: "syscall.type exists"
    case .errors: "syscall.type exists and evt.failed = true"
    }
  }

  /// Scans a source.
  public nonisolated(nonsending) func answer<Source: EventSource>(
    over source: Source, parallelism: Int? = nil, progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> FlameGraph {
    var paths: [[[UInt8]]: Int64] = [:]
    let run = self
    let columns = ColumnSelection(core: [.types, .lineages, .latencies, .flags, .results], dimensions: false)
      .union(names.columns).union(weight.columns)
    let done = try await Scan(source, question, parallelism: parallelism).run(columns: columns) { events in
      run.paths(in: events)
    } consume: { found, state in
      paths.merge(found) { $0 &+ $1 }
      progress(state)
      return true
    }
    var graph = FlameGraph(measure, paths)
    graph.progress = done
    return graph
  }

  private struct Leaf: Hashable {
    var lineage: UInt32
    var type: UInt16
  }

  private func paths(in events: SelectedEvents) -> [[[UInt8]]: Int64] {
    let batch = events.batch
    var sums: [Leaf: Int64] = [:]
    let weights = measure == .cpu ? weight.rows(of: events) : []
    for (position, row) in events.rows.enumerated() {
      let type = batch.types[Int(row)]
      let value: Int64
      switch measure {
      case .time: value = max(batch.latency(of: Int(row)), 0)
      case .cpu: value = weights[position].first?.integerValue ?? 0
      case .bytes: value = Int(type) < moves.count && moves[Int(type)] ? max(batch.results[Int(row)], 0) : 0
      case .count, .errors: value = 1
      }
      sums[Leaf(lineage: batch.lineages[Int(row)], type: byCall ? type : 0), default: 0] &+= value
    }
    var lines: [UInt32: [[UInt8]]] = [:]
    var paths: [[[UInt8]]: Int64] = [:]
    for (leaf, value) in sums where value > 0 {
      var path = lines[leaf.lineage] ?? line(to: leaf.lineage, events)
      lines[leaf.lineage] = path
      if byCall { path.append(typeNames[leaf.type] ?? Array("?".utf8)) }
      paths[path, default: 0] &+= value
    }
    return paths
  }

  /// The names from the first ancestor that is known to a process.
  private func line(to lineage: UInt32, _ events: SelectedEvents) -> [[UInt8]] {
    let lineages = events.batch.dimensions.lineages
    guard lineage != EventBatch.noRow, Int(lineage) < lineages.count else { return [Array("(unknown)".utf8)] }
    var line: [[UInt8]] = []
    var current: Int? = Int(lineage)
    while let row = current, line.count < FlameRun.mostDepth {
      let name = names.values(ofLineage: row, in: events)[0].bytesValue ?? []
      line.append(name.isEmpty ? Array("(unknown)".utf8) : Array(name))
      // A parent's row is smaller than its child's: no circle in a valid batch.
      current = lineages.value(row, .parent).flatMap { $0 >= 0 && $0 < Int64(row) ? Int($0) : nil }
    }
    return line.reversed()
  }
}
