import EventBatch
import EventSchema

/// An event and a filter of a set that selects it.
public struct SetMatch: Sendable, Hashable {
  /// The row of the batch.
  public let row: UInt32
  /// The filter's position in the set.
  public let question: Int

  /// A match.
  public init(row: UInt32, question: Int) {
    self.row = row
    self.question = question
  }
}

/// What one filter of a set cost.
public struct QuestionCost: Sendable, Hashable {
  /// How many events were left to ask when types and dimension rows had been looked at.
  public var eventsAsked = 0
  /// How many rows of dimensions were asked.
  public var rowsAsked = 0
  /// How long that took, in nanoseconds, as far as it was measured.
  public var nanoseconds: Int64 = 0

  /// Nothing.
  public init() {}

  /// Adds another's.
  public mutating func add(_ other: QuestionCost) {
    eventsAsked += other.eventsAsked
    rowsAsked += other.rowsAsked
    nanoseconds += other.nanoseconds
  }
}

// Unchecked, because workers wait in a pool between chunks, where nobody uses them.

/// Asks a set of filters, one batch after the other, and keeps what it learns: which answers equal values had.
///
/// One object for one task at a time; its memory is bounded. For the batches of a live source keep one; a scan has one for
/// each core.
public final class QuestionSetWorker: @unchecked Sendable {
  /// The set that it asks.
  public let set: QuestionSet
  /// What each filter cost, if that is measured.
  public private(set) var costs: [QuestionCost]
  private let isProfiling: Bool

  /// What is known of the values of an operand, for all batches.
  private var memories: [OperandMemory]
  /// For each predicate its operand's memory, or -1; and its position among those of the operand.
  private let memoryOfSlot: [Int32]
  private let localOfSlot: [Int32]

  // Of the batch that is being asked.
  private var view: BatchView
  /// For each operand the number of the value in each row of its dimension: -1 is not known yet, -2 is missing.
  private var valueOfRow: [[Int32]]
  /// For predicates without memory the answer in each row: 0, 1, or 2 for not known yet.
  private var answers: [[UInt8]]
  /// For each term and row of the dimension: 0, 1, or 2 for not known yet.
  private var lineageAnswers: [UInt8] = []
  private var objectAnswers: [UInt8] = []
  /// How many words of bits the groups have.
  private let groupWords: [Int]

  private static let mostValues = 1 << 16

  /// A worker for a set.
  /// - Parameter isProfiling: whether it measures what each filter costs; that itself costs.
  public init(_ set: QuestionSet, isProfiling: Bool = false) {
    self.set = set
    self.isProfiling = isProfiling
    costs = [QuestionCost](repeating: QuestionCost(), count: set.count)
    var positions: [Operand: Int] = [:]
    var counts: [Int] = []
    var operands: [Operand] = []
    var memoryOfSlot: [Int32] = []
    var localOfSlot: [Int32] = []
    for predicate in set.predicates {
      guard predicate.hasConstants, predicate.domain == .lineage || predicate.domain == .object else {
        memoryOfSlot.append(-1)
        localOfSlot.append(0)
        continue
      }
      let position = positions[predicate.operand] ?? operands.count
      if position == operands.count {
        positions[predicate.operand] = position
        operands.append(predicate.operand)
        counts.append(0)
      }
      memoryOfSlot.append(Int32(position))
      localOfSlot.append(Int32(counts[position]))
      counts[position] += 1
    }
    memories = zip(operands, counts).map { OperandMemory(operand: $0, width: $1) }
    self.memoryOfSlot = memoryOfSlot
    self.localOfSlot = localOfSlot
    view = BatchView(EventBatch(schema: set.schema), context: ScanContext(), previousExit: nil)
    valueOfRow = []
    answers = []
    groupWords = set.groups.map(\.words)
  }

  /// The events of a batch that filters select, in order of rows, then of filters.
  ///
  /// - Parameter rows: those that are asked; `nil` for all.
  /// - Complexity: a few nanoseconds an event, plus what dimension rows and the events need that these leave.
  public func matches(
    in batch: EventBatch, context: ScanContext = ScanContext(), rows: [UInt32]? = nil
  ) -> [SetMatch] {
    begin(BatchView(batch, context: context, previousExit: nil))
    return confirm(candidates(rows: rows))
  }

