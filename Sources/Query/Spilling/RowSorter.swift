import CaptureFile

/// Sorts rows of values of whatever number in bounded memory: what is too much goes to a temporary file in sorted runs, which
/// are merged when they are read.
///
///     var sorter = RowSorter(most: 100) { $1[0] < $0[0] }
///     for row in rows { try sorter.append(row) }
///     try sorter.finish().forEach { print($0) }
///
/// Few rows stay in memory as they are and no file is made.
public struct RowSorter: Sendable {
  /// Whether a row comes before another. It should tell all rows apart that are not the same.
  public typealias Order = @Sendable (_ one: [FieldValue], _ other: [FieldValue]) -> Bool

  private let isBefore: Order?
  private let most: Int
  private let memory: Int
  private var rows: [[FieldValue]] = []
  private var bytes = 0
  private var spilled: SpilledRows?
  /// The last of as many rows as are wanted, once there were so many: what does not come before it is not wanted.
  private var worst: [FieldValue]?
  /// How many rows were added.
  public private(set) var count = 0

  /// How many bytes of rows are held before they go to the file.
  public static let standardMemory = 12 << 20

  /// No rows yet.
  /// - Parameters:
  ///   - most: how many rows are wanted: the first in order; `nil` for all.
  ///   - memory: how many bytes of rows are held, about.
  ///   - order: `nil` keeps the order in which rows are added.
  public init(most: Int? = nil, memory: Int = RowSorter.standardMemory, by order: Order? = nil) {
    self.most = max(most ?? .max, 0)
    self.memory = memory
    isBefore = order
  }

  /// Whether no further row can be among those that are wanted.
  public var isFull: Bool { isBefore == nil && count >= most }

  /// Adds a row, which must not share memory with a batch.
  public mutating func append(_ row: [FieldValue]) throws(CaptureError) {
    count += 1
    if isBefore == nil, count > most { return }
    if let isBefore, let worst, !isBefore(row, worst) { return }
    rows.append(row)
    bytes += RowSorter.bytes(of: row)
    // Of sorted rows only the first are kept; now and then the rest is dropped.
    if isBefore != nil, most < 1 << 20, rows.count > max(2 * most, 4096) {
      sort()
      bytes = rows.reduce(0) { $0 + RowSorter.bytes(of: $1) }
    }
    if bytes > memory { try spill() }
  }

  private mutating func sort() {
    if let isBefore { rows.sort(by: isBefore) }
    guard rows.count > most else { return }
    rows.removeLast(rows.count - most)
    worst = rows.last
  }

  private mutating func spill() throws(CaptureError) {
    sort()
    if spilled == nil { spilled = SpilledRows(try SpillFile(), isBefore) }
    try spilled?.append(rows)
    rows.removeAll()
    bytes = 0
  }

  /// The rows in order, as many as are wanted.
  public consuming func finish() throws(CaptureError) -> SortedRows {
    if spilled != nil, !rows.isEmpty { try spill() }
    if let spilled { return SortedRows(storage: .spilled(spilled), count: min(spilled.count, most)) }
    sort()
    return SortedRows(storage: .memory(rows), count: rows.count)
  }

  private static func bytes(of row: [FieldValue]) -> Int {
    row.reduce(32 + row.count * MemoryLayout<FieldValue>.stride) { $0 + $1.bytesBehind }
  }
}

/// Rows in order, in memory or in a temporary file. They can be gone through several times.
public struct SortedRows: Sendable {
  fileprivate enum Storage: Sendable {
    case memory([[FieldValue]])
    case spilled(SpilledRows)
  }

  fileprivate let storage: Storage
  /// How many there are.
  public let count: Int

  /// Whether they are in a file.
  public var isSpilled: Bool { if case .spilled = storage { true } else { false } }

  /// Calls something with each row, or with those of a page.
  /// - Throws: `CaptureError` of the temporary file, or what the body throws.
  public func forEach(
    from offset: Int = 0, limit: Int? = nil, _ body: ([FieldValue]) throws -> Void
  ) throws {
    let end = min(count, offset.addingReportingOverflow(limit ?? count).overflow ? count : offset + (limit ?? count))
    guard offset < end else { return }
    switch storage {
    case .memory(let rows): for row in rows[offset..<end] { try body(row) }
    case .spilled(let spilled):
      var merge = try spilled.merge()
      var place = 0
      while place < end, let row = try merge.next() {
        if place >= offset { try body(row) }
        place += 1
      }
    }
  }
}

/// Runs of rows in a file.
private struct SpilledRows: Sendable {
  private let file: SpillFile
  private let isBefore: RowSorter.Order?
  private var runs: [SpillFile.Run] = []
  private(set) var count = 0

  init(_ file: SpillFile, _ isBefore: RowSorter.Order?) {
    self.file = file
    self.isBefore = isBefore
  }

  mutating func append(_ rows: [[FieldValue]]) throws(CaptureError) {
    let end = runs.last?.end ?? 0
    var writer = SpillWriter(file, at: end)
    for row in rows { try writer.append { bytes in for value in row { value.appendKey(to: &bytes) } } }
    let run = try writer.finish()
    // Without an order runs follow each other, as one.
    if isBefore == nil, let last = runs.popLast() {
      runs.append(SpillFile.Run(start: last.start, end: run.end))
    } else {
      runs.append(run)
    }
    count += rows.count
  }

  func merge() throws(CaptureError) -> RunMerge<[FieldValue]> {
    try RunMerge(file, runs) { bytes in
      var rest = ArraySlice(Array(bytes))
      var row: [FieldValue] = []
      while !rest.isEmpty { row.append(FieldValue.takeKey(&rest)) }
      return row
    } isBefore: { one, other in
      isBefore?(one, other) ?? false
    }
  }
}

extension FieldValue {
  /// About how many bytes a value takes besides its own place.
  var bytesBehind: Int {
    switch self {
    case .text(let bytes), .bytes(let bytes), .address(let bytes): 48 + bytes.count
    case .list(let values):
      values.reduce(32 + values.count * MemoryLayout<FieldValue>.stride) { $0 + $1.bytesBehind }
    default: 0
    }
  }
}
