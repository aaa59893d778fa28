import EventBatch
import EventSchema

/// The columns that every event has. Raw values stand in files.
public enum CoreColumn: UInt32, CaseIterable, Sendable {
  /// The events' numbers, where they are not consecutive.
  case numbers = 0
  case exitTimes = 1
  case latencies = 2
  case types = 3
  case cpus = 4
  case flags = 5
  case lineages = 6
  case objects = 7
  case results = 8
}

/// Which column of a chunk: a space and two numbers within it, as they stand in the column directory.
///
///     space 0  core        first: CoreColumn            second: 0
///     space 1  dimension   first: table (0 the strings) second: the column's raw value
///     space 2  argument    first: event type            second: parameter × 2 + part
///
/// Part 0 of an argument column holds its numbers (for bytes: lengths), part 1 its bytes. Column 0 of the strings holds
/// lengths, column 1 the bytes.
struct ColumnKey: Hashable, Comparable, Sendable {
  var space: UInt8
  var first: UInt32
  var second: UInt32

  static let coreSpace: UInt8 = 0
  static let dimensionSpace: UInt8 = 1
  static let argumentSpace: UInt8 = 2

  static func core(_ column: CoreColumn) -> ColumnKey {
    ColumnKey(space: coreSpace, first: column.rawValue, second: 0)
  }

  static func dimension(_ table: DimensionTableID, _ column: Int) -> ColumnKey {
    ColumnKey(space: dimensionSpace, first: UInt32(table.rawValue), second: UInt32(column))
  }

  static func argument(_ type: EventTypeID, _ parameter: Int, part: Int) -> ColumnKey {
    ColumnKey(space: argumentSpace, first: UInt32(type.rawValue), second: UInt32(parameter * 2 + part))
  }

  static func < (a: ColumnKey, b: ColumnKey) -> Bool {
    if a.space != b.space { return a.space < b.space }
    return a.numbers < b.numbers
  }

  private var numbers: UInt64 { UInt64(first) << 32 | UInt64(second) }
}

/// The dimension tables. Raw values stand in files.
public enum DimensionTableID: UInt8, CaseIterable, Sendable {
  /// The texts that all other tables and the arguments refer to.
  case strings = 0
  case images = 1
  case threads = 2
  case lineages = 3
  case objects = 4
  case containers = 5
  case users = 6

  /// The stable name that stands in files and documents.
  public var name: String { "\(self)" }
}
