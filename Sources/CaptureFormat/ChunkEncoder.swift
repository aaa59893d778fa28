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
  private var gathered = ColumnGathering()

  /// - Parameter compression: for the blocks; a block that does not shrink is stored as it is.
  public init(_ compression: BlockCompression) {
    self.compression = compression
    columns = ColumnEncoder(compression)
  }

  /// Encodes a batch as one chunk. Who hands its only copy over has the memory back before the bytes are compressed, which
  /// takes the longest.
  ///
  /// - Precondition: the batch is whole (all columns are there) and keeps its invariants.
  public mutating func encode(_ batch: consuming EventBatch) throws(LimitExceeded) -> EncodedChunk {
    let (index, facts) = try encodeColumns(batch)
    _ = consume batch
    return try assemble(index, facts)
  }

  private mutating func encodeColumns(_ batch: EventBatch) throws(LimitExceeded) -> (ChunkIndex, ChunkFacts) {
    try ChunkEncoder.check(batch)
    builder.reset()
    // In the order of their keys, by which readers find columns.
    let order = TypeOrder(batch)
    encodeCore(batch, order)
    encodeDimensions(batch.dimensions)
    encodeArguments(batch, order)
    return (ChunkIndex(batch), ChunkFacts(batch))
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
    for table in DimensionTableID.allCases {
      let rows = dimensions.rows(of: table)
      if rows > 0 { builder.directory.tables.append((table.rawValue, rows)) }
    }
    let strings = dimensions.strings
    strings.ends.withUnsafeBufferPointer { gathered.takeLengths(ends: $0) }
    encodeGathered(.dimension(.strings, 0), group: .dimensions)
    appendHeap(.dimension(.strings, 1), strings.heap, group: .dimensions)
    encode(table: .images, dimensions.images)
    encode(table: .threads, dimensions.threads)
    encode(table: .lineages, dimensions.lineages)
    encode(table: .objects, dimensions.objects)
    encode(table: .containers, dimensions.containers)
    encode(table: .users, dimensions.users)
  }

  private mutating func encode<Column: DimensionColumn>(table: DimensionTableID, _ rows: DimensionTable<Column>) {
    for column in Column.allCases {
      rows[column].withUnsafeBufferPointer { gathered.take($0, missing: EventBatch.missing) }
      if gathered.values.isEmpty { continue }
      encodeGathered(.dimension(table, column.rawValue), group: .dimensions)
    }
  }

  // MARK: Core columns

  private mutating func encodeCore(_ batch: EventBatch, _ order: TypeOrder) {
    if case .listed(let numbers) = batch.numbers { encodeCore(.numbers, numbers) }
    encodeCore(.exitTimes, batch.exitTimes)
    encodeCore(.latencies, batch.latencies, missing: EventBatch.missing, order)
    encodeCore(.types, batch.types)
    encodeCore(.cpus, batch.cpus)
    encodeCore(.flags, batch.flags, order)
    encodeCore(.lineages, batch.lineages, missing: EventBatch.noRow, order)
    encodeCore(.objects, batch.objects, missing: EventBatch.noRow, order)
    encodeCore(.results, batch.results, missing: EventBatch.missing, order)
  }

  /// - Parameters:
  ///   - missing: what stands for a missing value.
  ///   - order: the column is written in the order of rows or in this one, whichever looks smaller.
  private mutating func encodeCore<Value: FixedWidthInteger & BitwiseCopyable>(
    _ column: CoreColumn, _ values: [Value], missing: Value? = nil, _ order: TypeOrder? = nil
  ) {
    var isByType = false
    values.withUnsafeBufferPointer { values in
      if let order, order.isWorthTrying(values.count) {
        isByType = columns.prefersTypeOrder(.core(column), values, order)
        if isByType { return gathered.take(values, missing: missing, in: order) }
      }
      gathered.take(values, missing: missing)
    }
    encodeGathered(.core(column), group: .core, isByType: isByType)
  }

  // MARK: Arguments

  private mutating func encodeArguments(_ batch: EventBatch, _ order: TypeOrder) {
    let results = ResultsByType(batch, order)
    for type in batch.arguments {
      guard let declaration = batch.schema.type(type.type) else { continue }
      let stored = declaration.parameters.indices.filter { declaration.parameters[$0].source.isStored }
      for (position, parameter) in stored.enumerated() {
        let column = type.columns[position]
        if column.missing.count == type.count { continue }
        let key = ColumnKey.argument(type.type, parameter, part: 0)
        let storage = declaration.parameters[parameter].type.storage
        let earlier =
          storage != .integer
          ? nil
          : stored[..<position].indices.first { earlier in
            declaration.parameters[stored[earlier]].type.storage == .integer && type.count > 1
              && type.columns[earlier].values == column.values && type.columns[earlier].missing == column.missing
          }
        if let earlier {
          appendSame(key, as: .argument(type.type, stored[earlier], part: 0), rows: type.count)
        } else {
          column.values.withUnsafeBufferPointer {
            if storage == .bytes { gathered.takeLengths(ends: $0) } else { gathered.take($0, missing: nil) }
          }
          if let limit = results.limit(for: gathered.values, missing: column.missing, of: type.type) {
            appendResult(key, limit: limit, missing: column.missing, rows: type.count)
          } else {
            gathered.remove(column.missing)
            encodeGathered(key, group: .arguments)
          }
        }
        if storage == .bytes { appendHeap(.argument(type.type, parameter, part: 1), column.bytes, group: .payload) }
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

  private mutating func encodeGathered(_ key: ColumnKey, group: BlockGroup, isByType: Bool = false) {
    scratch.truncate(to: 0)
    let rows = gathered.rows
    let kind = MissingRowsCoding.write(gathered.missing, rows: rows, into: &scratch)
    let encoding = columns.encode(key, gathered.values, into: &scratch)
    builder.append(
      key, rows: rows, encoding: encoding, missing: kind, isByType: isByType, group: group, scratch.bytes)
  }

  private mutating func appendHeap(_ key: ColumnKey, _ heap: [UInt8], group: BlockGroup) {
    builder.append(key, heap: heap, group: group)
  }

  // MARK: The chunk

  private mutating func assemble(_ index: ChunkIndex, _ facts: ChunkFacts) throws(LimitExceeded) -> EncodedChunk {
    let raw = builder.rawBytes
    guard raw <= CaptureLimits.chunkBytes else {
      throw LimitExceeded(what: "the size of a chunk in bytes", value: raw, limit: CaptureLimits.chunkBytes)
    }
    output.truncate(to: 0)
    let stored = builder.compress(compression, into: &output)
    builder.reset()
    var head = index.head
    head.paths = ChunkIndexer.paths(index.pathHashes, chunkBytes: output.count)
    head.blocks = stored
    scratch.truncate(to: 0)
    head.write(into: &scratch, containerIDs: index.containerIDs ?? [], executablePaths: index.executablePaths ?? [])
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
    return EncodedChunk(head: head, facts: facts, bytes: bytes, headLength: headLength)
  }
}
