import Query

extension RuleEngine {
  /// The rule that a condition of the set belongs to, by its position in `rules`.
  package func rule(ofQuestion question: Int) -> Int { parts[question].rule }
}