  // MARK: Steps of a batch

  func begin(_ view: BatchView) {
    self.view = view
    for index in memories.indices where memories[index].count > QuestionSetWorker.mostValues {
      memories[index].forget()
    }
    valueOfRow = [[Int32]](repeating: [], count: memories.count)
    answers = [[UInt8]](repeating: [], count: set.predicates.count)
  }

  /// The same events with more of their columns.
  func goOn(_ view: BatchView) { self.view = view }

  /// An event for which dimension rows leave some filters of its group.
  struct Candidate {
    let row: UInt32
    let group: Int32
    let word: Int32
    let bits: UInt64
  }

  /// Which rows are of types that filters are about.
  func rowsOfInterest(_ types: [UInt16], _ rows: [UInt32]?) -> [UInt32] {
    var found: [UInt32] = []
    set.groupOfType.withUnsafeBufferPointer { groups in
      types.withUnsafeBufferPointer { types in
        if let rows {
          for row in rows where groups[min(Int(types[Int(row)]), groups.count - 1)] >= 0 { found.append(row) }
        } else {
          for row in types.indices {
            let type = Int(types[row])
            if type < groups.count, groups[type] >= 0 { found.append(UInt32(truncatingIfNeeded: row)) }
          }
        }
      }
    }
    return found
  }

  /// What types and dimension rows leave.
  func candidates(rows: [UInt32]?) -> [Candidate] {
    let batch = view.batch
    let rows = rowsOfInterest(batch.types, rows)
    let lineageCount = batch.dimensions.lineages.count
    let objectCount = batch.dimensions.objects.count
    lineageAnswers = [UInt8](repeating: 2, count: set.lineageTerms.count * lineageCount)
    objectAnswers = [UInt8](repeating: 2, count: set.objectTerms.count * objectCount)
    var lineageBits = RowBits(groupWords, rows: lineageCount + 1)
    var objectBits = RowBits(groupWords, rows: objectCount + 1)
    var found: [Candidate] = []
    batch.types.withUnsafeBufferPointer { types in
      batch.objects.withUnsafeBufferPointer { objects in
        batch.lineages.withUnsafeBufferPointer { lineages in
          for row in rows {
            let group = Int(set.groupOfType[Int(types[Int(row)])])
            let object = min(Int(objects[Int(row)]), objectCount)
            let lineage = min(Int(lineages[Int(row)]), lineageCount)
            for word in 0..<groupWords[group] {
              let ofObject = objectBits.index(group, object, word)
              if !objectBits.isKnown(ofObject) {
                objectBits.set(ofObject, makeBits(group, word) { holds($0, ofObject: object, of: objectCount) })
              }
              let bits = objectBits[ofObject]
              if bits == 0 { continue }
              let ofLineage = lineageBits.index(group, lineage, word)
              if !lineageBits.isKnown(ofLineage) {
                lineageBits.set(ofLineage, makeBits(group, word) { holds($0, ofLineage: lineage, of: lineageCount) })
              }
              let left = bits & lineageBits[ofLineage]
              if left != 0 { found.append(Candidate(row: row, group: Int32(group), word: Int32(word), bits: left)) }
            }
          }
        }
      }
    }
    return found
  }

  /// The columns that are needed to confirm candidates.
  func columns(for candidates: [Candidate]) -> ColumnSet {
    var columns = ColumnSet()
    var seen = Set<Int32>()
    for candidate in candidates where seen.insert(candidate.group).inserted {
      columns.formUnion(set.groups[Int(candidate.group)].columns)
    }
    return columns
  }

  /// The candidates for which what is left holds, too.
  func confirm(_ candidates: [Candidate]) -> [SetMatch] {
    var matches: [SetMatch] = []
    var exclusiveRow: UInt32?
    for candidate in candidates {
      let entries = set.groups[Int(candidate.group)].entries
      var bits = candidate.bits
      while bits != 0 {
        let bit = bits.trailingZeroBitCount
        bits &= bits - 1
        let entry = entries[Int(candidate.word) * 64 + bit]
        let isExclusive = entry.question < set.exclusiveCount
        if isExclusive, exclusiveRow == candidate.row { continue }
        guard confirm(entry, Int(candidate.row)) else { continue }
        if isExclusive { exclusiveRow = candidate.row }
        matches.append(SetMatch(row: candidate.row, question: entry.question))
      }
    }
    return matches
  }

