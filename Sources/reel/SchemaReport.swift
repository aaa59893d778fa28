import EventSchema
import Presentation

/// Event types, for people and for programs.
enum SchemaReport {
  /// One row a type.
  static func table(of types: [EventType], for terminal: Terminal) -> String {
    var table = Table([
      .right("ID"), .left("TYPE"), .left("SYSCALL"), .right("X86_64"), .right("AARCH64"), .left("CATEGORY"),
      .left("PARAMETERS", .keepsStart),
    ])
    for type in types {
      table.append([
        "\(type.id.rawValue)", type.name, type.systemCall ?? "", type.numberX86.map { "\($0)" } ?? "",
        type.numberARM.map { "\($0)" } ?? "", "\(type.category)",
        type.parameters.map(\.name).joined(separator: " "),
      ])
    }
    return table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  /// A type with its parameters.
  static func description(of type: EventType, _ schema: Schema, for terminal: Terminal) -> String {
    var facts = FactList()
    facts.add("type", "\(type.name) (\(type.id.rawValue))", .bold)
    if let call = type.systemCall {
      let numbers = Architecture.allCases.compactMap { architecture in
        type.number(on: architecture).map { "\($0) on \(architecture.rawValue)" }
      }
      facts.add("syscall", ([call] + numbers).joined(separator: ", "))
    }
    facts.add("category", "\(type.category)")
    if !traits(type).isEmpty { facts.add("traits", traits(type).joined(separator: ", ")) }
    var text = facts.rendered(width: terminal.width, colour: terminal.allowsColour)
    if type.parameters.isEmpty { return text + "\nno parameters\n" }
    var table = Table([.left("PARAMETER"), .left("TYPE"), .left("FROM"), .left("NAMES", .keepsStart)])
    for parameter in type.parameters {
      let names = schema.flagTable(of: parameter).map { $0.entries.map(\.name).joined(separator: " ") } ?? ""
      table.append([parameter.name, "\(parameter.type)", source(parameter.source), names])
    }
    text += "\n" + table.rendered(width: terminal.width, colour: terminal.allowsColour)
    return text
  }

  /// A type as an object.
  static func json(_ type: EventType, _ schema: Schema) -> JSONObject {
    var object = JSONObject()
    object.add("id", type.id.rawValue)
    object.add("type", type.name)
    object.add("syscall", type.systemCall)
    object.add("number_x86_64", number: type.numberX86)
    object.add("number_aarch64", number: type.numberARM)
    object.add("category", "\(type.category)")
    object.add(
      "parameters",
      type.parameters.map { parameter in
        var object = JSONObject()
        object.add("name", parameter.name)
        object.add("type", "\(parameter.type)")
        object.add("flags", schema.flagTable(of: parameter)?.name)
        return object
      })
    return object
  }

  private static func source(_ source: ParameterSource) -> String {
    switch source {
    case .result: "result"
    case .argument(let index): "argument \(index)"
    case .capture: "memory"
    case .field: "memory"
    case .thread: "thread"
    case .object: "object"
    case .assembled: "recorder"
    }
  }

  private static func traits(_ type: EventType) -> [String] {
    let names: [(EventTraits, String)] = [
      (.createsDescriptor, "makes a descriptor"), (.destroysDescriptor, "ends a descriptor"),
      (.usesDescriptor, "takes a descriptor"), (.readsFromDescriptor, "reads"), (.writesToDescriptor, "writes"),
      (.changesObject, "changes the object"), (.modifiesState, "changes the task"), (.endsTask, "never returns"),
      (.waits, "may wait"),
    ]
    return names.filter { type.traits.contains($0.0) }.map(\.1)
  }
}
