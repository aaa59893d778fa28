import BinaryCoding
import EventBatch
import EventSchema

/// Turns the blocks of a chunk back into a batch that keeps its invariants, or says what is wrong with them.
///
/// Cost: only what was selected, and the dimensions. The slack that unpacking needs is part of every decompressed block.
struct ChunkDecoder {
  let layout: ChunkLayout
  private let schema: Schema
  private let names: DimensionNames
  private let selection: ColumnSelection
  /// What was decoded before.
  let known: KnownColumns?
  /// The only events whose core columns are looked at; `nil` for all.
  private let rows: [UInt32]?
  /// The decompressed blocks, by number; the owner keeps them alive.
  private let blocks: [UnsafeRawBufferPointer?]
  var order: TypeOrder?
  private var ranks: [UInt32] = []
  /// Results where columns of arguments repeat them.
  var repeatedResults = RepeatedResults.none

  init(
    _ layout: ChunkLayout, schema: Schema, names: DimensionNames, _ selection: ColumnSelection,
    blocks: [UnsafeRawBufferPointer?], adding known: KnownColumns? = nil, of rows: [UInt32]? = nil
  ) {
    self.known = known
    self.rows = rows
    self.layout = layout
    self.schema = schema
    self.names = names
    self.selection = selection
    self.blocks = blocks
  }

  mutating func decode() throws(MalformedBytes) -> EventBatch {
    var batch = known?.batch ?? EventBatch(schema: schema)
    batch.count = layout.head.count
    let knownSelection = known?.selection ?? .nothing
    try DimensionDecoder(self, names).decode(into: &batch.dimensions) {
      selection.reads($0) && !knownSelection.reads($0)
    }
    try decodeCore(&batch)
    try decodeArguments(&batch)
    return batch
  }

  // MARK: Core columns

  private mutating func decodeCore(_ batch: inout EventBatch) throws(MalformedBytes) {
    let before = known?.selection.core ?? []
    let core = selection.effectiveCore.subtracting(before)
    let needed = layout.needed(selection, beyond: known?.selection ?? .nothing).map { layout.directory.entries[$0] }
    // One that was asked for and is not there is missed when it is read.
    func isNeeded(_ column: CoreColumn) -> Bool {
      core.contains(column.selection) || needed.contains { $0.key == .core(column) }
    }
    if !before.contains(.numbers) { batch.numbers = .consecutive(first: layout.head.firstNumber) }
    if core.contains(.numbers), let column = try self.core(.numbers) {
      batch.numbers = .listed(column.values.map { UInt64(bitPattern: $0) })
      try checkNumbers(batch.numbers)
    } else if layout.head.count > 0, layout.entry(.core(.numbers)) == nil {
      guard layout.head.lastNumber - layout.head.firstNumber == UInt64(layout.head.count - 1) else {
        throw MalformedBytes("the chunk's numbers have gaps and no column")
      }
    }
    let repeatsResults = needed.contains { $0.encoding == .result }
    // Types that are known were counted when they were read.
    if let rows, before.contains(.types) { return try decodeCore(&batch, core, of: rows, repeatsResults) }
    let needsOrder = repeatsResults || needed.contains { $0.isByType }
    if isNeeded(.types) || needsOrder || core.contains(.ranks) {
      let types: [UInt16] = before.contains(.types) ? batch.types : try narrow(.types, missing: nil)
      ranks = before.contains(.ranks) ? batch.ranks : []
      try setOrder(types, needsOrder)
      if core.contains(.types) { batch.types = types }
      if core.contains(.ranks) { batch.ranks = ranks }
    }
    if core.contains(.exitTimes) { batch.exitTimes = try wide(.exitTimes) }
    if core.contains(.latencies) { batch.latencies = try wide(.latencies) }
    if core.contains(.cpus) { batch.cpus = try narrow(.cpus, missing: nil) }
    if core.contains(.flags) { batch.flags = try narrow(.flags, missing: nil) }
    if core.contains(.lineages) {
      batch.lineages = try narrow(.lineages, missing: EventBatch.noRow)
      try check(batch.lineages, below: batch.dimensions.lineages.count, "lineage")
    }
    if core.contains(.objects) {
      batch.objects = try narrow(.objects, missing: EventBatch.noRow)
      try check(batch.objects, below: batch.dimensions.objects.count, "object")
    }
    if isNeeded(.results) || before.contains(.results) && repeatsResults {
      try decodeResults(&batch, core, repeatsResults)
    }
  }

