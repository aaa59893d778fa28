import CaptureFormat
import EventSchema
import Filter
import Query

/// What a capture can say of a rule.
public enum Judgement: Sendable, Hashable {
  /// It was watched: no alert means that nothing matched.
  case watched
  /// Nothing in the capture could match it; with the reason.
  case impossible(String)
}

/// What is known of a capture that decides which rules it can judge.
public struct CaptureKnowledge: Sendable {
  let schema: Schema
  /// The types that the capture's filter let through; `nil` for all.
  let recorded: Set<EventTypeID>?
  let filter: String?
  let containers: [ContainerInfo]

  /// - Parameters:
  ///   - schema: of the capture.
  ///   - filter: what it was recorded with.
  ///   - containers: what it knows of each container in it; of some perhaps the id alone.
  public init(schema: Schema, filter: String?, containers: [ContainerInfo]) {
    self.schema = schema
    self.filter = filter
    self.containers = containers
    var types: Set<EventTypeID>?
    if let filter, !filter.isEmpty {
      // A filter of another version, or of another program, may not be understood: then it bounds nothing.
      do throws(QueryError) { types = try Question(filter: filter, schema: schema).bounds.types } catch { types = nil }
    }
    recorded = types
  }
}

extension RuleEngine {
  /// What a capture can say of each rule.
  public func judgements(_ capture: CaptureKnowledge) -> [Judgement] {
    var types = [Set<EventTypeID>](repeating: [], count: set.count)
    for type in capture.schema.types {
      for question in set.questions(for: type.id) { types[question].insert(type.id) }
    }
    var judgements = [Judgement](repeating: .watched, count: rules.count)
    for (question, part) in parts.enumerated() {
      if let reason = reason(types[question], rules[part.rule], part.step, capture) {
        judgements[part.rule] = .impossible(reason)
      }
    }
    return judgements
  }

  private func reason(_ types: Set<EventTypeID>, _ rule: Rule, _ step: Int?, _ capture: CaptureKnowledge) -> String? {
    let condition: FilterExpression
    switch rule.condition {
    case .event(let expression): condition = expression
    case .sequence(let sequence): condition = sequence.steps[step ?? 0].condition
    }
    if !types.isEmpty {
      if let recorded = capture.recorded, recorded.isDisjoint(with: types) {
        return "it was recorded with the filter '\(capture.filter ?? "")', which leaves out what the rule is about"
      }
      return unknownOfContainers(condition, capture)
    }
    var reasons: [String] = []
    for field in condition.fields {
      guard let why = FieldTable.field(named: field.name)?.unanswered else { continue }
      let reason = "\(field.name) is not known: \(why)"
      if !reasons.contains(reason) { reasons.append(reason) }
    }
    if let first = reasons.first { return first }
    if let names = rule.eventTypes, !names.contains(where: { capture.schema.type(named: $0) != nil }) {
      return "it has no events of the types \(names.prefix(5).joined(separator: ", "))"
    }
    return "no event of its types can match the condition"
  }

  /// What the condition asks of containers and the capture does not know of one of them.
  private func unknownOfContainers(_ condition: FilterExpression, _ capture: CaptureKnowledge) -> String? {
    for field in condition.fields {
      guard let isKnown = FieldTable.field(named: field.name)?.isKnown else { continue }
      let unknown = capture.containers.count { !isKnown($0) }
      if unknown == 0 { continue }
      let all = capture.containers.count
      return "\(field.name) is not known of \(unknown == all ? "any" : "\(unknown)") of its \(all) containers"
    }
    return nil
  }
}
