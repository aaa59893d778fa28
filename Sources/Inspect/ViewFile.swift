import Query

/// Views in files, as users write them:
///
///     {
///       "name": "busy_sockets",
///       "title": "Busy sockets",
///       "description": "Unix sockets by calls.",
///       "filter": "fd.type = unix",
///       "columns": [
///         {"name": "socket", "key": "fd.name"},
///         {"name": "count", "aggregate": "count", "title": "CALLS"},
///         {"name": "failed", "aggregate": "count", "where": "evt.failed = true"},
///         {"name": "time_ns", "aggregate": "sum", "of": "evt.latency", "unit": "duration"},
///         {"name": "command", "last": ["proc.command", "proc.name"]}
///       ],
///       "sort": "count",
///       "drill_down": "processes"
///     }
///
/// A view with `"kind": "list"` has a row an event, and columns with `"field"`. Units are `plain`, `bytes`, `duration` (of
/// nanoseconds) and `time` (nanoseconds of the epoch).
public enum ViewFile {
  /// Reads a view.
  /// - Throws: what is wrong with it, and in which line as far as that is known.
  public static func view(_ bytes: [UInt8]) throws(QueryError) -> View {
    let document: JSONDocument
    do throws(JSONDocument.Mistake) { document = try JSONDocument(bytes) } catch {
      throw QueryError("line \(error.line): \(error.message)")
    }
    guard case .object(let members) = document else { throw QueryError("a view is a JSON object") }
    var reader = MemberReader("the view", members)
    let name = try reader.text("name") ?? ""
    guard isName(name) else { throw QueryError("a view needs a \"name\" of small letters, digits and underscores") }
    let kind: View.Kind
    switch try reader.text("kind") ?? "table" {
    case "table": kind = .table
    case "list": kind = .list
    case let other: throw QueryError("there is no kind of view '\(other)'; use table or list")
    }
    var columns: [View.Column] = []
    for column in try reader.list("columns") ?? [] { columns.append(try self.column(column, kind)) }
    guard !columns.isEmpty else { throw QueryError("a view needs \"columns\"") }
    if Set(columns.map(\.name)).count < columns.count { throw QueryError("two columns have the same name") }
    let view = View(
      name: name, title: try reader.text("title") ?? name, description: try reader.text("description") ?? "",
      filter: try reader.text("filter"), kind: kind, columns: columns, sort: try reader.text("sort"),
      drillDown: try reader.text("drill_down"), appliesTo: try reader.texts("applies_to") ?? [],
      hint: try reader.text("hint"))
    try reader.finish()
    if let sort = view.sort { _ = try ViewOrder(sort, of: view) }
    return view
  }

  private static func isName(_ name: String) -> Bool {
    (1...64).contains(name.utf8.count)
      && name.utf8.allSatisfy { (97...122).contains($0) || (48...57).contains($0) || $0 == UInt8(ascii: "_") }
  }

  private static func column(_ document: JSONDocument, _ kind: View.Kind) throws(QueryError) -> View.Column {
    guard case .object(let members) = document else { throw QueryError("a column is a JSON object") }
    var reader = MemberReader("a column", members)
    let name = try reader.text("name") ?? ""
    guard isName(name) else { throw QueryError("a column needs a \"name\" of small letters, digits and underscores") }
    reader.what = "the column '\(name)'"
    var contents: [View.Content] = []
    if let field = try reader.text("key") { contents.append(.key(field)) }
    if let field = try reader.text("field") { contents.append(.field(field)) }
    if let fields = try reader.texts("last") { contents.append(.last(fields)) }
    if let function = try reader.text("aggregate") {
      contents.append(.aggregate(function, of: try reader.text("of"), where: try reader.text("where")))
    }
    guard contents.count == 1 else {
      throw QueryError("the column '\(name)' needs one of \"key\", \"aggregate\", \"last\" and \"field\"")
    }
    if case .field = contents[0] {
      if kind == .table { throw QueryError("the column '\(name)' of a table is a key, an aggregate or \"last\"") }
    } else if kind == .list {
      throw QueryError("the column '\(name)' of a list needs a \"field\"")
    }
    let unit: View.Unit
    switch try reader.text("unit") ?? "plain" {
    case "plain": unit = .plain
    case "bytes": unit = .bytes
    case "duration": unit = .duration
    case "time": unit = .time
    case let other: throw QueryError("there is no unit '\(other)'; use plain, bytes, duration or time")
    }
    let title = try reader.text("title") ?? name.uppercased()
    let isHidden = try reader.flag("hidden") ?? false
    try reader.finish()
    return View.Column(name: name, title: title, content: contents[0], unit: unit, isHidden: isHidden)
  }
}

/// Takes members out of an object, and refuses what is left.
private struct MemberReader {
  var what: String
  private var members: [JSONDocument.Member]

  init(_ what: String, _ members: [JSONDocument.Member]) {
    self.what = what
    self.members = members
  }

  private mutating func take(_ name: String) -> JSONDocument? {
    guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
    let value = members.remove(at: index).value
    return value == .null ? nil : value
  }

  mutating func text(_ name: String) throws(QueryError) -> String? {
    switch take(name) {
    case nil: return nil
    case .text(let text): return text
    default: throw QueryError("\"\(name)\" of \(what) is not a text")
    }
  }

  mutating func flag(_ name: String) throws(QueryError) -> Bool? {
    switch take(name) {
    case nil: return nil
    case .boolean(let flag): return flag
    default: throw QueryError("\"\(name)\" of \(what) is neither true nor false")
    }
  }

  mutating func list(_ name: String) throws(QueryError) -> [JSONDocument]? {
    switch take(name) {
    case nil: return nil
    case .list(let values): return values
    default: throw QueryError("\"\(name)\" of \(what) is not a list")
    }
  }

  /// One text, or several.
  mutating func texts(_ name: String) throws(QueryError) -> [String]? {
    var texts: [String] = []
    switch take(name) {
    case nil: return nil
    case .text(let text): return [text]
    case .list(let values):
      for value in values {
        guard case .text(let text) = value else { throw QueryError("\"\(name)\" of \(what) holds what is no text") }
        texts.append(text)
      }
    default: throw QueryError("\"\(name)\" of \(what) is not a list of texts")
    }
    return texts
  }

  func finish() throws(QueryError) {
    if let surplus = members.first { throw QueryError("\(what) has no \"\(surplus.name)\"") }
  }
}
