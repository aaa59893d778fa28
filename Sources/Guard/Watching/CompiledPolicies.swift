import EventSchema
import Filter
import Query
import Rules

/// Why policies cannot be watched.
public struct GuardSetupError: Error, Sendable, Hashable, CustomStringConvertible {
  /// One line: what, where, and what to do.
  public let description: String

  /// A reason.
  public init(_ description: String) { self.description = description }
}

/// Policies and the rules that they name, bound to a schema: ready to be asked of live batches.
///
/// A value without state: made on any thread, and handed to the one that records.
struct CompiledPolicies: Sendable {
  /// Those that are on.
  let policies: [Policy]
  /// The rules that some policy names.
  let engine: RuleEngine
  let printer: AlertPrinter
  /// The policies of each rule.
  let policiesOfRule: [[Int]]
  /// What rules need of what is known of containers.
  let needs: [MetadataNeed]
  /// The scopes of policies that have one, asked of events that matched.
  let scopes: QuestionSet
  /// For each policy the number of its scope, `nil` for none.
  let scopeOfPolicy: [Int?]
  /// Filters of captures, by their text.
  let filters: [String: Question]
  /// Names of captures, by their template.
  let names: [String: CaptureName]
  /// The values that notices have as labels.
  let labels: EventValues

  /// What a rule needs of what is known of containers beside their ids, which may come after the events.
  enum MetadataNeed: Int, Sendable, Comparable {
    case nothing
    /// Its alerts show it.
    case toShow
    /// Its condition asks for it.
    case toDecide

    static func < (one: MetadataNeed, other: MetadataNeed) -> Bool { one.rawValue < other.rawValue }
  }

  /// Binds what a configuration says.
  /// - Throws: the first thing that cannot be bound, and what it belongs to.
  /// - Complexity: some tens of milliseconds for a hundred rules.
  init(_ configuration: GuardConfiguration, _ rules: [Rule], schema: Schema) throws(GuardSetupError) {
    let policies = configuration.policies.filter(\.isEnabled)
    let known = Dictionary(rules.enumerated().map { ($1.name, $0) }) { first, _ in first }
    var chosen: Set<Int> = []
    for policy in policies {
      for name in policy.rules {
        guard let index = known[name] else {
          throw GuardSetupError("policy '\(policy.name)' names the rule '\(name)', which no file defines")
        }
        if rules[index].skipped == nil { chosen.insert(index) }
      }
    }
    let asked = chosen.sorted().map { rules[$0] }
    // Policies are independent: a rule of one must not keep that of another from being told.
    do throws(QueryError) {
      engine = try RuleEngine(asked, schema: schema, matching: .all)
      printer = try AlertPrinter(engine, schema: schema)
      labels = try EventValues(CompiledPolicies.labelFields, schema: schema)
    } catch {
      throw GuardSetupError("the rules cannot be asked: \(error.message)")
    }
    var scopes: [FilterExpression] = []
    var decidesByMetadata: Set<Int> = []
    var scopeOfPolicy: [Int?] = []
    var filters: [String: Question] = [:]
    var names: [String: CaptureName] = [:]
    for (number, policy) in policies.enumerated() {
      scopeOfPolicy.append(policy.scope == nil ? nil : scopes.count)
      if let scope = policy.scope {
        do throws(FilterSyntaxError) { scopes.append(try parseFilter(scope)) } catch {
          throw GuardSetupError("the scope of policy '\(policy.name)': \(QueryError(error).message)")
        }
        if scopes.last?.fields.contains(where: { CompiledPolicies.isMetadata($0.name) }) ?? false {
          decidesByMetadata.insert(number)
        }
      }
      for case .capture(let capture) in policy.actions {
        if let filter = capture.filter {
          do throws(QueryError) { filters[filter] = try Question(filter: filter, schema: schema) } catch {
            throw GuardSetupError("the filter of a capture of policy '\(policy.name)': \(error.message)")
          }
        }
        if let name = capture.name {
          do throws(QueryError) { names[name] = try CaptureName(name, schema: schema) } catch {
            throw GuardSetupError("the name of a capture of policy '\(policy.name)': \(error.message)")
          }
        }
      }
    }
    do throws(QueryError) { self.scopes = try QuestionSet(scopes, schema: schema) } catch {
      throw GuardSetupError("the scopes of policies cannot be asked: \(error.message)")
    }
    self.policies = policies
    self.scopeOfPolicy = scopeOfPolicy
    self.filters = filters
    self.names = names
    let policiesOfRule = asked.map { rule in policies.indices.filter { policies[$0].rules.contains(rule.name) } }
    self.policiesOfRule = policiesOfRule
    needs = zip(asked, policiesOfRule).map { rule, policies in
      decidesByMetadata.isDisjoint(with: policies) ? CompiledPolicies.need(of: rule) : .toDecide
    }
  }

  /// The fields whose values notices have as labels.
  private static let labelFields = [
    "container.id", "container.name", "container.image", "k8s.ns.name", "k8s.pod.name", "proc.name", "proc.pid",
    "proc.cmdline", "user.name", "fd.name",
  ]

  /// Whether some policy captures.
  var captures: Bool {
    policies.contains { policy in policy.actions.contains { if case .capture = $0 { !policy.isDryRun } else { false } }
    }
  }

  private static func need(of rule: Rule) -> MetadataNeed {
    let conditions: [FilterExpression]
    switch rule.condition {
    case .event(let condition): conditions = [condition]
    case .sequence(let sequence): conditions = sequence.steps.map(\.condition)
    }
    if conditions.contains(where: { $0.fields.contains { isMetadata($0.name) } }) { return .toDecide }
    let shown = rule.output.split(separator: "%").dropFirst().map { $0.drop { $0 == "(" } }
    return shown.contains { isMetadata(String($0.prefix { $0.isLetter || $0.isNumber || "._".contains($0) })) }
      ? .toShow : .nothing
  }

  private static func isMetadata(_ field: String) -> Bool {
    if field.hasPrefix("k8s.") { return true }
    return field.hasPrefix("container.") && !["container.id", "container.full_id", "container.type"].contains(field)
  }
}
