import EventSchema

/// Collects events one by one into columns: what every source fills.
///
/// Per event: one `appendEvent`, then one `append…` for each stored parameter of its type, in schema order. No
/// allocation per event once the columns have grown. The rows that events refer to live in the source's own dimensions;
/// `finish` copies just those that were used.
public struct EventBatchBuilder: ~Copyable {
  /// What the type numbers mean.
  public let schema: Schema
  /// Events since the last `finish`.
  public private(set) var count = 0
  /// The number of the first of them.
  public private(set) var firstNumber: UInt64
  /// The earliest exit time among them.
  public private(set) var leastExit = Int64.max
  /// The latest exit time among them.
  public private(set) var greatestExit = Int64.min
  /// The bytes that argument texts and payloads hold so far: what bounds a batch besides its count.
  public private(set) var heapBytes = 0

  // Not private: `glance` copies from them.
  var exitTimes = ColumnBuffer<Int64>()
  var latencies = ColumnBuffer<Int64>()
  var types = ColumnBuffer<UInt16>()
  var cpus = ColumnBuffer<UInt16>()
  var flags = ColumnBuffer<UInt16>()
  var lineages = ColumnBuffer<UInt32>()
  var objects = ColumnBuffer<UInt32>()
  var results = ColumnBuffer<Int64>()
  var ranks = ColumnBuffer<UInt32>()
  var columns: ArgumentBuffers
  var copier = DimensionCopier()

  /// An empty builder whose first event gets a number.
  public init(schema: Schema, firstNumber: UInt64 = 1) {
    self.schema = schema
    self.firstNumber = firstNumber
    columns = ArgumentBuffers(schema: schema)
  }

  /// Starts an event. Events must come in order of exit time.
  ///
  /// - Parameters:
  ///   - lineage: a row of the dimensions that `finish` is given.
  ///   - object: likewise, or `EventBatch.noRow`.
  @inline(__always)
  public mutating func appendEvent(
    exitTime: Int64, latency: Int64, type: EventTypeID, cpu: UInt16, flags eventFlags: EventFlags,
    lineage: UInt32, object: UInt32, result: Int64
  ) {
    exitTimes.append(exitTime)
    latencies.append(latency)
    types.append(type.rawValue)
    cpus.append(cpu)
    flags.append(eventFlags.rawValue)
    lineages.append(lineage)
    objects.append(object)
    results.append(result)
    ranks.append(columns.begin(type))
    if exitTime < leastExit { leastExit = exitTime }
    if exitTime > greatestExit { greatestExit = exitTime }
    count += 1
  }

  /// The next argument: an integer, unsigned ones by bit pattern.
  @inline(__always)
  public mutating func appendInteger(_ value: Int64) { columns.append(value) }

  /// The next argument: a text, interned in the batch.
  public mutating func appendText(_ bytes: UnsafeRawBufferPointer) {
    let before = copier.strings.table.heap.count
    columns.append(Int64(copier.strings.intern(bytes)))
    heapBytes += copier.strings.table.heap.count - before
  }

  /// The next argument: payload bytes.
  @inline(__always)
  public mutating func appendBytes(_ bytes: UnsafeRawBufferPointer) {
    columns.appendBytes(bytes)
    heapBytes += bytes.count
  }

  /// The next argument is not there.
  public mutating func appendMissing() { columns.appendMissing() }

  /// Replaces identity and object of a row that was appended before its definition arrived.
  public mutating func resolve(row: Int, lineage: UInt32?, object: UInt32?) {
    if let lineage { lineages[row] = lineage }
    if let object { objects[row] = object }
  }

  /// Marks a row.
  public mutating func mark(row: Int, _ mark: EventFlags) { flags[row] |= mark.rawValue }

  /// The row of a text that a row of the batch's own dimensions names: for `finish(owning:)`.
  public mutating func internText(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    let before = copier.strings.table.heap.count
    let row = copier.strings.intern(bytes)
    heapBytes += copier.strings.table.heap.count - before
    return row
  }

  /// The batch of all that was appended; the builder is empty again and goes on with the next number.
  /// - Parameter source: the dimensions that the events' rows stand in.
  public mutating func finish(_ source: borrowing Dimensions) -> EventBatch {
    var batch = takeEvents()
    for row in 0..<batch.count {
      batch.lineages[row] = copier.lineage(batch.lineages[row], from: source)
      batch.objects[row] = copier.object(batch.objects[row], from: source)
    }
    copier.usersOfThreads(from: source)
    batch.dimensions = takeCopier().finish()
    return batch
  }

  /// The same for a source that makes its dimensions anew for each batch, with texts by `internText`: nothing is copied.
  ///
  /// - Parameter dimensions: all rows that the events name, and no others; their strings are left out.
  public mutating func finish(owning dimensions: consuming Dimensions) -> EventBatch {
    var batch = takeEvents()
    batch.dimensions = dimensions
    batch.dimensions.strings = takeCopier().strings.table
    return batch
  }

