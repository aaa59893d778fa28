import EventSchema

/// Finds fields by the names that people write, with their arguments.
struct FieldBinder {
  let schema: Schema
  /// Whether names of arguments and event types that the schema does not have may be those of another schema.
  var isLenient = false

  /// What is wrong with a name, without a place.
  struct Failure: Error {
    let message: String
  }

  /// Binds `name`, `name[argument]` or `name.argument`.
  func bind(_ name: String, argument: String?) throws(Failure) -> BoundField {
    guard let (field, dotted) = FieldTable.resolve(name) else {
      throw Failure(message: "there is no field '\(name)'" + suggestion(FieldTable.suggestions(for: name)))
    }
    if dotted != nil, argument != nil { throw Failure(message: "'\(name)' cannot take two arguments") }
    return try bind(field, argument: dotted ?? argument)
  }

  private func bind(_ field: Field, argument: String?) throws(Failure) -> BoundField {
    var bound = FieldArgument.none
    switch (field.argument, argument) {
    case (.none, nil), (.optionalIndex, nil), (.optionalName, nil), (.optionalDotted, nil), (.optionalIndexOrName, nil):
      break
    case (.none, _?): throw Failure(message: "'\(field.name)' takes no argument in brackets")
    case (.required, nil): throw Failure(message: "'\(field.name)' needs an argument: \(field.example)")
    case (.required, let text?), (.optionalIndexOrName, let text?):
      bound = index(text).map(FieldArgument.index) ?? .name(text)
    case (.optionalName, let text?): bound = .name(text)
    case (.optionalDotted, let text?):
      guard text == "src" || text == "dst" else {
        throw Failure(message: "'\(field.name)' takes 'src' or 'dst', not '\(text)'")
      }
      bound = .name(text)
    case (.optionalIndex, let text?):
      guard let index = index(text) else {
        throw Failure(message: "'\(field.name)' takes a number in brackets, not '\(text)'")
      }
      bound = .index(index)
    }
    return BoundField(
      field: field, argument: bound, type: try type(of: field, bound),
      multiplicity: bound == .none ? field.multiplicity : .single)
  }

  private func index(_ text: String) -> Int? {
    guard (1...4).contains(text.utf8.count), text.utf8.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
    return Int(text)
  }

  /// The field's type. What depends on an argument is checked against the schema.
  private func type(of field: Field, _ argument: FieldArgument) throws(Failure) -> FieldType {
    switch (field.source, argument) {
    case (.event(.argument), .name(let name)), (.event(.rawArgument), .name(let name)):
      guard let parameter = schema.parameter(named: name) else {
        if isLenient { return .text }
        var names: Set<String> = []
        for type in schema.types { names.formUnion(type.parameters.map(\.name)) }
        throw Failure(
          message: "no event has an argument '\(name)'"
            + suggestion(FieldTable.closest(to: name, among: names.sorted())))
      }
      if field.source == .event(.argument) { return .text }
      return parameter.type.fieldType
    case (.type(.isType), .name(let name)):
      guard isLenient || schema.type(named: name) != nil else {
        let names = schema.types.map(\.name)
        throw Failure(
          message: "there is no event type '\(name)'" + suggestion(FieldTable.closest(to: name, among: names)))
      }
      return field.type
    case (.event(.rawArgument), .index): return .integer
    case (.event(.distance), .name(let name)):
      guard Int64(name) != nil else {
        throw Failure(message: "'\(field.name)' takes a time in nanoseconds of the epoch, not '\(name)'")
      }
      return field.type
    default: return field.type
    }
  }

  private func suggestion(_ names: [String]) -> String {
    guard !names.isEmpty else { return "; `reel fields` lists all" }
    return "; did you mean \(names.map { "'\($0)'" }.joined(separator: " or "))?"
  }
}

extension Schema {
  /// The first parameter of any event type with a name. One that holds a number is preferred: `evt.rawarg.size < 512`
  /// is about numbers also when some event has a text of that name.
  func parameter(named name: String) -> Parameter? {
    var found: Parameter?
    for type in types {
      for parameter in type.parameters where parameter.name == name {
        if parameter.type.storage == .integer { return parameter }
        found = found ?? parameter
      }
    }
    return found
  }
}