  private func confirm(_ entry: QuestionGroup.Entry, _ row: Int) -> Bool {
    guard isProfiling else { return entry.rest.allSatisfy { holds($0, row: row) } }
    let start = ContinuousClock.now
    let isConfirmed = entry.rest.allSatisfy { holds($0, row: row) }
    costs[entry.question].eventsAsked += 1
    costs[entry.question].nanoseconds += start.duration(to: .now).nanoseconds
    return isConfirmed
  }

  // MARK: Bits of rows

  private func holds(_ entry: QuestionGroup.Entry, ofObject row: Int, of count: Int) -> Bool {
    for term in entry.object {
      // No row fulfils what is said of one; what denies something of it may hold.
      if row >= count {
        if !holds(set.objectTerms[term], object: row, of: count) { return false }
        continue
      }
      let index = term * count + row
      if objectAnswers[index] == 2 {
        objectAnswers[index] = holds(set.objectTerms[term], object: row, of: count) ? 1 : 0
      }
      if objectAnswers[index] == 0 { return false }
    }
    return true
  }

  private func holds(_ entry: QuestionGroup.Entry, ofLineage row: Int, of count: Int) -> Bool {
    for term in entry.lineage {
      if row >= count {
        if !holds(set.lineageTerms[term], lineage: row, of: count) { return false }
        continue
      }
      let index = term * count + row
      if lineageAnswers[index] == 2 {
        lineageAnswers[index] = holds(set.lineageTerms[term], lineage: row, of: count) ? 1 : 0
      }
      if lineageAnswers[index] == 0 { return false }
    }
    return true
  }

  @inline(__always)
  private func makeBits(_ group: Int, _ word: Int, _ holds: (QuestionGroup.Entry) -> Bool) -> UInt64 {
    let entries = set.groups[group].entries
    var bits: UInt64 = 0
    for index in word * 64..<min(word * 64 + 64, entries.count) {
      let start = isProfiling ? ContinuousClock.now : nil
      if holds(entries[index]) { bits |= 1 << UInt64(index - word * 64) }
      if let start {
        costs[entries[index].question].rowsAsked += 1
        costs[entries[index].question].nanoseconds += start.duration(to: .now).nanoseconds
      }
    }
    return bits
  }

  // MARK: Answers

  private func holds(_ expression: BoundExpression, object row: Int, of count: Int) -> Bool {
    switch expression {
    case .constant(let value): value
    case .not(let term): !holds(term, object: row, of: count)
    case .and(let terms): terms.allSatisfy { holds($0, object: row, of: count) }
    case .or(let terms): terms.contains { holds($0, object: row, of: count) }
    case .predicate(let predicate): answer(predicate, .object(row), row, of: count)
    }
  }

  private func holds(_ expression: BoundExpression, lineage row: Int, of count: Int) -> Bool {
    switch expression {
    case .constant(let value): value
    case .not(let term): !holds(term, lineage: row, of: count)
    case .and(let terms): terms.allSatisfy { holds($0, lineage: row, of: count) }
    case .or(let terms): terms.contains { holds($0, lineage: row, of: count) }
    case .predicate(let predicate): answer(predicate, .lineage(row), row, of: count)
    }
  }

  private func holds(_ expression: BoundExpression, row: Int) -> Bool {
    switch expression {
    case .constant(let value): return value
    case .not(let term): return !holds(term, row: row)
    case .and(let terms): return terms.allSatisfy { holds($0, row: row) }
    case .or(let terms): return terms.contains { holds($0, row: row) }
    case .predicate(let predicate):
      let batch = view.batch
      switch predicate.domain {
      case .lineage:
        let count = batch.dimensions.lineages.count
        let lineage = min(Int(batch.lineages[row]), count)
        return answer(predicate, .lineage(lineage), lineage, of: count)
      case .object:
        let count = batch.dimensions.objects.count
        let object = min(Int(batch.objects[row]), count)
        return answer(predicate, .object(object), object, of: count)
      case .constant, .type, .event:
        let position = Position.event(row)
        return predicate.holds(view.value(predicate.operand, at: position)) { view.value($0, at: position) }
      }
    }
  }

