import BinaryCoding
import EventBatch
import EventSchema

/// Turns batches into chunks: encodes, compresses and indexes, and writes nowhere.
///
/// An encoder may run on another thread than the writer that appends its chunks. It keeps working memory from batch to
/// batch. The same batches give the same bytes.
public struct ChunkEncoder: ~Copyable {
  private let compression: BlockCompression
  private var columns: ColumnEncoder
  private var builder = BlockBuilder()
  private var output = ByteBuffer(capacity: 1 << 20)
  private var scratch = ByteBuffer(capacity: 1 << 16)
  private var wide: [Int64] = []
  private var ordered: [Int64] = []

  /// - Parameter compression: for the blocks; a block that does not shrink is stored as it is.
  public init(_ compression: BlockCompression) {
    self.compression = compression
    columns = ColumnEncoder(compression)
  }

  /// Encodes a batch as one chunk.
  ///
  /// - Precondition: the batch is whole (all columns are there) and keeps its invariants.
  public mutating func encode(_ batch: EventBatch) throws(LimitExceeded) -> EncodedChunk {
    try ChunkEncoder.check(batch)
    builder.reset()
    encodeDimensions(batch.dimensions)
    encodeCore(batch)
    encodeArguments(batch)
    return try assemble(batch)
  }

  private static func check(_ batch: EventBatch) throws(LimitExceeded) {
    func limit(_ what: String, _ value: Int, _ limit: Int) throws(LimitExceeded) {
      if value > limit { throw LimitExceeded(what: what, value: value, limit: limit) }
    }
    try limit("the number of events in a chunk", batch.count, CaptureLimits.chunkEvents)
    var values = batch.count * CoreColumn.allCases.count
    for type in batch.arguments { values += type.count * type.columns.count * 2 }
    let dimensions = batch.dimensions
    for table in DimensionTableID.allCases { values += dimensions.rows(of: table) * table.columnCount }
    try limit("the number of values in a chunk", values, CaptureLimits.chunkValues)
  }

  // MARK: Dimensions

  private mutating func encodeDimensions(_ dimensions: Dimensions) {
    for table in DimensionTableID.allCases where table != .strings {
      let rows = dimensions.rows(of: table)
      if rows > 0 { builder.directory.tables.append((table.rawValue, rows)) }
    }
    encode(table: .images, dimensions.images)
    encode(table: .threads, dimensions.threads)
    encode(table: .lineages, dimensions.lineages)
    encode(table: .objects, dimensions.objects)
    encode(table: .containers, dimensions.containers)
    encode(table: .users, dimensions.users)
    let strings = dimensions.strings
    builder.directory.tables.append((DimensionTableID.strings.rawValue, strings.count))
    ChunkEncoder.lengths(of: strings.ends, into: &wide)
    encodeWide(.dimension(.strings, 0), group: .dimensions, missing: nil)
    appendHeap(.dimension(.strings, 1), strings.heap, group: .dimensions)
  }

  private mutating func encode<Column: DimensionColumn>(table: DimensionTableID, _ rows: DimensionTable<Column>) {
    for column in Column.allCases {
      let values = rows[column]
      if values.allSatisfy({ $0 == EventBatch.missing }) { continue }
      wide.removeAll(keepingCapacity: true)
      wide.append(contentsOf: values)
      encodeWide(.dimension(table, column.rawValue), group: .dimensions, missing: EventBatch.missing)
    }
  }

  // MARK: Core columns

  private mutating func encodeCore(_ batch: EventBatch) {
    if case .listed(let numbers) = batch.numbers {
      widen(numbers)
      encodeWide(.core(.numbers), group: .core, missing: nil)
    }
    widen(batch.exitTimes)
    encodeWide(.core(.exitTimes), group: .core, missing: nil)
    widen(batch.types)
    encodeWide(.core(.types), group: .core, missing: nil)
    widen(batch.cpus)
    encodeWide(.core(.cpus), group: .core, missing: nil)
    let order = TypeOrder(batch)
    widen(batch.latencies)
    encodeEither(.latencies, order, missing: EventBatch.missing)
    widen(batch.flags)
    encodeEither(.flags, order, missing: nil)
    widen(batch.lineages)
    encodeEither(.lineages, order, missing: Int64(EventBatch.noRow))
    widen(batch.objects)
    encodeEither(.objects, order, missing: Int64(EventBatch.noRow))
    widen(batch.results)
    encodeEither(.results, order, missing: EventBatch.missing)
  }

