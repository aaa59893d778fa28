import BinaryCoding
import EventBatch

/// Decodes the dimension tables of a chunk and checks every reference in them.
struct DimensionDecoder {
  private let chunk: ChunkDecoder
  private let names: DimensionNames

  init(_ chunk: ChunkDecoder, _ names: DimensionNames) {
    self.chunk = chunk
    self.names = names
  }

  /// Decodes the tables for which a condition holds; those that they refer to must be among them, or be there.
  func decode(into dimensions: inout Dimensions, where isWanted: (DimensionTableID) -> Bool) throws(MalformedBytes) {
    if isWanted(.strings) { dimensions.strings = try strings() }
    if isWanted(.images) { dimensions.images = try table(.images) }
    if isWanted(.threads) { dimensions.threads = try table(.threads) }
    if isWanted(.lineages) { dimensions.lineages = try table(.lineages) }
    if isWanted(.objects) { dimensions.objects = try table(.objects) }
    if isWanted(.containers) { dimensions.containers = try table(.containers) }
    if isWanted(.users) { dimensions.users = try table(.users) }
    if isWanted(.images) { try check(dimensions.images, in: dimensions) }
    if isWanted(.threads) { try check(dimensions.threads, in: dimensions) }
    if isWanted(.lineages) { try check(dimensions.lineages, in: dimensions) }
    if isWanted(.objects) { try check(dimensions.objects, in: dimensions) }
    if isWanted(.containers) { try check(dimensions.containers, in: dimensions) }
    if isWanted(.users) { try check(dimensions.users, in: dimensions) }
  }

  private func rows(of table: DimensionTableID) -> Int {
    chunk.tables.first { $0.table == table.rawValue }?.rows ?? 0
  }

  private func strings() throws(MalformedBytes) -> StringTable {
    guard let lengths = chunk.entry(.dimension(.strings, 0)), let heap = chunk.entry(.dimension(.strings, 1)) else {
      throw MalformedBytes("the chunk has no texts")
    }
    guard lengths.rows == rows(of: .strings), lengths.rows > 0 else {
      throw MalformedBytes("the chunk's texts are not as many as announced")
    }
    let bytes = try chunk.heap(heap)
    var ends = try chunk.numbers(lengths).values
    guard ends[0] == 0 else { throw MalformedBytes("the first text is not the empty one") }
    try DimensionDecoder.sumLengths(&ends, total: bytes.count)
    return StringTable(heap: bytes, ends: ends.map { UInt32(truncatingIfNeeded: $0) })
  }

  /// Turns lengths into ends and checks that they are just those of `total` bytes.
  static func sumLengths(_ lengths: inout [Int64], total: Int) throws(MalformedBytes) {
    var end: Int64 = 0
    var isNegative = false
    for index in lengths.indices {
      // A missing length is the least number: refused like every other negative one.
      if lengths[index] < 0 { isNegative = true }
      end = end &+ lengths[index]
      if end > Int64(total) { isNegative = true }
      lengths[index] = end
    }
    guard !isNegative, end == Int64(total) else {
      throw MalformedBytes("the lengths of texts or payloads do not add up to their \(total) bytes")
    }
  }

  private func table<Column: DimensionColumn>(_ table: DimensionTableID) throws(MalformedBytes)
    -> DimensionTable<Column>
  {
    let rows = rows(of: table)
    var columns: [Column: [Int64]] = [:]
    for entry in chunk.entries(of: table) {
      // Columns are known by name; one that this program does not know, or knows as another kind, is not read.
      guard let raw = names.column(table, Int(entry.key.second)), let column = Column(rawValue: raw) else { continue }
      guard entry.rows == rows else { throw MalformedBytes("the table \(table) has columns of different length") }
      columns[column] = try chunk.numbers(entry).values
    }
    return DimensionTable(count: rows, columns: columns)
  }

  private func check<Column: DimensionColumn>(
    _ table: DimensionTable<Column>, in dimensions: Dimensions
  ) throws(MalformedBytes) {
    for column in Column.allCases where column.kind != .integer {
      let limit: Int =
        switch column.kind {
        case .integer: 0
        case .string: dimensions.strings.count
        case .image: dimensions.images.count
        case .thread: dimensions.threads.count
        case .lineage: dimensions.lineages.count
        case .container: dimensions.containers.count
        }
      try table[column].withValues { (values) throws(MalformedBytes) in
        // One pass without branches finds that all is well; only then is it asked what is not.
        var isOutside = false
        for value in values where UInt64(bitPattern: value) >= UInt64(limit) && value != EventBatch.missing {
          isOutside = true
        }
        if isOutside { throw outside(values, limit, column.name) }
        // Parents stand before their children, so that walks to the first process end.
        guard column.kind == .lineage else { return }
        for row in values.indices where values[row] >= Int64(row) {
          throw MalformedBytes("the parent of lineage \(row) does not stand before it")
        }
      }
    }
    if let lineages = table as? DimensionTable<LineageColumn>, lineages[.thread].contains(EventBatch.missing) {
      throw MalformedBytes("a lineage has no thread")
    }
  }

  private func outside(_ values: UnsafeBufferPointer<Int64>, _ limit: Int, _ name: String) -> MalformedBytes {
    for row in values.indices where UInt64(bitPattern: values[row]) >= UInt64(limit) {
      if values[row] == EventBatch.missing { continue }
      return MalformedBytes("\(name) of row \(row) refers to row \(values[row]) of \(limit)")
    }
    return MalformedBytes("\(name) refers to a row that is not there")
  }
}

extension [Int64] {
  /// Lends the values to a function that may throw.
  fileprivate func withValues(
    _ use: (UnsafeBufferPointer<Int64>) throws(MalformedBytes) -> Void
  ) throws(MalformedBytes) {
    let result: Result<Void, MalformedBytes> = withUnsafeBufferPointer { values in
      do throws(MalformedBytes) {
        return .success(try use(values))
      } catch {
        return .failure(error)
      }
    }
    try result.get()
  }
}
