import EventBatch

extension ColumnSelection {
  /// What either selection has.
  public func union(_ other: ColumnSelection) -> ColumnSelection {
    let arguments: Arguments =
      switch (self.arguments, other.arguments) {
      case (.all, _), (_, .all): .all
      case (.none, let some), (let some, .none): some
      case (.only(let one), .only(let two)): .only(one.union(two))
      }
    return ColumnSelection(
      core: core.union(other.core), arguments: arguments, payloads: payloads || other.payloads,
      dimensions: dimensions || other.dimensions, tables: tables.union(other.tables))
  }

  /// What this selection has beyond another one, so that both together have what either has.
  public func subtracting(_ other: ColumnSelection) -> ColumnSelection {
    let arguments: Arguments =
      switch (self.arguments, other.arguments) {
      // Payloads were left out of what the other one has.
      case (let some, _) where payloads && !other.payloads: some
      case (.none, _), (_, .all): .none
      case (let some, .none): some
      case (.all, .only): .all
      case (.only(let one), .only(let two)): one.isSubset(of: two) ? .none : .only(one.subtracting(two))
      }
    return ColumnSelection(
      core: core.subtracting(other.core), arguments: arguments, payloads: payloads,
      dimensions: dimensions && !other.dimensions, tables: other.dimensions ? [] : tables.subtracting(other.tables))
  }

  /// Whether nothing is selected.
  public var isEmpty: Bool {
    guard core.isEmpty, tables.isEmpty, !dimensions else { return false }
    if case .none = arguments { return true }
    return false
  }
}

/// What was read of a chunk before: reading more of it goes on from there.
public struct KnownColumns: Sendable {
  /// The columns and tables, the others being absent.
  public var batch: EventBatch
  /// What they are.
  public var selection: ColumnSelection

  /// What a selection was read as.
  public init(batch: EventBatch, selection: ColumnSelection) {
    self.batch = batch
    self.selection = selection
  }
}