  private mutating func decodeResults(
    _ batch: inout EventBatch, _ core: ColumnSelection.Core, _ areRepeated: Bool
  ) throws(MalformedBytes) {
    let counts = layout.head.typeCounts
    if let order, known?.selection.core.contains(.results) != true, let entry = layout.entry(.core(.results)),
      entry.isByType, let stored = try self.core(.results)
    {
      // They stand in the order in which arguments repeat them.
      if core.contains(.results) { batch.results = order.restore(stored.values) }
      if areRepeated { repeatedResults = .sorted(ResultsByType(sorted: stored.values, counts: counts)) }
      return
    }
    let results = known?.selection.core.contains(.results) == true ? batch.results : try wide(.results)
    if core.contains(.results) { batch.results = results }
    if areRepeated, let order {
      repeatedResults = .sorted(ResultsByType(sorted: order.sorted(results), counts: counts))
    }
  }

  private func checkNumbers(_ numbers: EventNumbers) throws(MalformedBytes) {
    guard case .listed(let listed) = numbers, let first = listed.first, let last = listed.last else { return }
    for index in listed.indices.dropFirst() where listed[index] <= listed[index - 1] {
      throw MalformedBytes("the numbers of events do not ascend")
    }
    guard first == layout.head.firstNumber, last == layout.head.lastNumber else {
      throw MalformedBytes("the numbers of events are not those of the chunk head")
    }
  }

  /// Ranks are not stored: they count the events of each type. The order of types is made where a column needs it.
  mutating func setOrder(_ types: [UInt16], _ needsOrder: Bool) throws(MalformedBytes) {
    let counts = layout.head.typeCounts
    if selection.core.contains(.ranks) || !ranks.isEmpty {
      if ranks.isEmpty { ranks = try TypeOrder.ranks(types, counts) }
      if needsOrder { order = TypeOrder(types: types, ranks: ranks, counts: counts) }
    } else if needsOrder {
      order = try TypeOrder(checking: types, counts: counts)
    } else {
      try TypeOrder.check(types, counts)
    }
  }

  func core(_ column: CoreColumn) throws(MalformedBytes) -> DecodedColumn? {
    guard let entry = layout.entry(.core(column)) else { return nil }
    guard entry.rows == layout.head.count else { throw MalformedBytes("the column \(column) has \(entry.rows) rows") }
    return try numbers(entry)
  }

  func wide(_ column: CoreColumn) throws(MalformedBytes) -> [Int64] {
    guard let decoded = try core(column), let entry = layout.entry(.core(column)) else {
      if layout.head.count == 0 { return [] }
      throw MalformedBytes("the column \(column) is not there")
    }
    guard entry.isByType else { return decoded.values }
    guard let order else { throw MalformedBytes("the column \(column) is in the order of types, which are not there") }
    return order.restore(decoded.values)
  }

  func narrow<Value: FixedWidthInteger & UnsignedInteger>(
    _ column: CoreColumn, missing: Value?
  ) throws(MalformedBytes) -> [Value] {
    if let entry = layout.entry(.core(column)), !entry.isByType || order != nil, entry.rows == layout.head.count,
      let values = try NarrowReader.read(entry, try bytes(entry), missing: missing)
    {
      if entry.isByType, let order { return order.restore(values) }
      return values
    }
    let values = try wide(column)
    var isTooWide = false
    let narrow = [Value](unsafeUninitializedCapacity: values.count) { target, count in
      // One pass without branches, which becomes vectors. A missing value is the least number there is: its sign makes all
      // bits, which is what stands for "missing" here, and anything else that is negative does not fit.
      var seen: UInt64 = 0
      if missing == Value.max {
        for row in values.indices {
          let value = values[row]
          let sign = value >> 63
          seen |= UInt64(bitPattern: (value & ~sign) | ((value ^ EventBatch.missing) & sign))
          target[row] = Value(truncatingIfNeeded: value | sign)
        }
      } else {
        for row in values.indices {
          seen |= UInt64(bitPattern: values[row])
          target[row] = Value(truncatingIfNeeded: values[row])
        }
      }
      isTooWide = seen > UInt64(Value.max)
      count = values.count
    }
    if isTooWide { throw MalformedBytes("a value of the column \(column) does not fit it") }
    return narrow
  }

