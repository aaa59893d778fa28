import CaptureFormat
import EventBatch
import EventSchema

/// Some fields of events as values, a row an event: what lists are made of.
public struct EventValues: Sendable {
  /// The fields, as they were written.
  public let fields: [String]
  private let operands: [Operand]
  private let schema: Schema

  /// Binds fields, or functions of fields.
  /// - Throws: which one is wrong.
  public init(_ fields: [String], schema: Schema) throws(QueryError) {
    var operands: [Operand] = []
    for field in fields { operands.append(try Operand(field, schema: schema)) }
    self.fields = fields
    self.operands = operands
    self.schema = schema
  }

  /// Which columns the fields read.
  public var columns: ColumnSelection {
    var columns = ColumnSet()
    for operand in operands { operand.forEachField { $0.addColumns(to: &columns, schema: schema) } }
    return columns.selection
  }

  /// The values of selected events, with memory of their own.
  public func rows(of events: SelectedEvents) -> [[FieldValue]] {
    rows(of: events, events.rows)
  }

  /// The values of those of the selected events for which one of the values is wanted; of the others no more is made.
  /// - Parameter index: of the field whose value decides.
  public func rows(of events: SelectedEvents, where index: Int, _ isWanted: (FieldValue) -> Bool) -> [[FieldValue]] {
    rows(of: events, events.rows.filter { isWanted(events.view.value(operands[index], at: .event(Int($0)))) })
  }

  private func rows(of events: SelectedEvents, _ rows: [UInt32]) -> [[FieldValue]] {
    if rows.count < 4 {
      return rows.map { row in operands.map { events.view.value($0, at: .event(Int(row))).detached } }
    }
    var remembered = RememberedValues(operands, events.view)
    return rows.map { row in operands.indices.map { remembered.value($0, of: Int(row)) } }
  }
}

extension FieldValue {
  /// The value as a constant of the filter language: texts in quotes, with escapes where they are needed.
  public var filterLiteral: String {
    guard case .text(let bytes) = self else { return text }
    var literal = "\""
    for byte in bytes {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): literal += "\\" + String(Unicode.Scalar(byte))
      case 0x20..<0x7F: literal.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16)
        literal += "\\x" + (digits.count == 1 ? "0" : "") + digits
      }
    }
    return literal + "\""
  }
}
