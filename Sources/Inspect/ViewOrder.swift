import Query

/// By which column rows are sorted: `bytes_in`, the greatest first; `-bytes_in` or `bytes_in:asc`, the least first.
public struct ViewOrder: Sendable, Hashable {
  /// The column's name.
  public let column: String
  /// Whether the least come first.
  public let isAscending: Bool
  private let index: Int

  /// Reads the name of one of a view's columns.
  /// - Throws: when the view has no such column.
  public init(_ text: String, of view: View) throws(QueryError) {
    var name = Substring(text)
    var isAscending = false
    if name.hasPrefix("-") {
      name = name.dropFirst()
      isAscending = true
    } else if name.hasSuffix(":asc") {
      name = name.dropLast(4)
      isAscending = true
    } else if name.hasSuffix(":desc") {
      name = name.dropLast(5)
    }
    guard let index = view.columns.firstIndex(where: { $0.name == name }) else {
      let names = view.columns.filter { !$0.isHidden }.map(\.name).joined(separator: ", ")
      throw QueryError("the view '\(view.name)' has no column '\(name)'; it has \(names)")
    }
    column = String(name)
    self.isAscending = isAscending
    self.index = index
  }

  /// The rows in this order; ties keep a fixed order, by the first columns.
  func sorted(_ rows: [[FieldValue]]) -> [[FieldValue]] { rows.sorted(by: isBefore) }

  /// Whether a row comes before another in this order.
  func isBefore(_ one: [FieldValue], _ other: [FieldValue]) -> Bool {
    if one[index] == other[index] { return one.lexicographicallyPrecedes(other) }
    return isAscending ? one[index] < other[index] : other[index] < one[index]
  }
}

/// Which of the rows are wanted.
struct ViewPage: Sendable, Hashable {
  let offset: Int
  let limit: Int?
  private let search: [UInt8]

  init(offset: Int, limit: Int?, search: String?) {
    self.offset = max(offset, 0)
    self.limit = limit.map { max($0, 0) }
    self.search = (search ?? "").utf8.map(ViewPage.folded)
  }

  /// How many rows there must be until no more are wanted.
  var mostRows: Int {
    guard let limit else { return Int.max }
    let sum = limit.addingReportingOverflow(offset)
    return sum.overflow ? Int.max : sum.partialValue
  }

  /// The rows of which a shown value holds the text that is searched for, in whatever case of ASCII letters.
  func searched(_ rows: [[FieldValue]], _ view: View) -> [[FieldValue]] {
    search.isEmpty ? rows : rows.filter { isFound($0, view) }
  }

  /// Whether a shown value of a row holds the text that is searched for.
  func isFound(_ row: [FieldValue], _ view: View) -> Bool {
    search.isEmpty || view.columns.indices.contains { !view.columns[$0].isHidden && holds(row[$0]) }
  }

  private func holds(_ value: FieldValue) -> Bool {
    if value == .missing { return false }
    let text: [UInt8]
    if case .text(let bytes) = value { text = Array(bytes) } else { text = Array(value.text.utf8) }
    guard text.count >= search.count else { return false }
    return (0...text.count - search.count).contains { start in
      search.indices.allSatisfy { ViewPage.folded(text[start + $0]) == search[$0] }
    }
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte | 0x20 : byte
  }
}
