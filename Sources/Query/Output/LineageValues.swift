import CaptureFormat
import EventBatch
import EventSchema

/// Some fields of threads as values, a row a lineage: what is said of processes, whether or not they did something themselves.
public struct LineageValues: Sendable {
  private let operands: [Operand]
  private let schema: Schema

  /// Binds fields, or functions of fields.
  /// - Throws: which one is wrong, or says something else than who does things.
  public init(_ fields: [String], schema: Schema) throws(QueryError) {
    var operands: [Operand] = []
    for field in fields {
      let operand = try Operand(field, schema: schema)
      guard operand.domain == .lineage || operand.domain == .constant else {
        throw QueryError("'\(field)' does not depend on the process alone")
      }
      operands.append(operand)
    }
    self.operands = operands
    self.schema = schema
  }

  /// Which columns the fields read.
  public var columns: ColumnSelection {
    var columns = ColumnSet()
    for operand in operands { operand.forEachField { $0.addColumns(to: &columns, schema: schema) } }
    return columns.selection
  }

  /// The values of a row of `dimensions.lineages`, with memory of their own.
  public func values(ofLineage row: Int, in events: SelectedEvents) -> [FieldValue] {
    operands.map { events.view.value($0, at: .lineage(row)).detached }
  }
}
