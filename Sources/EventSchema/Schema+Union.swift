extension Schema {
  /// The catalogue of several captures together, and for each of them the ids that its types have there.
  ///
  /// Types are the same when their names are, and their parameters as far as both have them: what a newer program added
  /// stands behind. A type of the same name with other parameters stays a type of its own.
  public static func union(_ schemas: [Schema]) -> (schema: Schema, types: [[EventTypeID: EventTypeID]]) {
    var union = SchemaUnion()
    let maps = schemas.map { union.add($0) }
    return (Schema(types: union.types.sorted { $0.id < $1.id }, flagTables: union.flagTables), maps)
  }
}

private struct SchemaUnion {
  private(set) var types: [EventType] = []
  private(set) var flagTables: [FlagTable] = []
  private var taken: Set<EventTypeID> = []

  mutating func add(_ schema: Schema) -> [EventTypeID: EventTypeID] {
    // Tables that are equal are one.
    let tables = schema.flagTables.map { table -> UInt16 in
      if let known = flagTables.firstIndex(of: table) { return UInt16(known) }
      flagTables.append(table)
      return UInt16(flagTables.count - 1)
    }
    var map: [EventTypeID: EventTypeID] = [:]
    for type in schema.types {
      if let known = types.firstIndex(where: { $0.name == type.name && $0.isExtension(of: type) }) {
        map[type.id] = types[known].id
        if type.parameters.count > types[known].parameters.count {
          types[known] = EventType(type, id: types[known].id, flagTables: tables)
        }
      } else if let id = taken.contains(type.id) ? freeID() : type.id {
        types.append(EventType(type, id: id, flagTables: tables))
        taken.insert(id)
        map[type.id] = id
      }
    }
    return map
  }

  private func freeID() -> EventTypeID? {
    (1...UInt16.max).lazy.map { EventTypeID(rawValue: $0) }.first { !taken.contains($0) }
  }
}

extension EventType {
  /// The type with another id, and flag tables under other numbers.
  fileprivate init(_ type: EventType, id: EventTypeID, flagTables: [UInt16]) {
    self.init(
      id: id, name: type.name, systemCall: type.systemCall, numberX86: type.numberX86, numberARM: type.numberARM,
      category: type.category, traits: type.traits, object: type.object, argumentCount: type.argumentCount,
      captures: type.captures,
      parameters: type.parameters.map { parameter in
        Parameter(
          name: parameter.name, type: parameter.type, flagTable: parameter.flagTable.map { flagTables[Int($0)] },
          source: parameter.source, nameCondition: parameter.nameCondition)
      })
  }

  /// Whether the parameters are the same, as far as both have them.
  fileprivate func isExtension(of other: EventType) -> Bool {
    systemCall == other.systemCall
      && zip(parameters, other.parameters).allSatisfy {
        $0.name == $1.name && $0.type == $1.type && $0.source.isStored == $1.source.isStored
      }
  }
}
