import EventSchema

extension Question {
  /// What the filter compares the type of events with and no event is called, a sentence each. The filter is valid all the same:
  /// another program may have such events.
  public var unknownTypes: [String] {
    var names: Set<String> = []
    root.forEachPredicate { predicate in
      guard case .field(let field) = predicate.operand, field.field.source == .type(.name) else { return }
      switch predicate.test {
      case .compare(.equal, .one(.bytes(let name))), .compare(.notEqual, .one(.bytes(let name))),
        .compare(.in, .one(.bytes(let name))):
        names.insert(String(decoding: name, as: UTF8.self))
      case .compare(.in, .texts(let texts)):
        for text in texts { if let name = text.bytesValue { names.insert(String(decoding: name, as: UTF8.self)) } }
      default: break
      }
    }
    let known = Set((schema.types + Schema.builtIn.types).map(\.name))
    return names.subtracting(known).sorted().map { name in
      let near = FieldTable.closest(to: name, among: known.sorted()).map { "'\($0)'" }.joined(separator: " or ")
      return "no event is of the type '\(name)'" + (near.isEmpty ? "" : "; did you mean \(near)?")
    }
  }
}
