import EventBatch

/// Finds the lineage of a thread as of now: the thread row and its parents' rows up to the first process.
///
/// The chain of a row is looked up again only after something changed in the tree of processes: `changed()` is called
/// for every new version of a process, and makes all remembered chains be checked, not forgotten.
struct Lineages {
  private struct Process {
    var row: UInt32
    var startTime: Int64
  }

  /// Newest row of each process by its id.
  private var processes: [Int64: Process] = [:]
  /// For each thread row: its newest lineage row, and when that was last found to be right.
  private var newest: [UInt32] = []
  private var checkedAt: [UInt32] = []
  private(set) var epoch: UInt32 = 1
  /// Longer chains are cut: no system nests processes this deep, a loop of reused ids would.
  private static let depthLimit = 128

  /// Notes a thread row. The leader's rows stand for the process; another thread's do until the leader is known.
  mutating func note(row: UInt32, in threads: DimensionTable<ThreadColumn>, isSnapshot: Bool = false) {
    let pid = threads[Int(row), .pid]
    let startTime = threads[Int(row), .processStartTime]
    let known = processes[pid]
    let isLeader = threads[Int(row), .tid] == pid
    if let known, known.startTime == startTime, !isLeader || isSnapshot { return }
    processes[pid] = Process(row: row, startTime: startTime)
    epoch &+= 1
  }

  /// Forgets a process that ended.
  mutating func forget(pid: Int64, startTime: Int64) {
    if let known = processes[pid], known.startTime == startTime { processes[pid] = nil }
  }

  /// The newest row of a process.
  func row(ofProcess pid: Int64) -> UInt32? { processes[pid]?.row }

  /// The rows of the processes that are alive.
  var living: [UInt32] { processes.values.map(\.row) }

  /// The lineage row of a thread row as of now.
  mutating func lineage(of row: UInt32, in dimensions: inout Dimensions) -> UInt32 {
    let index = Int(row)
    if index < checkedAt.count, checkedAt[index] == epoch { return newest[index] }
    return check(row, &dimensions, depth: 0)
  }

  private mutating func check(_ row: UInt32, _ dimensions: inout Dimensions, depth: Int) -> UInt32 {
    let index = Int(row)
    while checkedAt.count <= index {
      checkedAt.append(0)
      newest.append(EventBatch.noRow)
    }
    if checkedAt[index] == epoch { return newest[index] }
    var parentLineage = EventBatch.missing
    let parentPid = dimensions.threads[index, .parentPid]
    if parentPid > 0, depth < Lineages.depthLimit, let parent = processes[parentPid], parent.row != row {
      parentLineage = Int64(check(parent.row, &dimensions, depth: depth + 1))
    }
    let known = newest[index]
    if known == EventBatch.noRow || dimensions.lineages[Int(known), .parent] != parentLineage {
      newest[index] = dimensions.lineages.appendRow([Int64(row), parentLineage])
    }
    checkedAt[index] = epoch
    return newest[index]
  }
}
