import BinaryCoding
import CaptureFormat
import Compression
import EventBatch
import EventSchema

/// Writes a batch as a chunk with every choice made by hand, and with what only later versions write.
struct ChunkSketch {
  /// A column by its space and numbers.
  struct Key: Hashable {
    var space: UInt8
    var first: UInt64
    var second: UInt64

    static func core(_ column: CoreColumn) -> Key { Key(space: 0, first: UInt64(column.rawValue), second: 0) }
    static func dimension(_ table: DimensionTableID, _ column: Int) -> Key {
      Key(space: 1, first: UInt64(table.rawValue), second: UInt64(column))
    }
    static func argument(_ type: EventTypeID, _ parameter: Int, isBytes: Bool = false) -> Key {
      Key(space: 2, first: UInt64(type.rawValue), second: UInt64(parameter * 2 + (isBytes ? 1 : 0)))
    }
  }

  /// A column that stands in the chunk as it is.
  struct Raw {
    var key: Key
    var rows: Int
    var encoding: UInt8
    var options: UInt8 = 0
    var bytes: [UInt8]
  }

  var batch: EventBatch
  /// The form of columns that shall not be written plainly.
  var forms: [Key: ColumnForm] = [:]
  /// The codecs of the groups 0 to 4.
  var codecs: [Codec] = [.none, .none, .none, .none, .none]
  /// Columns and blocks of payload bytes, and the lengths that belong to them, are left out.
  var dropsPayloads = false
  /// Columns behind those of this version, in a block of their own.
  var furtherColumns: [Raw] = []
  /// Tables behind those of this version.
  var furtherTables: [(table: UInt8, rows: Int)] = []
  /// Columns that the file's schema gives another number.
  var numbers: [Key: Key] = [:]
  /// Indexes behind that of types; those of this version are left out unless given here.
  var indexes: [(tag: UInt16, content: [UInt8])] = []
  /// Bytes in the reserved places of the head.
  var reserved: UInt16 = 0

  private struct Entry {
    var raw: Raw
    var group: Int
    var repeated: UInt64?
  }

  init(_ batch: EventBatch) { self.batch = batch }

  /// The payload of a chunk frame.
  func payload(fileID: [UInt8], lost: UInt64 = 0, lostInAll: UInt64 = 0) -> [UInt8] {
    let entries = self.entries()
    var blocks: [(group: Int, bytes: [UInt8])] = []
    var listing: [UInt8] = []
    let tables = tableRows + furtherTables
    listing.append(varint: UInt64(tables.count))
    for (table, rows) in tables {
      listing.append(table)
      listing.append(varint: UInt64(rows))
    }
    listing.append(varint: UInt64(entries.count))
    for entry in entries {
      let key = entry.raw.key
      let block: Int
      if let known = blocks.firstIndex(where: { $0.group == entry.group }) {
        block = known
      } else {
        block = blocks.count
        blocks.append((entry.group, []))
      }
      blocks[block].bytes += entry.raw.bytes
      listing.append(key.space)
      listing.append(varint: key.first)
      listing.append(varint: key.second)
      listing.append(varint: UInt64(entry.raw.rows))
      listing += [entry.raw.encoding, entry.raw.options]
      listing.append(varint: UInt64(block + 1))
      listing.append(varint: UInt64(entry.raw.bytes.count))
      if let repeated = entry.repeated { listing.append(varint: repeated) }
    }
    return assemble([(0, listing)] + blocks, fileID, lost, lostInAll)
  }

  private var tableRows: [(table: UInt8, rows: Int)] {
    let rows = batch.dimensions
    let counts = [
      rows.strings.count, rows.images.count, rows.threads.count, rows.lineages.count, rows.objects.count,
      rows.containers.count, rows.users.count,
    ]
    return counts.enumerated().filter { $0.element > 0 }.map { (UInt8($0.offset), $0.element) }
  }

  // MARK: Columns

  private func entries() -> [Entry] {
    var entries = dimensionEntries() + coreEntries()
    for arguments in batch.arguments {
      guard let type = batch.schema.type(arguments.type) else { continue }
      var stored = 0
      for (parameter, described) in type.parameters.enumerated() where described.source.isStored {
        entries += argumentEntries(arguments, parameter, described.type.storage, arguments.columns[stored])
        stored += 1
      }
    }
    return entries + furtherColumns.map { Entry(raw: $0, group: 1) }
  }

  private func entry(_ key: Key, _ values: [Int64?], group: Int) -> Entry {
    let form = forms[key] ?? ColumnForm()
    var ordered = values
    if form.isByType {
      let rows = values.indices.sorted { (batch.types[$0], $0) < (batch.types[$1], $1) }
      ordered = rows.map { values[$0] }
    }
    var bytes: [UInt8] = []
    var repeated: UInt64?
    var missing = ColumnForm.Missing.none
    if case .same(let parameter) = form.encoding {
      repeated = UInt64(parameter * 2)
    } else {
      missing = bytes.append(ordered, form)
    }
    let raw = Raw(
      key: numbers[key] ?? key, rows: values.count, encoding: form.encoding.number,
      options: missing.rawValue | (form.isByType ? 4 : 0),
      bytes: bytes)
    return Entry(raw: raw, group: group, repeated: repeated)
  }

  private func bytesEntry(_ key: Key, _ bytes: [UInt8], group: Int) -> Entry {
    Entry(raw: Raw(key: key, rows: bytes.count, encoding: 11, bytes: bytes), group: group)
  }

