import EventBatch
import EventSchema
import Filter

/// What all events have in common that a question selects: for a source that can leave out the others before it makes
/// them.
///
/// Bounds are never too narrow: an event that is outside of one is not selected. They are seldom all that the question
/// says, so that the question is still asked of what the source makes. Each part is what an event shows *after* its call,
/// as fields do: an `execve` by which a process becomes `nginx` is within `processNames = [nginx]`.
public struct EventBounds: Sendable, Hashable {
  /// The types that an event may have; `nil` when there is no bound.
  public var types: Set<EventTypeID>?
  /// The names that the event's process may have (`proc.name`).
  public var processNames: Set<[UInt8]>?
  /// The effective user ids that the event's thread may have (`user.uid`).
  public var users: Set<UInt32>?
  /// The process ids that the event may have (`proc.pid`).
  public var processes: Set<UInt32>?

  /// No bounds.
  public init() {}
}

extension Question {
  /// What all selected events have in common.
  ///
  /// Not bounded by: containers, since another control group may get the same id later; ancestors, since processes change
  /// parents; users by name, patterns and ranges, since they cannot be listed.
  ///
  /// - Complexity: one walk over the filter for each type of the schema; nothing to do while recording.
  public var bounds: EventBounds {
    var bounds = EventBounds()
    // What such a filter selects depends on which other events there are.
    guard !root.asksForOtherEvents else { return bounds }
    let types = schema.types.filter { type in
      root.mayHold(wanted: true) { $0.mayHold(for: type, of: schema, wanted: $1) }
    }
    if types.count < schema.types.count { bounds.types = Set(types.map(\.id)) }
    bounds.processNames = root.values { $0.values(of: .process(.name, .itself)) { $0.text } }
    bounds.users = root.values { $0.values(of: .user(.uid)) { $0.natural } }
    bounds.processes = root.values { $0.values(of: .process(.pid, .itself)) { $0.natural } }
    return bounds
  }
}

extension Question {
  /// The terms of the filter that its bounds say as well as it does itself, and those that are left to be asked of what
  /// arrives, as a filter would write them.
  public var pushedDown: (bounds: [String], batches: [String]) {
    let terms: [BoundExpression]
    switch root {
    case .constant(true): return ([], [])
    case .and(let several): terms = several
    default: terms = [root]
    }
    let isBounded = !root.asksForOtherEvents
    let said = terms.filter { isBounded && $0.isSaidByBounds }.map { $0.text(texts) }
    let left = terms.filter { !(isBounded && $0.isSaidByBounds) }.map { $0.text(texts) }
    return (said, left)
  }
}

extension BoundExpression {
  /// Whether bounds hold for just those events for which the expression does.
  fileprivate var isSaidByBounds: Bool {
    var sources: Set<FieldSource> = []
    var isOfTypes = true
    forEachPredicate { predicate in
      if predicate.domain != .type { isOfTypes = false }
      if case .field(let field) = predicate.operand { sources.insert(field.field.source) }
    }
    if isOfTypes { return true }
    guard sources.count == 1, case .predicate = self else { return false }
    return values { $0.values(of: .process(.name, .itself)) { $0.text } } != nil
      || values { $0.values(of: .user(.uid)) { $0.natural } } != nil
      || values { $0.values(of: .process(.pid, .itself)) { $0.natural } } != nil
  }

  /// Whether answers depend on events besides the one that is asked about: on its number, on the time since the one before,
  /// or on threads that are only known through their own events.
  fileprivate var asksForOtherEvents: Bool {
    var asks = false
    func look(_ field: BoundField) {
      switch field.field.source {
      case .event(.number), .event(.deltaTime), .event(.deltaSeconds), .event(.deltaFraction),
        .process(_, .sessionLeader), .process(_, .groupLeader), .process(_, .virtualGroupLeader):
        asks = true
      default: break
      }
    }
    forEachPredicate { predicate in
      predicate.operand.forEachField(look)
      if case .compare(_, .operand(let right)) = predicate.test { right.forEachField(look) }
    }
    return asks
  }

  /// The values that a field may have where the expression holds; `nil` for any.
  /// - Parameter ofPredicate: the same for one predicate.
  fileprivate func values<Value>(_ ofPredicate: (Predicate) -> Set<Value>?) -> Set<Value>? {
    switch self {
    case .constant(let value): return value ? nil : []
    case .predicate(let predicate): return ofPredicate(predicate)
    // `not a != b` also holds where the value is missing.
    case .not: return nil
    case .and(let terms):
      return terms.reduce(Set<Value>?.none) { known, term in
        guard let more = term.values(ofPredicate) else { return known }
        return known?.intersection(more) ?? more
      }
    case .or(let terms):
      var all: Set<Value> = []
      for term in terms {
        guard let more = term.values(ofPredicate) else { return nil }
        all.formUnion(more)
      }
      return all
    }
  }
}

extension Predicate {
  /// Whether the predicate may have the wanted answer for an event of some type.
  fileprivate func mayHold(for type: EventType, of schema: Schema, wanted: Bool) -> Bool {
    if domain == .type { return mayHold(forTypes: [type.id], of: schema, wanted: wanted) }
    guard case .field(let field) = operand, let value = field.value(ofAll: type) else { return true }
    guard value == .missing || hasConstants else { return true }
    return holds(value) { _ in .missing } == wanted
  }

  /// The values that a field may have where the predicate holds; `nil` for any.
  /// - Parameter read: what a constant stands for; `nil` for nothing that the field could be.
  fileprivate func values<Value>(of source: FieldSource, _ read: (Literal) -> Value?) -> Set<Value>? {
    guard case .field(let field) = operand, field.field.source == source, let literals = equalLiterals else {
      return nil
    }
    return Set(literals.compactMap(read))
  }

  /// The constants of which the value must be one; `nil` when the predicate asks something else.
  private var equalLiterals: [Literal]? {
    switch test {
    case .compare(.equal, .one(let literal)), .compare(.in, .one(let literal)): [literal]
    case .compare(.in, .any(let literals)), .quantified(.equal, _, let literals): literals
    case .compare(.in, .texts(let texts)): texts.compactMap(\.bytesValue).map { .bytes(Array($0)) }
    default: nil
    }
  }
}

extension BoundField {
  /// The value that the field has in all events of a type; `nil` when they differ.
  func value(ofAll type: EventType) -> FieldValue? {
    switch field.source {
    case .object: return type.object == .none && !type.traits.contains(.namesObject) ? .missing : nil
    case .event(.openRead), .event(.openWrite), .event(.openExecutable), .event(.openCreate):
      return type.opensFile ? nil : .boolean(false)
    case .event(.category):
      switch type.category {
      // These belong to what they read from or write to.
      case .ioRead, .ioWrite, .ioOther: return nil
      default: return .text("\(type.category)")
      }
    case .event(.argument), .event(.rawArgument):
      switch argument {
      case .none: return nil
      case .index(let index): return type.parameters.indices.contains(index) ? nil : .missing
      case .name(let name): return type.parameters.contains { $0.name == name } ? nil : .missing
      }
    default: return nil
    }
  }
}

extension Literal {
  fileprivate var text: [UInt8]? { if case .bytes(let bytes) = self { bytes } else { nil } }

  /// A number that a user or a process can have.
  fileprivate var natural: UInt32? {
    switch self {
    case .number(let number): UInt32(exactly: number)
    // Compared as a number, a real one may equal a whole one.
    case .real(let number): UInt32(exactly: number)
    default: nil
    }
  }
}
