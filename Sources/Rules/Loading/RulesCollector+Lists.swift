import YAML

extension RulesCollector {
  mutating func readList(_ reader: ItemReader) {
    let name = reader.item.name
    reader.checkKeys(["list", "items", "append", "override"], &found)
    if !name.isListName { warn(.invalidListName, reader, "letters, digits, '_', '-' and '.'") }
    guard reader.value("items") != nil else {
      found.error(.yamlValidate, reader.item, "there is no 'items'; add `items: [one, other]`", at: reader.place)
      return
    }
    guard let items = reader.texts("items", &found) else { return }
    put(ListDefinition(name: name, items: items, order: .last, place: reader.place), "items", reader, in: \.lists)
  }

  mutating func readMacro(_ reader: ItemReader) {
    let name = reader.item.name
    reader.checkKeys(["macro", "condition", "append", "override"], &found)
    if !name.isMacroName { warn(.invalidMacroName, reader, "letters, digits and '_'") }
    guard let condition = reader.requiredText("condition", &found) else { return }
    let macro = MacroDefinition(name: name, condition: ConditionText(condition), order: .last, place: reader.place)
    put(macro, "condition", reader, in: \.macros)
  }

  private mutating func warn(_ code: RulesDiagnostic.Code, _ reader: ItemReader, _ letters: String) {
    let kind = reader.item.kind
    found.warning(
      code, reader.item,
      "a \(kind)'s name has \(letters), and begins with a letter; conditions cannot name this one",
      at: reader.value(kind) ?? reader.place)
  }

  /// Defines something, or changes what has its name.
  /// - Parameter key: that of its content.
  private mutating func put<Definition: ChangeableDefinition>(
    _ definition: Definition, _ key: String, _ reader: ItemReader,
    in table: WritableKeyPath<RulesCollector, NamedTable<Definition>>
  ) {
    let existing = self[keyPath: table][definition.name]
    guard let change = change(of: reader, exists: existing != nil, allowed: [key: true]) else { return }
    let order = nextOrder()
    var changed = definition
    changed.order = Order(index: existing?.order.index ?? order.index, visibility: order.visibility)
    if case .define = change {
      self[keyPath: table][definition.name] = changed
    } else if var kept = existing {
      kept.take(definition, appending: change.operation(of: key) != .replace)
      kept.order = changed.order
      self[keyPath: table][definition.name] = kept
    }
  }

  /// What an item does to what has its name already; `nil` when it says that wrongly.
  ///
  /// - Parameter allowed: the keys that can be overridden, with whether they can be appended to.
  mutating func change(of reader: ItemReader, exists: Bool, allowed: [String: Bool]) -> ItemChange? {
    let kind = reader.item.kind
    let appends = reader.value("append") != nil ? reader.boolean("append", &found) : nil
    if let place = reader.value("append"), appends == true {
      found.warning(
        .deprecatedItem, reader.item, "'append' is deprecated; write `override: {…: append}`", at: place)
    }
    guard let override = reader.value("override") else {
      guard appends == true else { return .define }
      guard exists else {
        found.error(
          .validate, reader.item, "nothing can be appended, because no \(kind) of this name stands before",
          at: reader.place)
        return nil
      }
      return .appendAll
    }
    if appends == true {
      found.error(
        .validate, reader.item, "'append' and 'override' exclude each other; leave out 'append'", at: override)
      return nil
    }
    guard let pairs = override.node.pairs else {
      found.error(
        .yamlValidate, reader.item, "'override' takes a mapping such as {condition: append}, not \(override.node.kind)",
        at: override)
      return nil
    }
    var operations: [String: ItemChange.Operation] = [:]
    var isWrong = false
    func fail(_ message: String, _ node: YAMLNode) {
      found.error(.validate, reader.item, message, at: override.with(node))
      isWrong = true
    }
    for pair in pairs {
      let key = pair.key.text ?? ""
      guard let mayAppend = allowed[key] else {
        let keys = allowed.keys.sorted().joined(separator: ", ")
        fail(
          "'\(key)' of \(kind == "rule" ? "a rule" : "a \(kind)") cannot be overridden; these can: \(keys)", pair.key)
        continue
      }
      guard let operation = ItemChange.Operation(rawValue: pair.value.text ?? "") else {
        fail("'override' takes 'append' or 'replace', not \(pair.value.shown)", pair.value)
        continue
      }
      if operation == .append, !mayAppend {
        fail("'\(key)' has one value, to which nothing can be appended; write `\(key): replace`", pair.value)
        continue
      }
      if reader.value(key) == nil {
        fail("'override' speaks of '\(key)', which is not in this item; add it", pair.key)
        continue
      }
      operations[key] = operation
    }
    for pair in reader.place.node.pairs ?? [] {
      let key = pair.key.text ?? ""
      if key != kind, key != "override", key != "append", allowed[key] != nil, operations[key] == nil, !isWrong {
        fail("'\(key)' is here, but 'override' does not say whether it appends or replaces; add it there", pair.key)
      }
    }
    if !exists {
      found.error(
        .validate, reader.item, "nothing can be overridden, because no \(kind) of this name stands before",
        at: reader.place)
      return nil
    }
    return isWrong ? nil : .override(operations)
  }
}

/// A definition with one content, which later items may replace or append to.
protocol ChangeableDefinition {
  var name: String { get }
  var order: Order { get set }
  /// Takes the content of another of the same name.
  mutating func take(_ other: Self, appending: Bool)
}

extension ListDefinition: ChangeableDefinition {
  mutating func take(_ other: ListDefinition, appending: Bool) {
    items = appending ? items + other.items : other.items
  }
}

extension MacroDefinition: ChangeableDefinition {
  mutating func take(_ other: MacroDefinition, appending: Bool) {
    if appending { condition.append(other.condition) } else { condition = other.condition }
  }
}

/// What an item does to what has its name already.
enum ItemChange {
  enum Operation: String { case append, replace }

  case define
  /// The deprecated form: all that can be appended is.
  case appendAll
  case override([String: Operation])

  /// What is done with a key; `nil` for nothing.
  func operation(of key: String) -> Operation? {
    switch self {
    case .define: .replace
    case .appendAll: .append
    case .override(let operations): operations[key]
    }
  }
}

extension String {
  /// Whether a condition can name it as a macro.
  var isMacroName: Bool { isName { $0 == UInt8(ascii: "_") } }

  /// Whether a condition can name it as a list.
  var isListName: Bool { isName { "_-.".utf8.contains($0) } }

  private func isName(_ others: (UInt8) -> Bool) -> Bool {
    func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
    guard let first = utf8.first, isLetter(first) else { return false }
    return utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || others($0) }
  }
}
