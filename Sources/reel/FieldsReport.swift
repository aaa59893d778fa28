import Presentation
import Query

/// Fields, for people and for programs.
enum FieldsReport {
  /// One row a field.
  static func rendered(_ fields: [Field], for terminal: Terminal) -> String {
    var table = Table([
      .left("FIELD"), .left("TYPE"), .left("MEANING", .keepsStart), .left("EXAMPLE", .keepsStart),
    ])
    for field in fields {
      table.append([field.name + brackets(field), field.type.rawValue, field.description, field.example])
    }
    return table.rendered(width: terminal.width, colour: terminal.allowsColour)
  }

  /// All as a document: a table for each class, and what is not answered.
  static func document(_ fields: [Field]) -> String {
    var text = """
      # Fields

      What filters, formats and groups may name. Generated from the table of fields: `reel fields --markdown`.

      A missing value is shown as `<NA>`, is `null` in JSON, and makes every comparison false, `!=` too; `exists` asks for it.
      In brackets: `n` a number, `name` a name, `arg` either, which must be there; the others may be left out.

      """
    var classes: [String] = []
    for field in fields where !classes.contains(field.fieldClass) { classes.append(field.fieldClass) }
    for name in classes {
      let answered = fields.filter { $0.fieldClass == name && $0.unanswered == nil }
      if answered.isEmpty { continue }
      text += "\n## \(name)\n\n| Field | Type | Meaning | Example |\n|---|---|---|---|\n"
      for field in answered {
        text +=
          "| `\(field.name)\(brackets(field))` | \(field.type.rawValue) | \(field.description) | `\(field.example)` |\n"
      }
    }
    let missing = fields.filter { $0.unanswered != nil }
    if missing.isEmpty { return text }
    text += "\n## Fields that are always missing\n\nFilters of others may name them.\n\n| Field | Why |\n|---|---|\n"
    for field in missing { text += "| `\(field.name)\(brackets(field))` | \(field.unanswered ?? "") |\n" }
    return text
  }

  /// What may stand behind the name.
  static func brackets(_ field: Field) -> String {
    switch field.argument {
    case .none: ""
    case .optionalIndex: "[n]"
    case .optionalName: "[name]"
    case .optionalIndexOrName: "[n|name]"
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
    if let reason = field.unanswered { object.add("reason", reason) }
    return object
  }

  private static func argument(_ field: Field) -> String {
    switch field.argument {
    case .none: "none"
    case .optionalIndex, .optionalName, .optionalIndexOrName, .optionalDotted: "optional"
    case .required: "required"
    }
  }
}
