import EventBatch
import EventSchema

/// The values of operands for events of one batch, with memory of their own. What is a property of a dimension row or of a type is
/// made once for each of these.
struct RememberedValues {
  private let view: BatchView
  private let operands: [Operand]
  private let domains: [Domain]
  /// By operand, then row of the dimension; the last is that of events without one.
  private var known: [[FieldValue?]]

  init(_ operands: [Operand], _ view: BatchView) {
    self.operands = operands
    self.view = view
    domains = operands.map(\.domain)
    known = [[FieldValue?]](repeating: [], count: operands.count)
  }

  /// The value of an operand for an event.
  mutating func value(_ operand: Int, of row: Int) -> FieldValue {
    let batch = view.batch
    switch domains[operand] {
    case .lineage: return value(operand, row, Int(batch.lineages[row]), batch.dimensions.lineages.count)
    case .object: return value(operand, row, Int(batch.objects[row]), batch.dimensions.objects.count)
    case .type:
      return value(operand, row, Int(batch.types[row]), view.schema.types.last.map { Int($0.id.rawValue) + 1 } ?? 0)
    case .constant: return value(operand, row, 0, 0)
    case .event: return view.value(operands[operand], at: .event(row)).detached
    }
  }

  private mutating func value(_ operand: Int, _ row: Int, _ reference: Int, _ count: Int) -> FieldValue {
    let place = min(reference, count)
    if known[operand].isEmpty { known[operand] = [FieldValue?](repeating: nil, count: count + 1) }
    if let value = known[operand][place] { return value }
    let value = view.value(operands[operand], at: .event(row)).detached
    known[operand][place] = value
    return value
  }
}
