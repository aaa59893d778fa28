import CaptureFormat
import EventBatch
import EventSchema

/// One of several captures in terms of the event types of all of them together.
struct SchemaConversion: Sendable {
  /// The types of all captures.
  let schema: Schema
  /// The capture's own.
  private let own: Schema
  /// The number that each of the capture's types has among all.
  private let types: [EventTypeID: EventTypeID]
  private let ownTypes: [EventTypeID: EventTypeID]

  init(_ own: Schema, to schema: Schema, types: [EventTypeID: EventTypeID]) {
    self.schema = schema
    self.own = own
    self.types = types
    ownTypes = Dictionary(types.map { ($1, $0) }) { first, _ in first }
  }

  /// What has to be read of the capture for a selection.
  func columns(_ columns: ColumnSelection) -> ColumnSelection {
    guard case .only(let keys) = columns.arguments else { return columns }
    var selection = columns
    let own = keys.compactMap { key -> ColumnSelection.ArgumentKey? in
      guard let type = ownTypes[key.type], let known = self.own.type(type), key.parameter < known.parameters.count
      else {
        return nil
      }
      return ColumnSelection.ArgumentKey(type: type, parameter: key.parameter)
    }
    selection.arguments = own.isEmpty ? .none : .only(Set(own))
    return selection
  }

  /// A head with the types of all.
  func head(_ head: ChunkHead) -> ChunkHead {
    var head = head
    head.typeCounts = head.typeCounts.map { (types[$0.type] ?? $0.type, $0.count) }.sorted { $0.type < $1.type }
    return head
  }

  /// A batch with the types of all.
  func batch(_ batch: EventBatch) -> EventBatch { batch.converted(to: schema, types: types) }
}

/// A chunk of a capture whose types have other numbers among those of all captures.
struct ConvertedChunk: ChunkContent {
  let content: any ChunkContent
  let conversion: SchemaConversion

  func read(_ columns: ColumnSelection, adding known: KnownColumns?, of rows: [UInt32]?) throws -> EventBatch {
    // What is known has other numbers already: it is read once more.
    let columns = known.map { columns.union($0.selection) } ?? columns
    return conversion.batch(try content.read(conversion.columns(columns), adding: nil))
  }
}
