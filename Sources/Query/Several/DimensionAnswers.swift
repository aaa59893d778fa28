import EventBatch

/// What the rows of one dimension answer to the terms and predicates of a set.
///
/// Rows that cannot differ in any answer are of one *class*, and each class is asked once, for all batches. Class 0 stands for
/// "no row".
///
/// A struct of arrays that its owner takes out while it asks, so that nothing is counted or checked for each answer.
struct DimensionAnswers {
  private let isObject: Bool
  private let predicates: [Predicate]
  private let program: TermProgram
  /// Which terms the filters of each group have.
  private let terms: GroupTerms
  /// What is known of the values of operands, for all batches.
  private var memories: [OperandMemory] = []
  /// For each predicate its operand's memory, or -1; and its position among those of the operand.
  private var memoryOfSlot: [Int32]
  private var localOfSlot: [Int32]
  /// For each predicate without memory its position among these.
  private var plainOfSlot: [Int32]
  private var plainCount = 0
  /// What rows say that matters, of the one dimension or of the other.
  private var objectClasses: ObjectRowClasses
  private var lineageClasses: LineageRowClasses

  /// How many rows there are.
  private(set) var count = 0
  private var classOfRow: [Int32] = []
  private var classCount = 0
  /// By class, then memory: the number of the value; -1 is not known yet, -2 is missing.
  private var valueOfClass: [Int32] = []
  /// By class, then predicate without memory: 0, 1, or 2 for not known yet.
  private var plainAnswers: [UInt8] = []
  /// By class, then term: 0, 1, or 2 for not known yet.
  private var termAnswers: [UInt8] = []
  /// By class, then group and word: which filters were asked, and those of them that are left.
  private var asked: [UInt64] = []
  private var bits: [UInt64] = []
  /// By filter of a group: of how many classes it was asked, and for how many of them its terms held.
  private var outcomes: [Outcomes]
  /// By term: the same.
  private var termOutcomes: [Outcomes]

  private let isProfiling: Bool
  /// What each filter cost, if that is measured.
  private(set) var costs: [QuestionCost] = []

  private static let mostValues = 1 << 16
  private static let mostClasses = 1 << 13

  init(_ domain: Domain, _ set: QuestionSet, isProfiling: Bool) {
    isObject = domain == .object
    self.isProfiling = isProfiling
    predicates = set.predicates
    terms = isObject ? set.objectTermsOfGroups : set.lineageTermsOfGroups
    program = TermProgram(isObject ? set.objectTerms : set.lineageTerms)
    objectClasses = ObjectRowClasses(isObject ? set.predicates.filter { $0.domain == .object } : [])
    lineageClasses = LineageRowClasses(isObject ? [] : set.predicates.filter { $0.domain == .lineage })
    outcomes = [Outcomes](repeating: Outcomes(), count: terms.questions.count)
    termOutcomes = [Outcomes](repeating: Outcomes(), count: program.roots.count)
    memoryOfSlot = [Int32](repeating: -1, count: predicates.count)
    localOfSlot = memoryOfSlot
    plainOfSlot = memoryOfSlot
    var positions: [Operand: Int] = [:]
    for predicate in predicates where predicate.domain == domain {
      guard predicate.hasConstants else {
        plainOfSlot[predicate.slot] = Int32(plainCount)
        plainCount += 1
        continue
      }
      let position = positions[predicate.operand] ?? memories.count
      if position == memories.count {
        positions[predicate.operand] = position
        memories.append(OperandMemory(operand: predicate.operand))
      }
      memoryOfSlot[predicate.slot] = Int32(position)
      localOfSlot[predicate.slot] = Int32(memories[position].width)
      memories[position].width += 1
    }
    if isProfiling { costs = [QuestionCost](repeating: QuestionCost(), count: set.count) }
    forgetClasses()
  }

  /// Another batch.
  mutating func begin(_ view: BatchView) {
    let dimensions = view.batch.dimensions
    count = isObject ? dimensions.objects.count : dimensions.lineages.count
    let isFull = memories.contains { $0.count > DimensionAnswers.mostValues }
    if isFull { for index in memories.indices { memories[index].forget() } }
    let goesOn = isObject ? objectClasses.goesOn(with: view) : lineageClasses.goesOn
    if isFull || !goesOn || classCount > DimensionAnswers.mostClasses { forgetClasses() }
    if isObject { objectClasses.begin(view) } else { lineageClasses.begin(view) }
    classOfRow.removeAll(keepingCapacity: true)
    classOfRow.append(contentsOf: repeatElement(-1, count: count))
  }

  private mutating func forgetClasses() {
    if isObject { objectClasses.forget() } else { lineageClasses.forget() }
    valueOfClass.removeAll(keepingCapacity: true)
    plainAnswers.removeAll(keepingCapacity: true)
    termAnswers.removeAll(keepingCapacity: true)
    asked.removeAll(keepingCapacity: true)
    bits.removeAll(keepingCapacity: true)
    classCount = 0
    addClass()
  }

  private mutating func addClass() {
    classCount += 1
    valueOfClass.append(contentsOf: repeatElement(-1, count: memories.count))
    plainAnswers.append(contentsOf: repeatElement(2, count: plainCount))
    termAnswers.append(contentsOf: repeatElement(2, count: program.roots.count))
    // Filters that say nothing of this dimension need not be asked.
    asked.append(contentsOf: terms.unconditional)
    bits.append(contentsOf: terms.unconditional)
  }

  /// The class of a row.
  @inline(__always)
  mutating func classNumber(ofRow row: Int, _ view: BatchView) -> Int {
    if row >= count { return 0 }
    let known = classOfRow[row]
    return known >= 0 ? Int(known) : findClass(ofRow: row, view)
  }

