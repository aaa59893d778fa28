import BinaryCoding
import EventBatch

/// The columns of dimension tables as a file declares them: the numbers in its chunks, their names and kinds.
///
/// A file made by a newer program may have columns, tables and kinds that this one does not know; they are left out.
public struct DimensionNames: Sendable, Equatable {
  /// By table and the file's number: the column's raw value here.
  private var known: [Key: Int] = [:]
  private var declared: [Declaration] = []

  private struct Key: Hashable, Sendable {
    var table: UInt8
    var column: Int
  }

  private struct Declaration: Hashable, Sendable {
    var table: UInt8
    var tableName: String
    var column: Int
    var name: String
    var kind: UInt8
  }

  /// The columns of this program.
  public init() {
    for table in DimensionTableID.allCases {
      for declaration in table.declarations {
        declared.append(
          Declaration(
            table: table.rawValue, tableName: table.name, column: declaration.column, name: declaration.name,
            kind: declaration.kind))
        known[Key(table: table.rawValue, column: declaration.column)] = declaration.column
      }
    }
  }

  /// The raw value of a column, by its number in the file; `nil` when it is not known here.
  func column(_ table: DimensionTableID, _ number: Int) -> Int? {
    known[Key(table: table.rawValue, column: number)]
  }

  /// Number of columns | each: table u8 | name of the table | column | name | kind u8
  func write(into output: inout ByteBuffer) {
    output.append(varint: UInt64(declared.count))
    for declaration in declared {
      output.append(declaration.table)
      output.append(counted: declaration.tableName)
      output.append(varint: UInt64(declaration.column))
      output.append(counted: declaration.name)
      output.append(declaration.kind)
    }
  }

  init(_ cursor: inout ByteCursor) throws(MalformedBytes) {
    let count = try cursor.count(upTo: min(65_536, cursor.remaining), "the number of dimension columns")
    // Names of columns are made anew each time that they are asked for.
    var declarations: [DimensionTableID: [DimensionTableID.Declaration]] = [:]
    for _ in 0..<count {
      let table = try cursor.integer(UInt8.self)
      let tableName = try cursor.text(upTo: 256, "the name of a dimension table")
      let column = try cursor.count(upTo: 65_535, "the number of a dimension column")
      let name = try cursor.text(upTo: 256, "the name of a dimension column")
      let kind = try cursor.integer(UInt8.self)
      declared.append(Declaration(table: table, tableName: tableName, column: column, name: name, kind: kind))
      guard let ours = DimensionTableID(rawValue: table), ours.name == tableName else { continue }
      let columns = declarations[ours] ?? ours.declarations
      declarations[ours] = columns
      guard let match = columns.first(where: { $0.name == name && $0.kind == kind }) else { continue }
      if known.values.isEmpty || known[Key(table: table, column: column)] == nil {
        known[Key(table: table, column: column)] = match.column
      }
    }
  }
}
