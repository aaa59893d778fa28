import CaptureFormat
import EventBatch
import EventSchema
import Query

/// A descriptor's thing as one process uses it.
struct TransferKey: Hashable, Sendable {
  var process: ProcessInstance
  var thing: Int64
}

/// How much went through it, and when the process let go of it.
struct Transfer: Sendable {
  var received: Int64 = 0
  var sent: Int64 = 0
  var closed: Int64?

  mutating func add(_ other: Transfer) {
    received &+= other.received
    sent &+= other.sent
    closed = other.closed ?? closed
  }
}

/// Sums bytes by process and thing: columns alone, so that many calls cost little.
struct TransferCounting: Sendable {
  private let moves: [EventTraits]
  private let closing: Set<UInt16>
  let columns = ColumnSelection(core: [.exitTimes, .types, .lineages, .objects, .results], dimensions: false)

  init(_ schema: Schema) {
    var moves = [EventTraits](repeating: [], count: Int(schema.types.last?.id.rawValue ?? 0) + 1)
    var closing: Set<UInt16> = []
    for type in schema.types {
      moves[Int(type.id.rawValue)] = type.traits.intersection([.readsFromDescriptor, .writesToDescriptor])
      if type.traits.contains(.destroysDescriptor) { closing.insert(type.id.rawValue) }
    }
    self.moves = moves
    self.closing = closing
  }

  func transfers(in events: SelectedEvents) -> [TransferKey: Transfer] {
    let batch = events.batch
    var found: [TransferKey: Transfer] = [:]
    for row in events.rows {
      guard let key = TransferCounting.key(Int(row), batch), Int(batch.types[Int(row)]) < moves.count else { continue }
      let type = batch.types[Int(row)]
      let result = batch.results[Int(row)]
      if closing.contains(type) {
        found[key, default: Transfer()].closed = batch.exitTimes[Int(row)]
      } else if result > 0 {
        if moves[Int(type)].contains(.readsFromDescriptor) { found[key, default: Transfer()].received &+= result }
        if moves[Int(type)].contains(.writesToDescriptor) { found[key, default: Transfer()].sent &+= result }
      }
    }
    return found
  }

  static func key(_ row: Int, _ batch: EventBatch) -> TransferKey? {
    let object = batch.objects[row]
    guard object != EventBatch.noRow, Int(object) < batch.dimensions.objects.count,
      let thing = batch.dimensions.objects.value(Int(object), .identity),
      let thread = batch.dimensions.lineages.thread(of: batch.lineages[row]),
      let pid = batch.dimensions.threads.value(thread, .pid)
    else { return nil }
    return TransferKey(
      process: ProcessInstance(pid: pid, start: batch.dimensions.threads.value(thread, .processStartTime)), thing: thing
    )
  }
}
