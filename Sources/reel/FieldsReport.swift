import Presentation
import Query

/// Fields, for people and for programs.
enum FieldsReport {
  /// One row a field.
  static func rendered(_ fields: [Field], for terminal: Terminal) -> String {
    var table = Table([.left("FIELD"), .left("TYPE"), .left("MEANING", .keepsStart)])
    for field in fields {
      let reason = field.unanswered.map { " (not answered: \($0))" } ?? ""
      table.append([field.name + brackets(field), field.type.rawValue, field.description + reason])
    }
    return table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  /// What may stand behind the name.
  private static func brackets(_ field: Field) -> String {
    switch field.argument {
    case .none: ""
    case .optionalIndex: "[n]"
    case .optionalName: "[name]"
    case .required: "[arg]"
    case .optionalDotted: "[.src|.dst]"
    }
  }

  /// A field as an object.
  static func json(_ field: Field) -> JSONObject {
    var object = JSONObject()
    object.add("name", field.name)
    object.add("class", field.fieldClass)
    object.add("type", field.type.rawValue)
    object.add("description", field.description)
    object.add("example", field.example)
    object.add("argument", argument(field))
    object.add("list", field.multiplicity == .list)
    object.add("answered", field.unanswered == nil)
    return object
  }

  private static func argument(_ field: Field) -> String {
    switch field.argument {
    case .none: "none"
    case .optionalIndex, .optionalName, .optionalDotted: "optional"
    case .required: "required"
    }
  }
}
