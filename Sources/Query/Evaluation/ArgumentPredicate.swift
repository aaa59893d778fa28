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
    var columns: [KnownAnswers] = []
    for entry in batch.arguments {
      guard let layout = view.layout(ofType: entry.type.rawValue),
        let index = view.parameter(field.argument, in: layout)
      else { continue }
      slots[Int(entry.type.rawValue)] = Int16(clamping: columns.count)
      let parameter = layout.type.parameters[index]
      let isThere = layout.columns[index] < entry.columns.count && layout.columns[index] >= 0
      guard isThere, entry.columns[layout.columns[index]].isPresent,
        dependsOnNumberAlone(parameter, isRaw: property == .rawArgument)
      else {
        columns.append(KnownAnswers(column: nil, texts: 0))
        continue
      }
      let texts = parameter.type.storage == .string ? batch.dimensions.strings.count : 0
      columns.append(KnownAnswers(column: entry.columns[layout.columns[index]], texts: texts))
    }
    if columns.isEmpty { return Mask(count: batch.count, all: false) }
    return Mask(ask(predicate, field, candidates, slots, &columns))
  }

  /// Asks event by event, and remembers what was answered for a number.
  private func ask(
    _ predicate: Predicate, _ field: BoundField, _ candidates: Mask, _ slots: [Int16], _ columns: inout [KnownAnswers]
  ) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: batch.count)
    let types = batch.types
    let ranks = batch.ranks
    for row in candidates.rows() {
      let slot = Int(slots[Int(types[Int(row)])])
      if slot < 0 { continue }
      var number: Int64?
      if let column = columns[slot].column {
        let rank = Int(ranks[Int(row)])
        guard rank < column.values.count, column.missing.isEmpty || !column.isMissing(rank) else { continue }
        let value = column.values[rank]
        if let answer = columns[slot][value] {
          bytes[Int(row)] = answer
          continue
        }
        if !isRelativePath(value, field, types[Int(row)]) { number = value }
      }
      let answer: UInt8 = predicate.holds(view.value(field, at: .event(Int(row)))) { _ in .missing } ? 1 : 0
      bytes[Int(row)] = answer
      if let number { columns[slot][number] = answer }
    }
    return bytes
  }

  /// Whether a text is a path that is shown absolute, by what else the event says.
  private func isRelativePath(_ text: Int64, _ field: BoundField, _ type: UInt16) -> Bool {
    guard field.field.source == .event(.argument), let layout = view.layout(ofType: type),
      let index = view.parameter(field.argument, in: layout)
    else { return false }
    switch layout.type.parameters[index].type {
    case .path, .relativePath: return view.text(text).bytesValue?.first != UInt8(ascii: "/")
    default: return false
    }
  }

  /// Whether equal numbers in the column always look the same.
  private func dependsOnNumberAlone(_ parameter: Parameter, isRaw: Bool) -> Bool {
    if parameter.type.storage == .bytes || !parameter.source.isStored { return false }
    if isRaw { return true }
    switch parameter.type {
    // Paths do when they are absolute, which is looked at text by text.
    case .fd, .pid, .uid, .gid: return false
    default: return parameter.nameCondition == nil
    }
  }
}

/// What a predicate was answered for the numbers of a column.
private struct KnownAnswers {
  /// `nil` when numbers do not decide.
  let column: ArgumentColumn?
  /// By row of the string table, where the numbers are such rows: 0, 1, or 2 for not asked yet.
  private var byText: [UInt8]
  private var byNumber: [Int64: UInt8] = [:]
  private var last: (number: Int64, answer: UInt8)?

  init(column: ArgumentColumn?, texts: Int) {
    self.column = column
    byText = [UInt8](repeating: 2, count: texts)
  }

  subscript(number: Int64) -> UInt8? {
    get {
      if !byText.isEmpty {
        guard number >= 0, number < Int64(byText.count), byText[Int(number)] != 2 else { return nil }
        return byText[Int(number)]
      }
      if let last, last.number == number { return last.answer }
      return byNumber[number]
    }
    set {
      guard let newValue else { return }
      if !byText.isEmpty {
        if number >= 0, number < Int64(byText.count) { byText[Int(number)] = newValue }
        return
      }
      last = (number, newValue)
      // What is remembered is bounded: a column of addresses has as many numbers as events.
      if byNumber.count < 65_536 { byNumber[number] = newValue }
    }
  }
}
