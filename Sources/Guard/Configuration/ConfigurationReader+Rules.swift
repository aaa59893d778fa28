import Filter
import Rules
import YAML

extension ConfigurationReader {
  /// Finds the rules of all policies.
  /// - Returns: the policies, and the set with those rules enabled that a policy names.
  mutating func choose(_ set: RuleSet) -> ([Policy], RuleSet) {
    var set = set
    // A rule with a mistake is in no set, but it has a name; that it is unknown would be a second message for one mistake.
    let broken = Set(set.diagnostics.filter { $0.severity == .error }.map(\.itemName))
    var positions: [String: Int] = [:]
    for (position, rule) in set.rules.enumerated() { positions[rule.name] = position }
    var chosen: [Policy] = []
    for draft in policies {
      var policy = draft.policy
      let item = ConfigurationProblems.Item(kind: "policy", name: policy.name)
      let except = draft.except.map { GlobPattern(Array($0.text.utf8)) }
      var names: [String] = []
      func add(_ name: String) { if !names.contains(name) { names.append(name) } }
      func isExcepted(_ rule: Rule) -> Bool { except.contains { $0.matches(rule.name) } }
      for selector in draft.selectors {
        switch selector {
        case .name(let name, let node):
          if let position = positions[name] {
            set.rules[position].isEnabled = true
            if let reason = set.rules[position].skipped {
              found.warning(item, "the rule '\(name)' never matches: \(reason)", at: node)
            }
            add(name)
          } else if name.contains(where: { "*?[".contains($0) }) {
            let pattern = GlobPattern(Array(name.utf8))
            let rules = set.rules.filter { $0.isEnabled && $0.skipped == nil && pattern.matches($0.name) }
            if rules.isEmpty { found.error(item, "no enabled rule's name fits '\(name.prefix(60))'", at: node) }
            for rule in rules where !isExcepted(rule) { add(rule.name) }
          } else if !broken.contains(name) {
            found.error(
              item,
              "there is no rule '\(name.prefix(60))'"
                + (nearest(name, set.rules.map(\.name)).map { "; did you mean '\($0)'?" }
                  ?? "; `reel rules list -r FILE` shows those of a rules file"),
              at: node)
          }
        case .tag(let tag, let node):
          let rules = set.rules.filter { $0.isEnabled && $0.skipped == nil && $0.tags.contains(tag) }
          if rules.isEmpty {
            let tags = Set(set.rules.flatMap(\.tags))
            found.error(
              item,
              "no enabled rule has the tag '\(tag.prefix(60))'"
                + (nearest(tag, tags.sorted()).map { "; did you mean '\($0)'?" } ?? ""),
              at: node["tag"] ?? node)
          }
          for rule in rules where !isExcepted(rule) { add(rule.name) }
        }
      }
      for node in draft.ownRules {
        if let name = RulesItems.name(of: node), positions[name] != nil { add(name) }
      }
      for (text, node) in draft.except {
        let pattern = GlobPattern(Array(text.utf8))
        if !set.rules.contains(where: { pattern.matches($0.name) }) {
          found.warning(item, "no rule's name fits '\(text.prefix(60))' of 'except'", at: node)
        }
      }
      policy.rules = names
      chosen.append(policy)
    }
    return (chosen, set)
  }
}

extension GlobPattern {
  /// Whether a whole text fits.
  fileprivate func matches(_ text: String) -> Bool {
    Array(text.utf8).withUnsafeBufferPointer { matches($0) }
  }
}