  /// The answer of a predicate for a row of its dimension, of which there are `count`; behind them stands "no row".
  private func answer(_ predicate: Predicate, _ position: Position, _ row: Int, of count: Int) -> Bool {
    if row >= count { return false }
    let slot = predicate.slot
    let memory = Int(memoryOfSlot[slot])
    if memory >= 0 {
      if valueOfRow[memory].isEmpty { valueOfRow[memory] = [Int32](repeating: -1, count: count) }
      var number = valueOfRow[memory][row]
      if number == -1 {
        let value = view.value(memories[memory].operand, at: position)
        number = value == .missing ? -2 : memories[memory].number(of: value)
        valueOfRow[memory][row] = number
      }
      if number == -2 { return false }
      return memories[memory].answer(Int(number), Int(localOfSlot[slot]), predicate)
    }
    if answers[slot].isEmpty { answers[slot] = [UInt8](repeating: 2, count: count) }
    if answers[slot][row] == 2 {
      let holds = predicate.holds(view.value(predicate.operand, at: position)) { view.value($0, at: position) }
      answers[slot][row] = holds ? 1 : 0
    }
    return answers[slot][row] == 1
  }
}

/// The values that an operand had, and what its predicates said to them.
private struct OperandMemory {
  let operand: Operand
  /// How many predicates ask for the operand.
  let width: Int
  private var numbers: [FieldValue: Int32] = [:]
  private var values: [FieldValue] = []
  /// A row of answers for each value: 0, 1, or 2 for not asked yet.
  private var answers: [UInt8] = []

  init(operand: Operand, width: Int) {
    self.operand = operand
    self.width = width
  }

  var count: Int { values.count }

  mutating func forget() {
    numbers.removeAll()
    values.removeAll()
    answers.removeAll()
  }

  mutating func number(of value: FieldValue) -> Int32 {
    if let known = numbers[value] { return known }
    let number = Int32(values.count)
    // With memory of its own: the batch goes.
    let kept = value.detached
    numbers[kept] = number
    values.append(kept)
    answers.append(contentsOf: repeatElement(2, count: width))
    return number
  }

  mutating func answer(_ number: Int, _ local: Int, _ predicate: Predicate) -> Bool {
    let index = number * width + local
    if answers[index] == 2 { answers[index] = predicate.holds(values[number]) { _ in .missing } ? 1 : 0 }
    return answers[index] == 1
  }
}

/// Words of bits for the rows of a dimension, group by group, made as they are needed.
private struct RowBits {
  private var words: [UInt64]
  private var known: [Bool]
  private var starts: [Int] = []
  private let widths: [Int]

  init(_ widths: [Int], rows: Int) {
    self.widths = widths
    var count = 0
    for width in widths {
      starts.append(count)
      count += width * rows
    }
    words = [UInt64](repeating: 0, count: count)
    known = [Bool](repeating: false, count: count)
  }

  func index(_ group: Int, _ row: Int, _ word: Int) -> Int { starts[group] + row * widths[group] + word }

  func isKnown(_ index: Int) -> Bool { known[index] }

  subscript(index: Int) -> UInt64 { words[index] }

  mutating func set(_ index: Int, _ bits: UInt64) {
    words[index] = bits
    known[index] = true
  }
}

extension ColumnSet {
  /// Adds the columns of another.
  mutating func formUnion(_ other: ColumnSet) {
    core.formUnion(other.core)
    arguments.formUnion(other.arguments)
    allArguments = allArguments || other.allArguments
    payloads = payloads || other.payloads
  }
}

extension Duration {
  /// The duration in nanoseconds.
  var nanoseconds: Int64 {
    let (seconds, attoseconds) = components
    return seconds &* 1_000_000_000 &+ attoseconds / 1_000_000_000
  }
}
