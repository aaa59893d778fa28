import EventSchema

extension EventBatch {
  /// A new self-contained batch of some of the events, with just the dimension rows that they use. Events keep their
  /// numbers.
  ///
  /// Users and groups are kept when a thread runs as them. Columns that a reader was not asked for stay empty; without `types` and `ranks` the arguments cannot be taken over and are left absent.
  ///
  /// - Parameter rows: ascending, each once.
  /// - Complexity: O(rows + dimension rows).
  public func selecting(rows: [Int]) -> EventBatch {
    var selected = EventBatch(schema: schema)
    selected.count = rows.count
    selected.numbers = numbers.selecting(rows)
    selected.exitTimes = EventBatch.select(exitTimes, rows)
    selected.latencies = EventBatch.select(latencies, rows)
    selected.types = EventBatch.select(types, rows)
    selected.cpus = EventBatch.select(cpus, rows)
    selected.flags = EventBatch.select(flags, rows)
    selected.results = EventBatch.select(results, rows)
    var copier = DimensionCopier()
    if !lineages.isEmpty { selected.lineages = rows.map { copier.lineage(lineages[$0], from: dimensions) } }
    if !objects.isEmpty { selected.objects = rows.map { copier.object(objects[$0], from: dimensions) } }
    selected.selectArguments(of: self, rows, &copier)
    copier.usersOfThreads(from: dimensions)
    selected.dimensions = copier.finish()
    return selected
  }

  private static func select<Value>(_ column: [Value], _ rows: [Int]) -> [Value] {
    column.isEmpty ? [] : rows.map { column[$0] }
  }

  private mutating func selectArguments(of source: EventBatch, _ rows: [Int], _ copier: inout DimensionCopier) {
    guard source.types.count == source.count, source.ranks.count == source.count else { return }
    // The ranks that stay, type by type, in the order of the rows.
    var kept = [[UInt32]](repeating: [], count: source.arguments.count)
    var positions: [UInt16: Int] = [:]
    for (position, type) in source.arguments.enumerated() { positions[type.type.rawValue] = position }
    ranks.reserveCapacity(rows.count)
    for row in rows {
      guard let position = positions[source.types[row]] else { continue }
      ranks.append(UInt32(kept[position].count))
      kept[position].append(source.ranks[row])
    }
    for (position, type) in source.arguments.enumerated() where !kept[position].isEmpty {
      let storages =
        source.schema.type(type.type)?.parameters.filter { $0.source.isStored }.map { $0.type.storage } ?? []
      var columns: [ArgumentColumn] = []
      for (column, storage) in zip(type.columns, storages) {
        columns.append(column.selecting(kept[position], storage, source.dimensions, &copier))
      }
      arguments.append(TypeArguments(type: type.type, count: kept[position].count, columns: columns))
    }
  }
}

extension EventNumbers {
  /// The numbers of some rows, which ascend.
  fileprivate func selecting(_ rows: [Int]) -> EventNumbers {
    guard let first = rows.first, let last = rows.last else { return .consecutive(first: 1) }
    let numbers = rows.map { self[$0] }
    if self[last] - self[first] == UInt64(rows.count - 1) { return .consecutive(first: self[first]) }
    return .listed(numbers)
  }
}

extension ArgumentColumn {
  /// The values at some ranks, texts copied along.
  fileprivate func selecting(
    _ ranks: [UInt32], _ storage: ParameterStorage, _ dimensions: borrowing Dimensions, _ copier: inout DimensionCopier
  ) -> ArgumentColumn {
    guard isPresent else { return .absent }
    var selected = ArgumentColumn(values: [])
    selected.values.reserveCapacity(ranks.count)
    var next = 0
    for (rank, source) in ranks.enumerated() {
      while next < missing.count, missing[next] < source { next += 1 }
      if next < missing.count, missing[next] == source { selected.missing.append(UInt32(rank)) }
      switch storage {
      case .integer: selected.values.append(values[Int(source)])
      case .string:
        selected.values.append(Int64(copier.text(UInt32(truncatingIfNeeded: values[Int(source)]), from: dimensions)))
      case .bytes:
        selected.bytes.append(contentsOf: bytes(at: Int(source)))
        selected.values.append(Int64(selected.bytes.count))
      }
    }
    return selected
  }
}
