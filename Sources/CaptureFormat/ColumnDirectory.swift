import BinaryCoding

/// Where a chunk's columns stand and how they are encoded: the content of a chunk's first block.
///
///     tables    number of dimension tables with rows
///               each: table u8 | rows
///     columns   number of columns
///               each: space u8 | first | second | rows | encoding u8 | options u8 | block | length
///               with the encoding `same` also: the second number of the column that is repeated
///
/// Numbers without a size are of variable length. A column begins where the one before it in the same block ends.
///
///     options   bits 0–1  MissingRows
///               bit 2     values are in order of (type, rank), not of rows
struct ColumnDirectory: Sendable {
  struct Entry: Sendable {
    var key: ColumnKey
    /// How many values the column stands for, missing ones too; bytes for a heap.
    var rows: Int
    var encoding: ColumnEncoding
    var missing: MissingRows
    var isByType: Bool
    var block: Int
    /// Where the column begins in its block.
    var offset: Int
    var length: Int
    /// What a column with the encoding `same` repeats: the second number of an earlier column of the same type.
    var repeated: UInt32?
  }

  var tables: [(table: UInt8, rows: Int)] = []
  var entries: [Entry] = []
  /// The entries by their keys, where they do not stand in that order themselves, as this program writes them.
  private var order: [Int]?

  /// Where in `entries` a column stands. O(log columns), of a directory that was read.
  func position(of key: ColumnKey) -> Int? {
    var low = 0
    var high = entries.count
    while low < high {
      let middle = (low + high) / 2
      let index = order?[middle] ?? middle
      if entries[index].key == key { return index }
      if entries[index].key < key { low = middle + 1 } else { high = middle }
    }
    return nil
  }

  /// Where in `entries` the columns of a dimension table stand.
  func positions(of table: DimensionTableID) -> [Int] {
    var low = 0
    var high = entries.count
    let first = ColumnKey.dimension(table, 0)
    while low < high {
      let middle = (low + high) / 2
      if entries[order?[middle] ?? middle].key < first { low = middle + 1 } else { high = middle }
    }
    var found: [Int] = []
    while low < entries.count {
      let index = order?[low] ?? low
      guard entries[index].key.space == first.space, entries[index].key.first == first.first else { break }
      found.append(index)
      low += 1
    }
    return found
  }

  /// Puts the entries in order; no column may be there twice.
  private mutating func sort() throws(MalformedBytes) {
    var isAscending = true
    for index in entries.indices.dropFirst() where !(entries[index - 1].key < entries[index].key) {
      isAscending = false
      break
    }
    if isAscending { return }
    let sorted = entries.indices.sorted { entries[$0].key < entries[$1].key }
    for index in sorted.indices.dropFirst() where entries[sorted[index - 1]].key == entries[sorted[index]].key {
      throw MalformedBytes("the column \(entries[sorted[index]].key) is there twice")
    }
    order = sorted
  }

  func write(into output: inout ByteBuffer) {
    output.append(varint: UInt64(tables.count))
    for table in tables {
      output.append(table.table)
      output.append(varint: UInt64(table.rows))
    }
    output.append(varint: UInt64(entries.count))
    for entry in entries {
      output.append(entry.key.space)
      output.append(varint: UInt64(entry.key.first))
      output.append(varint: UInt64(entry.key.second))
      output.append(varint: UInt64(entry.rows))
      output.append(entry.encoding.rawValue)
      output.append(entry.missing.rawValue | (entry.isByType ? 4 : 0))
      output.append(varint: UInt64(entry.block))
      output.append(varint: UInt64(entry.length))
      if let repeated = entry.repeated { output.append(varint: UInt64(repeated)) }
    }
  }

  init() {}

  /// - Parameter blocks: the decompressed size of each block.
  init(_ bytes: UnsafeRawBufferPointer, blocks: [Int]) throws(MalformedBytes) {
    var cursor = ByteCursor(bytes)
    var values = 0
    for _ in 0..<(try cursor.count(upTo: 256, "the number of dimension tables")) {
      let table = try cursor.integer(UInt8.self)
      let rows = try cursor.count(upTo: CaptureLimits.chunkValues, "the rows of a dimension table")
      if tables.contains(where: { $0.table == table }) {
        throw MalformedBytes("a dimension table is announced twice", at: cursor.offset)
      }
      values += rows * (DimensionTableID(rawValue: table)?.columnCount ?? 0)
      tables.append((table, rows))
    }
    let count = try cursor.count(upTo: CaptureLimits.columns, "the number of columns")
    guard count * 8 <= cursor.remaining else { throw MalformedBytes("the column directory is cut off") }
    entries.reserveCapacity(count)
    var used = [Int](repeating: 0, count: blocks.count)
    for _ in 0..<count {
      let entry = try ColumnDirectory.entry(&cursor, blocks: blocks, used: &used)
      // Heaps are bounded by their blocks already.
      if entry.encoding != .bytes { values += entry.rows }
      guard values <= CaptureLimits.chunkValues else {
        throw MalformedBytes("the chunk has more than \(CaptureLimits.chunkValues) values", at: cursor.offset)
      }
      entries.append(entry)
    }
    guard cursor.remaining == 0 else { throw MalformedBytes("the column directory has bytes behind its end") }
    try sort()
  }

  private static func entry(
    _ cursor: inout ByteCursor, blocks: [Int], used: inout [Int]
  ) throws(MalformedBytes) -> Entry {
    let start = cursor.offset
    let space = try cursor.integer(UInt8.self)
    let first = try cursor.count(upTo: Int(UInt32.max), "the number of a column")
    let second = try cursor.count(upTo: Int(UInt32.max), "the number of a column")
    let rows = try cursor.count(upTo: CaptureLimits.chunkBytes, "the rows of a column")
    let encodingNumber = try cursor.integer(UInt8.self)
    let options = try cursor.integer(UInt8.self)
    let block = try cursor.count(upTo: CaptureLimits.blocks, "the block of a column")
    let length = try cursor.count(upTo: CaptureLimits.chunkBytes, "the length of a column")
    guard let encoding = ColumnEncoding(rawValue: encodingNumber) else {
      throw MalformedBytes("a column has the unknown encoding \(encodingNumber)", at: start)
    }
    guard options < 8, let missing = MissingRows(rawValue: options & 3) else {
      throw MalformedBytes("a column has the unknown options \(options)", at: start)
    }
    let repeated = encoding == .same ? try cursor.count(upTo: Int(UInt32.max), "the number of a column") : nil
    guard block > 0, block < blocks.count, used[block] + length <= blocks[block] else {
      throw MalformedBytes("a column does not stand in its block", at: start)
    }
    defer { used[block] += length }
    return Entry(
      key: ColumnKey(space: space, first: UInt32(first), second: UInt32(second)), rows: rows, encoding: encoding,
      missing: missing, isByType: options & 4 != 0, block: block, offset: used[block], length: length,
      repeated: repeated.map { UInt32($0) })
  }
}
