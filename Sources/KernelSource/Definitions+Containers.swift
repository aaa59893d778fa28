import EventBatch

/// A process of a container, as far as it matters for what becomes of the container.
struct ContainerProcess {
  var identity: ProcessIdentity
  /// The row of the container and its full id.
  var row: Int64
  var id: [UInt8]
  /// Whether somebody outside of the container made it: an engine, or its keeper.
  var isFromOutside: Bool
  /// Whether it runs the runtime's own program, which only prepares a container.
  var isRuntime: Bool
}

extension Definitions {
  /// The container's row that a lineage's thread is in; missing for the host's.
  func containerRow(ofLineage lineage: UInt32) -> Int64 {
    store.dimensions.threads[Int(store.dimensions.lineages[Int(lineage), .thread]), .container]
  }

  /// The process of a lineage's thread, when it is in a container.
  func containerProcess(ofLineage lineage: UInt32) -> ContainerProcess? {
    containerProcess(ofThread: UInt32(truncatingIfNeeded: store.dimensions.lineages[Int(lineage), .thread]))
  }

  /// The processes of containers that are known now, the earliest first.
  func containerProcesses() -> [ContainerProcess] {
    lineages.survivors(in: store.dimensions.threads).compactMap { containerProcess(ofThread: $0) }
      .sorted { $0.identity.startTime < $1.identity.startTime }
  }

  /// The lineage of a process as of now, when it is the same that is meant.
  mutating func lineageRow(of process: ProcessIdentity) -> UInt32? {
    guard let row = lineages.row(ofProcess: process.pid),
      store.dimensions.threads[Int(row), .processStartTime] == process.startTime
    else { return nil }
    return lineages.lineage(of: row, in: &store.dimensions)
  }

  /// The lineage of nobody in a container, for what happens to one of which no process is known.
  mutating func lineageRow(ofContainer id: [UInt8], engine: String) -> UInt32 {
    var values = [Int64](repeating: EventBatch.missing, count: ThreadColumn.allCases.count)
    values[ThreadColumn.container.rawValue] = Int64(store.container(id, engine: engine))
    let thread = store.thread(values, identity: nil)
    var lineage = [Int64](repeating: EventBatch.missing, count: LineageColumn.allCases.count)
    lineage[LineageColumn.thread.rawValue] = Int64(thread)
    return store.dimensions.lineages.appendRow(lineage)
  }

  private func containerProcess(ofThread thread: UInt32) -> ContainerProcess? {
    let threads = store.dimensions.threads
    let container = threads[Int(thread), .container]
    guard container != EventBatch.missing,
      let id = store.dimensions.containers.value(Int(container), .id)
    else { return nil }
    return ContainerProcess(
      identity: ProcessIdentity(
        pid: threads[Int(thread), .pid], startTime: threads[Int(thread), .processStartTime]),
      row: container, id: Array(store.strings.table[Int(id)]), isFromOutside: isFromOutside(thread, container),
      isRuntime: isRuntime(thread))
  }

  private func isFromOutside(_ thread: UInt32, _ container: Int64) -> Bool {
    let threads = store.dimensions.threads
    func row(of pid: Int64) -> UInt32? {
      guard let row = lineages.row(ofProcess: pid),
        // Whoever has the id now and began later is somebody else.
        threads[Int(row), .processStartTime] <= threads[Int(thread), .processStartTime]
      else { return nil }
      return row
    }
    if let parent = row(of: threads[Int(thread), .parentPid]), threads[Int(parent), .container] == container {
      return false
    }
    // One whose maker ended went to a keeper outside, unless the container has ids of its own. What the runtime made from
    // within is from outside all the same.
    guard let maker = threads.value(Int(thread), .originalParentPid).flatMap(row) else { return true }
    return threads[Int(maker), .container] != container || isRuntime(maker)
  }

  /// `runc init` is in the container before it executes the container's program.
  private func isRuntime(_ thread: UInt32) -> Bool {
    let images = store.dimensions.images
    guard let image = store.dimensions.threads.value(Int(thread), .image).map({ Int($0) }),
      let arguments = images.value(image, .arguments), let exe = images.value(image, .exe)
    else { return false }
    let words = store.strings.table[Int(arguments)].split(separator: 0)
    guard words.count == 1, words[0].elementsEqual("init".utf8) else { return false }
    let program = store.strings.table[Int(exe)].split(separator: UInt8(ascii: "/")).last ?? []
    return ["runc", "crun", "youki", "exe"].contains { program.elementsEqual($0.utf8) }
  }
}
