import EventBatch
import Filter

/// Answers a bound filter for one batch.
///
/// Predicates on dimensions are answered once for each row of the dimension; what is left for an event is to look up a
/// byte. Predicates that need the event itself are asked only for events that nothing else excluded.
struct Evaluator {
  /// The batch; as more of it is read, there comes another view of the same events.
  var view: BatchView
  /// The answers for all rows of a dimension, by predicate: equal predicates share them.
  private var tables: [Int: [UInt8]] = [:]

  init(_ view: BatchView) { self.view = view }

  var batch: EventBatch { view.batch }

  /// Which of the candidates fulfil an expression.
  mutating func evaluate(_ expression: BoundExpression, _ candidates: Mask) -> Mask {
    if candidates.isNone { return candidates }
    switch expression {
    case .constant(let value): return value ? candidates : Mask(count: batch.count, all: false)
    case .predicate(let predicate): return evaluate(predicate, candidates)
    case .not(let term):
      var rest = candidates
      rest.subtract(evaluate(term, candidates))
      return rest
    case .and(let terms):
      var selected = candidates
      for term in terms {
        selected = evaluate(term, selected)
        if selected.isNone { break }
      }
      return selected
    case .or(let terms):
      var rest = candidates
      var selected = Mask(count: batch.count, all: false)
      for term in terms {
        let found = evaluate(term, rest)
        selected.formUnion(found)
        rest.subtract(found)
        if rest.isNone { break }
      }
      return selected
    }
  }

  private mutating func evaluate(_ predicate: Predicate, _ candidates: Mask) -> Mask {
    if let bytes = compareColumn(predicate) { return intersect(bytes, candidates) }
    switch predicate.domain {
    case .constant: return predicate.constantAnswer ? candidates : Mask(count: batch.count, all: false)
    case .type: return evaluateType(predicate, candidates)
    case .lineage: return look(lineageTable(predicate), batch.lineages, candidates)
    case .object: return look(objectTable(predicate), batch.objects, candidates)
    case .event: return evaluateRows(predicate, candidates)
    }
  }

  private func intersect(_ bytes: [UInt8], _ candidates: Mask) -> Mask {
    var mask = Mask(bytes)
    mask.formIntersection(candidates)
    return mask
  }

  /// Whether an expression may hold for some event, as far as the rows of dimensions say.
  mutating func mayHold(_ expression: BoundExpression) -> Bool {
    expression.mayHold(wanted: true) { predicate, wanted in
      switch predicate.domain {
      case .lineage: lineageTable(predicate).contains(wanted ? 1 : 0)
      case .object: objectTable(predicate).contains(wanted ? 1 : 0)
      case .constant, .type, .event: true
      }
    }
  }

  private mutating func lineageTable(_ predicate: Predicate) -> [UInt8] {
    table(predicate, rows: batch.dimensions.lineages.count) { .lineage($0) }
  }

  private mutating func objectTable(_ predicate: Predicate) -> [UInt8] {
    if tables[predicate.slot] == nil, let table = nameTable(predicate) ?? kindTable(predicate) {
      tables[predicate.slot] = table
    }
    return table(predicate, rows: batch.dimensions.objects.count) { .object($0) }
  }

  /// The answers for all rows of a dimension, and one more for "no row".
  private mutating func table(_ predicate: Predicate, rows: Int, _ position: (Int) -> Position) -> [UInt8] {
    if let known = tables[predicate.slot] { return known }
    var table = [UInt8](repeating: 0, count: rows + 1)
    for row in 0..<rows where holds(predicate, at: position(row)) { table[row] = 1 }
    tables[predicate.slot] = table
    return table
  }

  func holds(_ predicate: Predicate, at position: Position) -> Bool {
    predicate.holds(view.value(predicate.operand, at: position)) { view.value($0, at: position) }
  }

  /// Looks up each event's byte.
  private func look(_ table: [UInt8], _ references: [UInt32], _ candidates: Mask) -> Mask {
    if !table.contains(1) { return Mask(count: batch.count, all: false) }
    let last = UInt32(table.count - 1)
    let bytes = [UInt8](unsafeUninitializedCapacity: references.count) { buffer, initialized in
      table.withUnsafeBufferPointer { table in
        references.withUnsafeBufferPointer { references in
          candidates.bytes.withUnsafeBufferPointer { candidates in
            for row in 0..<references.count {
              // "No row" is the greatest number there is, and so are rows that a damaged file invents.
              buffer[row] = table[Int(min(references[row], last))] & candidates[row]
            }
          }
        }
      }
      initialized = references.count
    }
    return Mask(bytes)
  }

