import Delivery
import Rules

/// A match that some policies are about.
struct Trigger: Sendable {
  let alert: Alert
  /// The rule's position in the engine.
  let rule: Int
  /// The policies that it fires, by their positions.
  let policies: [Int]
  /// Whom it is about.
  let subject: Subject
  /// Names of captures for this event, by their template.
  let names: [String: String]
  /// What notices say of it, as labels.
  let labels: [Notice.Label]
}
