import CaptureFile
import Query

/// The rows of a view as they are found: searched, counted, added up and sorted.
struct ViewGathering {
  private let run: ViewRun
  private var rows: RowSorter
  private var totals: ViewTotals

  init(_ run: ViewRun, memory: Int) {
    self.run = run
    totals = ViewTotals(run.view)
    var order: RowSorter.Order?
    if let wanted = run.order {
      order = { wanted.isBefore($0, $1) }
    } else if case .messages = run.plan {
      // They are complete in another order than they began: their places stand behind their columns.
      let place = run.view.columns.count
      order = { $0[place] < $1[place] }
    }
    rows = RowSorter(most: run.page.mostRows, memory: memory, by: order)
  }

  /// Whether a list has all rows that are wanted of it. Of tables all rows are counted.
  var isFull: Bool { rows.isFull }

  mutating func add(_ row: [FieldValue]) throws(CaptureError) {
    guard run.page.isFound(row, run.view) else { return }
    totals.add(row)
    try rows.append(row)
  }

  /// Adds a row that comes out of order.
  mutating func add(_ row: [FieldValue], at place: Int) throws(CaptureError) {
    guard run.page.isFound(row, run.view) else { return }
    totals.add(row)
    try rows.append(run.order == nil ? row + [.integer(Int64(place))] : row)
  }

  consuming func finish(_ progress: ScanProgress) throws(CaptureError) -> (rows: ViewRows, result: ViewResult) {
    let page = run.page
    let result = ViewResult(
      view: run.view, rows: [], rowCount: rows.count, offset: page.offset, totals: totals.values, progress: progress)
    let columns = run.view.columns.count
    return (ViewRows(rows: try rows.finish(), columns: columns, offset: page.offset, limit: page.limit), result)
  }
}

/// The rows of a page of a view, in memory or in a temporary file. They can be gone through several times.
public struct ViewRows: Sendable {
  fileprivate let rows: SortedRows
  fileprivate let columns: Int
  fileprivate let offset: Int
  fileprivate let limit: Int?

  /// How many there are.
  public var count: Int { min(max(rows.count - offset, 0), limit ?? .max) }

  /// Calls something with each row.
  /// - Throws: `CaptureError` of the temporary file, or what the body throws.
  public func forEach(_ body: ([FieldValue]) throws -> Void) throws {
    try rows.forEach(from: offset, limit: limit) { row in
      try body(row.count > columns ? Array(row[..<columns]) : row)
    }
  }
}

/// The sums of counts, bytes and times. Where a value is missing a sum of the others would be a guess.
struct ViewTotals {
  private var sums: [Int64?]

  init(_ view: View) {
    sums = view.columns.map { column in
      switch column.content {
      case .aggregate("count", _, _), .aggregate("sum", _, _): 0
      default: nil
      }
    }
  }

  mutating func add(_ row: [FieldValue]) {
    for (index, sum) in sums.enumerated() {
      guard let sum else { continue }
      sums[index] = row[index] == .missing ? nil : sum &+ (row[index].integerValue ?? 0)
    }
  }

  /// For each column its sum; missing where there is none.
  var values: [FieldValue] { sums.map { $0.map { .integer($0) } ?? .missing } }
}
