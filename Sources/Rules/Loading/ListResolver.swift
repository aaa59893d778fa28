import Filter

/// Lists with the lists that they name put in place of those names.
struct ListResolver {
  /// How many values a list may have in the end: lists that name each other twice grow quickly.
  private static let mostValues = 200_000

  /// The values of each list.
  private(set) var values: [String: [FilterLiteral]] = [:]
  /// The lists that others name.
  private(set) var used: Set<String> = []

  init(_ lists: NamedTable<ListDefinition>, _ found: inout Diagnostics) {
    for list in lists.all { _ = resolve(list.name, lists, [], &found) }
  }

  private mutating func resolve(
    _ name: String, _ lists: NamedTable<ListDefinition>, _ open: [String], _ found: inout Diagnostics
  ) -> [FilterLiteral] {
    if let known = values[name] { return known }
    guard let list = lists[name] else { return [] }
    var all: [FilterLiteral] = []
    for item in list.items {
      let text = item.node.text ?? ""
      // A list sees those that were there before it. One that it would come back to is a word like any other.
      if item.node.scalar?.isPlain == true, let other = lists[text], other.order.index < list.order.visibility,
        text != name, !open.contains(text), open.count < 100
      {
        used.insert(text)
        all += resolve(text, lists, open + [name], &found)
      } else {
        all.append(ListResolver.literal(text))
      }
      if all.count > ListResolver.mostValues {
        found.error(
          .validate, ItemName(kind: "list", name: name), "the list has more than \(ListResolver.mostValues) values",
          at: item)
        all = []
        break
      }
    }
    values[name] = all
    return all
  }

  /// The value that a word of a list stands for. One that has quotes of the filter language in it is what they quote.
  static func literal(_ text: String) -> FilterLiteral {
    let bytes = Array(text.utf8)
    if let quote = bytes.first, quote == UInt8(ascii: "\"") || quote == UInt8(ascii: "'"),
      case .check(let check)? = try? parseFilter("a.a = " + text), case .literal(let literal) = check.right
    {
      return FilterLiteral(bytes: literal.bytes)
    }
    return FilterLiteral(bytes: bytes)
  }

  /// The values of a list, if the word names one, or the word itself.
  static func literals(_ word: String, _ lists: [String: [FilterLiteral]]) -> [FilterLiteral] {
    lists[word] ?? [literal(word)]
  }
}
