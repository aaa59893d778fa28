import EventBatch

/// Takes out of a batch what belongs to others than those who are recorded.
///
/// A recording of a container holds the ancestors of its processes, so that `proc.aname` is answered; their arguments,
/// environments and directories are other people's. Of whoever is in no container of the batch's events only these stay: ids
/// and start, name, and the path of the executable.
package enum ScopeRedaction {
  /// What stays of a thread outside.
  private static let threadColumns: Set<ThreadColumn> = [
    .tid, .pid, .startTime, .processStartTime, .parentPid, .comm, .processName, .image,
  ]

  /// The same of a part of a state.
  package static func redacted(_ state: MachineState) -> MachineState {
    MachineState(
      time: state.time, reason: state.reason, part: state.part, isLast: state.isLast, rows: redacted(state.rows))
  }

  /// The batch without what belongs to others.
  /// - Complexity: O(events + dimension rows); copies the batch when there is something to take out.
  package static func redacted(_ batch: EventBatch) -> EventBatch {
    let outside = threadsOutside(batch)
    if outside.isEmpty { return batch }
    var batch = batch
    var images: [Int64: Int64] = [:]
    for row in outside {
      var values = [Int64](repeating: EventBatch.missing, count: ThreadColumn.allCases.count)
      for column in threadColumns { values[column.rawValue] = batch.dimensions.threads[row, column] }
      let image = values[ThreadColumn.image.rawValue]
      if image != EventBatch.missing {
        let bare = images[image] ?? bareImage(image, &batch.dimensions)
        images[image] = bare
        values[ThreadColumn.image.rawValue] = bare
      }
      for column in ThreadColumn.allCases { batch.dimensions.threads[row, column] = values[column.rawValue] }
    }
    // Copying leaves out the texts that nothing names any more.
    return batch.selecting(rows: Array(0..<batch.count))
  }

  /// The row of an image that says its path alone.
  private static func bareImage(_ image: Int64, _ dimensions: inout Dimensions) -> Int64 {
    var values = [Int64](repeating: EventBatch.missing, count: ImageColumn.allCases.count)
    if image >= 0, image < Int64(dimensions.images.count) {
      values[ImageColumn.path.rawValue] = dimensions.images[Int(image), .path]
    }
    return Int64(dimensions.images.appendRow(values))
  }

  /// The thread rows that stand above or beside those who act, and are in no container of theirs.
  private static func threadsOutside(_ batch: EventBatch) -> [Int] {
    let dimensions = batch.dimensions
    var acting: Set<Int64> = []
    for lineage in Set(batch.lineages) where Int(lineage) < dimensions.lineages.count {
      acting.insert(dimensions.lineages[Int(lineage), .thread])
    }
    var containers: Set<Int64> = []
    for row in acting where row >= 0 && row < Int64(dimensions.threads.count) {
      containers.insert(dimensions.threads[Int(row), .container])
    }
    containers.remove(EventBatch.missing)
    return (0..<dimensions.threads.count).filter { row in
      !acting.contains(Int64(row)) && !containers.contains(dimensions.threads[row, .container])
    }
  }
}
