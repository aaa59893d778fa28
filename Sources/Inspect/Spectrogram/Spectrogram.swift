import Query

/// How many calls took how long, over time: a column for each step of time, a row for each step of latency.
public struct Spectrogram: Sendable, Hashable {
  /// Where the first column begins, in nanoseconds of the epoch.
  public let start: Int64
  /// The length of a column in nanoseconds, at least 1.
  public let step: Int64
  /// How many columns there are.
  public let columns: Int
  /// Calls, row by row: `counts[row * columns + column]`. The first row is of calls that took a nanosecond or none.
  public internal(set) var counts: [UInt64]
  /// How much was read.
  public internal(set) var progress = ScanProgress()

  /// Ten rows for each power of ten, to more than three years.
  public static let rows = 180

  init(span: ClosedRange<Int64>, columns: Int) {
    start = span.lowerBound
    self.columns = columns
    let length = span.upperBound.subtractingReportingOverflow(span.lowerBound)
    step = (length.overflow ? Int64.max : max(length.partialValue, 0)) / Int64(columns) + 1
    counts = [UInt64](repeating: 0, count: Spectrogram.rows * columns)
  }

  /// The calls of a row and a column.
  public subscript(row: Int, column: Int) -> UInt64 { counts[row * columns + column] }

  /// The rows in which there are calls; `nil` when there are none.
  public var usedRows: ClosedRange<Int>? {
    func isUsed(_ row: Int) -> Bool { counts[row * columns..<(row + 1) * columns].contains { $0 > 0 } }
    guard let first = (0..<Spectrogram.rows).first(where: isUsed),
      let last = (0..<Spectrogram.rows).last(where: isUsed)
    else { return nil }
    return first...last
  }

  /// The latencies of a row, in nanoseconds.
  public static func latencies(of row: Int) -> Range<Int64> {
    (row == 0 ? 0 : least[row])..<(row + 1 < rows ? least[row + 1] : .max)
  }

  /// The row of a latency in nanoseconds.
  static func row(of latency: Int64) -> Int {
    var (low, high) = (0, rows)
    while high - low > 1 {
      let middle = (low + high) / 2
      if least[middle] <= latency { low = middle } else { high = middle }
    }
    return low
  }

  /// The least latency of each row: tenths of powers of ten, rounded up to whole nanoseconds.
  private static let least: [Int64] = {
    let tenths: [Int64] = [
      1_000_000, 1_258_926, 1_584_894, 1_995_263, 2_511_887, 3_162_278, 3_981_072, 5_011_873, 6_309_574, 7_943_283,
    ]
    var power: Int64 = 1
    var bounds: [Int64] = []
    while bounds.count < rows {
      // Beyond 10¹² in units of a millionth, so that nothing overflows.
      for tenth in tenths {
        bounds.append(power < 1_000_000 ? (tenth * power + 999_999) / 1_000_000 : tenth * (power / 1_000_000))
      }
      power *= 10
    }
    return bounds
  }()

  mutating func add(_ cells: [Cell]) {
    for cell in cells { counts[Int(cell.index)] += UInt64(cell.count) }
  }

  /// Some of the calls of a row and a column.
  struct Cell: Sendable {
    var index: Int32
    var count: UInt32
  }
}
