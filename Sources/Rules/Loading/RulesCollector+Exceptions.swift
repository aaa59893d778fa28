import Filter
import Query

extension RulesCollector {
  /// Reads the exceptions of a rule. Those that are already known may come with values alone.
  mutating func readExceptions(
    _ value: Placed, of reader: ItemReader, knownIn known: [ExceptionDefinition]
  ) -> [ExceptionDefinition] {
    guard let elements = value.node.elements else {
      found.error(
        .yamlValidate, reader.item,
        "'exceptions' takes a list of `name`, `fields`, `comps` and `values`, not \(value.node.kind)",
        at: value)
      return []
    }
    var exceptions: [ExceptionDefinition] = []
    for element in elements {
      let place = value.with(element)
      guard element.pairs != nil else {
        found.error(
          .yamlValidate, ItemName(kind: "exception", name: ""),
          "an exception is a mapping with a `name` and `fields`; this is \(element.kind)", at: place)
        continue
      }
      var entry = ItemReader(place: place, item: ItemName(kind: "exception", name: ""))
      guard let name = entry.requiredText("name", &found)?.node.text else { continue }
      entry = ItemReader(place: place, item: ItemName(kind: "exception", name: name))
      entry.checkKeys(["name", "fields", "comps", "values"], &found)
      if exceptions.contains(where: { $0.name == name }) {
        found.warning(
          .exceptionNameNotUnique, entry.item, "the rule has two exceptions of this name; give one of them another",
          at: place)
      }
      if let exception = readException(
        entry, known.first { $0.name == name },
        isAppended: !known.isEmpty || reader.value("override") != nil || reader.value("append") != nil)
      {
        exceptions.append(exception)
      }
    }
    return exceptions
  }

  private mutating func readException(
    _ entry: ItemReader, _ known: ExceptionDefinition?, isAppended: Bool
  ) -> ExceptionDefinition? {
    let values = (entry.value("values")?.node.elements ?? []).map(entry.place.with)
    if let place = entry.value("values"), place.node.elements == nil, !place.node.isNull {
      found.error(.yamlValidate, entry.item, "'values' takes a list, not \(place.node.kind)", at: place)
      return nil
    }
    if var known {
      if entry.value("values") == nil {
        found.warning(
          .appendNoValues, entry.item,
          "the rule has this exception already, and nothing is appended to it; add 'values'",
          at: entry.place)
      }
      if let fields = entry.value("fields") {
        found.error(
          .validate, entry.item, "the rule has this exception already; what is appended has 'values' and no 'fields'",
          at: fields)
        return nil
      }
      known.values = values
      known.place = entry.place
      guard check(known, entry) else { return nil }
      return known
    }
    guard let fields = entry.value("fields") else {
      found.error(
        isAppended ? .validate : .yamlValidate, entry.item,
        isAppended
          ? "the rule has no exception of this name; one that is new needs 'fields'"
          : "there is no 'fields'; add the fields that the values are of: `fields: [proc.name, fd.name]`",
        at: entry.place)
      return nil
    }
    let isSingle = fields.node.scalar != nil
    let names = isSingle ? [fields] : entry.texts("fields", &found) ?? []
    if names.isEmpty || fields.node.isNull {
      found.error(.yamlValidate, entry.item, "'fields' names no field", at: fields)
      return nil
    }
    var comparisons: [String]
    if let comps = entry.value("comps") {
      comparisons =
        comps.node.scalar != nil
        ? [comps.node.text ?? ""] : (entry.texts("comps", &found) ?? []).compactMap(\.node.text)
    } else {
      comparisons = isSingle ? ["in"] : [String](repeating: "=", count: names.count)
    }
    if comparisons.count != names.count {
      found.error(
        .validate, entry.item,
        "there are \(names.count) fields and \(comparisons.count) operators; 'comps' takes one for each field",
        at: entry.value("comps") ?? entry.place)
      return nil
    }
    for comparison in comparisons where ExceptionOperator(comparison) == nil {
      let names = FilterOperator.allCases.map(\.rawValue).joined(separator: " ")
      found.error(
        .validate, entry.item, "'\(comparison)' is no operator; these are: \(names)",
        at: entry.value("comps") ?? entry.place)
      return nil
    }
    if isSingle, let own = ExceptionOperator(comparisons[0]), !own.takesList {
      found.error(
        .validate, entry.item,
        "a single field is compared with a list: 'comps' is in, pmatch, intersects, or an operator with anyof, not '\(comparisons[0])'",
        at: entry.value("comps") ?? entry.place)
      return nil
    }
    for name in names {
      do throws(QueryError) { try Question.check(operand: name.node.text ?? "") } catch {
        found.error(.validate, entry.item, error.message, at: name)
        return nil
      }
    }
    let exception = ExceptionDefinition(
      name: entry.item.name, fields: names, isSingle: isSingle, comparisons: comparisons, values: values,
      place: entry.place)
    return check(exception, entry) ? exception : nil
  }

