import EventSchema
import ScapFormat
import Testing

@Suite("The tables of scap events")
struct ScapCatalogueTests {
  let catalogue = ScapCatalogue.builtIn

  @Test("Parameter types have the numbers of their place", arguments: [(9, "charbuf"), (27, "dyn"), (48, "pid32")])
  func types(number: UInt8, name: String) {
    #expect(ScapParameterType(rawValue: number)?.name == name)
  }

  @Test("The names of types that are listed by themselves are those of the schema")
  func typeNames() {
    #expect(ScapCatalogue.typeNames(.builtIn) == Set(ScapSchema.builtIn.schema.types.map(\.name)))
  }

  @Test("Every parameter has a table that is there")
  func tables() {
    for event in catalogue.events.compactMap({ $0 }) {
      for parameter in event.parameters {
        guard let table = parameter.table else { continue }
        let isKnown = catalogue.flagTables[table] != nil || catalogue.selectedTypes[table] != nil
        // What `keyctl` selects from is decided by each of its operations, and not described.
        #expect(isKnown || table == "keyctl_dynamic_param", "\(event.name) \(table)")
      }
    }
  }

  @Test(
    "The newest type of a name is the return of the call",
    arguments: [("execve", 293), ("open", 3), ("accept", 247), ("procexit", 186), ("unlink", 301), ("bpf", 369)])
  func newest(name: String, code: UInt16) throws {
    let type = try #require(catalogue.current(named: name))
    #expect(type.code == code)
  }

  @Test("A path knows the descriptor that it is relative to")
  func directory() throws {
    let openat = try #require(catalogue[307])
    #expect(openat.parameters.map(\.name) == ["fd", "dirfd", "name", "flags", "mode", "dev", "ino"])
    #expect(openat.parameters[2].directory == 1)
    #expect(openat.flags.contains([.createsDescriptor, .modifiesState]))
  }

  @Test("Generic events carry codes of their own for calls")
  func systemCalls() {
    #expect(catalogue.systemCalls[3] == "read")
    #expect(catalogue.systemCalls.count == 454)
  }
}
