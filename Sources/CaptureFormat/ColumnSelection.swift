import EventSchema

/// Which columns a reader wants decoded. Dimensions and texts are as well wherever something selected refers to them.
public struct ColumnSelection: Sendable {
  /// The columns that every event has.
  public struct Core: OptionSet, Hashable, Sendable {
    /// A bit for each column.
    public let rawValue: UInt16
    /// A set from its bits.
    public init(rawValue: UInt16) { self.rawValue = rawValue }

    /// `EventBatch.numbers`; costs nothing where they are consecutive.
    public static let numbers = Core(rawValue: 1 << 0)
    /// When calls returned.
    public static let exitTimes = Core(rawValue: 1 << 1)
    /// How long they took.
    public static let latencies = Core(rawValue: 1 << 2)
    /// Their types.
    public static let types = Core(rawValue: 1 << 3)
    /// Where they returned.
    public static let cpus = Core(rawValue: 1 << 4)
    /// What is special about them.
    public static let flags = Core(rawValue: 1 << 5)
    /// Who did them.
    public static let lineages = Core(rawValue: 1 << 6)
    /// To what.
    public static let objects = Core(rawValue: 1 << 7)
    /// What they returned.
    public static let results = Core(rawValue: 1 << 8)
    /// Computed from the types, which are then read too. Needed to find an event's arguments.
    public static let ranks = Core(rawValue: 1 << 9)

    /// Every one of them.
    public static let all: Core = [
      .numbers, .exitTimes, .latencies, .types, .cpus, .flags, .lineages, .objects, .results, .ranks,
    ]
  }

  /// One parameter of one event type.
  public struct ArgumentKey: Hashable, Sendable {
    /// The event type.
    public var type: EventTypeID
    /// The index in `EventType.parameters`.
    public var parameter: Int

    /// Names a parameter.
    public init(type: EventTypeID, parameter: Int) {
      self.type = type
      self.parameter = parameter
    }
  }

  /// Which argument columns.
  public enum Arguments: Sendable {
    case none
    case all
    case only(Set<ArgumentKey>)
  }

  /// The dimension tables, in the groups in which they are read. Texts are read with any of them.
  public struct Tables: OptionSet, Hashable, Sendable {
    /// A bit for each group.
    public let rawValue: UInt8
    /// A set from its bits.
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// What events were done to; read with the column `objects`.
    public static let objects = Tables(rawValue: 1 << 0)
    /// Who did them: lineages, threads, images, containers and users; read with the column `lineages`.
    public static let lineages = Tables(rawValue: 1 << 1)
  }

  /// The columns that every event has.
  public var core: Core
  /// The argument columns.
  public var arguments: Arguments
  /// Whether selected columns of bytes are read; when not they stay absent, selected or not.
  public var payloads: Bool
  /// Whether dimensions and texts are read also where nothing selected refers to them: a question about times and results
  /// takes half as long without.
  public var dimensions: Bool
  /// Tables that are read beside those that selected columns refer to.
  public var tables: Tables

  /// A selection.
  public init(
    core: Core, arguments: Arguments = .none, payloads: Bool = false, dimensions: Bool = true, tables: Tables = []
  ) {
    self.core = core
    self.arguments = arguments
    self.payloads = payloads
    self.dimensions = dimensions
    self.tables = tables
  }

  /// Nothing at all.
  public static let nothing = ColumnSelection(core: [], dimensions: false)

  /// Whether a dimension table is read.
  func reads(_ table: DimensionTableID) -> Bool {
    if dimensions { return true }
    let hasObjects = core.contains(.objects) || tables.contains(.objects)
    let hasLineages = core.contains(.lineages) || tables.contains(.lineages)
    let isOfGroup =
      switch table {
      case .strings: hasObjects || hasLineages
      case .objects: hasObjects
      case .images, .threads, .lineages, .containers, .users: hasLineages
      }
    if isOfGroup { return true }
    if case .none = arguments { return false }
    return true
  }

  /// Everything that the chunk holds.
  public static let all = ColumnSelection(core: .all, arguments: .all, payloads: true)

  func includes(_ type: EventTypeID, _ parameter: Int) -> Bool {
    switch arguments {
    case .none: false
    case .all: true
    case .only(let keys): keys.contains(ArgumentKey(type: type, parameter: parameter))
    }
  }
}
