extension RulesCollector {
  private static let keys = [
    "rule", "desc", "condition", "output", "priority", "source", "enabled", "capture", "capture_duration",
    "warn_evttypes", "skip-if-unknown-filter", "tags", "exceptions", "append", "override",
  ]
  private static let overridable = [
    "condition": true, "output": true, "desc": true, "tags": true, "exceptions": true, "priority": false,
    "enabled": false, "capture": false, "capture_duration": false, "warn_evttypes": false,
    "skip-if-unknown-filter": false,
  ]

  mutating func readRule(_ reader: ItemReader) {
    reader.checkKeys(RulesCollector.keys, &found)
    let existing = rules[reader.item.name]
    let keys = Set((reader.place.node.pairs ?? []).compactMap(\.key.text))
    if keys == ["rule", "enabled"] { return toggle(reader, existing) }
    guard let change = change(of: reader, exists: existing != nil, allowed: RulesCollector.overridable) else { return }
    switch change {
    case .define: define(reader, existing)
    case .appendAll, .override:
      guard let existing else { return }
      self.change(existing, change, reader)
    }
  }

  /// The deprecated form that switches a rule on or off.
  private mutating func toggle(_ reader: ItemReader, _ existing: RuleDefinition?) {
    guard let flag = reader.boolean("enabled", &found) else { return }
    guard var rule = existing else {
      found.error(
        .validate, reader.item, "only 'enabled' is given, and no rule of this name stands before that it could switch",
        at: reader.place)
      return
    }
    found.warning(
      .deprecatedItem, reader.item,
      "an item with 'enabled' alone is deprecated; add `override: {enabled: replace}`", at: reader.place)
    rule.isEnabled = flag
    rules[rule.name] = rule
  }

  private mutating func define(_ reader: ItemReader, _ existing: RuleDefinition?) {
    let condition = reader.requiredText("condition", &found)
    let output = reader.requiredText("output", &found)
    let description = reader.requiredText("desc", &found)
    let priority = priority(reader, isRequired: true)
    let exceptions = reader.value("exceptions").map { readExceptions($0, of: reader, knownIn: []) } ?? []
    let order = nextOrder()
    guard let condition, let output, let description, let priority else { return }
    var rule = RuleDefinition(
      name: reader.item.name, description: description.node.text ?? "", condition: ConditionText(condition),
      output: ConditionText(output), priority: priority,
      source: reader.optionalText("source", &found)?.node.text ?? "syscall",
      order: Order(index: existing?.order.index ?? order.index, visibility: order.visibility), place: reader.place)
    setPlainKeys(of: &rule, reader) { _ in true }
    rule.tags = (reader.texts("tags", &found) ?? []).compactMap(\.node.text)
    rule.exceptions = exceptions
    rules[rule.name] = rule
  }

  private mutating func change(_ existing: RuleDefinition, _ change: ItemChange, _ reader: ItemReader) {
    var rule = existing
    if case .appendAll = change, reader.value("condition") == nil, reader.value("exceptions") == nil {
      found.error(
        .validate, reader.item, "what is appended to a rule is a 'condition' or 'exceptions'; neither is here",
        at: reader.place)
      return
    }
    func isReplaced(_ key: String) -> Bool { change.operation(of: key) == .replace }
    func counts(_ key: String) -> Bool {
      guard reader.value(key) != nil else { return false }
      if case .appendAll = change { return ["condition", "exceptions", "tags"].contains(key) }
      return change.operation(of: key) != nil
    }
    if counts("condition"), let condition = reader.requiredText("condition", &found) {
      let text = ConditionText(condition)
      if isReplaced("condition") { rule.condition = text } else { rule.condition.append(text) }
    }
    if counts("output"), let output = reader.requiredText("output", &found) {
      let text = ConditionText(output)
      if isReplaced("output") { rule.output = text } else { rule.output.append(text) }
    }
    if counts("desc"), let text = reader.requiredText("desc", &found)?.node.text {
      rule.description = isReplaced("desc") ? text : rule.description + " " + text
    }
    if counts("tags"), let tags = reader.texts("tags", &found)?.compactMap(\.node.text) {
      rule.tags = isReplaced("tags") ? tags : rule.tags + tags.filter { !rule.tags.contains($0) }
    }
    if counts("exceptions"), let value = reader.value("exceptions") {
      if isReplaced("exceptions") {
        rule.exceptions = readExceptions(value, of: reader, knownIn: [])
      } else {
        append(readExceptions(value, of: reader, knownIn: rule.exceptions), to: &rule)
      }
    }
    setPlainKeys(of: &rule, reader, where: counts)
    rule.order.visibility = nextOrder().visibility
    rules[rule.name] = rule
  }

  /// Sets what has one value.
  private mutating func setPlainKeys(
    of rule: inout RuleDefinition, _ reader: ItemReader, where counts: (String) -> Bool
  ) {
    if counts("priority"), let priority = priority(reader, isRequired: false) { rule.priority = priority }
    if counts("enabled"), let flag = reader.boolean("enabled", &found) { rule.isEnabled = flag }
    if counts("capture"), let flag = reader.boolean("capture", &found) { rule.captures = flag }
    if counts("capture_duration"), let time = reader.milliseconds("capture_duration", &found) {
      rule.captureDuration = time
    }
    if counts("warn_evttypes"), let flag = reader.boolean("warn_evttypes", &found) { rule.warnsOfEventTypes = flag }
    if counts("skip-if-unknown-filter"), let flag = reader.boolean("skip-if-unknown-filter", &found) {
      rule.skipsIfUnknown = flag
    }
  }

  mutating func priority(_ reader: ItemReader, isRequired: Bool) -> Priority? {
    guard isRequired || reader.value("priority") != nil,
      let value = reader.requiredText("priority", &found)
    else { return nil }
    if let priority = Priority(name: value.node.text ?? "") { return priority }
    let names = Priority.allCases.map { "\($0)" }.joined(separator: ", ")
    found.error(.yamlValidate, reader.item, "\(value.node.shown) is no priority; these are: \(names)", at: value)
    return nil
  }
}
