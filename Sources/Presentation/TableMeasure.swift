/// What the layout of a table needs to know of all its rows: it is found in one pass over them.
public struct TableMeasure: Sendable {
  /// The width of each column's longest cell.
  public private(set) var widths: [Int]
  /// Whether a column says the same in all rows.
  public private(set) var isConstant: [Bool]
  private var first: [String]?

  /// Of no rows.
  /// - Parameter columns: how many columns there are.
  public init(_ columns: Int) {
    widths = [Int](repeating: 0, count: columns)
    isConstant = [Bool](repeating: true, count: columns)
  }

  /// Looks at a row.
  public mutating func note(_ cells: [String]) {
    for (index, cell) in cells.enumerated() where index < widths.count {
      widths[index] = max(widths[index], DisplayWidth.of(cell))
      if let first, index < first.count, isConstant[index], first[index] != cell { isConstant[index] = false }
    }
    if first == nil { first = cells }
  }

  mutating func remove(at column: Int) {
    widths.remove(at: column)
    isConstant.remove(at: column)
    if let count = first?.count, column < count { first?.remove(at: column) }
  }
}
