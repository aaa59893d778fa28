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
    var measure = TableMeasure(columns.count)
    for row in rows { measure.note(row) }
    let layout = layout(width: width, colour: colour, measure)
    var text = layout.heading ?? ""
    for row in rows { text += layout.line(row) }
    for line in layout.ending { text += line }
    return text
  }

  /// The layout of rows that are written one by one, by somebody who has seen all of them before: for tables too large to have
  /// all their texts in memory.
  /// - Parameter measure: of the rows. Those that were added to the table do not count.
  public func layout(width: Int?, colour: Bool, _ measure: TableMeasure) -> TableLayout {
    TableLayout(table: self, widths: widths(within: width, measure), isLimited: width != nil, colour: colour)
  }

  fileprivate func heading(_ layout: TableLayout) -> String? {
    guard hasHeadings else { return nil }
    let titles = line(columns.map(\.title), layout.widths, isLimited: layout.isLimited)
    return Style.bold.apply(to: titles, colour: layout.colour) + "\n"
  }

  fileprivate func ending(_ layout: TableLayout) -> [String] {
    guard let totals else { return [] }
    var lengths = layout.widths
    if let last = columns.last, !last.isRightAligned {
      lengths[columns.count - 1] = min(lengths.last ?? 0, Table.mostRule)
    }
    let rule = lengths.map { String(repeating: "─", count: $0) }.joined(separator: Table.gap)
    let sums = line(totals, layout.widths, isLimited: layout.isLimited)
    return [
      Style.dim.apply(to: rule, colour: layout.colour) + "\n", Style.bold.apply(to: sums, colour: layout.colour) + "\n",
    ]
  }

  private static func total(_ widths: [Int]) -> Int {
    widths.reduce(0, +) + gap.count * max(widths.count - 1, 0)
  }

  /// Leaves out optional columns until the table fits: first those that say the same in all rows, then others, from the
  /// right.
  /// - Returns: the headings of what was left out.
  public mutating func leaveOutColumns(toFit width: Int) -> [String] {
    var measure = TableMeasure(columns.count)
    for row in rows { measure.note(row) }
    let leftOut = leaveOutColumns(toFit: width, &measure)
    for row in rows.indices {
      for index in leftOut { rows[row].remove(at: index.place) }
    }
    return leftOut.map(\.title)
  }

  /// The same for rows that are not in the table.
  /// - Parameter measure: of the rows; afterwards of what is left of them.
  /// - Returns: what was left out: its heading, and where it stood when those before it in the list were gone.
  public mutating func leaveOutColumns(
    toFit width: Int, _ measure: inout TableMeasure
  ) -> [(title: String, place: Int)] {
    var leftOut: [(title: String, place: Int)] = []
    while Table.total(widths(within: width, least: Table.readableName, measure)) > width {
      let optional = columns.indices.filter { columns[$0].isOptional }
      guard let index = optional.last(where: { measure.isConstant[$0] }) ?? optional.last else { break }
      leftOut.append((columns[index].title, index))
      columns.remove(at: index)
      measure.remove(at: index)
      if let count = totals?.count, index < count { totals?.remove(at: index) }
    }
    return leftOut
  }

  fileprivate func line(_ cells: [String], _ widths: [Int], isLimited: Bool) -> String {
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
  private func widths(within limit: Int?, least: Int = Table.leastWidth, _ measure: TableMeasure) -> [Int] {
    var widths = zip(columns, measure.widths).map { max(hasHeadings ? DisplayWidth.of($0.title) : 0, $1) }
    for (index, cell) in (totals ?? []).enumerated() where index < widths.count {
      widths[index] = max(widths[index], DisplayWidth.of(cell))
    }
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

/// How wide the columns of a table are: makes its lines.
public struct TableLayout: Sendable {
  fileprivate let table: Table
  fileprivate let widths: [Int]
  fileprivate let isLimited: Bool
  fileprivate let colour: Bool

  /// The line of headings with its line feed, if they are shown.
  public var heading: String? { table.heading(self) }

  /// A row with its line feed.
  public func line(_ cells: [String]) -> String { table.line(cells, widths, isLimited: isLimited) + "\n" }

  /// The lines behind the last row.
  public var ending: [String] { table.ending(self) }
}
