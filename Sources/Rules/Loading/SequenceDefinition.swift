/// What the events of a sequence have in common.
public enum SequenceScope: String, Sendable, Hashable, CaseIterable {
  /// Each is of the process of the first, or of a descendant of it.
  case processTree = "process_tree"
  case process, session, container
}

struct SequenceDefinition: Sendable {
  struct Step: Sendable {
    let name: String
    let condition: ConditionText
  }

  let name: String
  let description: String
  let scope: SequenceScope
  let within: Int64
  let steps: [Step]
  let output: ConditionText
  let priority: Priority
  let tags: [String]
  let isEnabled: Bool
  let order: Order
  let place: Placed
}

extension RulesCollector {
  mutating func readSequence(_ reader: ItemReader) {
    reader.checkKeys(
      ["sequence", "desc", "by", "within", "steps", "output", "priority", "tags", "enabled"], &found)
    let output = reader.requiredText("output", &found)
    let priority = priority(reader, isRequired: true)
    var scope = SequenceScope.processTree
    if let by = reader.optionalText("by", &found) {
      guard let known = SequenceScope(rawValue: by.node.text ?? "") else {
        let names = SequenceScope.allCases.map(\.rawValue).joined(separator: ", ")
        found.error(.yamlValidate, reader.item, "'by' takes one of \(names), not \(by.node.shown)", at: by)
        return
      }
      scope = known
    }
    guard let time = reader.requiredText("within", &found) else { return }
    guard let within = duration(time.node.text ?? "") else {
      found.error(
        .yamlValidate, reader.item, "'within' takes a duration such as 500ms, 10s or 5m, not \(time.node.shown)",
        at: time)
      return
    }
    guard let value = reader.value("steps") else {
      found.error(
        .yamlValidate, reader.item, "there is no 'steps'; add two conditions or more, one behind the other",
        at: reader.place)
      return
    }
    var steps: [SequenceDefinition.Step] = []
    for (index, element) in (value.node.elements ?? []).enumerated() {
      let place = value.with(element)
      if element.text != nil {
        steps.append(SequenceDefinition.Step(name: "\(index + 1)", condition: ConditionText(place)))
        continue
      }
      guard element.pairs != nil else {
        found.error(.yamlValidate, reader.item, "a step is a condition, or a mapping with 'condition'", at: place)
        return
      }
      let step = ItemReader(place: place, item: reader.item)
      guard let condition = step.requiredText("condition", &found) else { return }
      let name = step.optionalText("name", &found)?.node.text ?? "\(index + 1)"
      steps.append(SequenceDefinition.Step(name: name, condition: ConditionText(condition)))
    }
    guard (2...16).contains(steps.count) else {
      found.error(.yamlValidate, reader.item, "'steps' takes 2 to 16 conditions, not \(steps.count)", at: value)
      return
    }
    guard let output, let priority else { return }
    let order = nextOrder()
    sequences[reader.item.name] = SequenceDefinition(
      name: reader.item.name, description: reader.optionalText("desc", &found)?.node.text ?? "", scope: scope,
      within: within, steps: steps, output: ConditionText(output), priority: priority,
      tags: (reader.texts("tags", &found) ?? []).compactMap(\.node.text),
      isEnabled: reader.boolean("enabled", &found) ?? true, order: order, place: reader.place)
  }

  /// `500ms`, `10s`, `5m`, `1h`, in nanoseconds.
  private func duration(_ text: String) -> Int64? {
    let digits = text.prefix { $0.isASCII && $0.isNumber }
    guard let number = Int64(digits), number > 0 else { return nil }
    let factors: [String: Int64] = ["ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000]
    guard let factor = factors[String(text.dropFirst(digits.count))] else { return nil }
    let (product, overflow) = number.multipliedReportingOverflow(by: factor)
    return overflow ? nil : product
  }
}
