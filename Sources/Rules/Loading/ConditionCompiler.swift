import EventSchema
import Filter
import Query

/// Makes of conditions what can be asked: parses them, puts lists and macros in place of their names, and checks fields,
/// operators and constants where they were written.
struct ConditionCompiler {
  /// How deep and how large a condition may become. Macros that name each other twice grow quickly.
  private static let mostDepth = 400
  private static let mostNodes = 200_000

  /// What a macro is.
  private struct Macro {
    let expression: FilterExpression
    let size: Int
    /// Names that it uses, directly.
    let macros: Set<String>
    let lists: Set<String>
    /// What is wrong in it, said by each rule that uses it.
    let problems: [Problem]
  }

  /// Something wrong at a place of a condition.
  struct Problem {
    let message: String
    let isUnknownField: Bool
    let offset: Int
    let condition: ConditionText
  }

  /// A condition, ready to be asked.
  struct Compiled {
    let expression: FilterExpression
    let size: Int
    let macros: Set<String>
    let lists: Set<String>
    let problems: [Problem]
  }

  private let lists: NamedTable<ListDefinition>
  let values: [String: [FilterLiteral]]
  private let definitions: NamedTable<MacroDefinition>
  private var macros: [String: Macro?] = [:]
  private let types: Set<String>
  private(set) var usedMacros: Set<String> = []
  private(set) var usedLists: Set<String>

  init(_ collector: RulesCollector, _ resolver: ListResolver, typeNames: Set<String>) {
    lists = collector.lists
    values = resolver.values
    usedLists = resolver.used
    definitions = collector.macros
    types = typeNames
  }

  mutating func compileMacros(_ found: inout Diagnostics) {
    for macro in definitions.all { _ = compile(macro: macro, [], &found) }
  }

  private mutating func compile(macro: MacroDefinition, _ open: [String], _ found: inout Diagnostics) -> Macro? {
    if let known = macros[macro.name] { return known }
    let item = ItemName(kind: "macro", name: macro.name)
    let compiled = compile(macro.condition, item, macro.order, &found, open: open + [macro.name])
    let made = compiled.map {
      Macro(expression: $0.expression, size: $0.size, macros: $0.macros, lists: $0.lists, problems: $0.problems)
    }
    macros[macro.name] = .some(made)
    return made
  }

  /// Compiles a condition; `nil` when it is so wrong that nothing can be asked. That was said then.
  mutating func compile(
    _ condition: ConditionText, _ item: ItemName, _ order: Order, _ found: inout Diagnostics, open: [String] = []
  ) -> Compiled? {
    let parsed: FilterExpression
    do throws(FilterSyntaxError) {
      parsed = try parseFilter(condition.text, depthLimit: ConditionCompiler.mostDepth)
    } catch {
      found.add(.error, .compileCondition, item, error.message, at: error.offset, of: condition)
      return nil
    }
    var work = Expansion(condition: condition, item: item, order: order, open: open)
    guard let expression = expand(parsed, &work, &found) else { return nil }
    guard work.size <= ConditionCompiler.mostNodes, expression.depth <= ConditionCompiler.mostDepth else {
      found.error(
        .validate, item,
        "with its macros, the condition has more than \(ConditionCompiler.mostNodes) comparisons or is too deep",
        at: condition.place)
      return nil
    }
    warn(parsed, condition, item, &found)
    return Compiled(
      expression: expression, size: work.size, macros: work.macros, lists: work.lists, problems: work.problems)
  }

  private struct Expansion {
    let condition: ConditionText
    let item: ItemName
    let order: Order
    let open: [String]
    var size = 0
    var macros: Set<String> = []
    var lists: Set<String> = []
    var problems: [Problem] = []
  }

  private mutating func expand(
    _ expression: FilterExpression, _ work: inout Expansion, _ found: inout Diagnostics
  ) -> FilterExpression? {
    work.size += 1
    switch expression {
    case .and(let terms, let range): return expand(terms, &work, &found).map { .and($0, range) }
    case .or(let terms, let range): return expand(terms, &work, &found).map { .or($0, range) }
    case .not(let term, let range): return expand(term, &work, &found).map { .not($0, range) }
    case .exists:
      check(expression, &work)
      return expression
    case .check(let check): return expand(check, &work, &found)
    case .macro(let name, let range): return macro(name, range, &work, &found)
    }
  }

  private mutating func expand(
    _ terms: [FilterExpression], _ work: inout Expansion, _ found: inout Diagnostics
  ) -> [FilterExpression]? {
    var expanded: [FilterExpression] = []
    var isWhole = true
    for term in terms {
      // All terms are looked at, so that all mistakes are said at once.
      if let term = expand(term, &work, &found) { expanded.append(term) } else { isWhole = false }
    }
    return isWhole ? expanded : nil
  }

