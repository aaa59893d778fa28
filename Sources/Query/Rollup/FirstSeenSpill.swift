import CaptureFile

/// Different values and when they were seen first, in a temporary file: runs sorted by value, for each counter of each group.
///
///     value  8 bytes   its digest
///     time   8 bytes   an exit time
struct FirstSeenSpill<Group: Hashable> {
  private struct Counter: Hashable {
    var group: Group
    var index: Int
  }

  private let file: SpillFile
  private var runs: [Counter: [SpillFile.Run]] = [:]
  private var end = 0

  /// - Throws: when no temporary file can be made.
  init() throws(CaptureError) { file = try SpillFile() }

  /// Adds values, with times that may not be the first.
  mutating func add(_ times: [UInt64: Int64], to counter: Int, of group: Group) throws(CaptureError) {
    var writer = SpillWriter(file, at: end)
    for value in times.keys.sorted() {
      let time = times[value] ?? .max
      try writer.append { bytes in
        withUnsafeBytes(of: value) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: time) { bytes.append(contentsOf: $0) }
      }
    }
    let run = try writer.finish()
    runs[Counter(group: group, index: counter), default: []].append(run)
    end = run.end
  }

  /// Calls something for each different value of a counter with the time when it was seen first.
  func forEach(of counter: Int, _ group: Group, _ body: (_ time: Int64) -> Void) throws(CaptureError) {
    let runs = self.runs[Counter(group: group, index: counter)] ?? []
    var merge = try RunMerge(file, runs) { bytes in
      (value: bytes.loadUnaligned(as: UInt64.self), time: bytes.loadUnaligned(fromByteOffset: 8, as: Int64.self))
    } isBefore: {
      $0.value < $1.value
    }
    while var first = try merge.next() {
      while let next = merge.first, next.value == first.value {
        first.time = min(first.time, next.time)
        _ = try merge.next()
      }
      body(first.time)
    }
  }
}
