import EventSchema
import Presentation
import Query

/// `record --explain`: who decides what of a filter.
enum PushdownReport {
  static func rendered(_ question: Question, for terminal: Terminal) -> String {
    let bounds = question.bounds
    let terms = question.pushedDown
    var facts = FactList()
    if let types = bounds.types {
      let names = Schema.builtIn.types.filter { types.contains($0.id) }.map(\.name)
      let shown = names.prefix(12).joined(separator: ", ") + (names.count > 12 ? ", …" : "")
      facts.add("in the kernel", "\(Units.count(names.count, "event type")): \(names.isEmpty ? "none" : shown)")
    } else {
      facts.add("in the kernel", "all event types")
    }
    if let names = bounds.processNames {
      facts.add("", "process names: " + names.map { VisibleText.of($0) }.sorted().joined(separator: ", "))
    }
    if let users = bounds.users {
      facts.add("", "effective users: " + users.sorted().map { "\($0)" }.joined(separator: ", "))
    }
    if let processes = bounds.processes {
      facts.add("", "process ids: " + processes.sorted().map { "\($0)" }.joined(separator: ", "))
    }
    if terms.batches.isEmpty {
      facts.add("by the recorder", "nothing: what the kernel sends is what is kept")
    } else {
      for (index, term) in terms.batches.enumerated() {
        facts.add(index == 0 ? "by the recorder" : "", VisibleText.of(term))
      }
    }
    return facts.rendered(width: terminal.width, colour: terminal.allowsColour)
  }
}