  private mutating func takeEvents() -> EventBatch {
    var batch = EventBatch(schema: schema)
    batch.count = count
    batch.numbers = .consecutive(first: firstNumber)
    batch.exitTimes = exitTimes.take()
    batch.latencies = latencies.take()
    batch.types = types.take()
    batch.cpus = cpus.take()
    batch.flags = flags.take()
    batch.lineages = lineages.take()
    batch.objects = objects.take()
    batch.results = results.take()
    batch.ranks = ranks.take()
    batch.arguments = columns.take()
    firstNumber += UInt64(count)
    count = 0
    heapBytes = 0
    leastExit = Int64.max
    greatestExit = Int64.min
    return batch
  }

  private mutating func takeCopier() -> DimensionCopier {
    var finished = DimensionCopier()
    swap(&finished, &copier)
    return finished
  }
}

/// The argument columns of all types, flat: the columns of a type stand side by side from `starts[type]` on.
///
/// Not private: what the compiler specialises of the builder in other rooms refers to it, and would not link.
struct ArgumentBuffers: ~Copyable {
  private let types: [EventTypeID]
  /// The first column of each type id, and behind it (at id + 1) the end of its columns.
  let starts: [Int32]
  let storages: [ParameterStorage]
  private(set) var columns: UnsafeMutablePointer<ArgumentBuffer>
  private let columnCount: Int
  private var counts: [UInt32]
  private var cursor = 0
  private var limit = 0
  private var rank: UInt32 = 0

  init(schema: Schema) {
    types = schema.types.map(\.id)
    let last = Int(schema.types.last?.id.rawValue ?? 0)
    var starts = [Int32](repeating: 0, count: last + 2)
    var storages: [ParameterStorage] = []
    for id in 0...last {
      starts[id] = Int32(storages.count)
      if let type = schema.type(EventTypeID(rawValue: UInt16(id))) {
        for parameter in type.parameters where parameter.source.isStored {
          storages.append(parameter.type.storage)
        }
      }
    }
    starts[last + 1] = Int32(storages.count)
    self.starts = starts
    self.storages = storages
    counts = [UInt32](repeating: 0, count: last + 1)
    columnCount = storages.count
    // Raw storage, owned here and freed in deinit: an array of buffers would be checked for uniqueness at each append.
    columns = .allocate(capacity: max(columnCount, 1))
    for index in 0..<columnCount { (columns + index).initialize(to: ArgumentBuffer()) }
  }

  deinit {
    columns.deinitialize(count: columnCount)
    columns.deallocate()
  }

  @inline(__always)
  mutating func begin(_ type: EventTypeID) -> UInt32 {
    assert(cursor == limit, "the event before has parameters that were not appended")
    let id = Int(type.rawValue)
    cursor = Int(starts[id])
    limit = Int(starts[id + 1])
    rank = counts[id]
    counts[id] = rank + 1
    return rank
  }

  @inline(__always)
  mutating func append(_ value: Int64) {
    precondition(cursor < limit, "more arguments than the event type has")
    columns[cursor].values.append(value)
    cursor += 1
  }

  @inline(__always)
  mutating func appendBytes(_ bytes: UnsafeRawBufferPointer) {
    precondition(cursor < limit, "more arguments than the event type has")
    columns[cursor].bytes.append(bytes)
    columns[cursor].values.append(Int64(columns[cursor].bytes.count))
    cursor += 1
  }

  mutating func appendMissing() {
    precondition(cursor < limit, "more arguments than the event type has")
    columns[cursor].missing.append(rank)
    columns[cursor].values.append(storages[cursor] == .bytes ? Int64(columns[cursor].bytes.count) : 0)
    cursor += 1
  }

  mutating func take() -> [TypeArguments] {
    var taken: [TypeArguments] = []
    for type in types where counts[Int(type.rawValue)] > 0 {
      let id = Int(type.rawValue)
      var typeColumns: [ArgumentColumn] = []
      for index in Int(starts[id])..<Int(starts[id + 1]) {
        typeColumns.append(
          ArgumentColumn(
            values: columns[index].values.take(), bytes: columns[index].bytes.take(),
            missing: columns[index].missing.take()))
      }
      taken.append(TypeArguments(type: type, count: Int(counts[id]), columns: typeColumns))
      counts[id] = 0
    }
    cursor = 0
    limit = 0
    return taken
  }
}

struct ArgumentBuffer: ~Copyable {
  var values = ColumnBuffer<Int64>()
  var bytes = ColumnBuffer<UInt8>()
  var missing = ColumnBuffer<UInt32>()
}
