import EventBatch
import EventSchema

extension Evaluator {
  /// The answers of a predicate about one argument; `nil` for other predicates.
  ///
  /// Only events whose type has the argument are looked at. Where the answer depends on the stored number alone (flags,
  /// plain numbers, interned texts), it is worked out once for each different number.
  func evaluateArgument(_ predicate: Predicate, _ candidates: Mask) -> Mask? {
    guard case .field(let field) = predicate.operand, case .event(let property) = field.field.source,
      property == .argument || property == .rawArgument
    else { return nil }
    if case .compare(_, .operand) = predicate.test { return nil }
    // The types that have the argument, and for those whose numbers decide alone, the column.
    var slots = [Int16](repeating: -1, count: 1 << 16)
    var columns: [ArgumentColumn?] = []
    for entry in batch.arguments {
      guard let layout = view.layout(ofType: entry.type.rawValue),
        let index = view.parameter(field.argument, in: layout)
      else { continue }
      slots[Int(entry.type.rawValue)] = Int16(clamping: columns.count)
      let isCached =
        dependsOnNumberAlone(layout.type.parameters[index], isRaw: property == .rawArgument)
        && layout.columns[index] < entry.columns.count && entry.columns[layout.columns[index]].isPresent
      columns.append(isCached ? entry.columns[layout.columns[index]] : nil)
    }
    if columns.isEmpty { return Mask(count: batch.count, all: false) }
    return Mask(ask(predicate, field, candidates, slots, columns))
  }

  /// Asks event by event, and remembers what was answered for a number.
  private func ask(
    _ predicate: Predicate, _ field: BoundField, _ candidates: Mask, _ slots: [Int16], _ columns: [ArgumentColumn?]
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: batch.count)
    let types = batch.types
    let ranks = batch.ranks
    var known = [[Int64: UInt8]](repeating: [:], count: columns.count)
    for row in candidates.rows() {
      let slot = Int(slots[Int(types[Int(row)])])
      if slot < 0 { continue }
      var number: Int64?
      if let column = columns[slot] {
        let rank = Int(ranks[Int(row)])
        guard rank < column.values.count, column.missing.isEmpty || !column.isMissing(rank) else { continue }
        number = column.values[rank]
        if let answer = known[slot][column.values[rank]] {
          bytes[Int(row)] = answer
          continue
        }
      }
      let answer: UInt8 = predicate.holds(view.value(field, at: .event(Int(row)))) { _ in .missing } ? 1 : 0
      bytes[Int(row)] = answer
      // What is remembered is bounded: a column of addresses has as many numbers as events.
      if let number, known[slot].count < 65_536 { known[slot][number] = answer }
    }
    return bytes
  }

  /// Whether equal numbers in the column always look the same.
  private func dependsOnNumberAlone(_ parameter: Parameter, isRaw: Bool) -> Bool {
    if parameter.type.storage == .bytes || !parameter.source.isStored { return false }
    if isRaw { return true }
    switch parameter.type {
    case .fd, .pid, .uid, .gid, .path, .relativePath: return false
    default: return parameter.nameCondition == nil
    }
  }
}
