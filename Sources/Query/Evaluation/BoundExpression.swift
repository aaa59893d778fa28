/// A filter, bound to fields and simplified: what the evaluator walks.
indirect enum BoundExpression: Sendable {
  case constant(Bool)
  case and([BoundExpression])
  case or([BoundExpression])
  case not(BoundExpression)
  case predicate(Predicate)

  /// How dear an answer is, roughly in nanoseconds an event: `and` and `or` ask the cheap terms first.
  var cost: Double {
    switch self {
    case .constant: 0
    case .predicate(let predicate):
      if predicate.isColumnComparison {
        0.3
      } else {
        switch predicate.domain {
        case .constant: 0
        case .type: 0.2
        case .lineage, .object: 1
        case .event: 200
        }
      }
    case .not(let term): term.cost
    case .and(let terms), .or(let terms): terms.reduce(0) { $0 + $1.cost }
    }
  }

  /// The share of events that is likely to fulfil the expression: a guess from what is asked, for putting terms in order.
  var likelihood: Double {
    switch self {
    case .constant(let value): return value ? 1 : 0
    case .not(let term): return 1 - term.likelihood
    case .and(let terms): return terms.reduce(1) { $0 * $1.likelihood }
    case .or(let terms): return 1 - terms.reduce(1) { $0 * (1 - $1.likelihood) }
    case .predicate(let predicate):
      switch predicate.test {
      case .exists: return 0.8
      case .compare(.notEqual, _): return 0.9
      case .compare(.equal, _): return 0.1
      case .compare(.less, _), .compare(.lessOrEqual, _), .compare(.greater, _), .compare(.greaterOrEqual, _):
        return 0.4
      case .compare, .quantified: return 0.2
      }
    }
  }

  /// Calls a body for each predicate.
  func forEachPredicate(_ body: (Predicate) -> Void) {
    switch self {
    case .constant: break
    case .predicate(let predicate): body(predicate)
    case .not(let term): term.forEachPredicate(body)
    case .and(let terms), .or(let terms): for term in terms { term.forEachPredicate(body) }
    }
  }

  /// The same with other slots, for joining filters that were bound one by one.
  func movingSlots(by offset: Int) -> BoundExpression {
    switch self {
    case .constant: self
    case .not(let term): .not(term.movingSlots(by: offset))
    case .and(let terms): .and(terms.map { $0.movingSlots(by: offset) })
    case .or(let terms): .or(terms.map { $0.movingSlots(by: offset) })
    case .predicate(let predicate):
      .predicate(Predicate(operand: predicate.operand, test: predicate.test, slot: predicate.slot + offset))
    }
  }

  /// The same with constants folded away, nested conjunctions flattened, and cheap terms first.
  func simplified() -> BoundExpression {
    switch self {
    case .constant: return self
    case .predicate(let predicate):
      guard predicate.domain == .constant else { return self }
      return .constant(predicate.constantAnswer)
    case .not(let term):
      switch term.simplified() {
      case .constant(let value): return .constant(!value)
      case .not(let inner): return inner
      case let other: return .not(other)
      }
    case .and(let terms): return BoundExpression.combined(terms, absorbing: false)
    case .or(let terms): return BoundExpression.combined(terms, absorbing: true)
    }
  }

  /// Joins terms; one that has the absorbing value decides, one that has the other is left out.
  private static func combined(_ terms: [BoundExpression], absorbing: Bool) -> BoundExpression {
    var kept: [BoundExpression] = []
    for term in terms {
      switch (term.simplified(), absorbing) {
      case (.constant(let value), _):
        if value == absorbing { return .constant(absorbing) }
      case (.and(let inner), false), (.or(let inner), true): kept += inner
      case (let other, _): kept.append(other)
      }
    }
    if kept.isEmpty { return .constant(!absorbing) }
    if kept.count == 1 { return kept[0] }
    // What spares most of the work of the others for its own cost: a term of a conjunction by failing, of a
    // disjunction by holding.
    func rank(_ term: BoundExpression) -> Double {
      term.cost / max(absorbing ? term.likelihood : 1 - term.likelihood, 0.01)
    }
    let ordered = kept.enumerated().sorted { (rank($0.element), $0.offset) < (rank($1.element), $1.offset) }
    return absorbing ? .or(ordered.map(\.element)) : .and(ordered.map(\.element))
  }
}

extension Predicate {
  /// The answer of a predicate whose operands depend on nothing.
  var constantAnswer: Bool {
    func value(_ operand: Operand) -> FieldValue {
      operand.value { field, _ in
        if case .constant(let text) = field.field.source { return .text(text) }
        return .missing
      }
    }
    return holds(value(operand), right: value)
  }
}
