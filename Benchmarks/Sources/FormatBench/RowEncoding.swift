import EventBatch
import EventSchema

/// The same events as fixed rows, as tools that write tapes do: what columns must beat.
///
/// A row of a system call, little-endian, in the manner of the ecosystem's capture files:
///
///      0  time        u64   nanoseconds of the epoch
///      8  thread      u64
///     16  length      u32   of the whole row
///     20  type        u16
///     22  parameters  u32   their number
///     26  lengths     u16 for each parameter
///         parameters, one behind the other: integers in 1, 2, 4 or 8 bytes as their types say, texts and bytes as they are
///
/// Two more parameters stand for what tapes say elsewhere (in the row of the call's entry, and in front of each row): the
/// latency (8 bytes) and the CPU (2 bytes). Paths of threads and objects are not repeated in each row: a tape says them
/// once, in the rows of the calls that made them.
struct RowEncoding {
  private(set) var bytes: [UInt8] = []
  /// Whether the bytes that programs read and wrote stand in the rows.
  let hasPayload: Bool

  init(hasPayload: Bool) { self.hasPayload = hasPayload }

  mutating func append(_ batch: EventBatch) {
    var declared: [UInt16: (declaration: EventType, columns: TypeArguments?)] = [:]
    for type in batch.arguments {
      if let declaration = batch.schema.type(type.type) { declared[type.type.rawValue] = (declaration, type) }
    }
    for row in 0..<batch.count {
      guard let (declaration, columns) = declared[batch.types[row]] else { continue }
      append(batch, row, declaration, columns)
    }
  }

  private mutating func append(
    _ batch: EventBatch, _ row: Int, _ declaration: EventType, _ columns: TypeArguments?
  ) {
    let start = bytes.count
    let lineage = batch.lineages[row]
    let thread = lineage == EventBatch.noRow ? -1 : batch.dimensions.lineages[Int(lineage), .thread]
    append(batch.exitTimes[row])
    append(thread < 0 ? Int64(0) : batch.dimensions.threads[Int(thread), .tid])
    append(UInt32(0))
    append(batch.types[row])
    append(UInt32(declaration.parameters.count + 2))
    let lengths = bytes.count
    bytes.append(contentsOf: repeatElement(0, count: 2 * (declaration.parameters.count + 2)))
    var before = bytes.count
    func note(_ index: Int, _ bytes: inout [UInt8]) {
      let length = UInt16(truncatingIfNeeded: bytes.count - before)
      bytes[lengths + 2 * index] = UInt8(truncatingIfNeeded: length)
      bytes[lengths + 2 * index + 1] = UInt8(truncatingIfNeeded: length >> 8)
      before = bytes.count
    }
    var stored = 0
    for (index, parameter) in declaration.parameters.enumerated() {
      if parameter.source.isStored {
        if let columns { append(columns.columns[stored], Int(batch.ranks[row]), parameter, batch) }
        stored += 1
      } else if case .result = parameter.source, batch.results[row] != EventBatch.missing {
        append(batch.results[row])
      }
      note(index, &bytes)
    }
    append(batch.latencies[row])
    note(declaration.parameters.count, &bytes)
    append(batch.cpus[row])
    note(declaration.parameters.count + 1, &bytes)
    let length = UInt32(bytes.count - start)
    withUnsafeBytes(of: length.littleEndian) {
      for (index, byte) in $0.enumerated() { bytes[start + 16 + index] = byte }
    }
  }

  private mutating func append(_ column: ArgumentColumn, _ rank: Int, _ parameter: Parameter, _ batch: EventBatch) {
    if column.isMissing(rank) { return }
    switch parameter.type.storage {
    case .bytes where !hasPayload: break
    case .bytes: bytes.append(contentsOf: column.bytes(at: rank))
    case .string: bytes.append(contentsOf: batch.dimensions.strings[Int(column.values[rank])])
    case .integer:
      let value = column.values[rank]
      switch parameter.type {
      case .int8, .uint8, .flags8, .enumeration8, .boolean, .signal: append(UInt8(truncatingIfNeeded: value))
      case .int16, .uint16, .flags16, .enumeration16, .port: append(UInt16(truncatingIfNeeded: value))
      case .int32, .uint32, .flags32, .enumeration32, .mode, .uid, .gid: append(UInt32(truncatingIfNeeded: value))
      default: append(value)
      }
    }
  }

  private mutating func append<Value: FixedWidthInteger>(_ value: Value) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }
}