  private mutating func evaluateType(_ predicate: Predicate, _ candidates: Mask) -> Mask {
    let types = batch.arguments.map(\.type.rawValue).filter { holds(predicate, at: .type($0)) }
    if types.isEmpty { return Mask(count: batch.count, all: false) }
    if types.count == batch.arguments.count { return candidates }
    var bytes: [UInt8]
    if types.count == 1 {
      let wanted = types[0]
      bytes = select(batch.types) { $0 == wanted }
    } else {
      var table = [UInt8](repeating: 0, count: 1 << 16)
      for type in types { table[Int(type)] = 1 }
      bytes = [UInt8](repeating: 0, count: batch.types.count)
      for row in batch.types.indices { bytes[row] = table[Int(batch.types[row])] }
    }
    return intersect(bytes, candidates)
  }

  private func evaluateRows(_ predicate: Predicate, _ candidates: Mask) -> Mask {
    if let mask = evaluateArgument(predicate, candidates) { return mask }
    var bytes = [UInt8](repeating: 0, count: batch.count)
    for row in candidates.rows() where holds(predicate, at: .event(Int(row))) { bytes[Int(row)] = 1 }
    return Mask(bytes)
  }
}

/// Of what a value is asked.
enum Position {
  case type(UInt16)
  case lineage(Int)
  case object(Int)
  case event(Int)
}

extension BatchView {
  /// The value of an operand.
  func value(_ operand: Operand, at position: Position) -> FieldValue {
    if case .field(let field) = operand { return value(field, at: position) }
    return operand.value { field, asList in asList ? list(field, at: position) : value(field, at: position) }
  }

  /// The value of a field.
  func value(_ field: BoundField, at position: Position) -> FieldValue {
    switch field.field.source {
    case .constant(let text): return .text(text)
    case .unanswered: return .missing
    case .type(let property): return value(property, field.argument, type: type(at: position))
    case .process(let property, let relation):
      return value(property, of: relation, argument: field.argument, lineage: lineage(at: position))
    case .user(let property): return value(property, lineage: lineage(at: position))
    case .container(let property):
      return value(property, argument: field.argument, lineage: lineage(at: position))
    case .object(let property):
      let value = value(property, object: object(at: position))
      guard field.multiplicity == .list, value != .missing else { return value }
      return .list([value])
    case .event(let property):
      guard case .event(let row) = position else { return .missing }
      return value(property, argument: field.argument, row: row)
    }
  }

  private func list(_ field: BoundField, at position: Position) -> FieldValue {
    argumentList(lineage: lineage(at: position))
  }

  private func type(at position: Position) -> UInt16 {
    switch position {
    case .type(let type): type
    case .event(let row): batch.types[row]
    case .lineage, .object: UInt16.max
    }
  }

  private func lineage(at position: Position) -> Int {
    switch position {
    case .lineage(let row): row
    case .event(let row): Int(batch.lineages[row])
    case .type, .object: Int(EventBatch.noRow)
    }
  }

  private func object(at position: Position) -> Int {
    switch position {
    case .object(let row): row
    case .event(let row): Int(batch.objects[row])
    case .type, .lineage: Int(EventBatch.noRow)
    }
  }

  /// What a field about the event type says.
  private func value(_ property: TypeProperty, _ argument: FieldArgument, type raw: UInt16) -> FieldValue {
    guard let type = layout(ofType: raw)?.type else { return .missing }
    let reads = type.traits.contains(.readsFromDescriptor)
    let writes = type.traits.contains(.writesToDescriptor)
    switch property {
    case .name: return .text(type.name)
    case .systemCall: return type.systemCall.map { .text($0) } ?? .missing
    case .direction: return .text("<")
    case .inputOutputDirection: return reads ? .text("read") : writes ? .text("write") : .missing
    case .isInputOutput: return .boolean(reads || writes)
    case .isRead: return .boolean(reads)
    case .isWrite: return .boolean(writes)
    case .isWait: return .boolean(type.traits.contains(.waits))
    case .isType:
      switch argument {
      case .name(let name): return .unsigned(type.name == name ? 1 : 0)
      case .index(let index): return .unsigned(Int(raw) == index ? 1 : 0)
      case .none: return .missing
      }
    }
  }
}
