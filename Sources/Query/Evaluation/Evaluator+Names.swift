import EventBatch
import Filter

extension Evaluator {
  /// The answers for all object rows of a predicate on `fd.name` and its like, and one more for "no row"; `nil` for other
  /// predicates.
  ///
  /// Many versions of objects share a name: each text is asked once. Names of connections, which are made from addresses,
  /// are not even made where the predicate asks for something that stands in none of them.
  func nameTable(_ predicate: Predicate) -> [UInt8]? {
    guard case .field(let field) = predicate.operand, case .object(let property) = field.field.source,
      property == .name || property == .realName, predicate.hasConstants
    else { return nil }
    let objects = batch.dimensions.objects
    let (kinds, labels, realNames) = (objects[.objectKind], objects[.label], objects[.realName])
    let strings = batch.dimensions.strings.count
    let excludesConnections = predicate.excludesConnections
    // Of each text: 0 for no, 1 for yes, 2 for not asked yet.
    var answers = [UInt8](repeating: 2, count: strings)
    var table = [UInt8](repeating: 0, count: objects.count + 1)
    for row in 0..<objects.count {
      let kind = ObjectKind(rawValue: kinds[row]) ?? .unknown
      var reference = labels[row]
      if property == .realName, realNames[row] != EventBatch.missing {
        reference = realNames[row]
      } else if kind.isInternetSocket {
        if excludesConnections { continue }
        reference = -1
      } else if kind == .unixSocket || kind == .pipe {
        reference = -1
      }
      guard reference >= 0, reference < Int64(strings) else {
        table[row] = holds(predicate, at: .object(row)) ? 1 : 0
        continue
      }
      let text = Int(reference)
      if answers[text] == 2 {
        answers[text] = predicate.holds(.text(batch.dimensions.strings[text])) { _ in .missing } ? 1 : 0
      }
      table[row] = answers[text]
    }
    return table
  }

  /// The same of a predicate on `fd.type` and its like, which is asked once for each kind of object.
  func kindTable(_ predicate: Predicate) -> [UInt8]? {
    guard case .field(let field) = predicate.operand, case .object(let property) = field.field.source,
      property == .type || property == .typeCharacter || property == .family, predicate.hasConstants
    else { return nil }
    var answers: [ObjectKind: UInt8] = [:]
    var table = [UInt8](repeating: 0, count: batch.dimensions.objects.count + 1)
    var last: (kind: ObjectKind, answer: UInt8)?
    for row in 0..<table.count - 1 {
      let kind = view.kind(ofObject: row)
      if let last, last.kind == kind {
        table[row] = last.answer
        continue
      }
      let answer = answers[kind] ?? (holds(predicate, at: .object(row)) ? 1 : 0)
      answers[kind] = answer
      last = (kind, answer)
      table[row] = answer
    }
    return table
  }
}