  /// Whether each tuple has a value for each field.
  private mutating func check(_ exception: ExceptionDefinition, _ entry: ItemReader) -> Bool {
    if exception.isSingle { return true }
    for value in exception.values {
      guard let tuple = value.node.elements else {
        found.error(
          .validate, entry.item, "a value is a list with one element for each field: [\(exception.fieldNames)]",
          at: value)
        return false
      }
      guard tuple.count == exception.fields.count else {
        found.error(
          .validate, entry.item,
          "there are \(exception.fields.count) fields and \(tuple.count) values; a value is [\(exception.fieldNames)]",
          at: value)
        return false
      }
    }
    return true
  }

  /// Adds values to exceptions that the rule has, and exceptions that it does not have.
  func append(_ exceptions: [ExceptionDefinition], to rule: inout RuleDefinition) {
    for exception in exceptions {
      if let index = rule.exceptions.firstIndex(where: { $0.name == exception.name }) {
        rule.exceptions[index].values += exception.values
      } else {
        rule.exceptions.append(exception)
      }
    }
  }
}

extension ExceptionDefinition {
  /// The fields for messages.
  var fieldNames: String { fields.compactMap(\.node.text).joined(separator: ", ") }

  /// The condition that excepts events; `nil` without values.
  ///
  /// - Parameter lists: what a word of a value may name.
  /// - Throws: what is wrong with a field.
  func condition(_ lists: [String: [FilterLiteral]]) throws(QueryError) -> FilterExpression? {
    var alternatives: [FilterExpression] = []
    if isSingle {
      var elements: [FilterLiteral] = []
      for value in values {
        elements += (value.node.elements ?? [value.node]).flatMap { ListResolver.literals($0.text ?? "", lists) }
      }
      if elements.isEmpty { return nil }
      return try check(0, elements, isList: true)
    }
    for value in values {
      var terms: [FilterExpression] = []
      for (index, element) in (value.node.elements ?? []).enumerated() where index < fields.count {
        let texts = element.elements?.map { $0.text ?? "" } ?? ExceptionDefinition.words(element.text ?? "")
        let elements = texts.flatMap { ListResolver.literals($0, lists) }
        terms.append(try check(index, elements, isList: element.elements != nil))
      }
      if let all = FilterExpression.conjunction(terms) { alternatives.append(all) }
    }
    return FilterExpression.disjunction(alternatives)
  }

  /// `(one, other)` as text is a list, too.
  private static func words(_ text: String) -> [String] {
    guard text.hasPrefix("("), text.hasSuffix(")") else { return [text] }
    return text.dropFirst().dropLast().split(separator: ",").map { word in
      String(word.drop(while: \.isWhitespace).reversed().drop(while: \.isWhitespace).reversed())
    }
  }

  private func check(_ index: Int, _ values: [FilterLiteral], isList: Bool) throws(QueryError) -> FilterExpression {
    let field = fields[index].node.text ?? ""
    let parsed: FilterExpression
    do throws(FilterSyntaxError) { parsed = try parseFilter(field + " exists") } catch { throw QueryError(error) }
    guard let comparison = ExceptionOperator(comparisons[index]), case .exists(let left, _) = parsed else {
      throw QueryError("'\(field)' and '\(comparisons[index])' are no field and operator")
    }
    let right: FilterOperand =
      comparison.takesList || values.count != 1
      ? .list(values.map { .literal($0) }, .none) : .literal(values[0])
    // Several values for an operator of one mean any of them.
    let quantifier = comparison.quantifier ?? (!comparison.takesList && values.count != 1 ? .any : nil)
    return .check(
      FilterCheck(left: left, comparison: comparison.comparison, quantifier: quantifier, right: right))
  }
}

/// An operator of an exception, with the quantifier that may stand behind it.
struct ExceptionOperator {
  let comparison: FilterOperator
  let quantifier: FilterQuantifier?

  init?(_ text: String) {
    let words = text.split(separator: " ").map(String.init)
    guard (1...2).contains(words.count),
      let comparison = words[0] == "==" ? .equal : FilterOperator(rawValue: words[0])
    else { return nil }
    quantifier = words.count == 2 ? FilterQuantifier(rawValue: words[1]) : nil
    if words.count == 2, quantifier == nil || comparison.rightSide != .string { return nil }
    self.comparison = comparison
  }

  var takesList: Bool { quantifier != nil || comparison.rightSide == .list }
}