  private mutating func findClass(ofRow row: Int, _ view: BatchView) -> Int {
    let number = isObject ? objectClasses.number(ofRow: row, view) : lineageClasses.number(ofRow: row, view)
    while classCount <= number { addClass() }
    classOfRow[row] = Int32(truncatingIfNeeded: number)
    return number
  }

  /// Where the bits of a class stand for one word of a group.
  @inline(__always)
  func place(_ group: Int, _ word: Int, class number: Int) -> Int {
    number &* terms.words &+ Int(terms.wordStarts[group]) &+ word
  }

  /// The filters at a place of which it is not known that the terms about this dimension exclude them.
  @inline(__always)
  func possible(_ place: Int) -> UInt64 { bits[place] | ~asked[place] }

  /// The filters at a place that were not asked.
  @inline(__always)
  func unasked(_ place: Int) -> UInt64 { ~asked[place] }

  /// Whether the terms of a filter hold for a class that was not asked before.
  mutating func ask(_ group: Int, _ word: Int, bit: Int, class number: Int, row: Int, _ view: BatchView) -> Bool {
    let place = place(group, word, class: number)
    let entry = Int(terms.entryStarts[group]) + word * 64 + bit
    let start = isProfiling ? ContinuousClock.now : nil
    let holds = allHold(Int(terms.termStarts[entry])..<Int(terms.termStarts[entry + 1]), number, row, view)
    asked[place] |= 1 << UInt64(bit)
    if holds { bits[place] |= 1 << UInt64(bit) }
    outcomes[entry].add(holds)
    if let start {
      let question = Int(terms.questions[entry])
      costs[question].rowsAsked += 1
      costs[question].nanoseconds += start.duration(to: .now).nanoseconds
    }
    return holds
  }

  /// How seldom the terms of a filter held so far, from 0 for always to 1 for never.
  func strictness(_ group: Int, _ word: Int, bit: Int) -> Double {
    outcomes[Int(terms.entryStarts[group]) + word * 64 + bit].strictness
  }

  /// Whether terms hold for a row, all of them. Filters share terms: what is known to fail decides before anything is asked,
  /// then that is asked first which failed most often so far.
  private mutating func allHold(_ positions: Range<Int>, _ number: Int, _ row: Int, _ view: BatchView) -> Bool {
    let answers = number * program.roots.count
    while true {
      var next: Int?
      var greatest = -1.0
      for position in positions {
        let term = Int(terms.terms[position])
        switch termAnswers[answers + term] {
        case 0: return false
        case 1: continue
        default:
          let strictness = termOutcomes[term].strictness
          if strictness > greatest { (next, greatest) = (term, strictness) }
        }
      }
      guard let next else { return true }
      let holds = holds(term: next, number, row, view)
      termOutcomes[next].add(holds)
      if !holds { return false }
    }
  }

  /// Whether a term holds for a row. No row fulfils what is said of one; what denies something of it may hold.
  private mutating func holds(term: Int, _ number: Int, _ row: Int, _ view: BatchView) -> Bool {
    let index = number * program.roots.count + term
    if termAnswers[index] == 2 {
      termAnswers[index] = holds(node: Int(program.roots[term]), number, row, view) ? 1 : 0
    }
    return termAnswers[index] == 1
  }

  private mutating func holds(node: Int, _ number: Int, _ row: Int, _ view: BatchView) -> Bool {
    let node = program.nodes[node]
    let first = Int(node.first)
    switch node.kind {
    case .constant: return first == 1
    case .predicate: return answer(slot: first, class: number, row: row, view)
    case .not: return !holds(node: Int(program.children[first]), number, row, view)
    case .and:
      for child in first..<first + Int(node.count) where !holds(node: Int(program.children[child]), number, row, view) {
        return false
      }
      return true
    case .or:
      for child in first..<first + Int(node.count) where holds(node: Int(program.children[child]), number, row, view) {
        return true
      }
      return false
    }
  }

  /// The answer of a predicate for a row and its class.
  mutating func answer(slot: Int, class number: Int, row: Int, _ view: BatchView) -> Bool {
    if number == 0 { return false }
    let memory = Int(memoryOfSlot[slot])
    guard memory >= 0 else { return plainAnswer(slot, number, row, view) }
    let place = number * memories.count + memory
    var value = valueOfClass[place]
    if value == -1 {
      let found = view.value(memories[memory].operand, at: isObject ? .object(row) : .lineage(row))
      value = found == .missing ? -2 : memories[memory].number(of: found)
      valueOfClass[place] = value
    }
    if value == -2 { return false }
    let local = Int(localOfSlot[slot])
    let known = memories[memory].answer(Int(value), local)
    if known != 2 { return known == 1 }
    return memories[memory].ask(Int(value), local, predicates[slot])
  }

  private mutating func plainAnswer(_ slot: Int, _ number: Int, _ row: Int, _ view: BatchView) -> Bool {
    let place = number * plainCount + Int(plainOfSlot[slot])
    if plainAnswers[place] == 2 {
      let position: Position = isObject ? .object(row) : .lineage(row)
      let predicate = predicates[slot]
      let holds = predicate.holds(view.value(predicate.operand, at: position)) { view.value($0, at: position) }
      plainAnswers[place] = holds ? 1 : 0
    }
    return plainAnswers[place] == 1
  }
}

/// How often something was asked, and how often it held.
private struct Outcomes {
  private var asked: UInt32 = 0
  private var held: UInt32 = 0

  mutating func add(_ holds: Bool) {
    asked &+= 1
    held &+= holds ? 1 : 0
  }

  /// From 0 for what always held to 1 for what never did; one half for what was not asked yet.
  var strictness: Double { 1 - (Double(held) + 1) / (Double(asked) + 2) }
}
