import EventSchema
import TestSupport
import Testing

@Suite struct SchemaUnionTests {
  @Test func ofOneIsItself() {
    let (union, maps) = Schema.union([.builtIn])
    #expect(union.encoded() == Schema.builtIn.encoded())
    #expect(maps[0].allSatisfy { $0.key == $0.value } && maps[0].count == Schema.builtIn.types.count)
  }

  @Test func ofTheSameTwiceIsItself() {
    let (union, maps) = Schema.union([.builtIn, .builtIn])
    #expect(union.types == Schema.builtIn.types && maps[0] == maps[1])
  }

  /// The same number for other things, and the same name for things that do not fit.
  @Test func whatDoesNotFitStaysApart() throws {
    func type(_ id: UInt16, _ name: String, _ parameters: [String]) -> EventType {
      EventType(
        id: EventTypeID(rawValue: id), name: name, systemCall: name, numberX86: nil, numberARM: nil, category: .file,
        traits: [], object: .none, argumentCount: 0, captures: [],
        parameters: parameters.map { Parameter(name: $0, type: .int64, flagTable: nil, source: .argument(0)) })
    }
    let one = Schema(types: [type(1, "open", ["fd"]), type(2, "close", ["fd"])], flagTables: [])
    let two = Schema(types: [type(1, "close", ["res"]), type(2, "open", ["fd", "name"])], flagTables: [])
    let (union, maps) = Schema.union([one, two])
    #expect(union.types.count == 3)
    let open = try #require(maps[0][EventTypeID(rawValue: 1)])
    #expect(maps[1][EventTypeID(rawValue: 2)] == open)
    #expect(union.type(open)?.parameters.map(\.name) == ["fd", "name"])
    let (first, second) = (maps[0][EventTypeID(rawValue: 2)], maps[1][EventTypeID(rawValue: 1)])
    #expect(first != second)
    #expect(second.flatMap { union.type($0) }?.parameters.map(\.name) == ["res"])
  }
}
