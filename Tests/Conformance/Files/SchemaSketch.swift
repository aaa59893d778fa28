import CaptureFormat
import EventBatch
import EventSchema

/// Writes the payload of a schema frame by hand, with what this version does not know.
struct SchemaSketch {
  /// A column of a dimension table as a file declares it.
  struct Column {
    var table: UInt8
    var tableName: String
    var column: UInt64
    var name: String
    var kind: UInt8
  }

  /// The event types, encoded.
  var types: [UInt8]
  var columns: [Column] = SchemaSketch.knownColumns

  /// The payload, not compressed.
  var payload: [UInt8] {
    var contents: [UInt8] = []
    contents.append(counted: types)
    contents.append(varint: UInt64(columns.count))
    for column in columns {
      contents.append(column.table)
      contents.append(counted: column.tableName)
      contents.append(varint: column.column)
      contents.append(counted: column.name)
      contents.append(column.kind)
    }
    var payload: [UInt8] = [0, 0, 0, 0]
    payload.append(integer: UInt32(contents.count))
    return payload + contents
  }

  /// What this version declares.
  static var knownColumns: [Column] {
    func declared<Columns: DimensionColumn>(_ table: DimensionTableID, _: Columns.Type) -> [Column] {
      Columns.allCases.map {
        Column(
          table: table.rawValue, tableName: table.name, column: UInt64($0.rawValue), name: $0.name,
          kind: $0.kind.rawValue)
      }
    }
    return declared(.images, ImageColumn.self) + declared(.threads, ThreadColumn.self)
      + declared(.lineages, LineageColumn.self) + declared(.objects, ObjectColumn.self)
      + declared(.containers, ContainerColumn.self) + declared(.users, UserColumn.self)
  }

  /// A record: its length, then its fields.
  static func record(_ fields: (inout [UInt8]) -> Void) -> [UInt8] {
    var body: [UInt8] = []
    fields(&body)
    var record: [UInt8] = []
    record.append(counted: body)
    return record
  }
}