  private mutating func macro(
    _ name: String, _ range: SourceRange, _ work: inout Expansion, _ found: inout Diagnostics
  ) -> FilterExpression? {
    guard let definition = definitions[name], definition.order.index < work.order.visibility else {
      let near = definitions.all.map(\.name).filter { editDistance($0, name) <= 2 && $0 != name }.first
      let isLater = definitions[name] != nil
      let message =
        isLater
        ? "the macro '\(name)' is defined further down; move it above"
        : "there is no macro '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? "; a comparison needs an operator")
      found.add(.error, .validate, work.item, message, at: range.lowerBound, of: work.condition)
      return nil
    }
    usedMacros.insert(name)
    work.macros.insert(name)
    if work.open.contains(name) {
      let path = (work.open + [name]).map { "'\($0)'" }.joined(separator: " → ")
      found.add(
        .error, .validate, ItemName(kind: "macro", name: name), "there is a reference loop in macro '\(name)': \(path)",
        at: range.lowerBound,
        of: work.condition)
      return nil
    }
    guard work.open.count < 100, let macro = compile(macro: definition, work.open, &found) else { return nil }
    work.size += macro.size
    work.problems += macro.problems
    return macro.expression
  }

  private mutating func expand(
    _ check: FilterCheck, _ work: inout Expansion, _ found: inout Diagnostics
  ) -> FilterExpression? {
    var check = check
    switch check.right {
    case .listName(let name, let range):
      guard let elements = values(of: name) else {
        let near = lists.all.map(\.name).first { editDistance($0, name) <= 2 }
        found.add(
          .error, .compileCondition, work.item,
          "there is no list '\(name)'" + (near.map { "; did you mean '\($0)'?" } ?? "; put values in parentheses"),
          at: range.lowerBound, of: work.condition)
        return nil
      }
      use(name, &work)
      check.right = .list(elements.map { .literal($0) }, range)
    case .list(let elements, let range):
      var all: [FilterOperand] = []
      for element in elements {
        if case .literal(let literal) = element, literal.style == .bare,
          let values = values(of: literal.text)
        {
          use(literal.text, &work)
          all += values.map { .literal(FilterLiteral(bytes: $0.bytes, range: literal.range)) }
        } else {
          all.append(element)
        }
      }
      check.right = .list(all, range)
    case .literal(let literal):
      guard literal.style == .bare, let elements = values(of: literal.text) else { break }
      use(literal.text, &work)
      guard elements.count == 1 else {
        found.add(
          .error, .compileCondition, work.item,
          "the list '\(literal.text)' has \(elements.count) values, and '\(check.comparisonSpelling)' takes one; write 'in (\(literal.text))'",
          at: literal.range.lowerBound, of: work.condition)
        return nil
      }
      check.right = .literal(FilterLiteral(bytes: elements[0].bytes, range: literal.range))
    case .field, .transformer: break
    }
    let expanded = FilterExpression.check(check)
    self.check(expanded, &work)
    checkEventTypes(check, &work)
    return expanded
  }

  private mutating func use(_ name: String, _ work: inout Expansion) {
    usedLists.insert(name)
    work.lists.insert(name)
  }

  /// Conditions see all lists, wherever these stand.
  private func values(of name: String) -> [FilterLiteral]? {
    values[name]
  }

  /// Checks one comparison: the field, the operator, the constants.
  private func check(_ expression: FilterExpression, _ work: inout Expansion) {
    do throws(QueryError) {
      try Question.check(expression: expression, source: work.condition.text)
    } catch {
      work.problems.append(
        Problem(
          message: error.message, isUnknownField: error.message.hasPrefix("there is no field"),
          offset: error.excerpt?.offset ?? expression.range.lowerBound, condition: work.condition))
    }
  }

  private func checkEventTypes(_ check: FilterCheck, _ work: inout Expansion) {
    guard case .field(let field) = check.left, field.name == "evt.type",
      check.comparison == .equal || check.comparison == .notEqual || check.comparison == .in
    else { return }
    check.right.visit { operand in
      guard case .literal(let literal) = operand, !types.contains(literal.text) else { return }
      let near = types.sorted().first { editDistance($0, literal.text) <= 1 }
      let isLoop = lists[literal.text] != nil
      work.problems.append(
        Problem(
          message: "unknown event type '\(literal.text)'"
            + (isLoop
              ? ": the list of this name leads back to itself"
              : near.map { "; did you mean '\($0)'?" } ?? "; `reel schema` lists them"),
          isUnknownField: false, offset: literal.range.lowerBound, condition: work.condition))
    }
  }

  /// What is allowed but hardly meant.
  private func warn(
    _ parsed: FilterExpression, _ condition: ConditionText, _ item: ItemName, _ found: inout Diagnostics
  ) {
    for warning in parsed.warnings(isField: { FieldTable.field(named: $0) != nil }) {
      found.add(.warning, .conditionWarning, item, warning.description, at: warning.range.lowerBound, of: condition)
    }
    parsed.visit { node in
      guard case .check(let check) = node else { return }
      check.right.visit { operand in
        guard case .literal(let literal) = operand, literal.text == "<NA>" else { return }
        found.add(
          .warning, .unsafeNotAvailableCheck, item,
          "a missing value equals nothing, also not '<NA>'; ask whether there is one with 'exists'",
          at: literal.range.lowerBound, of: condition)
      }
    }
  }
}
