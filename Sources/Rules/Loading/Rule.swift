import Filter

/// A rule, ready to be asked.
public struct Rule: Sendable {
  /// What makes it match.
  public enum Condition: Sendable {
    /// One event that fulfils this.
    case event(FilterExpression)
    /// Events that fulfil these, one after the other.
    case sequence(Sequence)
  }

  /// Events one after the other.
  public struct Sequence: Sendable {
    /// What they have in common.
    public let scope: SequenceScope
    /// How many nanoseconds there may be between the first and the last.
    public let within: Int64
    /// The name and the condition of each step.
    public let steps: [(name: String, condition: FilterExpression)]
  }

  /// Its name, which no other has.
  public let name: String
  /// What it is about.
  public let description: String
  /// What makes it match.
  public let condition: Condition
  /// The condition as it was written.
  public let text: String
  /// What an alert says, with `%fields`.
  public let output: String
  /// How bad a match is.
  public let priority: Priority
  /// Where its events come from; Reel has those of `syscall`.
  public let source: String
  /// For grouping.
  public let tags: [String]
  /// Whether it is asked unless somebody wants otherwise.
  public var isEnabled: Bool
  /// Whether a match starts a capture.
  public let captures: Bool
  /// How long that capture is, in milliseconds.
  public let captureDuration: Int?
  /// The macros and lists that its condition names itself.
  public let macros: [String]
  /// The same for lists.
  public let lists: [String]
  /// The types of events that it can match, sorted; `nil` when there are too many to list.
  public let eventTypes: [String]?
  /// Why it is never asked; `nil` when it is.
  public let skipped: String?
  /// Where it was defined.
  public let file: String
  /// The line there, from 1.
  public let line: Int
}

/// What rules files say.
public struct RuleSet: Sendable {
  /// All rules, in the order in which they were defined first.
  public var rules: [Rule]
  /// What is wrong, or hardly meant, in the order of the files.
  public let diagnostics: [RulesDiagnostic]

  /// Whether there is an error, so that the rules should not be used.
  public var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }
}
