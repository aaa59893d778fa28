/// A question with a name: which events, grouped how, shown in which columns, and where to go from a row.
///
/// Views are data. One file of `Views/` declares one view; `ViewCatalogue` lists them; `ViewRun` answers them.
public struct View: Sendable, Hashable {
  /// The name in commands: `files`.
  public var name: String
  /// The name for people.
  public var title: String
  /// What it shows, in a sentence or two.
  public var description: String
  /// Which events count; `nil` for all.
  public var filter: String?
  /// A row for each group of events, or one for each event.
  public var kind: Kind
  /// The columns, in order.
  public var columns: [Column]
  /// The column that it is sorted by when nobody says otherwise, the greatest first; `nil` keeps the order of events.
  public var sort: String?
  /// The view that shows what is behind a row, narrowed to the row by the key columns.
  public var drillDown: String?
  /// The fields by which somebody who comes from another view may have narrowed the events; empty for all.
  public var appliesTo: [String]
  /// What may help when there are no rows.
  public var hint: String?

  /// What a row is.
  public enum Kind: Sendable, Hashable {
    /// A group of events with equal key columns.
    case table
    /// One event.
    case list
    /// A question and its answer, read from payloads; `PayloadProtocol.fields` may be shown beside those of events.
    case messages(PayloadProtocol)
  }

  /// One column.
  public struct Column: Sendable, Hashable {
    /// The name in JSON and for sorting.
    public var name: String
    /// The heading for people.
    public var title: String
    /// What is shown.
    public var content: Content
    /// How people read the numbers.
    public var unit: Unit
    /// Groups by it without showing it.
    public var isHidden = false
  }

  /// What a column shows.
  public enum Content: Sendable, Hashable {
    /// A field by which events are grouped.
    case key(String)
    /// A field of a list's event.
    case field(String)
    /// An aggregate of a group's events: of a field, or of the events themselves; of all or of those that a filter
    /// selects.
    case aggregate(String, of: String?, where: String?)
    /// The last value of the first field that has one.
    case last([String])
  }

  /// How people read a column's numbers. Values themselves are always exact.
  public enum Unit: Sendable, Hashable {
    case plain
    case bytes
    /// Nanoseconds.
    case duration
    /// Nanoseconds of the epoch.
    case time
  }
}

extension View.Column {
  /// A column by which events are grouped.
  static func key(_ name: String, _ title: String, _ field: String, isHidden: Bool = false) -> View.Column {
    View.Column(name: name, title: title, content: .key(field), unit: .plain, isHidden: isHidden)
  }

  /// A column of a list.
  static func field(_ name: String, _ title: String, _ field: String, _ unit: View.Unit = .plain) -> View.Column {
    View.Column(name: name, title: title, content: .field(field), unit: unit)
  }

  /// The last value of the first of some fields that has one.
  static func last(_ name: String, _ title: String, _ fields: String...) -> View.Column {
    View.Column(name: name, title: title, content: .last(fields), unit: .plain)
  }

  /// How many events there are, or how many of a kind.
  static func count(_ name: String, _ title: String, where filter: String? = nil) -> View.Column {
    View.Column(name: name, title: title, content: .aggregate("count", of: nil, where: filter), unit: .plain)
  }

  /// The sum of a field.
  static func sum(_ name: String, _ title: String, _ field: String, _ unit: View.Unit = .plain) -> View.Column {
    View.Column(name: name, title: title, content: .aggregate("sum", of: field, where: nil), unit: unit)
  }

  /// Any aggregate.
  static func aggregate(
    _ name: String, _ title: String, _ function: String, _ field: String, _ unit: View.Unit = .plain
  ) -> View.Column {
    View.Column(name: name, title: title, content: .aggregate(function, of: field, where: nil), unit: unit)
  }

  // Columns that many views share.
  static let container = last("container", "CONTAINER", "container.name", "container.id")
  static let command = last("command", "COMMAND", "proc.command")
  static let bytesIn = sum("bytes_in", "BYTES IN", "evt.buflen.in", .bytes)
  static let bytesOut = sum("bytes_out", "BYTES OUT", "evt.buflen.out", .bytes)
  static let opens = count("opens", "OPENS", where: View.openFilter)
  static let operations = count("ops", "OPS")
  static let errors = sum("errors", "ERRORS", "evt.count.error")
  static let p99 = aggregate("p99_ns", "P99", "p99", "evt.latency", .duration)
  static let time = sum("time_ns", "TIME", "evt.latency", .duration)
  static let when = field("time", "TIME", "evt.rawtime", .time)
  static let listContainer = field("container", "CONTAINER", "container.name")
  static let listCommand = field("command", "COMMAND", "proc.command")
  static let listPid = field("pid", "PID", "proc.pid")
}

extension View {
  /// Calls that opened a file.
  static let openFilter = "evt.type in (open, openat, openat2, creat) and evt.failed = false"
  /// Events about files.
  static let fileFilter = "(fd.type = file or fd.type = directory) and fd.name != ''"
  /// Events about network sockets that have an address.
  static let networkFilter = "(fd.type = ipv4 or fd.type = ipv6) and fd.name != ''"
}
