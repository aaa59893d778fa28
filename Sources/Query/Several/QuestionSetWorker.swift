import EventBatch
import EventSchema

// Unchecked, because workers wait in a pool between chunks, where nobody uses them.

/// Asks a set of filters, one batch after the other, and keeps what it learns: which answers equal values had.
///
/// One object for one task at a time; its memory is bounded. For the batches of a live source keep one; a scan has one for
/// each core.
public final class QuestionSetWorker: @unchecked Sendable {
  /// The set that it asks.
  public let set: QuestionSet
  /// What was asked of events themselves cost, if that is measured.
  private var restCosts: [QuestionCost]
  private let isProfiling: Bool

  // Of the batch that is being asked.
  private var view: BatchView
  /// Whether the rows of its dimensions were counted.
  private var hasBegun = false
  private var lineages: DimensionAnswers
  private var objects: DimensionAnswers
  /// What stands in their place while they are taken out.
  private let spare: DimensionAnswers
  /// By group, how many filters it has.
  private let entryCounts: [Int]

  /// A worker for a set.
  /// - Parameter isProfiling: whether it measures what each filter costs; that itself costs.
  public init(_ set: QuestionSet, isProfiling: Bool = false) {
    self.set = set
    self.isProfiling = isProfiling
    restCosts = [QuestionCost](repeating: QuestionCost(), count: set.count)
    view = BatchView(EventBatch(schema: set.schema), context: ScanContext(), previousExit: nil)
    lineages = DimensionAnswers(.lineage, set, isProfiling: isProfiling)
    objects = DimensionAnswers(.object, set, isProfiling: isProfiling)
    spare = objects
    entryCounts = set.groups.map(\.entries.count)
  }

  /// What each filter cost, if that is measured.
  public var costs: [QuestionCost] {
    var costs = restCosts
    for measured in [lineages.costs, objects.costs] {
      for (index, cost) in measured.enumerated() { costs[index].add(cost) }
    }
    return costs
  }

  /// The events of a batch that filters select, in order of rows, then of filters.
  ///
  /// - Parameter rows: those that are asked; `nil` for all.
  /// - Complexity: a few nanoseconds an event, plus what dimension rows and the events need that these leave.
  public func matches(
    in batch: EventBatch, context: ScanContext = ScanContext(), rows: [UInt32]? = nil
  ) -> [SetMatch] {
    begin(BatchView(batch, context: context, previousExit: nil))
    return confirm(narrow(candidates(rows: rowsOfInterest(batch.types, rows))))
  }

  // MARK: Steps of a batch

  func begin(_ view: BatchView) {
    self.view = view
    hasBegun = false
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
    if let rows { return rows.filter { set.group(ofType: types[Int($0)]) != nil } }
    // One byte a type, for every type that there may be: looked up without a question.
    var isOfInterest = [UInt8](repeating: 0, count: 1 << 16)
    for (type, group) in set.groupOfType.enumerated() where group >= 0 { isOfInterest[type] = 1 }
    return [UInt32](unsafeUninitializedCapacity: types.count + 1) { found, count in
      isOfInterest.withUnsafeBufferPointer { isOfInterest in
        types.withUnsafeBufferPointer { types in
          for row in types.indices {
            // Written in any case, kept only when it is of interest: no branch.
            found[count] = UInt32(truncatingIfNeeded: row)
            count &+= Int(isOfInterest[Int(types[row])])
          }
        }
      }
    }
  }

  /// What dimension rows leave of events of types that filters are about.
  func candidates(rows: [UInt32]) -> [Candidate] {
    let view = view
    let batch = view.batch
    if rows.isEmpty { return [] }
    beginDimensions()
    // Taken out, so that they are this function's alone.
    var lineages = spare
    var objects = spare
    swap(&lineages, &self.lineages)
    swap(&objects, &self.objects)
    defer {
      swap(&lineages, &self.lineages)
      swap(&objects, &self.objects)
    }
    var found: [Candidate] = []
    for row in rows {
      let group = Int(set.groupOfType[Int(batch.types[Int(row)])])
      let lineage = Int(batch.lineages[Int(row)])
      let lineageClass = lineages.classNumber(ofRow: lineage, view)
      let count = entryCounts[group]
      for word in 0..<(count + 63) / 64 {
        let all = count - word * 64 >= 64 ? UInt64.max : (1 << UInt64(count - word * 64)) - 1
        // Lineages first: they are fewer.
        let lineagePlace = lineages.place(group, word, class: lineageClass)
        var left = all & lineages.possible(lineagePlace)
        if left == 0 { continue }
        let object = Int(batch.objects[Int(row)])
        let objectClass = objects.classNumber(ofRow: object, view)
        let objectPlace = objects.place(group, word, class: objectClass)
        left &= objects.possible(objectPlace)
        var open = left & (lineages.unasked(lineagePlace) | objects.unasked(objectPlace))
        while open != 0 {
          let bit = open.trailingZeroBitCount
          open &= open - 1
          let ofLineage = lineages.unasked(lineagePlace) >> UInt64(bit) & 1 == 1
          let ofObject = objects.unasked(objectPlace) >> UInt64(bit) & 1 == 1
          // First what leaves less: most filters name a few files or a few programs, and deny things of all others.
          let objectFirst =
            ofLineage && ofObject
            && objects.strictness(group, word, bit: bit) > lineages.strictness(group, word, bit: bit)
          var holds = true
          if objectFirst { holds = objects.ask(group, word, bit: bit, class: objectClass, row: object, view) }
          if holds, ofLineage {
            holds = lineages.ask(group, word, bit: bit, class: lineageClass, row: lineage, view)
          }
          if holds, ofObject, !objectFirst {
            holds = objects.ask(group, word, bit: bit, class: objectClass, row: object, view)
          }
          if !holds { left &= ~(1 << UInt64(bit)) }
        }
        if left != 0 { found.append(Candidate(row: row, group: Int32(group), word: Int32(word), bits: left)) }
      }
    }
    return found
  }

