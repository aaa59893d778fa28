import CaptureFormat
import EventBatch
import EventSchema
import Filter

/// Many filters that are asked together: what a rules file is made of.
///
/// For each event type, what the type alone decides is decided once, and a filter that cannot hold for it is gone. Of those
/// that are left, the terms about who did it are answered once for each class of rows that say the same, the terms about the
/// object likewise: a class then has a bit for each filter. An event costs looking at two words of bits; only where a bit is
/// left in both is anything asked of the event itself. Equal predicates are answered once, whichever filters they stand in,
/// and answers are kept from batch to batch (`QuestionSetWorker`).
///
/// A value without state: one set may be asked of many batches at once.
public struct QuestionSet: Sendable {
  /// How many filters there are.
  public let count: Int
  /// Of the first so many filters, only the first that holds counts for an event; the others are not asked any more.
  public let exclusiveCount: Int
  let schema: Schema
  /// By slot.
  let predicates: [Predicate]
  /// By raw type; -1 for types for which no filter can hold.
  let groupOfType: [Int32]
  let groups: [QuestionGroup]
  /// Different terms about lineage rows, which filters of many groups share.
  let lineageTerms: [BoundExpression]
  /// Different terms about object rows.
  let objectTerms: [BoundExpression]
  /// Which of these the filters of each group have.
  let lineageTermsOfGroups: GroupTerms
  let objectTermsOfGroups: GroupTerms
  /// What filters ask of events themselves, or of both dimensions.
  let rests: TermProgram
  /// By slot, of what the answer of a predicate is a property.
  let domains: [Domain]

  /// Binds filters.
  ///
  /// Names of arguments and event types that the schema does not have are allowed: what asks for them does not hold.
  ///
  /// - Parameters:
  ///   - filters: parsed filters, without macros and names of lists.
  ///   - schema: of the batches that will be asked.
  ///   - exclusiveCount: of how many of them only the first that holds counts.
  /// - Throws: what is wrong with one, and where.
  /// - Complexity: filters times types of the schema; milliseconds for a hundred filters.
  public init(_ filters: [FilterExpression], schema: Schema, exclusiveCount: Int = 0) throws(QueryError) {
    var binder = FilterBinder(schema: schema, source: "", isLenient: true)
    var roots: [BoundExpression] = []
    for filter in filters {
      binder.source = filter.description
      roots.append(try binder.bind(filter).simplified())
    }
    count = filters.count
    self.exclusiveCount = exclusiveCount
    self.schema = schema
    var bySlot = [Predicate?](repeating: nil, count: binder.slotCount)
    for root in roots { root.forEachPredicate { bySlot[$0.slot] = $0 } }
    // Slots of folded constants have no predicate left.
    let none = Predicate(operand: .constant(.missing), test: .exists, slot: 0)
    predicates = bySlot.map { $0 ?? none }
    var builder = GroupBuilder(roots: roots, predicates: predicates, schema: schema)
    var groupOfType = [Int32](repeating: -1, count: schema.types.last.map { Int($0.id.rawValue) + 1 } ?? 0)
    for type in schema.types { groupOfType[Int(type.id.rawValue)] = Int32(builder.group(for: type) ?? -1) }
    self.groupOfType = groupOfType
    groups = builder.groups
    lineageTerms = builder.lineageTerms.all
    objectTerms = builder.objectTerms.all
    lineageTermsOfGroups = GroupTerms(groups) { $0.lineage }
    objectTermsOfGroups = GroupTerms(groups) { $0.object }
    rests = TermProgram(builder.rests.all)
    domains = predicates.map(\.domain)
  }

  /// The types of events for which some filter may hold.
  public var types: Set<EventTypeID> {
    Set(schema.types.map(\.id).filter { groupOfType[Int($0.rawValue)] >= 0 })
  }

  /// The filters that may hold for an event of a type, ascending.
  public func questions(for type: EventTypeID) -> [Int] {
    guard let group = group(ofType: type.rawValue) else { return [] }
    return groups[group].entries.map(\.question)
  }

  func group(ofType raw: UInt16) -> Int? {
    guard Int(raw) < groupOfType.count, groupOfType[Int(raw)] >= 0 else { return nil }
    return Int(groupOfType[Int(raw)])
  }

