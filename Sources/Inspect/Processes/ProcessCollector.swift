import Query

/// Joins what chunks say of processes, in the order of time, and arranges them as a tree.
struct ProcessCollector {
  private var tree = ProcessTree()
  private var indices: [ProcessInstance: Int] = [:]
  /// The threads of each process that were seen.
  private var threads: [Set<Int64>] = []
  /// The id of who made each, while it is not known which process that was.
  private var makers: [Int64?] = []
  private var mainThreadEnded: [Bool] = []
  /// What many processes have in common, once.
  private var texts: Set<FieldValue> = []
  /// The moment that parents are those of; `nil` for the last that is known.
  private let moment: Int64?

  init(at moment: Int64? = nil) { self.moment = moment }

  private static let mostSignals = 100

  mutating func take(_ sightings: ProcessSightings) {
    tree.ended = max(tree.ended, sightings.last)
    for version in sightings.versions { take(version) }
    for end in sightings.ends {
      let index = index(of: end.identity)
      if end.tid == end.identity.pid { mainThreadEnded[index] = true }
      tree.processes[index].end = end.end
    }
    for (identity, signal) in sightings.signals {
      let index = index(of: identity)
      if tree.processes[index].signals.count < ProcessCollector.mostSignals {
        tree.processes[index].signals.append(signal)
      }
    }
  }

  private mutating func index(of identity: ProcessInstance) -> Int {
    if let known = indices[identity] { return known }
    tree.processes.append(RecordedProcess(identity))
    threads.append([])
    makers.append(nil)
    mainThreadEnded.append(false)
    indices[identity] = tree.processes.count - 1
    return tree.processes.count - 1
  }

  private mutating func take(_ version: ProcessSightings.Version) {
    let index = index(of: version.identity)
    threads[index].insert(version.tid)
    // What a process is at a moment, the last version before it says, or the first behind it where there is none.
    let isLater = moment.map { moment in (version.times?.lowerBound ?? .min) > moment } ?? false
    let isFirst = tree.processes[index].executions.isEmpty
    if makers[index] == nil {
      makers[index] = version.maker ?? version.parent?.pid
      if let parent = version.parent, parent.pid == makers[index] { tree.processes[index].maker = parent }
    }
    tree.processes[index].events += version.events
    if let times = version.times {
      tree.processes[index].firstSeen = min(tree.processes[index].firstSeen ?? .max, times.lowerBound)
      tree.processes[index].lastSeen = max(tree.processes[index].lastSeen ?? .min, times.upperBound)
    } else if !isFirst {
      // Of one that did nothing itself the line of others says no more than was known.
      tree.processes[index].parent = tree.processes[index].parent ?? version.parent
      return
    }
    if isLater, !isFirst { return }
    tree.processes[index].parent = version.parent
    describe(index, version)
  }

  private mutating func describe(_ index: Int, _ version: ProcessSightings.Version) {
    var values = version.values[...]
    func next() -> FieldValue { values.popFirst() ?? .missing }
    func shared(_ value: FieldValue) -> FieldValue { texts.insert(value).memberAfterInsert }
    func keep(_ path: WritableKeyPath<RecordedProcess, FieldValue>) {
      let value = shared(next())
      if value != .missing { tree.processes[index][keyPath: path] = value }
    }
    keep(\.name)
    let (command, path) = (next(), shared(next()))
    if tree.processes[index].executions.last.map({ $0.command != command || $0.path != path }) ?? true {
      tree.processes[index].executions.append(
        Execution(
          time: version.times?.lowerBound ?? version.identity.start ?? 0,
          command: command == .missing ? tree.processes[index].name : command, path: path))
    }
    keep(\.user)
    keep(\.loginUser)
    keep(\.container)
    keep(\.containerName)
    if let terminal = next().integerValue { tree.processes[index].terminal = terminal }
    if let session = next().integerValue { tree.processes[index].session = session }
  }

