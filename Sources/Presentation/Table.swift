/// A table of texts: columns aligned, as wide as needed and no wider than the terminal.
///
///     var table = Table([.right("PID"), .left("COMMAND", .keepsStart)])
///     table.append(["4711", "dd if=/dev/zero"])
///     print(table.rendered(width: 80, colour: false))
///
/// Cells must not hold control characters: see `VisibleText`.
public struct Table: Sendable {
  /// One column.
  public struct Column: Sendable, Hashable {
    /// The heading.
    public var title: String
    /// Numbers stand at the right, so that their digits are comparable.
    public var isRightAligned: Bool
    /// Which end of its texts is kept when the table is wider than the terminal.
    public var truncation: Truncation
    /// Whether it may be left out on a narrow terminal.
    public var isOptional = false

    /// A column of texts.
    public static func left(_ title: String, _ truncation: Truncation = .never) -> Column {
      Column(title: title, isRightAligned: false, truncation: truncation)
    }

    /// A column of numbers.
    public static func right(_ title: String) -> Column {
      Column(title: title, isRightAligned: true, truncation: .never)
    }
  }

  /// The columns.
  public private(set) var columns: [Column]
  /// The rows, each with a cell for each column.
  public private(set) var rows: [[String]] = []
  /// Shown under a line at the end.
  public var totals: [String]?
  /// Whether the headings are shown.
  public var hasHeadings = true

  /// How much a column may shrink at most.
  private static let leastWidth = 8
  /// How long a name is left while there are columns that can be left out instead.
  private static let readableName = 44
  /// The most columns for a text whose start is what matters (a command) where nothing else limits it.
  private static let mostWidth = 160
  /// The most columns of the line above the totals for a text in the last column.
  private static let mostRule = 40
  private static let gap = "  "

  /// An empty table.
  public init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row. Missing cells are empty, surplus ones are left out.
  public mutating func append(_ row: [String]) {
    rows.append((0..<columns.count).map { $0 < row.count ? row[$0] : "" })
  }

  /// The table as lines, each with its line feed; nothing at the ends of lines.
  ///
  /// - Parameters:
  ///   - width: the columns there are; `nil` for as many as needed.
  ///   - colour: whether headings and totals are emphasised.
  public func rendered(width: Int?, colour: Bool) -> String {
    var text = ""
    render(count: rows.count, row: { rows[$0] }, width: width, colour: colour) { text += $0 }
    return text
  }

  /// Renders rows that are made when they are needed, which is twice: for tables too large to have all their texts in memory.
  ///
  /// - Parameters:
  ///   - count: how many rows there are.
  ///   - row: the cells of a row. Rows that were added to the table do not count.
  ///   - write: takes the lines, each with its line feed.
  public func render<Failure: Error>(
    count: Int, row: (Int) -> [String], width: Int?, colour: Bool, to write: (String) throws(Failure) -> Void
  ) throws(Failure) {
    let widths = widths(within: width, count: count, row: row)
    let isLimited = width != nil
    if hasHeadings {
      try write(Style.bold.apply(to: line(columns.map(\.title), widths, isLimited: isLimited), colour: colour) + "\n")
    }
    for index in 0..<count { try write(line(row(index), widths, isLimited: isLimited) + "\n") }
    if let totals {
      var lengths = widths
      if let last = columns.last, !last.isRightAligned {
        lengths[columns.count - 1] = min(lengths.last ?? 0, Table.mostRule)
      }
      let rule = lengths.map { String(repeating: "─", count: $0) }.joined(separator: Table.gap)
      try write(Style.dim.apply(to: rule, colour: colour) + "\n")
      try write(Style.bold.apply(to: line(totals, widths, isLimited: isLimited), colour: colour) + "\n")
    }
  }

  private static func total(_ widths: [Int]) -> Int {
    widths.reduce(0, +) + gap.count * max(widths.count - 1, 0)
  }

  /// Leaves out optional columns until the table fits: first those that say the same in all rows, then others, from the
  /// right.
  /// - Returns: the headings of what was left out.
  public mutating func leaveOutColumns(toFit width: Int) -> [String] {
    var leftOut: [String] = []
    while Table.total(widths(within: width, least: Table.readableName, count: rows.count, row: { rows[$0] })) > width {
      let optional = columns.indices.filter { columns[$0].isOptional }
      guard let index = optional.last(where: isConstant) ?? optional.last else { break }
      leftOut.append(columns[index].title)
      columns.remove(at: index)
      for row in rows.indices { rows[row].remove(at: index) }
      if let count = totals?.count, index < count { totals?.remove(at: index) }
    }
    return leftOut
  }

  private func isConstant(_ column: Int) -> Bool {
    rows.allSatisfy { $0[column] == rows[0][column] }
  }

  private func line(_ cells: [String], _ widths: [Int], isLimited: Bool) -> String {
    var line = ""
    // Blanks are added only when something follows them.
    var pending = 0
    for (index, column) in columns.enumerated() where index < cells.count {
      if index > 0 { pending += Table.gap.count }
      // Where nobody limits the width, only commands are cut off; other texts are whole, if need be beyond their column.
      let isWhole = !isLimited && column.truncation != .keepsStart
      let cell = isWhole ? cells[index] : column.truncation.fit(cells[index], width: widths[index])
      let blanks = max(widths[index] - DisplayWidth.of(cell), 0)
      if cell.isEmpty {
        pending += blanks
        continue
      }
      line += String(repeating: " ", count: pending + (column.isRightAligned ? blanks : 0)) + cell
      pending = column.isRightAligned ? 0 : blanks
    }
    return line
  }

  /// The width of each column: what its longest cell needs; when that is too much in sum, columns that may be shortened
  /// give, the widest first.
  ///
  /// - Parameter least: how far names may shrink (those whose end matters); commands shrink to `leastWidth`.
  private func widths(
    within limit: Int?, least: Int = Table.leastWidth, count: Int, row: (Int) -> [String]
  ) -> [Int] {
    var widths = columns.map { hasHeadings ? DisplayWidth.of($0.title) : 0 }
    func fit(_ cells: [String]) {
      for (index, cell) in cells.enumerated() where index < widths.count {
        widths[index] = max(widths[index], DisplayWidth.of(cell))
      }
    }
    for index in 0..<count { fit(row(index)) }
    if let totals { fit(totals) }
    for (index, column) in columns.enumerated() where column.truncation == .keepsStart {
      widths[index] = min(widths[index], limit ?? Table.mostWidth)
    }
    guard let limit else {
      // Longer texts stand out instead of filling all other rows with blanks.
      return widths.map { min($0, Table.mostWidth) }
    }
    var excess = Table.total(widths) - limit
    while excess > 0 {
      let flexible = widths.indices.filter {
        switch columns[$0].truncation {
        case .never: false
        case .keepsStart: widths[$0] > Table.leastWidth
        case .keepsEnd: widths[$0] > least
        }
      }
      guard let widest = flexible.max(by: { widths[$0] < widths[$1] }) else { break }
      // Down to the width of the next one, so that several wide columns shrink together.
      let next = flexible.filter { widths[$0] < widths[widest] }.map { widths[$0] }.max() ?? Table.leastWidth
      let equals = flexible.filter { widths[$0] == widths[widest] }
      let floor = equals.map { columns[$0].truncation == .keepsEnd ? least : Table.leastWidth }.max() ?? next
      let step = min(widths[widest] - max(next, floor), max(excess / equals.count, 1))
      for index in equals where excess > 0 {
        widths[index] -= step
        excess -= step
      }
    }
    return widths
  }
}
