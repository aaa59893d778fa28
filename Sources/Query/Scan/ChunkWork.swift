import CaptureFormat
import EventBatch
import EventSchema

/// Asks a question of one chunk: step by step, each of which reads the columns that it needs.
struct ChunkWork {
  private let content: any ChunkContent
  private let question: Question
  private let context: ScanContext
  private let previousExit: Int64?
  private var known: KnownColumns
  /// Whether anything was read: how many events there are is known then.
  private var hasRead = false
  private var evaluator: Evaluator
  /// How many events were selected after each step.
  private(set) var rowsAfterSteps: [Int] = []

  init(_ content: any ChunkContent, _ question: Question, _ context: ScanContext, previousExit: Int64?) {
    self.content = content
    self.question = question
    self.context = context
    self.previousExit = previousExit
    let batch = EventBatch(schema: question.schema)
    known = KnownColumns(batch: batch, selection: .nothing)
    evaluator = Evaluator(BatchView(batch, context: context, previousExit: previousExit))
  }

  /// What was read so far.
  var view: BatchView { evaluator.view }

  /// Reads columns unless they are there.
  /// - Parameter rows: the only events that are looked at from now on; `nil` for all.
  mutating func read(_ columns: ColumnSelection, of rows: [UInt32]? = nil) throws {
    let missing = columns.subtracting(known.selection)
    if missing.isEmpty, hasRead { return }
    let batch = try content.read(missing, adding: hasRead ? known : nil, of: rows)
    hasRead = true
    known = KnownColumns(batch: batch, selection: known.selection.havingRead(missing))
    evaluator.view = BatchView(batch, context: context, previousExit: previousExit)
  }

  /// The events that all steps select; `nil` for none.
  /// - Parameter isWithinWindow: whether the time window holds all events of the chunk.
  mutating func select(_ steps: [QuestionStep], isWithinWindow: Bool) throws -> Mask? {
    var selected: Mask?
    defer { rowsAfterSteps += [Int](repeating: 0, count: steps.count - rowsAfterSteps.count) }
    for step in steps {
      guard let expression = step.expression else {
        if !isWithinWindow {
          try read(step.columns)
          selected = question.window(view.batch)
        }
        try read(.nothing)
        let rows = selected?.countSelected() ?? view.batch.count
        rowsAfterSteps.append(rows)
        if rows == 0 { return nil }
        continue
      }
      if !step.tables.isEmpty {
        // The rows of dimensions are few; where none of them will do, no event has to be looked at.
        try read(ColumnSelection(core: [], dimensions: false, tables: step.tables))
        if !evaluator.mayHold(expression) {
          return nil
        }
      }
      try read(step.columns)
      let found = evaluator.evaluate(expression, selected ?? Mask(count: view.batch.count, all: true))
      rowsAfterSteps.append(found.countSelected())
      if found.isNone { return nil }
      selected = found
    }
    try read(.nothing)
    return selected ?? Mask(count: view.batch.count, all: true)
  }

  /// Reads what is made of selected events, the last that is read: of arguments only those that such events have, and where
  /// they are few, of core columns only their values.
  mutating func read(_ columns: ColumnSelection, for rows: [UInt32]) throws {
    var columns = columns
    if case .none = columns.arguments {
    } else if rows.count < known.batch.count {
      try read(ColumnSelection(core: .types, dimensions: false))
      columns.arguments = arguments(columns.arguments, of: rows)
    }
    try read(columns, of: rows.count <= known.batch.count / ChunkWork.fewShare ? rows : nil)
  }

  /// Events are few up to this part of all: to pick their values then takes a fraction of the time to unpack all.
  private static let fewShare = 12

  private func arguments(_ wanted: ColumnSelection.Arguments, of rows: [UInt32]) -> ColumnSelection.Arguments {
    let types = known.batch.types
    guard types.count == known.batch.count else { return wanted }
    var isThere = [Bool](repeating: false, count: 1 << 16)
    for row in rows { isThere[Int(types[Int(row)])] = true }
    var keys: Set<ColumnSelection.ArgumentKey> = []
    switch wanted {
    case .none: return .none
    case .only(let some): keys = some.filter { isThere[Int($0.type.rawValue)] }
    case .all:
      for type in question.schema.types where isThere[Int(type.id.rawValue)] {
        for index in type.parameters.indices {
          keys.insert(ColumnSelection.ArgumentKey(type: type.id, parameter: index))
        }
      }
    }
    return keys.isEmpty ? .none : .only(keys)
  }
}

extension ColumnSelection {
  /// What is there when this was read before and another selection now. Payloads are there when no arguments were read
  /// without them.
  func havingRead(_ other: ColumnSelection) -> ColumnSelection {
    func lacksPayloads(_ selection: ColumnSelection) -> Bool {
      if case .none = selection.arguments { return false }
      return !selection.payloads
    }
    var both = union(other)
    both.payloads = both.payloads && !lacksPayloads(self) && !lacksPayloads(other)
    return both
  }
}

extension Question {
  /// The events of a batch that are within the time window.
  func window(_ batch: EventBatch) -> Mask {
    let from = self.from ?? Int64.min
    let to = self.to ?? Int64.max
    return Mask(Query.select(batch.exitTimes) { $0 >= from && $0 < to })
  }
}
