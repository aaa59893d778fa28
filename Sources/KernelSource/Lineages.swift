import EventBatch

/// Who somebody is to the whole machine: ids are given out again, starts are not.
struct ProcessIdentity: Hashable {
  var pid: Int64
  /// Nanoseconds of the epoch; `EventBatch.missing` where it is not known: then the newest process with the id is meant.
  var startTime: Int64
}

/// Finds the lineage of a thread as of now: the thread row, the rows of the leaders of its session and group, and its
/// parents' rows up to the first process.
///
/// The chain of a row is looked up again only after something changed in the tree of processes: every new version of a
/// process, and every end of one, makes all remembered chains be checked, not forgotten.
struct Lineages {
  private struct Process {
    var row: UInt32
    var startTime: Int64
    /// Starts that come from `/proc` are as fine as the clock ticks only.
    var isCoarse: Bool
    var hasEnded = false
  }

  /// The chain that was last found for a row.
  private struct Remembered {
    var lineage = EventBatch.noRow
    var checkedAt: UInt32 = 0
  }

  /// Newest row of each process by its id.
  private var processes: [Int64: Process] = [:]
  /// Where the children of processes that ended went.
  private var reapers: [ProcessIdentity: Int64] = [:]
  /// The start of each row's parent, by thread row.
  private var parentStarts: [Int64] = []
  /// By thread row: its chain when it acts itself, and when it stands above another. They differ when its parent ended and
  /// nothing was heard of it since: what it said last of itself holds for what it did then, not for what is below it now.
  private var acting: [Remembered] = []
  private var above: [Remembered] = []
  private(set) var epoch: UInt32 = 1
  /// Longer chains are cut: no system nests processes this deep, a loop of reused ids would.
  private static let depthLimit = 128
  /// A clock tick of `/proc`, generously.
  private static let coarseness: Int64 = 20_000_000

  /// Notes a thread row. The leader's rows stand for the process; another thread's do until the leader is known.
  ///
  /// - Parameters:
  ///   - parentStart: when the parent was made; missing where that is not known.
  ///   - isSnapshot: what is known of the process already is newer.
  ///   - isCoarse: its start is as fine as a clock tick only.
  mutating func note(
    row: UInt32, parentStart: Int64, in threads: DimensionTable<ThreadColumn>, isSnapshot: Bool = false,
    isCoarse: Bool = false
  ) {
    setParentStart(parentStart, of: row)
    let pid = threads[Int(row), .pid]
    let startTime = threads[Int(row), .processStartTime]
    let isLeader = threads[Int(row), .tid] == pid
    if let known = processes[pid], Lineages.isSame(known, startTime), !isLeader || isSnapshot { return }
    processes[pid] = Process(row: row, startTime: startTime, isCoarse: isCoarse)
    epoch &+= 1
  }

  /// Notes that a process has ended: its children have another parent from now on.
  mutating func end(_ process: ProcessIdentity, reaper: Int64) {
    guard var known = processes[process.pid], Lineages.isSame(known, process.startTime) else { return }
    known.hasEnded = true
    processes[process.pid] = known
    if reaper > 0 { reapers[process] = reaper }
    epoch &+= 1
  }

  /// The newest row of a process.
  func row(ofProcess pid: Int64) -> UInt32? { processes[pid]?.row }

  /// When the parent of a row's process was made.
  func parentStart(of row: UInt32) -> Int64 {
    Int(row) < parentStarts.count ? parentStarts[Int(row)] : EventBatch.missing
  }

  /// Says when the parent of a row's process was made, of a row that is not noted.
  mutating func setParentStart(_ start: Int64, of row: UInt32) {
    while parentStarts.count <= Int(row) { parentStarts.append(EventBatch.missing) }
    parentStarts[Int(row)] = start
  }

  /// Forgets all thread rows and lineage rows from these on; none of them was noted.
  mutating func truncate(threads: Int, lineages: Int) {
    func cut(_ remembered: inout [Remembered]) {
      if remembered.count > threads { remembered.removeLast(remembered.count - threads) }
      for index in remembered.indices
      where remembered[index].lineage != EventBatch.noRow && Int(remembered[index].lineage) >= lineages {
        remembered[index] = Remembered()
      }
    }
    cut(&acting)
    cut(&above)
    if parentStarts.count > threads { parentStarts.removeLast(parentStarts.count - threads) }
  }

