import EventSchema

/// A batch that is not what batches are.
public struct BatchViolation: Error, Hashable, Sendable, CustomStringConvertible {
  /// What is wrong, in words.
  public let description: String

  init(_ description: String) { self.description = description }
}

extension EventBatch {
  /// Checks all that a batch promises: sizes, order, ranks, and that every reference resolves in the batch itself.
  ///
  /// For tests, and for sources that are new. Columns that a reader was not asked for may be empty. O(everything).
  public func checkInvariants() throws(BatchViolation) {
    try checkSizes()
    try checkNumbers()
    try checkTypes()
    try checkReferences()
    for type in arguments { try check(type) }
    try dimensions.checkInvariants()
  }

  private func checkSizes() throws(BatchViolation) {
    let sizes = [
      ("exitTimes", exitTimes.count), ("latencies", latencies.count), ("types", types.count), ("cpus", cpus.count),
      ("flags", flags.count), ("lineages", lineages.count), ("objects", objects.count), ("results", results.count),
      ("ranks", ranks.count),
    ]
    for (name, size) in sizes where size != count && size != 0 {
      throw BatchViolation("\(name) has \(size) values for \(count) events")
    }
    for row in exitTimes.indices.dropFirst() where exitTimes[row] < exitTimes[row - 1] {
      throw BatchViolation("event \(row) returned before the one in front of it")
    }
  }

  private func checkNumbers() throws(BatchViolation) {
    guard case .listed(let listed) = numbers else { return }
    guard listed.count == count else { throw BatchViolation("\(listed.count) numbers for \(count) events") }
    for row in listed.indices.dropFirst() where listed[row] <= listed[row - 1] {
      throw BatchViolation("the number of event \(row) does not ascend")
    }
  }

  private func checkTypes() throws(BatchViolation) {
    for index in arguments.indices.dropFirst() where arguments[index].type <= arguments[index - 1].type {
      throw BatchViolation("the types of arguments do not ascend")
    }
    guard arguments.reduce(0, { $0 + $1.count }) == count else {
      throw BatchViolation("the events by type are not \(count)")
    }
    if types.isEmpty { return }
    var counts: [UInt16: Int] = [:]
    for row in types.indices {
      let rank = counts[types[row], default: 0]
      counts[types[row]] = rank + 1
      if !ranks.isEmpty, Int(ranks[row]) != rank {
        throw BatchViolation("event \(row) has rank \(ranks[row]) instead of \(rank)")
      }
    }
    for type in arguments where counts[type.type.rawValue] != type.count || type.count == 0 {
      throw BatchViolation("type \(type.type.rawValue) says \(type.count) events")
    }
  }

  private func checkReferences() throws(BatchViolation) {
    for (row, lineage) in lineages.enumerated()
    where lineage != EventBatch.noRow && Int(lineage) >= dimensions.lineages.count {
      throw BatchViolation("event \(row) refers to lineage \(lineage) of \(dimensions.lineages.count)")
    }
    for (row, object) in objects.enumerated()
    where object != EventBatch.noRow && Int(object) >= dimensions.objects.count {
      throw BatchViolation("event \(row) refers to object \(object) of \(dimensions.objects.count)")
    }
  }

  private func check(_ type: TypeArguments) throws(BatchViolation) {
    guard let declaration = schema.type(type.type) else {
      throw BatchViolation("the schema has no type \(type.type.rawValue)")
    }
    let stored = declaration.parameters.filter { $0.source.isStored }
    guard stored.count == type.columns.count else {
      throw BatchViolation("\(declaration.name) has \(type.columns.count) columns for \(stored.count) parameters")
    }
    for (parameter, column) in zip(stored, type.columns) where column.isPresent {
      do throws(BatchViolation) {
        try column.checkInvariants(parameter.type.storage, count: type.count, strings: dimensions.strings.count)
      } catch {
        throw BatchViolation("\(declaration.name).\(parameter.name): \(error)")
      }
    }
  }
}

extension ArgumentColumn {
  fileprivate func checkInvariants(
    _ storage: ParameterStorage, count: Int, strings: Int
  ) throws(BatchViolation) {
    guard values.count == count else { throw BatchViolation("\(values.count) values for \(count) events") }
    for index in missing.indices {
      guard Int(missing[index]) < count, index == 0 || missing[index - 1] < missing[index] else {
        throw BatchViolation("missing ranks are out of order or range")
      }
    }
    switch storage {
    case .integer, .string:
      for rank in missing where values[Int(rank)] != 0 { throw BatchViolation("missing rank \(rank) has a value") }
      if storage == .integer { return }
      for value in values where value < 0 || value >= Int64(strings) {
        throw BatchViolation("text \(value) of \(strings)")
      }
    case .bytes:
      var end: Int64 = 0
      for (rank, value) in values.enumerated() {
        guard value >= end else { throw BatchViolation("the bytes of rank \(rank) end before they begin") }
        if value > end, isMissing(rank) { throw BatchViolation("missing rank \(rank) has bytes") }
        end = value
      }
      guard end == Int64(bytes.count) else { throw BatchViolation("the ranks use \(end) of \(bytes.count) bytes") }
    }
  }
}

extension Dimensions {
  /// Checks that every reference resolves and that parents stand before their children. O(rows).
  public func checkInvariants() throws(BatchViolation) {
    guard strings.count > 0, strings[0].isEmpty else { throw BatchViolation("text 0 is not the empty one") }
    for row in 1..<max(strings.count, 1) where strings.ends[row] < strings.ends[row - 1] {
      throw BatchViolation("text \(row) ends before it begins")
    }
    guard Int(strings.ends[strings.count - 1]) == strings.heap.count else {
      throw BatchViolation("the texts do not use up their bytes")
    }
    try check(images)
    try check(threads)
    try check(lineages)
    try check(objects)
    try check(containers)
    try check(users)
    for row in 0..<lineages.count {
      guard lineages.value(row, .thread) != nil else { throw BatchViolation("lineage \(row) has no thread") }
      if let parent = lineages.value(row, .parent), parent >= Int64(row) {
        throw BatchViolation("the parent of lineage \(row) does not stand before it")
      }
    }
  }

  private func check<Column: DimensionColumn>(_ table: DimensionTable<Column>) throws(BatchViolation) {
    for column in Column.allCases where column.kind != .integer {
      let limit = rows(of: column.kind)
      for (row, value) in table[column].enumerated() where value != EventBatch.missing {
        guard value >= 0, value < Int64(limit) else {
          throw BatchViolation("\(column.name) of row \(row) refers to row \(value) of \(limit)")
        }
      }
    }
  }

  /// How many rows the table has that a kind of reference leads to.
  private func rows(of kind: DimensionValueKind) -> Int {
    switch kind {
    case .integer: 0
    case .string: strings.count
    case .image: images.count
    case .thread: threads.count
    case .lineage: lineages.count
    case .container: containers.count
    }
  }
}