  private mutating func widen<Value: FixedWidthInteger>(_ values: [Value]) {
    wide.removeAll(keepingCapacity: true)
    wide.reserveCapacity(values.count)
    values.withUnsafeBufferPointer { values in
      for value in values { wide.append(Int64(truncatingIfNeeded: value)) }
    }
  }

  /// Writes a core column in the order of rows or of types, whichever looks smaller.
  private mutating func encodeEither(_ column: CoreColumn, _ order: TypeOrder, missing: Int64?) {
    var isByType = false
    if order.isWorthTrying(wide.count) {
      isByType = columns.prefersTypeOrder(.core(column), wide) { order.sort(wide, into: &$0) }
      if isByType {
        order.sort(wide, into: &ordered)
        swap(&wide, &ordered)
      }
    }
    encodeWide(.core(column), group: .core, missing: missing, isByType: isByType)
  }

  // MARK: Arguments

  private mutating func encodeArguments(_ batch: EventBatch) {
    let results = ResultsByType(batch)
    for type in batch.arguments {
      guard let declaration = batch.schema.type(type.type) else { continue }
      var stored = 0
      for (parameter, described) in declaration.parameters.enumerated() where described.source.isStored {
        let column = type.columns[stored]
        stored += 1
        if column.missing.count == type.count { continue }
        switch described.type.storage {
        case .integer, .string:
          wide.removeAll(keepingCapacity: true)
          wide.append(contentsOf: column.values)
        case .bytes:
          ChunkEncoder.lengths(of: column.values, into: &wide)
        }
        let key = ColumnKey.argument(type.type, parameter, part: 0)
        let earlier = (0..<stored - 1).first { earlier in
          described.type.storage == .integer && type.columns[earlier].values == column.values
            && type.columns[earlier].missing == column.missing && column.values.count > 1
            && declaration.parameters[storedIndex: earlier].type.storage == .integer
        }
        if let earlier {
          let other = ColumnKey.argument(type.type, declaration.parameters.index(ofStored: earlier), part: 0)
          appendSame(key, as: other, rows: type.count)
        } else if let limit = results.limit(for: wide, missing: column.missing, of: type.type) {
          appendResult(key, limit: limit, missing: column.missing, rows: type.count)
        } else {
          encodeWide(key, group: .arguments, missingRows: column.missing)
        }
        if described.type.storage == .bytes {
          appendHeap(.argument(type.type, parameter, part: 1), column.bytes, group: .payload)
        }
      }
    }
  }

  private mutating func appendSame(_ key: ColumnKey, as other: ColumnKey, rows: Int) {
    scratch.truncate(to: 0)
    builder.append(
      key, rows: rows, encoding: .same, missing: .none, group: .arguments, scratch.bytes, repeated: other.second)
  }

  private mutating func appendResult(_ key: ColumnKey, limit: Int64, missing: [UInt32], rows: Int) {
    scratch.truncate(to: 0)
    let kind = MissingRowsCoding.write(missing, rows: rows, into: &scratch)
    scratch.append(zigzag: limit)
    builder.append(key, rows: rows, encoding: .result, missing: kind, group: .arguments, scratch.bytes)
  }

  // MARK: Columns

  /// Encodes `wide`, in which a certain value stands for a missing one.
  private mutating func encodeWide(_ key: ColumnKey, group: BlockGroup, missing: Int64?, isByType: Bool = false) {
    var rows: [UInt32] = []
    if let missing, wide.contains(missing) {
      for (row, value) in wide.enumerated() where value == missing { rows.append(UInt32(row)) }
    }
    encodeWide(key, group: group, missingRows: rows, isByType: isByType)
  }

