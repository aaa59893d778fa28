import EventBatch
import EventSchema

/// The payloads of a batch: the column of each type that holds them is looked up once.
struct PayloadColumns {
  private let batch: EventBatch
  private var columns: [UInt16: ArgumentColumn?] = [:]
  private var last: (type: UInt16, column: ArgumentColumn?)?

  init(_ batch: EventBatch) { self.batch = batch }

  /// Whether an event's payload begins with one of some texts.
  mutating func begins(_ row: Int, with prefixes: [[UInt8]]) -> Bool {
    let type = batch.types[row]
    if last?.type != type { last = (type, column(of: type)) }
    guard let column = last?.column, row < batch.ranks.count else { return false }
    let rank = Int(batch.ranks[row])
    guard rank < column.values.count else { return false }
    // A payload that is missing is an empty range.
    let payload = column.bytes(at: rank)
    return prefixes.contains { payload.count >= $0.count && payload.prefix($0.count).elementsEqual($0) }
  }

  private mutating func column(of type: UInt16) -> ArgumentColumn? {
    if let known = columns[type] { return known }
    var found: ArgumentColumn?
    if let layout = batch.schema.type(EventTypeID(rawValue: type)).map({ TypeLayout($0, in: batch) }),
      let parameter = layout.type.parameters.firstIndex(where: { $0.type == .bytes }), layout.entry >= 0
    {
      let columns = batch.arguments[layout.entry].columns
      let index = layout.columns[parameter]
      if index >= 0, index < columns.count, columns[index].isPresent { found = columns[index] }
    }
    columns[type] = found
    return found
  }
}