  private func dimensionEntries() -> [Entry] {
    let rows = batch.dimensions
    var entries = [
      entry(.dimension(.strings, 0), (0..<rows.strings.count).map { Int64(rows.strings[$0].count) }, group: 1),
      bytesEntry(.dimension(.strings, 1), rows.strings.heap, group: 1),
    ]
    func add<Column>(_ table: DimensionTableID, _ rows: DimensionTable<Column>) {
      for column in Column.allCases where rows[column].contains(where: { $0 != EventBatch.missing }) {
        entries.append(entry(.dimension(table, column.rawValue), rows[column].map(\.present), group: 1))
      }
    }
    add(.images, rows.images)
    add(.threads, rows.threads)
    add(.lineages, rows.lineages)
    add(.objects, rows.objects)
    add(.containers, rows.containers)
    add(.users, rows.users)
    return entries
  }

  private func coreEntries() -> [Entry] {
    func widened(_ rows: [UInt32]) -> [Int64?] { rows.map { $0 == EventBatch.noRow ? nil : Int64($0) } }
    var columns: [(CoreColumn, [Int64?])] = [
      (.exitTimes, batch.exitTimes), (.types, batch.types.map { Int64($0) }), (.cpus, batch.cpus.map { Int64($0) }),
      (.flags, batch.flags.map { Int64($0) }), (.latencies, batch.latencies.map(\.present)),
      (.lineages, widened(batch.lineages)), (.objects, widened(batch.objects)),
      (.results, batch.results.map(\.present)),
    ]
    if case .listed(let numbers) = batch.numbers { columns.insert((.numbers, numbers.map { Int64($0) }), at: 0) }
    return columns.map { entry(.core($0.0), $0.1, group: 2) }
  }

  private func argumentEntries(
    _ arguments: TypeArguments, _ parameter: Int, _ storage: ParameterStorage, _ column: ArgumentColumn
  ) -> [Entry] {
    // A column without any value is left out.
    if column.missing.count == arguments.count || storage == .bytes && dropsPayloads { return [] }
    let values: [Int64?] = (0..<arguments.count).map { rank in
      if column.isMissing(rank) { return nil }
      return storage == .bytes ? Int64(column.bytes(at: rank).count) : column.values[rank]
    }
    let numbers = entry(.argument(arguments.type, parameter), values, group: 3)
    if storage != .bytes { return [numbers] }
    return [numbers, bytesEntry(.argument(arguments.type, parameter, isBytes: true), column.bytes, group: 4)]
  }

  // MARK: The chunk

  private func assemble(
    _ blocks: [(group: Int, bytes: [UInt8])], _ fileID: [UInt8], _ lost: UInt64, _ lostInAll: UInt64
  ) -> [UInt8] {
    var head = [UInt8](repeating: 0, count: 72)
    var stored: [UInt8] = []
    for (group, bytes) in blocks {
      let (codec, block) = ChunkSketch.compress(bytes, codecs[group])
      head.append(UInt8(group))
      head.append(codec.rawValue)
      head.append(integer: reserved)
      head.append(integer: UInt32(block.count))
      head.append(integer: UInt32(bytes.count))
      head.append(integer: CRC32C.checksum(block))
      stored += block
    }
    for (tag, content) in [(1, typeIndex)] + indexes {
      head.append(integer: tag)
      head.append(integer: reserved)
      head.append(integer: UInt32(content.count))
      head += content
    }
    head.pad(to: 8)
    head.put(UInt32(head.count), at: 0)
    head.put(UInt32(batch.count), at: 8)
    head.put(UInt32(blocks.count), at: 12)
    if batch.count > 0 {
      let starts = (0..<batch.count).map { row in
        batch.latencies[row] == EventBatch.missing ? batch.exitTimes[row] : batch.exitTimes[row] - batch.latencies[row]
      }
      head.put(batch.numbers[0], at: 16)
      head.put(batch.numbers[batch.count - 1], at: 24)
      head.put(starts.min() ?? 0, at: 32)
      head.put(batch.exitTimes.min() ?? 0, at: 40)
      head.put(batch.exitTimes.max() ?? 0, at: 48)
    }
    head.put(lost, at: 56)
    head.put(lostInAll, at: 64)
    head.put(CRC32C.checksum(fileID + head[8...]), at: 4)
    return head + stored
  }

  private var typeIndex: [UInt8] {
    var content: [UInt8] = []
    content.append(varint: UInt64(batch.arguments.count))
    var before: UInt16 = 0
    for arguments in batch.arguments {
      content.append(varint: UInt64(arguments.type.rawValue - before))
      content.append(varint: UInt64(arguments.count))
      before = arguments.type.rawValue
    }
    return content
  }

  /// The bytes in a codec, or as they are where that does not make them fewer.
  static func compress(_ bytes: [UInt8], _ codec: Codec) -> (Codec, [UInt8]) {
    if codec == .none { return (.none, bytes) }
    let compressor = Compressor(codec)
    var room = [UInt8](repeating: 0, count: bytes.count)
    let written = bytes.withUnsafeBytes { source in
      room.withUnsafeMutableBytes { compressor.compress(source, into: $0) }
    }
    return written == 0 || written >= bytes.count ? (.none, bytes) : (codec, Array(room[..<written]))
  }
}