  private func beginDimensions() {
    if hasBegun { return }
    hasBegun = true
    lineages.begin(view)
    objects.begin(view)
  }

  /// The columns that are needed to narrow candidates down, or to confirm them.
  func columns(for candidates: [Candidate], isEarly: Bool) -> ColumnSet {
    var bits: [Int: UInt64] = [:]
    for candidate in candidates { bits[Int(candidate.group) << 32 | Int(candidate.word), default: 0] |= candidate.bits }
    var columns = ColumnSet()
    for (place, var left) in bits {
      let entries = set.groups[place >> 32].entries
      while left != 0 {
        let entry = entries[(place & 0xFFFF_FFFF) * 64 + left.trailingZeroBitCount]
        left &= left - 1
        for rest in entry.rest where rest.isEarly == isEarly { columns.formUnion(rest.columns) }
      }
    }
    return columns
  }

  /// What the terms leave of candidates that read little.
  func narrow(_ candidates: [Candidate]) -> [Candidate] {
    candidates.compactMap { candidate in
      let entries = set.groups[Int(candidate.group)].entries
      var bits = candidate.bits
      var left = bits
      while left != 0 {
        let bit = left.trailingZeroBitCount
        left &= left - 1
        let entry = entries[Int(candidate.word) * 64 + bit]
        if !confirm(entry, Int(candidate.row), isEarly: true) { bits &= ~(1 << UInt64(bit)) }
      }
      return bits == 0 ? nil : Candidate(row: candidate.row, group: candidate.group, word: candidate.word, bits: bits)
    }
  }

  /// The narrowed candidates for which what is left holds, too.
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
        guard confirm(entry, Int(candidate.row), isEarly: false) else { continue }
        if isExclusive { exclusiveRow = candidate.row }
        matches.append(SetMatch(row: candidate.row, question: entry.question))
      }
    }
    return matches
  }

  private func confirm(_ entry: QuestionGroup.Entry, _ row: Int, isEarly: Bool) -> Bool {
    let start = isProfiling ? ContinuousClock.now : nil
    var isConfirmed = true
    for rest in entry.rest
    where rest.isEarly == isEarly && !holds(set.rests, node: Int(set.rests.roots[rest.number]), row: row) {
      isConfirmed = false
      break
    }
    if let start {
      restCosts[entry.question].eventsAsked += isEarly ? 1 : 0
      restCosts[entry.question].nanoseconds += start.duration(to: .now).nanoseconds
    }
    return isConfirmed
  }

  // MARK: Answers

  private func holds(_ rests: TermProgram, node: Int, row: Int) -> Bool {
    let node = rests.nodes[node]
    let first = Int(node.first)
    switch node.kind {
    case .constant: return first == 1
    case .not: return !holds(rests, node: Int(rests.children[first]), row: row)
    case .and:
      for child in first..<first + Int(node.count) where !holds(rests, node: Int(rests.children[child]), row: row) {
        return false
      }
      return true
    case .or:
      for child in first..<first + Int(node.count) where holds(rests, node: Int(rests.children[child]), row: row) {
        return true
      }
      return false
    case .predicate:
      switch set.domains[first] {
      case .lineage:
        let lineage = Int(view.batch.lineages[row])
        return lineages.answer(
          slot: first, class: lineages.classNumber(ofRow: lineage, view), row: lineage, view)
      case .object:
        let object = Int(view.batch.objects[row])
        return objects.answer(slot: first, class: objects.classNumber(ofRow: object, view), row: object, view)
      case .constant, .type, .event:
        let position = Position.event(row)
        let view = view
        let predicate = set.predicates[first]
        return predicate.holds(view.value(predicate.operand, at: position)) { view.value($0, at: position) }
      }
    }
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
