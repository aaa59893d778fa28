import EventBatch
import EventSchema

/// Groups the selected events of one batch.
///
/// Keys are numbers until the end: a key that belongs to a dimension is looked up once for each row of the dimension.
/// Values are made into texts once for each group.
struct GroupCollector {
  private let view: BatchView
  private let grouping: Grouping
  private let rows: [UInt32]
  /// For each selected event the number of its group.
  private var groups: [UInt32] = []
  private var groupKeys: [[FieldValue]] = []

  init(_ grouping: Grouping, _ events: SelectedEvents) {
    view = events.view
    rows = events.rows
    self.grouping = grouping
  }

  mutating func collect() -> GroupTable {
    formGroups()
    var columns = grouping.aggregates.map { aggregate in
      [AggregateState](repeating: AggregateState(aggregate.function), count: groupKeys.count)
    }
    for (index, aggregate) in grouping.aggregates.enumerated() { add(aggregate, to: &columns[index]) }
    var table = GroupTable(grouping)
    for group in groupKeys.indices {
      table.append(groupKeys[group].map(\.detached), columns.map { $0[group] })
    }
    return table
  }

  /// Gives each event a group, part by part of the key.
  private mutating func formGroups() {
    groups = [UInt32](repeating: 0, count: rows.count)
    groupKeys = [[]]
    for key in grouping.keys {
      let (numbers, values) = numbered(key)
      if groupKeys.count == 1 {
        // The first part, or the first that tells events apart: its numbers are the groups.
        groupKeys = values.map { groupKeys[0] + [$0] }
        groups = numbers
        continue
      }
      pair(with: numbers, values)
    }
    if grouping.keys.isEmpty { return }
    if rows.isEmpty { groupKeys = [] }
  }

  /// Splits the groups by a further part of the key.
  private mutating func pair(with numbers: [UInt32], _ values: [FieldValue]) {
    var keys: [[FieldValue]] = []
    let width = values.count
    // A table of all pairs answers at once; where it would be too large, pairs are hashed.
    let unknown = UInt32.max
    var table = [UInt32](repeating: unknown, count: groupKeys.count * width <= 1 << 20 ? groupKeys.count * width : 0)
    var hashed: [Int: UInt32] = [:]
    for index in groups.indices {
      let pair = Int(groups[index]) * width + Int(numbers[index])
      var group = table.isEmpty ? hashed[pair] ?? unknown : table[pair]
      if group == unknown {
        group = UInt32(keys.count)
        keys.append(groupKeys[Int(groups[index])] + [values[Int(numbers[index])]])
        if table.isEmpty { hashed[pair] = group } else { table[pair] = group }
      }
      groups[index] = group
    }
    groupKeys = keys
  }

  /// The different values of one part of the key, and for each event the number of its value.
  private func numbered(_ key: Grouping.BoundKey) -> (numbers: [UInt32], values: [FieldValue]) {
    var numbering = ValueNumbering()
    var numbers = [UInt32](repeating: 0, count: rows.count)
    switch key {
    case .time(let every):
      for (index, row) in rows.enumerated() {
        let slice = floorDivide(view.batch.exitTimes[Int(row)], every) &* every
        numbers[index] = numbering.number(of: .integer(slice))
      }
    case .operand(let operand):
      switch operand.domain {
      case .constant:
        _ = numbering.number(of: view.value(operand, at: .event(0)))
      case .event:
        for (index, row) in rows.enumerated() {
          numbers[index] = numbering.number(of: view.value(operand, at: .event(Int(row))))
        }
      case .type:
        let count = (view.schema.types.last.map { Int($0.id.rawValue) } ?? 0) + 1
        look(operand, view.batch.types.map(UInt32.init), count, &numbering, &numbers) { .type(UInt16($0)) }
      case .lineage:
        let count = view.batch.dimensions.lineages.count
        look(operand, view.batch.lineages, count, &numbering, &numbers) { .lineage($0) }
      case .object:
        let count = view.batch.dimensions.objects.count
        look(operand, view.batch.objects, count, &numbering, &numbers) { .object($0) }
      }
    }
    return (numbers, numbering.values)
  }

  /// Numbers the values of dimension rows as they are met, and looks them up for events.
  private func look(
    _ operand: Operand, _ references: [UInt32], _ count: Int, _ numbering: inout ValueNumbering,
    _ numbers: inout [UInt32], _ position: (Int) -> Position
  ) {
    let unknown = UInt32.max
    var known = [UInt32](repeating: unknown, count: count + 1)
    for index in rows.indices {
      // All rows that do not exist share the place behind the last.
      let reference = Int(min(references[Int(rows[index])], UInt32(count)))
      if known[reference] == unknown {
        let value = reference < count ? view.value(operand, at: position(reference)) : .missing
        known[reference] = numbering.number(of: value)
      }
      numbers[index] = known[reference]
    }
  }

