import BinaryCoding
import EventBatch
import EventSchema

extension ChunkDecoder {
  /// Decodes the core columns of a few events: what stands at a place that can be computed is not unpacked for the others,
  /// which have no value then.
  mutating func decodeCore(
    _ batch: inout EventBatch, _ core: ColumnSelection.Core, of rows: [UInt32], _ repeatsResults: Bool
  ) throws(MalformedBytes) {
    let few = try FewRows(rows, of: batch.types, layout.head.typeCounts)
    if core.contains(.ranks) { batch.ranks = scattered(few.ranks, few, absent: 0) }
    // Each depends on the one before, and questions about the time between events look at that one as well.
    if core.contains(.exitTimes) { batch.exitTimes = try wide(.exitTimes) }
    if core.contains(.latencies) { batch.latencies = try wide(.latencies, few, batch.types) }
    if core.contains(.cpus) { batch.cpus = try narrow(.cpus, missing: nil, few, batch.types) }
    if core.contains(.flags) { batch.flags = try narrow(.flags, missing: nil, few, batch.types) }
    if core.contains(.lineages) {
      batch.lineages = try narrow(.lineages, missing: EventBatch.noRow, few, batch.types)
      try check(batch.lineages, below: batch.dimensions.lineages.count, "lineage")
    }
    if core.contains(.objects) {
      batch.objects = try narrow(.objects, missing: EventBatch.noRow, few, batch.types)
      try check(batch.objects, below: batch.dimensions.objects.count, "object")
    }
    if repeatsResults {
      try repeatResults(&batch, core, few)
    } else if core.contains(.results) {
      batch.results = try wide(.results, few, batch.types)
    }
  }

  /// Arguments repeat the results of all events of their type.
  private mutating func repeatResults(
    _ batch: inout EventBatch, _ core: ColumnSelection.Core, _ few: FewRows
  ) throws(MalformedBytes) {
    if known?.selection.core.contains(.results) == true {
      repeatedResults = .unsorted(batch.results, batch.types)
    } else if layout.entry(.core(.results))?.isByType == true, let stored = try self.core(.results)?.values {
      if core.contains(.results) {
        batch.results = scattered(few.places.map { stored[Int($0)] }, few, absent: EventBatch.missing)
      }
      repeatedResults = .sorted(ResultsByType(sorted: stored, counts: layout.head.typeCounts))
    } else {
      let results = try wide(.results)
      if core.contains(.results) { batch.results = results }
      repeatedResults = .unsorted(results, batch.types)
    }
  }

  private mutating func wide(
    _ column: CoreColumn, _ few: FewRows, _ types: [UInt16]
  ) throws(MalformedBytes) -> [Int64] {
    if let values = try values(column, few) { return scattered(values, few, absent: EventBatch.missing) }
    try orderTypes(column, types)
    return try wide(column)
  }

  private mutating func narrow<Value: FixedWidthInteger & UnsignedInteger>(
    _ column: CoreColumn, missing: Value?, _ few: FewRows, _ types: [UInt16]
  ) throws(MalformedBytes) -> [Value] {
    guard let values = try values(column, few) else {
      try orderTypes(column, types)
      return try narrow(column, missing: missing)
    }
    var narrow: [Value] = []
    narrow.reserveCapacity(values.count)
    for value in values {
      guard let fitting = value == EventBatch.missing ? missing : Value(exactly: value) else {
        throw MalformedBytes("a value of the column \(column) does not fit it")
      }
      narrow.append(fitting)
    }
    return scattered(narrow, few, absent: missing ?? 0)
  }

  /// The values of these events; `nil` where the column has to be read whole.
  private func values(_ column: CoreColumn, _ few: FewRows) throws(MalformedBytes) -> [Int64]? {
    guard let entry = layout.entry(.core(column)), entry.rows == layout.head.count else { return nil }
    return try SparseReader.read(entry, try bytes(entry), at: entry.isByType ? few.places : few.rows)
  }

  private mutating func orderTypes(_ column: CoreColumn, _ types: [UInt16]) throws(MalformedBytes) {
    guard order == nil, layout.entry(.core(column))?.isByType == true else { return }
    order = try TypeOrder(checking: types, counts: layout.head.typeCounts)
  }

  private func scattered<Value>(_ values: [Value], _ few: FewRows, absent: Value) -> [Value] {
    var all = [Value](repeating: absent, count: layout.head.count)
    for (index, row) in few.rows.enumerated() { all[Int(row)] = values[index] }
    return all
  }
}

/// The results of events, which columns of arguments repeat: in the order of types, or in that of events.
enum RepeatedResults {
  case none
  case sorted(ResultsByType)
  case unsorted([Int64], [UInt16])

  /// The results of a type's events, by rank.
  subscript(type: EventTypeID) -> ArraySlice<Int64> {
    switch self {
    case .none: return []
    case .sorted(let results): return results[type]
    case .unsorted(let results, let types):
      let found = [Int64](unsafeUninitializedCapacity: types.count + 1) { target, count in
        var next = 0
        for row in types.indices {
          // Written in any case, kept only when it is of the type: no branch.
          target[next] = results[row]
          if types[row] == type.rawValue { next &+= 1 }
        }
        count = next
      }
      return found[...]
    }
  }
}
