import Filter

/// Which types of events a condition can hold for, as far as it speaks of `evt.type` with constants.
struct EventTypeSets {
  private let names: [String]
  private let positions: [String: Int]
  private let none: [UInt64]
  private let all: [UInt64]

  /// - Parameter names: all types that there are.
  init(all names: Set<String>) {
    self.names = names.sorted()
    positions = Dictionary(uniqueKeysWithValues: self.names.enumerated().map { ($1, $0) })
    none = [UInt64](repeating: 0, count: (names.count + 63) / 64)
    var all = none
    for position in self.names.indices { all[position / 64] |= 1 << UInt64(position % 64) }
    self.all = all
  }

  /// The types for which the condition may hold.
  func types(of expression: FilterExpression) -> Set<String> {
    // What says nothing of types holds for all and fails for all.
    guard let (holds, _) = sets(expression) else { return Set(names) }
    return Set(names.indices.filter { holds[$0 / 64] & 1 << UInt64($0 % 64) != 0 }.map { names[$0] })
  }

  private typealias Sets = (holds: [UInt64], fails: [UInt64])

  /// For which types the expression may hold, and for which it may fail; `nil` for all of both.
  private func sets(_ expression: FilterExpression) -> Sets? {
    switch expression {
    case .not(let term, _): return sets(term).map { ($0.fails, $0.holds) }
    case .and(let terms, _): return join(terms) { ($0.holds, $0.fails) }
    case .or(let terms, _): return join(terms) { ($0.fails, $0.holds) }.map { ($0.fails, $0.holds) }
    case .check(let check): return sets(check)
    case .exists, .macro: return nil
    }
  }

  /// The first of both sets is what all terms have in common, the second what any has.
  private func join(_ terms: [FilterExpression], _ order: (Sets) -> Sets) -> Sets? {
    var joined: Sets?
    var hasOther = false
    for term in terms {
      guard let more = sets(term).map(order) else {
        hasOther = true
        continue
      }
      joined =
        joined.map { known in
          (zip(known.holds, more.holds).map { $0 & $1 }, zip(known.fails, more.fails).map { $0 | $1 })
        } ?? more
    }
    return joined.map { hasOther ? ($0.holds, all) : $0 }
  }

  private func sets(_ check: FilterCheck) -> Sets? {
    guard case .field(let field) = check.left, field.name == "evt.type", check.quantifier == nil else { return nil }
    var named = none
    func add(_ literal: FilterLiteral) {
      if let position = positions[literal.text] { named[position / 64] |= 1 << UInt64(position % 64) }
    }
    switch check.right {
    case .literal(let literal): add(literal)
    case .list(let elements, _):
      for case .literal(let literal) in elements { add(literal) }
    case .field, .transformer, .listName: return nil
    }
    let others = zip(all, named).map { $0 & ~$1 }
    switch check.comparison {
    case .equal, .in: return (named, others)
    case .notEqual: return (others, named)
    default: return nil
    }
  }
}
