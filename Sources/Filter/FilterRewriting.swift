extension FilterExpression {
  /// The filter with macros and lists put in place of their names.
  ///
  /// Both closures answer nil for a name that they do not know; it then stays. What they return is not searched for
  /// names again: whoever knows the definitions resolves those first, finds loops, and bounds the size of the result.
  ///
  /// - Parameters:
  ///   - macro: The condition that a lone word stands for.
  ///   - list: The values that a name stands for: of a whole list (`in my_list`), or of a bare word among a list's
  ///     elements (`in (my_list, other)`), which they then take the place of.
  public func replacing<Failure: Error>(
    macro: (String, SourceRange) throws(Failure) -> FilterExpression?,
    list: (String, SourceRange) throws(Failure) -> [FilterLiteral]?
  ) throws(Failure) -> FilterExpression {
    switch self {
    case .and(let terms, let range):
      return .and(try terms.map { term throws(Failure) in try term.replacing(macro: macro, list: list) }, range)
    case .or(let terms, let range):
      return .or(try terms.map { term throws(Failure) in try term.replacing(macro: macro, list: list) }, range)
    case .not(let term, let range): return .not(try term.replacing(macro: macro, list: list), range)
    case .macro(let name, let range): return try macro(name, range) ?? self
    case .exists: return self
    case .check(var check):
      check.right = try check.right.replacing(list: list)
      return .check(check)
    }
  }
}

extension FilterOperand {
  /// The right side of a check with lists put in place of their names.
  fileprivate func replacing<Failure: Error>(
    list: (String, SourceRange) throws(Failure) -> [FilterLiteral]?
  ) throws(Failure) -> FilterOperand {
    switch self {
    case .listName(let name, let range):
      guard let values = try list(name, range) else { return self }
      return .list(values.map { .literal($0) }, range)
    case .list(let elements, let range):
      var replaced: [FilterOperand] = []
      replaced.reserveCapacity(elements.count)
      for element in elements {
        if case .literal(let literal) = element, literal.style == .bare,
          let values = try list(literal.text, literal.range)
        {
          replaced += values.map { .literal($0) }
        } else {
          replaced.append(element)
        }
      }
      return .list(replaced, range)
    case .field, .transformer, .literal: return self
    }
  }
}