  /// Whether a chunk may hold an event that a filter selects. Types are looked at; what else heads say costs more than it
  /// spares when there are many filters, so that it is asked for a few alone.
  func mayMatch(_ head: ChunkHead, context: ScanContext) -> Bool {
    let present = Set(head.typeCounts.compactMap { group(ofType: $0.type.rawValue) })
    if present.isEmpty { return false }
    let entries = present.reduce(0) { $0 + groups[$1].entries.count }
    guard entries <= QuestionSet.fewEntries else { return true }
    let pruner = ChunkPruner(head: head, schema: schema, context: context)
    return present.contains { group in
      groups[group].entries.contains { entry in
        let ofRows = entry.lineage.map { lineageTerms[$0] } + entry.object.map { objectTerms[$0] }
        let terms = ofRows + entry.rest.map(\.term)
        return terms.allSatisfy { pruner.mayHold($0, wanted: true) }
      }
    }
  }

  /// So many expressions at most are asked of heads.
  private static let fewEntries = 24
}

/// What is left of the filters for the event types of a group, for which the same is left.
struct QuestionGroup: Sendable {
  struct Entry: Sendable {
    let question: Int
    /// Terms whose answers are properties of lineage rows, by their number in the set.
    let lineage: [Int]
    /// Terms whose answers are properties of object rows, by their number in the set.
    let object: [Int]
    /// Terms that need the event, or both dimensions: first those that read little.
    let rest: [Rest]
  }

  /// A term that needs the event, or both dimensions.
  struct Rest: Sendable {
    /// Its number in the set.
    let number: Int
    let term: BoundExpression
    /// What it reads.
    let columns: ColumnSet
    /// Whether that is little, so that others are asked only of what is left: numbers that stand with the types that have
    /// them, and not columns of all events.
    let isEarly: Bool

    init(number: Int, term: BoundExpression, schema: Schema) {
      self.number = number
      self.term = term
      var columns = ColumnSet()
      term.addColumns(to: &columns, schema: schema)
      self.columns = columns
      isEarly =
        columns.core.isSubset(of: [.types, .ranks, .lineages, .objects]) && !columns.allArguments && !columns.payloads
    }
  }

  let entries: [Entry]
  /// How many words of bits a dimension row has.
  var words: Int { (entries.count + 63) / 64 }
}

/// Different expressions, numbered.
private struct TermTable {
  private(set) var all: [BoundExpression] = []
  private var numbers: [[Int32]: Int] = [:]

  mutating func number(of term: BoundExpression) -> Int {
    var key: [Int32] = []
    term.appendKey(to: &key)
    if let known = numbers[key] { return known }
    numbers[key] = all.count
    all.append(term)
    return all.count - 1
  }
}

/// Makes groups of event types.
private struct GroupBuilder {
  let roots: [BoundExpression]
  let predicates: [Predicate]
  let schema: Schema
  private(set) var groups: [QuestionGroup] = []
  private(set) var lineageTerms = TermTable()
  private(set) var objectTerms = TermTable()
  private(set) var rests = TermTable()
  private var known: [[Int32]: Int] = [:]
  /// The groups of types by what the type decides.
  private var groupsOfAnswers: [[Bool?]: Int?] = [:]
  private var restsOfTerms: [Int: QuestionGroup.Rest] = [:]
  private let view: BatchView
  /// The predicates that a type may decide, with what they are about and the number of their operand.
  private let decidable: [(slot: Int, domain: Domain, operand: Int)]
  /// The different operands of these.
  private let operands: [Operand]

  init(roots: [BoundExpression], predicates: [Predicate], schema: Schema) {
    var decidable: [(slot: Int, domain: Domain, operand: Int)] = []
    var numbers: [Operand: Int] = [:]
    var operands: [Operand] = []
    for (slot, predicate) in predicates.enumerated() {
      let domain = predicate.domain
      guard domain == .type || domain == .event else { continue }
      let number = numbers[predicate.operand] ?? operands.count
      if number == operands.count {
        numbers[predicate.operand] = number
        operands.append(predicate.operand)
      }
      decidable.append((slot, domain, number))
    }
    self.decidable = decidable
    self.operands = operands
    self.roots = roots
    self.predicates = predicates
    self.schema = schema
    view = BatchView(EventBatch(schema: schema), context: ScanContext(), previousExit: nil)
  }

