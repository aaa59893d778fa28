import EventSchema

/// Joins runs of events of several batches into one batch: what re-chunks and merges captures.
///
/// Events are given in the order in which they are to stand. Dimension rows that are equal become one. Argument columns
/// are copied run by run, so that whole batches cost little more than copying their memory.
///
///     var joiner = BatchJoiner(schema: schema)
///     var copied = CopiedRows()
///     joiner.append(0..<batch.count, of: batch, &copied)
///     joiner.endSource(batch, &copied)
///     let joined = joiner.finish()
public struct BatchJoiner: ~Copyable {
  /// What the type numbers mean; of all batches that are given.
  public let schema: Schema
  /// The events so far.
  public var count: Int { joined.count }
  /// About how many bytes the events take: texts, payloads, and 24 for the columns of an event.
  public var byteCount: Int { heapBytes + copier.strings.table.heap.count + 24 * joined.count }

  private let renumbersFrom: UInt64?
  private var joined: EventBatch
  private var numbers: [UInt64] = []
  private var copier = DimensionCopier(joinsEqualRows: true)
  private var heapBytes = 0
  /// Where in `columns` a type stands; -1 for types that have not come yet.
  private var positions: [Int32]
  private var columns: [TypeArguments] = []
  private var storages: [[ParameterStorage]] = []
  /// The first rank of each type in the run that is copied, and how many events it has there.
  private var runs: [(first: Int, count: Int)] = []
  private var touched: [Int] = []

  /// An empty batch to be.
  /// - Parameters:
  ///   - firstNumber: events are numbered from here on; `nil`: they keep their numbers, which must ascend.
  ///   - capacity: how many events there will be at most, about: room that grows is copied and takes twice as much.
  public init(schema: Schema, firstNumber: UInt64? = nil, capacity: Int = 0) {
    self.schema = schema
    renumbersFrom = firstNumber
    joined = EventBatch(schema: schema)
    joined.reserveCapacity(capacity)
    positions = [Int32](repeating: -1, count: 1 << 16)
  }

  /// Appends events of a batch.
  ///
  /// - Parameter copied: what was copied of the batch before; a new one for each pair of batch and joined batch.
  /// - Precondition: the batch is whole, has this schema, and keeps its invariants.
  public mutating func append(_ rows: Range<Int>, of batch: EventBatch, _ copied: inout CopiedRows) {
    if rows.isEmpty { return }
    copier.exchangeSource(&copied)
    defer { copier.exchangeSource(&copied) }
    if renumbersFrom == nil { for row in rows { numbers.append(batch.numbers[row]) } }
    joined.exitTimes.append(contentsOf: batch.exitTimes[rows])
    joined.latencies.append(contentsOf: batch.latencies[rows])
    joined.types.append(contentsOf: batch.types[rows])
    joined.cpus.append(contentsOf: batch.cpus[rows])
    joined.flags.append(contentsOf: batch.flags[rows])
    joined.results.append(contentsOf: batch.results[rows])
    for row in rows { joined.lineages.append(copier.lineage(batch.lineages[row], from: batch.dimensions)) }
    for row in rows { joined.objects.append(copier.object(batch.objects[row], from: batch.dimensions)) }
    countRun(rows, of: batch)
    for position in touched {
      let run = runs[position]
      if let source = batch.arguments(of: columns[position].type) {
        append(run.first..<run.first + run.count, of: source, at: position, batch.dimensions)
      }
      columns[position].count += run.count
      runs[position] = (0, 0)
    }
    touched.removeAll(keepingCapacity: true)
    joined.count += rows.count
  }

  /// Says that nothing of a batch follows: takes over the users and groups as which its threads run.
  public mutating func endSource(_ batch: EventBatch, _ copied: inout CopiedRows) {
    copier.exchangeSource(&copied)
    copier.usersOfThreads(from: batch.dimensions)
    copier.exchangeSource(&copied)
  }