  /// What goes on into a new store: those that live, and those that still stand for a session or group of one that lives.
  func survivors(in threads: DimensionTable<ThreadColumn>) -> [UInt32] {
    var kept: [UInt32] = []
    var leaders: Set<Int64> = []
    for process in processes.values where !process.hasEnded {
      kept.append(process.row)
      leaders.insert(threads[Int(process.row), .session])
      leaders.insert(threads[Int(process.row), .processGroup])
    }
    for (pid, process) in processes where process.hasEnded && leaders.contains(pid) { kept.append(process.row) }
    return kept
  }

  /// What else of `other` is still true of rows that were taken over from it.
  mutating func adopt(
    _ rows: [(old: UInt32, new: UInt32)], from other: Lineages, in threads: DimensionTable<ThreadColumn>
  ) {
    for (old, new) in rows {
      let pid = threads[Int(new), .pid]
      let known = other.processes[pid]
      note(
        row: new, parentStart: other.parentStarts[Int(old)], in: threads,
        isCoarse: known.map { $0.row == old && $0.isCoarse } ?? false)
      if let known, known.row == old { processes[pid]?.hasEnded = known.hasEnded }
      var parent = ProcessIdentity(pid: threads[Int(new), .parentPid], startTime: other.parentStarts[Int(old)])
      for _ in 0..<Lineages.depthLimit {
        guard let reaper = other.reapers[parent] else { break }
        reapers[parent] = reaper
        parent = ProcessIdentity(pid: reaper, startTime: other.processes[reaper]?.startTime ?? EventBatch.missing)
      }
    }
  }

  /// The lineage row of a thread row as of now.
  mutating func lineage(of row: UInt32, in dimensions: inout Dimensions) -> UInt32 {
    let index = Int(row)
    if index < acting.count, acting[index].checkedAt == epoch { return acting[index].lineage }
    return check(row, &dimensions, depth: 0)
  }

  private mutating func check(_ row: UInt32, _ dimensions: inout Dimensions, depth: Int) -> UInt32 {
    let index = Int(row)
    while acting.count <= index {
      acting.append(Remembered())
      above.append(Remembered())
    }
    let isActing = depth == 0
    var remembered = isActing ? acting[index] : above[index]
    if remembered.checkedAt == epoch { return remembered.lineage }
    let threads = dimensions.threads
    var values = [Int64](repeating: EventBatch.missing, count: LineageColumn.allCases.count)
    values[LineageColumn.thread.rawValue] = Int64(row)
    if let leader = processes[threads[index, .session]] {
      values[LineageColumn.sessionLeader.rawValue] = Int64(leader.row)
    }
    if let leader = processes[threads[index, .processGroup]] {
      values[LineageColumn.groupLeader.rawValue] = Int64(leader.row)
    }
    if depth < Lineages.depthLimit, let parent = parent(of: row, in: threads, isActing: isActing), parent != row {
      values[LineageColumn.parent.rawValue] = Int64(check(parent, &dimensions, depth: depth + 1))
    }
    let known = remembered.lineage
    if known == EventBatch.noRow || dimensions.lineages.row(Int(known)) != values {
      // What is the same for both uses of the row is one row.
      let other = isActing ? above[index].lineage : acting[index].lineage
      let isShared = other != EventBatch.noRow && dimensions.lineages.row(Int(other)) == values
      remembered.lineage = isShared ? other : dimensions.lineages.appendRow(values)
    }
    remembered.checkedAt = epoch
    if isActing { acting[index] = remembered } else { above[index] = remembered }
    return remembered.lineage
  }

  /// The row of the parent that a thread row names. A process with the id that began at another time is somebody else.
  private func parent(of row: UInt32, in threads: DimensionTable<ThreadColumn>, isActing: Bool) -> UInt32? {
    let pid = threads[Int(row), .parentPid]
    guard pid > 0 else { return nil }
    var wanted = ProcessIdentity(pid: pid, startTime: parentStart(of: row))
    for _ in 0..<Lineages.depthLimit {
      if let process = processes[wanted.pid], Lineages.isSame(process, wanted.startTime),
        isActing || !process.hasEnded
      {
        return process.row
      }
      guard !isActing, let reaper = reapers[wanted] else { return nil }
      wanted = ProcessIdentity(pid: reaper, startTime: processes[reaper]?.startTime ?? EventBatch.missing)
    }
    return nil
  }

  private static func isSame(_ process: Process, _ startTime: Int64) -> Bool {
    if startTime == EventBatch.missing || process.startTime == startTime { return true }
    return process.isCoarse && abs(process.startTime &- startTime) < coarseness
  }
}