  /// The group of a type; `nil` when no filter can hold for it.
  mutating func group(for type: EventType) -> Int? {
    var answers = [Bool?](repeating: nil, count: predicates.count)
    // Of the operands that many predicates share, the value is made once.
    let position = Position.type(type.id.rawValue)
    let ofType = operands.map { $0.domain == .type ? view.value($0, at: position) : FieldValue.missing }
    let ofEvents = operands.map { $0.value(ofAll: type) }
    for (slot, domain, operand) in decidable {
      let predicate = predicates[slot]
      if domain == .event {
        answers[slot] = answer(predicate, ofEvents[operand])
      } else {
        let value = predicate.operand.domain == .type ? ofType[operand] : view.value(predicate.operand, at: position)
        answers[slot] = predicate.holds(value) { view.value($0, at: position) }
      }
    }
    if let known = groupsOfAnswers[answers] { return known }
    let group = group(answers)
    groupsOfAnswers[answers] = .some(group)
    return group
  }

  private mutating func group(_ answers: [Bool?]) -> Int? {
    var entries: [QuestionGroup.Entry] = []
    var key: [Int32] = []
    for (question, root) in roots.enumerated() {
      guard root.mayHold(wanted: true, { answers[$0.slot].map { answer in { answer == $0 } }?($1) ?? true }) else {
        continue
      }
      let special = root.deciding { answers[$0.slot] }.simplified()
      let terms: [BoundExpression]
      switch special {
      case .constant(false): continue
      case .constant(true): terms = []
      case .and(let several): terms = several
      default: terms = [special]
      }
      var (lineage, object, rest): ([Int], [Int], [QuestionGroup.Rest]) = ([], [], [])
      for term in terms {
        switch term.domain {
        case .lineage: lineage.append(lineageTerms.number(of: term))
        case .object: object.append(objectTerms.number(of: term))
        case .constant, .type, .event: rest.append(self.rest(term))
        }
      }
      // What reads little first, of that what asks for one thing.
      rest = rest.enumerated().sorted { ($0.element.rank, $0.offset) < ($1.element.rank, $1.offset) }.map(\.element)
      key.append(Int32(question))
      for term in terms { term.appendKey(to: &key) }
      entries.append(QuestionGroup.Entry(question: question, lineage: lineage, object: object, rest: rest))
    }
    if entries.isEmpty { return nil }
    if let group = known[key] { return group }
    groups.append(QuestionGroup(entries: entries))
    known[key] = groups.count - 1
    return groups.count - 1
  }

  private mutating func rest(_ term: BoundExpression) -> QuestionGroup.Rest {
    let number = rests.number(of: term)
    if let known = restsOfTerms[number] { return known }
    let rest = QuestionGroup.Rest(number: number, term: term, schema: schema)
    restsOfTerms[number] = rest
    return rest
  }

  /// What a predicate says of all events of a type, by the value that they share; `nil` when they differ.
  private func answer(_ predicate: Predicate, _ shared: FieldValue?) -> Bool? {
    // Whether there is an object, the events say: sources may know more than the table of types.
    guard let value = shared, value == .missing || predicate.hasConstants else { return nil }
    return predicate.holds(value) { _ in .missing }
  }
}

extension Operand {
  /// The value of all events of a type; `nil` when they may differ.
  fileprivate func value(ofAll type: EventType) -> FieldValue? {
    if case .field(let field) = self { field.value(ofAll: type) } else { nil }
  }
}

extension QuestionGroup.Rest {
  fileprivate var rank: Int {
    if case .predicate = term { return isEarly ? 0 : 2 }
    return isEarly ? 1 : 3
  }
}

extension BoundExpression {
  /// Of what the answer is a property.
  var domain: Domain {
    var domain = Domain.constant
    forEachPredicate { domain = domain.joined(with: $0.domain) }
    return domain
  }

  /// The same with the answers that are known put in place of predicates.
  fileprivate func deciding(_ answer: (Predicate) -> Bool?) -> BoundExpression {
    switch self {
    case .constant: self
    case .predicate(let predicate): answer(predicate).map { .constant($0) } ?? self
    case .not(let term): .not(term.deciding(answer))
    case .and(let terms): .and(terms.map { $0.deciding(answer) })
    case .or(let terms): .or(terms.map { $0.deciding(answer) })
    }
  }

  /// Appends numbers that are equal for equal expressions of one set.
  fileprivate func appendKey(to key: inout [Int32]) {
    switch self {
    case .constant(let value): key.append(value ? -1 : -2)
    case .predicate(let predicate): key.append(Int32(predicate.slot))
    case .not(let term):
      key.append(-3)
      term.appendKey(to: &key)
    case .and(let terms), .or(let terms):
      if case .and = self { key.append(-4) } else { key.append(-5) }
      key.append(Int32(terms.count))
      for term in terms { term.appendKey(to: &key) }
    }
  }
}
