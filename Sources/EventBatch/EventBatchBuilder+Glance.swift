import EventSchema

extension EventBatchBuilder {
  /// A batch of some of the events that were appended, which stay where they are: what somebody must know long before the
  /// batch is closed.
  ///
  /// - Parameters:
  ///   - rows: those that are looked at.
  ///   - isWanted: by raw type, whether events of the type are wanted; types behind its end are not.
  ///   - source: the dimensions that the events' rows stand in.
  /// - Returns: the events of wanted types, with their numbers and just the rows that they use.
  /// - Complexity: a look at the type of each row; what is wanted is copied.
  public borrowing func glance(
    _ rows: Range<Int>, of isWanted: [Bool], _ source: borrowing Dimensions
  ) -> EventBatch {
    var batch = EventBatch(schema: schema)
    var wanted: [Int] = []
    for row in rows {
      let type = Int(types[row])
      if type < isWanted.count, isWanted[type] { wanted.append(row) }
    }
    guard let first = wanted.first, let last = wanted.last else { return batch }
    var copier = DimensionCopier(takesFewRows: true)
    batch.count = wanted.count
    batch.numbers =
      last - first == wanted.count - 1
      ? .consecutive(first: firstNumber + UInt64(first)) : .listed(wanted.map { firstNumber + UInt64($0) })
    batch.exitTimes.reserveCapacity(wanted.count)
    var ranks: [UInt16: [UInt32]] = [:]
    batch.lineages = wanted.map { copier.lineage(lineages[$0], from: source) }
    batch.objects = wanted.map { copier.object(objects[$0], from: source) }
    for row in wanted {
      batch.exitTimes.append(exitTimes[row])
      batch.latencies.append(latencies[row])
      batch.types.append(types[row])
      batch.cpus.append(cpus[row])
      batch.flags.append(flags[row])
      batch.results.append(results[row])
      let known = ranks[types[row], default: []].count
      batch.ranks.append(UInt32(known))
      ranks[types[row], default: []].append(self.ranks[row])
    }
    for (type, ranks) in ranks.sorted(by: { $0.key < $1.key }) {
      var copied: [ArgumentColumn] = []
      for index in Int(columns.starts[Int(type)])..<Int(columns.starts[Int(type) + 1]) {
        copied.append(column(index, ranks, &copier))
      }
      batch.arguments.append(TypeArguments(type: EventTypeID(rawValue: type), count: ranks.count, columns: copied))
    }
    copier.usersOfThreads(from: source)
    batch.dimensions = copier.finish()
    return batch
  }

  /// The values of a column at some ranks, which ascend.
  private borrowing func column(_ index: Int, _ ranks: [UInt32], _ copier: inout DimensionCopier) -> ArgumentColumn {
    var copy = ArgumentColumn(values: [])
    var next = firstMissing(index, from: ranks.first ?? 0)
    for (position, rank) in ranks.enumerated() {
      while next < columns.columns[index].missing.count, columns.columns[index].missing[next] < rank { next += 1 }
      if next < columns.columns[index].missing.count, columns.columns[index].missing[next] == rank {
        copy.missing.append(UInt32(position))
      }
      let value = columns.columns[index].values[Int(rank)]
      switch columns.storages[index] {
      case .integer: copy.values.append(value)
      case .string: copy.values.append(Int64(copier.strings.intern(self.copier.strings.table[Int(value)])))
      case .bytes:
        let start = rank == 0 ? 0 : columns.columns[index].values[Int(rank) - 1]
        for byte in Int(start)..<Int(value) { copy.bytes.append(columns.columns[index].bytes[byte]) }
        copy.values.append(Int64(copy.bytes.count))
      }
    }
    return copy
  }

  /// The position of the first missing rank that is not less.
  private borrowing func firstMissing(_ index: Int, from rank: UInt32) -> Int {
    var low = 0
    var high = columns.columns[index].missing.count
    while low < high {
      let middle = (low + high) / 2
      if columns.columns[index].missing[middle] < rank { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
