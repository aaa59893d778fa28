extension FilterExpression {
  /// Calls `body` with every node of the tree, parents before children, in the order of the text.
  public func visit<Failure: Error>(_ body: (FilterExpression) throws(Failure) -> Void) throws(Failure) {
    try body(self)
    switch self {
    case .and(let terms, _), .or(let terms, _):
      for term in terms { try term.visit(body) }
    case .not(let term, _): try term.visit(body)
    case .check, .exists, .macro: break
    }
  }

  /// Calls `body` with every operand of every check, those inside transformers and lists included, in the order of the
  /// text.
  public func visitOperands<Failure: Error>(_ body: (FilterOperand) throws(Failure) -> Void) throws(Failure) {
    try visit { (node: FilterExpression) throws(Failure) in
      switch node {
      case .check(let check):
        try check.left.visit(body)
        try check.right.visit(body)
      case .exists(let operand, _): try operand.visit(body)
      case .and, .or, .not, .macro: break
      }
    }
  }

  /// Every field that the filter reads, with its argument, each time that it is named.
  public var fields: [FilterField] {
    var found: [FilterField] = []
    visitOperands { operand in
      if case .field(let field) = operand { found.append(field) }
    }
    return found
  }

  /// The macros that the filter names, each time that it does, with their places.
  public var macros: [(name: String, range: SourceRange)] {
    var found: [(name: String, range: SourceRange)] = []
    visit { node in
      if case .macro(let name, let range) = node { found.append((name, range)) }
    }
    return found
  }

  /// The words that stand where a whole list belongs (`in my_list`), each time that they do, with their places. A bare
  /// element of a list may also name one; only who knows the lists can tell.
  public var listNames: [(name: String, range: SourceRange)] {
    var found: [(name: String, range: SourceRange)] = []
    visitOperands { operand in
      if case .listName(let name, let range) = operand { found.append((name, range)) }
    }
    return found
  }
}

extension FilterOperand {
  /// Calls `body` with this operand, then with those inside it.
  public func visit<Failure: Error>(_ body: (FilterOperand) throws(Failure) -> Void) throws(Failure) {
    try body(self)
    switch self {
    case .transformer(let transformer):
      for argument in transformer.arguments { try argument.visit(body) }
    case .list(let elements, _):
      for element in elements { try element.visit(body) }
    case .field, .literal, .listName: break
    }
  }
}
