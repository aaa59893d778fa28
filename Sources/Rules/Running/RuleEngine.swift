import EventBatch
import EventSchema
import Filter
import Query

/// Whether an event that several rules match is told once or as often.
public enum RuleMatching: String, Sendable, Hashable, CaseIterable {
  /// The rule that was defined first alone.
  case first
  case all
}

/// Rules, ready to be asked of batches of a schema.
///
///     let engine = try RuleEngine(rules, schema: batch.schema)
///     let worker = engine.worker()
///     for match in engine.matches(in: batch, worker) { print(engine.rules[match.rule].name, match.row) }
///
/// The same engine serves live batches and files: a file's chunk is a batch. Steps of sequences are found like events of
/// any rule; `SequenceTracker` puts them together.
public struct RuleEngine: Sendable {
  /// The rules, in the order that decides who is first.
  public let rules: [Rule]
  /// Their conditions: first those of rules about one event, then the steps of sequences.
  public let set: QuestionSet
  /// What each condition belongs to.
  let parts: [Part]

  /// What a condition belongs to.
  struct Part: Sendable {
    let rule: Int
    /// Which step of a sequence; `nil` for a rule about one event.
    let step: Int?
  }

  /// Binds rules to a schema. What it does not have, no event of it matches.
  /// - Throws: what is wrong with a condition; rules that were loaded without errors have none.
  public init(_ rules: [Rule], schema: Schema, matching: RuleMatching = .first) throws(QueryError) {
    self.rules = rules
    var filters: [FilterExpression] = []
    var parts: [Part] = []
    for (index, rule) in rules.enumerated() {
      guard case .event(let condition) = rule.condition else { continue }
      filters.append(condition)
      parts.append(Part(rule: index, step: nil))
    }
    let events = filters.count
    for (index, rule) in rules.enumerated() {
      guard case .sequence(let sequence) = rule.condition else { continue }
      for (step, condition) in sequence.steps.enumerated() {
        filters.append(condition.condition)
        parts.append(Part(rule: index, step: step))
      }
    }
    self.parts = parts
    set = try QuestionSet(filters, schema: schema, exclusiveCount: matching == .first ? events : 0)
  }

  /// Somebody to ask with, for one task at a time.
  public func worker() -> QuestionSetWorker { QuestionSetWorker(set) }

  /// A rule about one event, and an event that it matches.
  public struct Match: Sendable, Hashable {
    /// The rule's position in `rules`.
    public let rule: Int
    /// The row of the batch.
    public let row: UInt32
  }

  /// What of a batch the rules about one event match, in order of rows, then of rules.
  public func matches(
    in batch: EventBatch, _ worker: QuestionSetWorker, context: ScanContext = ScanContext()
  ) -> [Match] {
    worker.matches(in: batch, context: context).compactMap { match in
      parts[match.question].step == nil ? Match(rule: parts[match.question].rule, row: match.row) : nil
    }
  }

  /// The types of events that the rules are about: all that has to be recorded for them.
  public var types: Set<EventTypeID> { self.set.types }
}
