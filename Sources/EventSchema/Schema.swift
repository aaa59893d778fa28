/// A catalogue of event types and flag tables: the one that this program was built with, or the one that a
/// capture brings along.
public struct Schema: Hashable, Sendable {
  /// Event types in ascending order of their ids.
  public let types: [EventType]
  /// Names for bits and values; parameters refer to them by index.
  public let flagTables: [FlagTable]

  /// Index into `types` by id; -1 where there is none.
  private let positions: [Int32]
  private let names: [String: Int]

  /// - Precondition: ids ascend and flag table references are valid. Decoding checks both for untrusted input.
  public init(types: [EventType], flagTables: [FlagTable]) {
    self.types = types
    self.flagTables = flagTables
    var positions = [Int32](repeating: -1, count: types.last.map { Int($0.id.rawValue) + 1 } ?? 0)
    var names: [String: Int] = [:]
    for (index, type) in types.enumerated() {
      positions[Int(type.id.rawValue)] = Int32(index)
      names[type.name] = names[type.name] ?? index
    }
    self.positions = positions
    self.names = names
  }

  /// The event type with an id, `nil` when the schema has none. O(1).
  public func type(_ id: EventTypeID) -> EventType? {
    guard Int(id.rawValue) < positions.count else { return nil }
    let position = positions[Int(id.rawValue)]
    return position < 0 ? nil : types[Int(position)]
  }

  /// The first event type with a name in `evt.type`.
  public func type(named name: String) -> EventType? {
    names[name].map { types[$0] }
  }

  /// The event type of a system call by the kernel's name (`pread64`).
  ///
  /// - Complexity: O(n) in the number of types; for set-up, not for every event.
  public func type(systemCall name: String) -> EventType? {
    types.first { $0.systemCall == name }
  }

  /// The flag table of a parameter, if it has one.
  public func flagTable(of parameter: Parameter) -> FlagTable? {
    parameter.flagTable.map { flagTables[Int($0)] }
  }
}