  func check(_ rows: [UInt32], below count: Int, _ what: String) throws(MalformedBytes) {
    // Missing references are the greatest number; plus one makes them zero.
    var greatest: UInt32 = 0
    for row in rows { greatest = max(greatest, row &+ 1) }
    guard Int(greatest) <= count else {
      throw MalformedBytes("an event refers to \(what) row \(greatest - 1) of \(count)")
    }
  }

  // MARK: Arguments

  private mutating func decodeArguments(_ batch: inout EventBatch) throws(MalformedBytes) {
    let before = batch.arguments
    // What was read before says it for all types.
    if !selection.hasArguments, known != nil, before.count == layout.head.typeCounts.count { return }
    batch.arguments = []
    // A column that is not there takes memory like any other.
    var values = 0
    for (position, (type, count)) in layout.head.typeCounts.enumerated() {
      guard let declaration = schema.type(type) else {
        throw MalformedBytes("the chunk has events of type \(type.rawValue), which the schema does not have")
      }
      values += Int(count) * declaration.parameters.count { $0.source.isStored }
      guard values <= CaptureLimits.chunkValues else {
        throw MalformedBytes("the arguments of the chunk's events are more than \(CaptureLimits.chunkValues) values")
      }
      if !selection.hasArguments {
        let stored = declaration.parameters.count { $0.source.isStored }
        let columns = [ArgumentColumn](repeating: .absent, count: stored)
        let absent = TypeArguments(type: type, count: Int(count), columns: columns)
        batch.arguments.append(position < before.count ? before[position] : absent)
        continue
      }
      var columns: [ArgumentColumn] = []
      for (parameter, described) in declaration.parameters.enumerated() where described.source.isStored {
        if position < before.count, columns.count < before[position].columns.count,
          before[position].columns[columns.count].isPresent
        {
          columns.append(before[position].columns[columns.count])
          continue
        }
        let isBytes = described.type.storage == .bytes
        if !selection.includes(type, parameter) || isBytes && !selection.payloads {
          columns.append(.absent)
          continue
        }
        let storage = described.type.storage
        columns.append(try argument(type, parameter, storage, Int(count), batch.dimensions.strings.count))
      }
      batch.arguments.append(TypeArguments(type: type, count: Int(count), columns: columns))
    }
  }

  private func argument(
    _ type: EventTypeID, _ parameter: Int, _ storage: ParameterStorage, _ count: Int, _ strings: Int
  ) throws(MalformedBytes) -> ArgumentColumn {
    guard let entry = layout.entry(.argument(type, parameter, part: 0)) else {
      // A parameter without a column has no value in any event.
      return ArgumentColumn(values: [Int64](repeating: 0, count: count), missing: Array(0..<UInt32(count)))
    }
    let decoded = try argumentNumbers(entry, type, count, isFollowing: false)
    var values = decoded.values
    for row in decoded.missing { values[Int(row)] = 0 }
    switch storage {
    case .integer: return ArgumentColumn(values: values, missing: decoded.missing)
    case .string:
      var greatest: UInt64 = 0
      for value in values { greatest = max(greatest, UInt64(bitPattern: value)) }
      guard greatest < UInt64(strings) || values.isEmpty else {
        throw MalformedBytes("an argument of type \(type.rawValue) refers to text \(greatest) of \(strings)")
      }
      return ArgumentColumn(values: values, missing: decoded.missing)
    case .bytes:
      guard let heap = layout.entry(.argument(type, parameter, part: 1)) else {
        throw MalformedBytes("a payload of type \(type.rawValue) has lengths and no bytes")
      }
      let bytes = try self.heap(heap)
      try DimensionDecoder.sumLengths(&values, total: bytes.count)
      return ArgumentColumn(values: values, bytes: bytes, missing: decoded.missing)
    }
  }

