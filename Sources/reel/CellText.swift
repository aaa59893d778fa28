import Presentation
import Query

/// How people read the values of a column.
enum CellUnit: Hashable {
  case plain
  /// How many there are of something: thousands apart.
  case count
  case bytes
  /// Nanoseconds.
  case duration
  /// Nanoseconds of the epoch.
  case time

  /// The unit of a field's values.
  init(field name: String) {
    if name.hasPrefix("evt.buflen") {
      self = .bytes
      return
    }
    switch FieldTable.field(named: name)?.type {
    case .relativeTime: self = .duration
    case .absoluteTime: self = .time
    default: self = .plain
    }
  }

  /// The unit of an aggregate, as a user writes it: `sum(evt.buflen)`.
  init(aggregate text: String) {
    let parts = text.split(separator: "(", maxSplits: 1)
    if parts.count < 2 || parts[0] == "count" || parts[0] == "distinct" {
      self = .count
    } else {
      self.init(field: String(parts[1].dropLast()))
      if self == .plain, parts[0] == "sum" { self = .count }
    }
  }
}

/// Values in cells of tables.
enum CellText {
  /// The value for people; `<NA>` when it is missing.
  static func of(_ value: FieldValue, _ unit: CellUnit, zone: ClockZone) -> String {
    switch (unit, value) {
    case (_, .missing): return value.text
    case (_, .text(let bytes)): return VisibleText.of(bytes)
    case (.plain, _): return VisibleText.of(value.text)
    default: break
    }
    guard let number = value.number, number.magnitude < 9.2e18 else { return VisibleText.of(value.text) }
    let exact = value.integerValue ?? Int64(number)
    switch unit {
    case .plain: return value.text
    case .count: return value.integerValue == nil ? Units.fixed(number, digits: 1) : Units.count(exact)
    case .bytes: return Units.bytes(exact)
    case .duration: return Units.duration(exact)
    case .time: return ClockText.dateTime(exact, zone: zone, digits: 6)
    }
  }

  /// The value for programs: exact, empty when it is missing.
  static func csv(_ value: FieldValue) -> [UInt8] {
    switch value {
    case .missing: []
    case .text(let bytes): Array(bytes)
    default: Array(value.text.utf8)
    }
  }
}

/// How a column stands in a table, as its values ask for: numbers at the right; of commands the start matters, of paths the end.
struct ColumnKind {
  private var hasNumbers: Bool
  private var hasOthers = false
  private let isCommand: Bool

  init(unit: CellUnit, isCommand: Bool = false) {
    hasNumbers = unit != .plain
    self.isCommand = isCommand
  }

  /// Looks at a value of the column.
  mutating func note(_ value: FieldValue) {
    if value == .missing { return }
    if value.number == nil { hasOthers = true } else { hasNumbers = true }
  }

  /// The column as all values that were looked at ask for.
  func column(title: String) -> Table.Column {
    hasNumbers && !hasOthers ? .right(title) : .left(title, isCommand ? .keepsStart : .keepsEnd)
  }
}
