import EventBatch
import EventSchema

/// What is looked at before batches are closed: events of a few types, as batches of their own.
struct Glances {
  /// By raw type, whether its events are looked at; empty for none.
  var isWanted: [Bool] = []
  /// Rows of the open batch that were looked at.
  var seen = 0
  /// What was found and not yet taken.
  var found: [EventBatch] = []
}

extension EventAssembler {
  /// Looks at what came since the last look, as far as it is resolved.
  mutating func glance(at now: Int64) {
    guard !glances.isWanted.isEmpty, builder.count > glances.seen else { return }
    takeGlance(upTo: resolveEarly(at: now))
  }

  mutating func takeGlance(upTo end: Int) {
    guard !glances.isWanted.isEmpty, end > glances.seen else { return }
    let rows = glances.seen..<end
    glances.seen = end
    let isWanted = glances.isWanted
    let batch = definitions.store.withDimensions { builder.glance(rows, of: isWanted, $0) }
    if batch.count > 0 { glances.found.append(batch) }
  }
}

extension KernelSource {
  /// The events of watched types that were drained since the last call, also those whose batch is still open: each once, in
  /// order, with the number that it has in its batch.
  public mutating func takeGlances() -> [EventBatch] {
    assembler.glance(at: Clock.sinceBoot() + epochOffset)
    defer { assembler.glances.found = [] }
    return assembler.glances.found
  }

  /// Has the kernel send calls of some types alone from now on; `nil` for all. What is not a call is not affected.
  public mutating func record(types: Set<EventTypeID>?) throws(KernelSourceError) {
    var selection = options.selection
    selection.types = types
    selection.addCauses()
    try probe.install(
      OperationTable(schema: schema, architecture: .current, snapLength: options.snapLength, types: selection.types))
  }
}