  private func add(_ aggregate: Aggregate, to states: inout [AggregateState]) {
    var included = [Bool]()
    if let condition = aggregate.condition {
      var evaluator = Evaluator(view)
      let mask = evaluator.evaluate(condition, Mask(count: view.batch.count, all: true))
      included = rows.map { mask.bytes[Int($0)] == 1 }
    }
    let isIncluded = { (index: Int) in included.isEmpty || included[index] }
    guard let operand = aggregate.operand else {
      var counts = [UInt64](repeating: 0, count: states.count)
      for index in groups.indices where isIncluded(index) { counts[Int(groups[index])] += 1 }
      for group in states.indices { states[group] = .count(counts[group]) }
      return
    }
    switch aggregate.function {
    case .sum, .average:
      var sums = [Int128](repeating: 0, count: states.count)
      var counts = [UInt64](repeating: 0, count: states.count)
      let values = view.integers(operand, rows: rows)
      for index in groups.indices where values[index] != EventBatch.missing && isIncluded(index) {
        sums[Int(groups[index])] += Int128(values[index])
        counts[Int(groups[index])] += 1
      }
      for group in states.indices { states[group] = .sum(sums[group], count: counts[group]) }
    case .percentile:
      var histograms = [Histogram](repeating: Histogram(), count: states.count)
      let values = view.integers(operand, rows: rows)
      for index in groups.indices where values[index] != EventBatch.missing && isIncluded(index) {
        histograms[Int(groups[index])].add(values[index])
      }
      for group in states.indices { states[group] = .histogram(histograms[group]) }
    case .minimum, .maximum:
      guard operand.type.isNumber, operand.multiplicity == .single else {
        addValues(aggregate.function, operand, isIncluded, to: &states)
        return
      }
      addExtremes(aggregate.function, operand, isIncluded, to: &states)
    case .count, .distinct:
      addValues(aggregate.function, operand, isIncluded, to: &states)
    case .first, .last:
      addEdges(aggregate.function, operand, isIncluded, to: &states)
    }
  }

  /// The least or greatest number of each group.
  private func addExtremes(
    _ function: Aggregate.Function, _ operand: Operand, _ isIncluded: (Int) -> Bool, to states: inout [AggregateState]
  ) {
    let values = view.integers(operand, rows: rows)
    var best = [Int64](repeating: EventBatch.missing, count: states.count)
    for index in groups.indices where values[index] != EventBatch.missing && isIncluded(index) {
      let group = Int(groups[index])
      let isBetter = function == .minimum ? values[index] < best[group] : values[index] > best[group]
      if best[group] == EventBatch.missing || isBetter { best[group] = values[index] }
    }
    let isUnsigned = operand.type == .unsigned || operand.type == .port
    for group in states.indices where best[group] != EventBatch.missing {
      states[group] = .extreme(isUnsigned ? .unsigned(UInt64(clamping: best[group])) : .integer(best[group]))
    }
  }

  /// Aggregates that look at values: each different value of a group once, where it belongs to a dimension.
  private func addValues(
    _ function: Aggregate.Function, _ operand: Operand, _ isIncluded: (Int) -> Bool, to states: inout [AggregateState]
  ) {
    let (numbers, values) = numbered(.operand(operand))
    if function == .count {
      var counts = [UInt64](repeating: 0, count: states.count)
      let isThere = values.map { $0 != .missing }
      for index in groups.indices where isThere[Int(numbers[index])] && isIncluded(index) {
        counts[Int(groups[index])] += 1
      }
      for group in states.indices { states[group] = .count(counts[group]) }
      return
    }
    var seen: Set<UInt64> = []
    var distinct = [Set<FieldValue>](repeating: [], count: states.count)
    for index in groups.indices where isIncluded(index) {
      let pair = UInt64(groups[index]) << 32 | UInt64(numbers[index])
      guard seen.insert(pair).inserted else { continue }
      let value = values[Int(numbers[index])].detached
      if value == .missing { continue }
      if function == .distinct {
        distinct[Int(groups[index])].insert(value)
      } else {
        states[Int(groups[index])].addExtreme(value, function)
      }
    }
    if function == .distinct {
      for group in states.indices { states[group] = .distinct(distinct[group]) }
    }
  }

  /// The first or last value of each group.
  private func addEdges(
    _ function: Aggregate.Function, _ operand: Operand, _ isIncluded: (Int) -> Bool, to states: inout [AggregateState]
  ) {
    var open = states.count
    var isDone = [Bool](repeating: false, count: states.count)
    let order = function == .first ? Array(groups.indices) : Array(groups.indices.reversed())
    for index in order where !isDone[Int(groups[index])] && isIncluded(index) {
      let value = view.value(operand, at: .event(Int(rows[index])))
      if value == .missing { continue }
      states[Int(groups[index])] = .edge(value.detached)
      isDone[Int(groups[index])] = true
      open -= 1
      if open == 0 { break }
    }
  }
}

/// Numbers different values in the order in which they are met.
private struct ValueNumbering {
  private(set) var values: [FieldValue] = []
  private var numbers: [FieldValue: UInt32] = [:]

  mutating func number(of value: FieldValue) -> UInt32 {
    if let known = numbers[value] { return known }
    let number = UInt32(values.count)
    numbers[value] = number
    values.append(value)
    return number
  }
}
