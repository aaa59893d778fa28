import EventBatch
import EventSchema

/// What a summary counts of a chunk besides what its head says.
public struct ChunkFacts: Sendable {
  /// A thread or process: its id and when it was made.
  public struct Task: Hashable, Sendable {
    /// The id of the thread, or of the process.
    public let id: Int64
    /// When it was made, in nanoseconds of the epoch; `EventBatch.missing` when that is not known.
    public let startTime: Int64

    /// The identity of a thread or process.
    public init(id: Int64, startTime: Int64) {
      self.id = id
      self.startTime = startTime
    }
  }

  /// The threads of all thread rows, ancestors too.
  public let threads: Set<Task>
  /// Their processes.
  public let processes: Set<Task>
  /// The identities of all objects; those without one are left out.
  public let objects: IdentitySet
  /// The containers' metadata, as rows.
  public let containers: [ContainerInfo]

  /// The facts of a batch. O(dimension rows).
  public init(_ batch: EventBatch) {
    let table = batch.dimensions.threads
    var threads: Set<Task> = []
    var processes: Set<Task> = []
    for row in 0..<table.count {
      threads.insert(Task(id: table[row, .tid], startTime: table[row, .startTime]))
      processes.insert(Task(id: table[row, .pid], startTime: table[row, .processStartTime]))
    }
    self.threads = threads
    self.processes = processes
    var objects = IdentitySet()
    objects.insert(batch.dimensions.objects[.identity], except: EventBatch.missing)
    self.objects = objects
    containers = (0..<batch.dimensions.containers.count).map { ContainerInfo(row: $0, batch.dimensions) }
  }
}
