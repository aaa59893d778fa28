import Delivery
import EventBatch
import Query

/// A process that no other one is: an id is used again, its start is not.
struct ProcessIdentity: Hashable, Sendable {
  /// Its id outside of all pid namespaces.
  let pid: Int64
  /// When it was made, in nanoseconds of the epoch.
  let start: Int64
}

/// Whom an event is about: what actions and captures need, taken out of the batch.
struct Subject: Sendable, Hashable {
  /// The full id of the container; empty for the host.
  var container = ""
  /// The process and its ancestors, its own first; empty where that is not known.
  var line: [ProcessIdentity] = []
  /// How many of the ancestors belong to the session of the process, its leader included.
  var ancestorsInSession = 0
  /// The kernel's flags of the task.
  var taskFlags: Int64 = 0

  /// The process itself.
  var process: ProcessIdentity? { line.first }
  /// Whether it is one of the kernel's own.
  var isKernelThread: Bool { taskFlags & 0x0020_0000 != 0 }

  /// Nobody.
  init() {}

  /// Whom a row of a batch is about.
  init(_ batch: EventBatch, row: Int) {
    let dimensions = batch.dimensions
    var lineage = Int64(batch.lineages[row])
    guard lineage < Int64(dimensions.lineages.count) else { return }
    let thread = Int(dimensions.lineages[Int(lineage), .thread])
    guard thread >= 0, thread < dimensions.threads.count else { return }
    if let row = dimensions.threads.value(thread, .container),
      let id = dimensions.containers.value(Int(row), .id)
    {
      container = dimensions.strings.text(Int(id))
    }
    taskFlags = dimensions.threads.value(thread, .taskFlags) ?? 0
    let session = dimensions.threads.value(thread, .session)
    while line.count < 64 {
      let thread = Int(dimensions.lineages[Int(lineage), .thread])
      guard thread >= 0, thread < dimensions.threads.count else { return }
      line.append(
        ProcessIdentity(
          pid: dimensions.threads[thread, .pid], start: dimensions.threads[thread, .processStartTime]))
      if line.count > 1, let session, dimensions.threads.value(thread, .session) == session {
        ancestorsInSession = line.count - 1
      }
      guard let parent = dimensions.lineages.value(Int(lineage), .parent), parent < lineage else { return }
      lineage = parent
    }
  }
}
