import Filter

/// Which types of events a condition can hold for, as far as it speaks of `evt.type` with constants.
struct EventTypeSets {
  /// All types that there are.
  let all: Set<String>

  /// The types for which the condition may hold.
  func types(of expression: FilterExpression) -> Set<String> { sets(expression).holds }

  private func sets(_ expression: FilterExpression) -> (holds: Set<String>, fails: Set<String>) {
    switch expression {
    case .not(let term, _):
      let (holds, fails) = sets(term)
      return (fails, holds)
    case .and(let terms, _):
      return terms.reduce((all, [])) { known, term in
        let more = sets(term)
        return (known.0.intersection(more.holds), known.1.union(more.fails))
      }
    case .or(let terms, _):
      return terms.reduce(([], all)) { known, term in
        let more = sets(term)
        return (known.0.union(more.holds), known.1.intersection(more.fails))
      }
    case .check(let check):
      guard case .field(let field) = check.left, field.name == "evt.type", check.quantifier == nil else {
        return (all, all)
      }
      var named: Set<String> = []
      switch check.right {
      case .literal(let literal): named = [literal.text]
      case .list(let elements, _):
        for case .literal(let literal) in elements { named.insert(literal.text) }
      case .field, .transformer, .listName: return (all, all)
      }
      switch check.comparison {
      case .equal, .in: return (named.intersection(all), all.subtracting(named))
      case .notEqual: return (all.subtracting(named), named.intersection(all))
      default: return (all, all)
      }
    case .exists, .macro: return (all, all)
    }
  }
}