  private func argumentNumbers(
    _ entry: ColumnDirectory.Entry, _ type: EventTypeID, _ count: Int, isFollowing: Bool
  ) throws(MalformedBytes) -> DecodedColumn {
    guard entry.rows == count else {
      throw MalformedBytes("an argument of type \(type.rawValue) has \(entry.rows) values, the type \(count) events")
    }
    guard !entry.isByType else { throw MalformedBytes("an argument is in the order of types") }
    switch entry.encoding {
    case .same:
      // One step only: no circles.
      guard !isFollowing, entry.length == 0, entry.missing == .none, let repeated = entry.repeated,
        let other = layout.entry(entry.key.sibling(repeated))
      else {
        throw MalformedBytes("a column of type \(type.rawValue) repeats one that is not there")
      }
      return try argumentNumbers(other, type, count, isFollowing: true)
    case .result:
      return try repeated(entry, type)
    default:
      return try numbers(entry)
    }
  }

  private func repeated(_ entry: ColumnDirectory.Entry, _ type: EventTypeID) throws(MalformedBytes) -> DecodedColumn {
    let results = repeatedResults[type]
    guard results.count == entry.rows else {
      throw MalformedBytes("a column of type \(type.rawValue) repeats results that are not there")
    }
    var cursor = ByteCursor(try bytes(entry))
    let missing = try MissingRowsCoding.read(entry.missing, rows: entry.rows, &cursor)
    let limit = try cursor.zigzag()
    guard cursor.remaining == 0 else { throw MalformedBytes("a column has bytes behind its end") }
    return DecodedColumn(values: results.map { min($0, limit) }, missing: missing)
  }

  // MARK: Columns

  func entry(_ key: ColumnKey) -> ColumnDirectory.Entry? { layout.entry(key) }

  var tables: [(table: UInt8, rows: Int)] { layout.directory.tables }
  func entries(of table: DimensionTableID) -> [ColumnDirectory.Entry] {
    layout.directory.positions(of: table).map { layout.directory.entries[$0] }
  }

  /// The values of a column; `EventBatch.missing` where there is none.
  func numbers(_ entry: ColumnDirectory.Entry) throws(MalformedBytes) -> DecodedColumn {
    let bytes = try bytes(entry)
    var cursor = ByteCursor(bytes)
    let missing = try MissingRowsCoding.read(entry.missing, rows: entry.rows, &cursor)
    let rest = try cursor.take(cursor.remaining)
    let kept = entry.rows - missing.count
    var failure: MalformedBytes?
    let values = [Int64](unsafeUninitializedCapacity: entry.rows) { target, count in
      let target = UnsafeMutableBufferPointer(rebasing: target[..<entry.rows])
      do throws(MalformedBytes) {
        try ValueReader.read(entry.encoding, rest, into: UnsafeMutableBufferPointer(rebasing: target[..<kept]))
        if !missing.isEmpty { MissingRowsCoding.spread(missing, filler: EventBatch.missing, in: target) }
      } catch {
        failure = error
      }
      count = failure == nil ? entry.rows : 0
    }
    if let failure { throw failure }
    return DecodedColumn(values: values, missing: missing)
  }

  func heap(_ entry: ColumnDirectory.Entry) throws(MalformedBytes) -> [UInt8] {
    guard entry.encoding == .bytes, entry.rows == entry.length, entry.missing == .none else {
      throw MalformedBytes("the column \(entry.key) does not hold bytes")
    }
    return Array(try bytes(entry))
  }

  func bytes(_ entry: ColumnDirectory.Entry) throws(MalformedBytes) -> UnsafeRawBufferPointer {
    guard let block = blocks[entry.block] else { throw MalformedBytes("a block was not read") }
    return UnsafeRawBufferPointer(rebasing: block[entry.offset..<entry.offset + entry.length])
  }
}

/// The values of a column of numbers.
struct DecodedColumn {
  var values: [Int64]
  /// Ascending rows without a value.
  var missing: [UInt32]
}