  /// The batch of all that was appended.
  public consuming func finish() -> EventBatch {
    var joined = joined
    if let first = renumbersFrom {
      joined.numbers = .consecutive(first: first)
    } else if let first = numbers.first, let last = numbers.last {
      joined.numbers = last - first == UInt64(numbers.count - 1) ? .consecutive(first: first) : .listed(numbers)
    }
    for type in columns.indices {
      for column in columns[type].columns.indices {
        columns[type].columns[column].values.giveBackRoom()
        columns[type].columns[column].bytes.giveBackRoom()
      }
    }
    joined.arguments = columns.sorted { $0.type < $1.type }
    joined.dimensions = copier.finish()
    return joined
  }

  /// Ranks events, and finds the ranks that the run has in its batch: those of one type are consecutive.
  private mutating func countRun(_ rows: Range<Int>, of batch: EventBatch) {
    for row in rows {
      let type = Int(batch.types[row])
      if positions[type] < 0 { addType(EventTypeID(rawValue: UInt16(type))) }
      let position = Int(positions[type])
      if runs[position].count == 0 {
        runs[position].first = Int(batch.ranks[row])
        touched.append(position)
      }
      joined.ranks.append(UInt32(columns[position].count + runs[position].count))
      runs[position].count += 1
    }
  }

  private mutating func addType(_ type: EventTypeID) {
    positions[Int(type.rawValue)] = Int32(columns.count)
    let stored = schema.type(type)?.parameters.filter { $0.source.isStored } ?? []
    columns.append(
      TypeArguments(type: type, count: 0, columns: stored.map { _ in ArgumentColumn(values: []) }))
    storages.append(stored.map { $0.type.storage })
    runs.append((0, 0))
  }

  private mutating func append(
    _ ranks: Range<Int>, of source: TypeArguments, at position: Int, _ dimensions: borrowing Dimensions
  ) {
    let before = columns[position].count
    for index in columns[position].columns.indices where index < source.columns.count {
      let column = source.columns[index]
      for rank in column.missing(in: ranks) {
        columns[position].columns[index].missing.append(UInt32(before + Int(rank) - ranks.lowerBound))
      }
      switch storages[position][index] {
      case .integer: columns[position].columns[index].values.append(contentsOf: column.values[ranks])
      case .string:
        for rank in ranks {
          let text = copier.text(UInt32(truncatingIfNeeded: column.values[rank]), from: dimensions)
          columns[position].columns[index].values.append(Int64(text))
        }
      case .bytes:
        let start = ranks.lowerBound == 0 ? 0 : Int(column.values[ranks.lowerBound - 1])
        let shift = Int64(columns[position].columns[index].bytes.count - start)
        columns[position].columns[index].bytes.append(
          contentsOf: column.bytes[start..<Int(column.values[ranks.upperBound - 1])])
        for rank in ranks { columns[position].columns[index].values.append(column.values[rank] + shift) }
        heapBytes += Int(column.values[ranks.upperBound - 1]) - start
      }
    }
  }
}

extension EventBatch {
  /// Makes room for events, arguments and dimensions aside.
  fileprivate mutating func reserveCapacity(_ events: Int) {
    exitTimes.reserveCapacity(events)
    latencies.reserveCapacity(events)
    types.reserveCapacity(events)
    cpus.reserveCapacity(events)
    flags.reserveCapacity(events)
    lineages.reserveCapacity(events)
    objects.reserveCapacity(events)
    results.reserveCapacity(events)
    ranks.reserveCapacity(events)
  }
}

extension ArgumentColumn {
  /// The missing ranks within some.
  fileprivate func missing(in ranks: Range<Int>) -> ArraySlice<UInt32> {
    func position(_ rank: Int) -> Int {
      var low = 0
      var high = missing.count
      while low < high {
        let middle = (low + high) / 2
        if Int(missing[middle]) < rank { low = middle + 1 } else { high = middle }
      }
      return low
    }
    return missing[position(ranks.lowerBound)..<position(ranks.upperBound)]
  }
}
