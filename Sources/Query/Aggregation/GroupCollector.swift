import EventBatch
import EventSchema

/// Groups the selected events of one batch.
///
/// Keys are numbers until the end: a key that belongs to a dimension is looked up once for each row of the dimension.
/// Values are made into texts once for each group.
struct GroupCollector {
  let view: BatchView
  private let grouping: Grouping
  let rows: [UInt32]
  /// For each selected event the number of its group.
  private(set) var groups: [UInt32] = []
  /// The groups' keys as bytes, one behind the other, and where each ends.
  private var keys: [UInt8] = []
  private var ends: [Int] = []
  /// What aggregates have asked so far: many are made of the same numbers.
  var gathered = GatheredNumbers()
  /// Answers the conditions of aggregates.
  var evaluator: Evaluator

  init(_ grouping: Grouping, _ events: SelectedEvents) {
    view = events.view
    rows = events.rows
    self.grouping = grouping
    evaluator = Evaluator(view)
  }

  mutating func collect() -> GroupTable {
    var table = GroupTable(grouping)
    if rows.isEmpty { return table }
    formGroups()
    keys.withUnsafeBytes { keys in
      var start = 0
      for end in ends {
        // Each is another one, so that they get the numbers that they have here.
        _ = table.group(UnsafeRawBufferPointer(rebasing: keys[start..<end]))
        start = end
      }
    }
    var columns: [AggregateColumn] = []
    for aggregate in grouping.aggregates { columns.append(column(of: aggregate)) }
    table.setColumns(columns)
    return table
  }

  var groupCount: Int { ends.count }

  /// Gives each event a group, part by part of the key.
  private mutating func formGroups() {
    if grouping.keys.isEmpty {
      groups = [UInt32](repeating: 0, count: rows.count)
      keys = Grouping.everything
      ends = [keys.count]
    }
    for (index, key) in grouping.keys.enumerated() {
      let numbered = numbered(key)
      if index == 0 {
        groups = numbered.numbers
        keys = numbered.keys.heap
        ends = (0..<numbered.keys.count).map { numbered.keys.range(of: $0).upperBound }
        // The first row of the table is the empty text, which is no key.
        ends.removeFirst()
      } else {
        pair(with: numbered.numbers, numbered.keys)
      }
    }
  }

  /// Splits the groups by a further part of the key.
  private mutating func pair(with numbers: [UInt32], _ parts: StringTable) {
    let width = parts.count - 1
    if width == 1 {
      // All have the same: nothing is split.
      return extendKeys(with: parts[1])
    }
    var paired: [UInt8] = []
    var pairedEnds: [Int] = []
    // A table of all pairs answers at once; where it would be too large, pairs are hashed.
    let unknown = UInt32.max
    let isSmall = ends.count * width <= 1 << 20
    var table = [UInt32](repeating: unknown, count: isSmall ? ends.count * width : 0)
    var hashed: [Int: UInt32] = [:]
    for index in groups.indices {
      let pair = Int(groups[index]) * width + Int(numbers[index])
      var group = isSmall ? table[pair] : hashed[pair] ?? unknown
      if group == unknown {
        group = UInt32(pairedEnds.count)
        let old = Int(groups[index])
        paired.append(contentsOf: keys[(old == 0 ? 0 : ends[old - 1])..<ends[old]])
        paired.append(contentsOf: parts[Int(numbers[index]) + 1])
        pairedEnds.append(paired.count)
        if isSmall { table[pair] = group } else { hashed[pair] = group }
      }
      groups[index] = group
    }
    (keys, ends) = (paired, pairedEnds)
  }

  private mutating func extendKeys(with part: ArraySlice<UInt8>) {
    var extended: [UInt8] = []
    var start = 0
    for index in ends.indices {
      extended.append(contentsOf: keys[start..<ends[index]])
      extended.append(contentsOf: part)
      start = ends[index]
      ends[index] = extended.count
    }
    keys = extended
  }

  /// The different values of an operand, as keys, and for each event the number of its value.
  func numbered(_ key: Grouping.BoundKey) -> (numbers: [UInt32], keys: StringTable) {
    var numbering = ValueNumbering()
    var numbers = [UInt32](repeating: 0, count: rows.count)
    switch key {
    case .time(let every):
      var (low, high, number) = (Int64.max, Int64.min, UInt32(0))
      for (index, row) in rows.enumerated() {
        let time = view.batch.exitTimes[Int(row)]
        if time < low || time > high {
          low = floorDivide(time, every) &* every
          high = low.addingReportingOverflow(every - 1).overflow ? Int64.max : low + (every - 1)
          number = numbering.number(of: .integer(low))
        }
        numbers[index] = number
      }
    case .operand(let operand):
      switch operand.domain {
      case .constant:
        _ = numbering.number(of: view.value(operand, at: .event(0)))
      case .event:
        var last = FieldValue.missing
        var number = UInt32.max
        for (index, row) in rows.enumerated() {
          let value = view.value(operand, at: .event(Int(row)))
          if number == UInt32.max || value != last {
            number = numbering.number(of: value)
            last = value
          }
          numbers[index] = number
        }
      case .type:
        let count = (view.schema.types.last.map { Int($0.id.rawValue) } ?? 0) + 1
        look(operand, view.batch.types, count, &numbering, &numbers) { .type(UInt16($0)) }
      case .lineage:
        let count = view.batch.dimensions.lineages.count
        look(operand, view.batch.lineages, count, &numbering, &numbers) { .lineage($0) }
      case .object:
        let count = view.batch.dimensions.objects.count
        look(operand, view.batch.objects, count, &numbering, &numbers) { .object($0) }
      }
    }
    return (numbers, numbering.keys.table)
  }

  /// Numbers the values of dimension rows as they are met, and looks them up for events.
  private func look<Reference: FixedWidthInteger & UnsignedInteger>(
    _ operand: Operand, _ references: [Reference], _ count: Int, _ numbering: inout ValueNumbering,
    _ numbers: inout [UInt32], _ position: (Int) -> Position
  ) {
    let unknown = UInt32.max
    var known = [UInt32](repeating: unknown, count: count + 1)
    for index in rows.indices {
      // All rows that do not exist share the place behind the last.
      let reference = min(Int(references[Int(rows[index])]), count)
      if known[reference] == unknown {
        let value = reference < count ? view.value(operand, at: position(reference)) : .missing
        known[reference] = numbering.number(of: value)
      }
      numbers[index] = known[reference]
    }
  }
}

/// Numbers different values in the order in which they are met.
private struct ValueNumbering {
  /// The values as keys; the number of a value is its row less one.
  private(set) var keys = StringInterner()
  private var key: [UInt8] = []

  mutating func number(of value: FieldValue) -> UInt32 {
    key.removeAll(keepingCapacity: true)
    value.appendKey(to: &key)
    return key.withUnsafeBytes { keys.intern($0) } - 1
  }
}
