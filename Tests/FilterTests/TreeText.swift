import Filter

// A tree as one line of text, so that cases can show the tree that they expect:
//
//     (or (and (exists evt.name) (evt.type in {a b})) (proc.name = 'cat'))

func treeText(_ expression: FilterExpression) -> String {
  switch expression {
  case .and(let terms, _): "(and \(terms.map(treeText).joined(separator: " ")))"
  case .or(let terms, _): "(or \(terms.map(treeText).joined(separator: " ")))"
  case .not(let term, _): "(not \(treeText(term)))"
  case .exists(let operand, _): "(exists \(treeText(operand)))"
  case .macro(let name, _): name
  case .check(let check):
    "("
      + [treeText(check.left), check.comparisonSpelling, check.quantifier?.rawValue, treeText(check.right)]
      .compactMap { $0 }.joined(separator: " ") + ")"
  }
}

func treeText(_ operand: FilterOperand) -> String {
  switch operand {
  case .field(let field): field.name + (field.argument.map { "[\($0.text)]" } ?? "")
  case .literal(let literal): "'\(literal.text)'"
  case .listName(let name, _): "@\(name)"
  case .list(let elements, _): "{\(elements.map(treeText).joined(separator: " "))}"
  case .transformer(let transformer):
    "\(transformer.function.rawValue)<\(transformer.arguments.map(treeText).joined(separator: " "))>"
      + (transformer.argument.map { "[\($0.text)]" } ?? "")
  }
}