  /// The tree.
  /// - Parameter selected: the processes that are shown besides those above them; `nil` for all that did something.
  mutating func finish(selected: Set<ProcessInstance>?, progress: ScanProgress) -> ProcessTree {
    for index in tree.processes.indices {
      tree.processes[index].threads = threads[index].count
      // A process is there until its main thread has ended, and all that it did was before.
      if let end = tree.processes[index].end,
        !mainThreadEnded[index] || (tree.processes[index].lastSeen ?? .min) > end.time
      {
        tree.processes[index].end = nil
      }
      let process = tree.processes[index]
      tree.processes[index].isSelected = selected?.contains(process.identity) ?? (process.firstSeen != nil)
      if let moment, process.end.map({ $0.time <= moment }) ?? false { tree.processes[index].isSelected = false }
      if let moment, process.identity.start ?? process.firstSeen ?? .min > moment {
        tree.processes[index].isSelected = false
      }
    }
    tree.progress = progress
    findMakers()
    arrange()
    return tree
  }

  /// Which process an id stood for when another was made.
  private mutating func findMakers() {
    var byPid: [Int64: [Int]] = [:]
    for (index, process) in tree.processes.enumerated() { byPid[process.identity.pid, default: []].append(index) }
    for index in tree.processes.indices where tree.processes[index].maker.flatMap({ indices[$0] }) == nil {
      tree.processes[index].maker = nil
      guard let pid = makers[index], pid != tree.processes[index].identity.pid else { continue }
      let began = tree.processes[index].identity.start ?? tree.processes[index].firstSeen ?? .max
      let maker = (byPid[pid] ?? []).filter { candidate in
        let other = tree.processes[candidate]
        return (other.identity.start ?? .min) <= began && other.end.map { $0.time >= began } ?? true
      }.max { (tree.processes[$0].identity.start ?? .min) < (tree.processes[$1].identity.start ?? .min) }
      tree.processes[index].maker = maker.map { tree.processes[$0].identity }
    }
  }

  /// Puts the selected processes and those above them in their order. Not by recursion: a line may be long.
  private mutating func arrange() {
    let above = tree.processes.map { process in process.maker.flatMap { indices[$0] } }
    var isShown = tree.processes.map(\.isSelected)
    for index in isShown.indices where isShown[index] {
      var current = above[index]
      // A damaged file may send us in circles: whoever is shown already ends the walk.
      while let parent = current, !isShown[parent] {
        isShown[parent] = true
        current = above[parent]
      }
    }
    let sorted = tree.processes.indices.filter { isShown[$0] }.sorted { one, other in
      let (a, b) = (tree.processes[one], tree.processes[other])
      let (begin, next) = (a.identity.start ?? a.firstSeen ?? .min, b.identity.start ?? b.firstSeen ?? .min)
      return begin == next ? a.identity.pid < b.identity.pid : begin < next
    }
    var children: [Int: [Int]] = [:]
    var roots: [Int] = []
    for index in sorted {
      if let parent = above[index], parent != index {
        children[parent, default: []].append(index)
      } else {
        roots.append(index)
      }
    }
    var isPlaced = [Bool](repeating: false, count: tree.processes.count)
    func place(_ roots: [Int]) {
      var stack = roots.enumerated().reversed().map {
        ProcessTree.Node(process: $0.element, depth: 0, continues: [$0.offset < roots.count - 1])
      }
      while let node = stack.popLast() {
        if isPlaced[node.process] { continue }
        isPlaced[node.process] = true
        tree.nodes.append(node)
        let below = children[node.process] ?? []
        for (position, child) in below.enumerated().reversed() {
          stack.append(
            ProcessTree.Node(
              process: child, depth: node.depth + 1, continues: node.continues + [position < below.count - 1]))
        }
      }
    }
    place(roots)
    // Circles have no root; their members must not be lost.
    for index in sorted where !isPlaced[index] { place([index]) }
  }
}
