import EventSchema

extension EventBatch {
  /// The batch in terms of a wider schema: other numbers for its types, and missing values for parameters that its own
  /// schema does not have.
  ///
  /// - Parameter types: the number that each type of this batch's schema has in the other one; see `Schema.union`.
  /// - Complexity: O(events).
  public func converted(to schema: Schema, types map: [EventTypeID: EventTypeID]) -> EventBatch {
    var converted = self
    converted.schema = schema
    converted.types = types.map { map[EventTypeID(rawValue: $0)]?.rawValue ?? $0 }
    converted.arguments = arguments.map { arguments in
      var arguments = arguments
      arguments.type = map[arguments.type] ?? arguments.type
      let stored = schema.type(arguments.type)?.parameters.filter { $0.source.isStored } ?? []
      for _ in stored.dropFirst(arguments.columns.count) {
        arguments.columns.append(.allMissing(count: arguments.count))
      }
      return arguments
    }
    converted.arguments.sort { $0.type < $1.type }
    return converted
  }
}

extension ArgumentColumn {
  /// A column in which no value is there.
  fileprivate static func allMissing(count: Int) -> ArgumentColumn {
    // Of texts the empty one, of bytes an empty range: 0 in any case.
    ArgumentColumn(values: [Int64](repeating: 0, count: count), missing: (0..<count).map { UInt32($0) })
  }
}
