import CaptureFormat
import EventBatch
import EventSchema
import Query

/// An event that is a step of a sequence.
public struct SequenceStep: Sendable {
  /// The rule's position in the engine.
  let rule: Int
  let step: Int
  let number: UInt64
  let time: Int64
  /// What it has in common with earlier steps: one key, or in a process tree one for each ancestor, its own first.
  let keys: [SequenceKey]
  /// What the alert says, if it is the last step.
  let alert: Alert?
}

/// What events of a sequence have in common.
enum SequenceKey: Hashable {
  case process(LineageProcess)
  case values([FieldValue])
}

/// Puts the steps of sequences together, event by event, in order.
///
/// For each sequence, step and key only the latest beginning is kept: an older one would run out of time first.
/// - Complexity: O(steps × ancestors) an event that is a step; memory is bounded.
public struct SequenceTracker: Sendable {
  private struct Beginning {
    let started: Int64
    let numbers: [UInt64]
    let root: SequenceKey
  }

  private struct Place: Hashable {
    let rule: Int
    let step: Int
    let key: SequenceKey
  }

  private let rules: [Rule]
  private var open: [Place: Beginning] = [:]
  private static let mostOpen = 1 << 17

  /// A tracker for the rules of an engine.
  public init(_ engine: RuleEngine) { rules = engine.rules }

  /// Takes the next event that is a step.
  /// - Returns: the alert, if it ends a sequence.
  public mutating func take(_ event: SequenceStep) -> Alert? {
    guard case .sequence(let sequence) = rules[event.rule].condition, let own = event.keys.first else { return nil }
    guard event.step > 0 else {
      if open.count >= SequenceTracker.mostOpen { forget(event.time) }
      open[Place(rule: event.rule, step: 0, key: own)] = Beginning(
        started: event.time, numbers: [event.number], root: own)
      return nil
    }
    let keys = sequence.scope == .processTree ? event.keys : [own]
    for key in keys {
      let place = Place(rule: event.rule, step: event.step - 1, key: key)
      guard let beginning = open[place] else { continue }
      guard event.time - beginning.started <= sequence.within else {
        open[place] = nil
        continue
      }
      // One event is one step.
      guard let last = beginning.numbers.last, last != event.number else { continue }
      let numbers = beginning.numbers + [event.number]
      if event.step == sequence.steps.count - 1 {
        open[place] = nil
        return event.alert?.ending(numbers)
      }
      open[Place(rule: event.rule, step: event.step, key: beginning.root)] = Beginning(
        started: beginning.started, numbers: numbers, root: beginning.root)
      return nil
    }
    return nil
  }

  /// Forgets what is too old, and all when that is not enough.
  private mutating func forget(_ now: Int64) {
    open = open.filter { place, beginning in
      guard case .sequence(let sequence) = rules[place.rule].condition else { return false }
      return now - beginning.started <= sequence.within
    }
    if open.count >= SequenceTracker.mostOpen { open.removeAll() }
  }
}

extension SetMatches {
  /// The keys of an event for a scope.
  func keys(ofRow row: UInt32, _ scope: SequenceScope, _ values: [FieldValue]) -> [SequenceKey] {
    switch scope {
    case .processTree: processes(ofRow: row).map(SequenceKey.process)
    case .process: processes(ofRow: row).prefix(1).map(SequenceKey.process)
    case .session: [.values(values)]
    case .container: [.values([values[0]])]
    }
  }
}
