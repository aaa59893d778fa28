import Filter

/// Which rules of a set are asked.
public struct RuleSelection: Sendable {
  /// Patterns of names; when there are some, only rules that fit one are asked, enabled or not.
  public var names: [String] = []
  /// Patterns of names that are not asked.
  public var withoutNames: [String] = []
  /// Tags; when there are some, only rules that have one are asked.
  public var tags: [String] = []
  /// Tags whose rules are not asked.
  public var withoutTags: [String] = []
  /// The least bad priority that is asked.
  public var priority: Priority?

  /// All rules that are enabled.
  public init() {}

  /// The rules that are asked, in their order.
  public func rules(of set: RuleSet) -> [Rule] {
    set.rules.filter { rule in
      if rule.skipped != nil { return false }
      if let priority, rule.priority > priority { return false }
      if !withoutTags.isEmpty, rule.tags.contains(where: withoutTags.contains) { return false }
      if fits(rule.name, withoutNames) { return false }
      if !names.isEmpty || !tags.isEmpty {
        return fits(rule.name, names) || rule.tags.contains(where: tags.contains)
      }
      return rule.isEnabled
    }
  }

  private func fits(_ name: String, _ patterns: [String]) -> Bool {
    patterns.contains { pattern in
      Array(name.utf8).withUnsafeBufferPointer { GlobPattern(Array(pattern.utf8)).matches($0) }
    }
  }
}