  private mutating func encodeWide(
    _ key: ColumnKey, group: BlockGroup, missingRows: [UInt32], isByType: Bool = false
  ) {
    let rows = wide.count
    scratch.truncate(to: 0)
    let kind = MissingRowsCoding.write(missingRows, rows: rows, into: &scratch)
    if kind != .none { MissingRowsCoding.remove(missingRows, from: &wide) }
    let encoding = wide.withUnsafeBufferPointer { columns.encode(key, $0, into: &scratch) }
    builder.append(
      key, rows: rows, encoding: encoding, missing: kind, isByType: isByType, group: group, scratch.bytes)
  }

  private mutating func appendHeap(_ key: ColumnKey, _ heap: [UInt8], group: BlockGroup) {
    heap.withUnsafeBytes {
      builder.append(key, rows: heap.count, encoding: .bytes, missing: .none, group: group, $0)
    }
  }

  private static func lengths<End: FixedWidthInteger>(of ends: [End], into lengths: inout [Int64]) {
    lengths.removeAll(keepingCapacity: true)
    var start: Int64 = 0
    for end in ends {
      lengths.append(Int64(end) - start)
      start = Int64(end)
    }
  }

  // MARK: The chunk

  private mutating func assemble(_ batch: EventBatch) throws(LimitExceeded) -> EncodedChunk {
    let indexer = ChunkIndexer(batch)
    let containerIDs = indexer.containerIDs()
    let executablePaths = indexer.executablePaths()
    var head = ChunkHead(ranges: batch)
    head.pids = indexer.values(.pid)
    head.containers = containerIDs?.map { String(decoding: $0, as: UTF8.self) }
    head.uids = indexer.values(.uid)
    head.executables = executablePaths?.map { String(decoding: $0, as: UTF8.self) }
    head.paths = indexer.paths()
    head.addresses = indexer.addresses()
    head.errors = indexer.errors()
    head.ports = indexer.ports()
    let raw = builder.rawBytes
    guard raw <= CaptureLimits.chunkBytes else {
      throw LimitExceeded(what: "the size of a chunk in bytes", value: raw, limit: CaptureLimits.chunkBytes)
    }
    output.truncate(to: 0)
    head.blocks = builder.compress(compression, into: &output)
    scratch.truncate(to: 0)
    head.write(into: &scratch, containerIDs: containerIDs ?? [], executablePaths: executablePaths ?? [])
    head.byteCount = scratch.count
    guard scratch.count <= CaptureLimits.headBytes else {
      throw LimitExceeded(
        what: "the size of a chunk's indexes in bytes", value: scratch.count, limit: CaptureLimits.headBytes)
    }
    let headLength = scratch.count
    let blocks = output.bytes
    let front = scratch.bytes
    let total = headLength + blocks.count
    guard total <= CaptureLimits.frameBytes else {
      throw LimitExceeded(what: "the size of a chunk in bytes", value: total, limit: CaptureLimits.frameBytes)
    }
    let bytes = [UInt8](unsafeUninitializedCapacity: total) { target, count in
      UnsafeMutableRawBufferPointer(target).copyMemory(from: front)
      UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[headLength...])
        .copyMemory(from: blocks)
      count = total
    }
    return EncodedChunk(
      head: head, facts: ChunkFacts(batch), bytes: bytes, headLength: headLength)
  }
}

extension Collection where Element == Parameter, Index == Int {
  /// The position of the `stored`th parameter that has a column.
  func index(ofStored stored: Int) -> Int {
    var left = stored
    for (index, parameter) in enumerated() where parameter.source.isStored {
      if left == 0 { return index }
      left -= 1
    }
    return count
  }

  subscript(storedIndex stored: Int) -> Parameter { self[index(ofStored: stored)] }
}
