/// A parsed filter: `proc.name = nginx and not fd.name startswith /tmp`.
///
/// The tree has the shape of the text: `a and b and c` is one node with three terms, `a and (b and c)` is two nodes.
/// Parentheses around one term leave no trace, and a run of `not` becomes one or none. `and` and `or` have two terms or
/// more.
///
/// A filter is a value: copying is cheap, and equality compares what is said, not where and in which spelling (see
/// `SourceRange` and `FilterLiteral`). Fields, macros and lists are only names here; whoever binds them reports errors
/// at the nodes' ranges, with `SourceExcerpt`.
public indirect enum FilterExpression: Sendable, Hashable {
  /// All terms hold.
  case and([FilterExpression], SourceRange)
  /// At least one term holds.
  case or([FilterExpression], SourceRange)
  /// The term does not hold. A comparison with a missing value does not hold either, so `not a = b` is not `a != b`.
  case not(FilterExpression, SourceRange)
  /// Two operands compared.
  case check(FilterCheck)
  /// The operand has a value.
  case exists(FilterOperand, SourceRange)
  /// A lone word: the name of a condition that is defined elsewhere.
  case macro(String, SourceRange)

  /// Where the node stands in the text.
  public var range: SourceRange {
    switch self {
    case .and(_, let range), .or(_, let range), .not(_, let range), .exists(_, let range), .macro(_, let range): range
    case .check(let check): check.range
    }
  }

  /// The terms joined by `and`: nil for none, the term itself for one.
  public static func conjunction(_ terms: [FilterExpression]) -> FilterExpression? {
    terms.count > 1 ? .and(terms, .spanning(terms)) : terms.first
  }

  /// The terms joined by `or`: nil for none, the term itself for one.
  public static func disjunction(_ terms: [FilterExpression]) -> FilterExpression? {
    terms.count > 1 ? .or(terms, .spanning(terms)) : terms.first
  }

  /// How many nodes stand above each other in the deepest place. Replacing macros adds up depths; whoever does it bounds
  /// the result with this, because the walkers recurse.
  public var depth: Int {
    switch self {
    case .and(let terms, _), .or(let terms, _): 1 + (terms.lazy.map(\.depth).max() ?? 0)
    case .not(let term, _): 1 + term.depth
    case .check, .exists, .macro: 1
    }
  }
}

extension SourceRange {
  /// From the first term to the last.
  static func spanning(_ terms: [FilterExpression]) -> SourceRange {
    guard let first = terms.first, let last = terms.last else { return .none }
    return first.range.union(last.range)
  }
}

/// A comparison: `fd.name startswith anyof (/etc, /usr)`.
public struct FilterCheck: Sendable, Hashable {
  /// A field or a transformer.
  public var left: FilterOperand
  /// What to do.
  public var comparison: FilterOperator
  /// How many elements of the list on the right have to match; nil without a quantifier.
  public var quantifier: FilterQuantifier?
  /// A literal, a list, a list's name, or a transformer; see `FilterOperator.rightSide`. Never a plain field: a field
  /// name on the right is a string, `val(field)` is the field.
  public var right: FilterOperand
  /// Whether `=` was spelled `==`. It means the same and does not count in equality.
  public var isDoubleEqualSign: Bool
  /// Where the whole check stands.
  public var range: SourceRange
  /// Where the operator stands, with its quantifier.
  public var comparisonRange: SourceRange

  /// A comparison of two operands.
  public init(
    left: FilterOperand, comparison: FilterOperator, quantifier: FilterQuantifier? = nil, right: FilterOperand,
    isDoubleEqualSign: Bool = false, range: SourceRange = .none, comparisonRange: SourceRange = .none
  ) {
    self.left = left
    self.comparison = comparison
    self.quantifier = quantifier
    self.right = right
    self.isDoubleEqualSign = isDoubleEqualSign
    self.range = range
    self.comparisonRange = comparisonRange
  }

  /// The operator as it was written.
  public var comparisonSpelling: String { isDoubleEqualSign ? "==" : comparison.rawValue }

  /// Whether both say the same.
  public static func == (one: FilterCheck, other: FilterCheck) -> Bool {
    one.comparison == other.comparison && one.quantifier == other.quantifier && one.left == other.left
      && one.right == other.right
  }

  /// Hashes what the check says.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(comparison)
    hasher.combine(quantifier)
    hasher.combine(left)
    hasher.combine(right)
  }
}
