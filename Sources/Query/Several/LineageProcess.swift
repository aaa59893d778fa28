import EventBatch

/// A process: numbers are used again, with another start.
public struct LineageProcess: Sendable, Hashable {
  /// The number.
  public let pid: Int64
  /// When it was made, in nanoseconds of the epoch; `EventBatch.missing` when that is not known.
  public let start: Int64
}

extension SetMatches {
  /// The process of an event, then its parent, and so on.
  public func processes(ofRow row: UInt32) -> [LineageProcess] {
    var found: [LineageProcess] = []
    guard Int(row) < batch.lineages.count else { return [] }
    var lineage: Int? = Int(batch.lineages[Int(row)])
    while let current = lineage, let thread = view.thread(ofLineage: current) {
      let threads = batch.dimensions.threads
      found.append(LineageProcess(pid: threads[thread, .pid], start: threads[thread, .processStartTime]))
      lineage = view.parent(ofLineage: current)
    }
    return found
  }

  /// The host that was recorded.
  public var hostname: String? { view.context.hostname }
}
