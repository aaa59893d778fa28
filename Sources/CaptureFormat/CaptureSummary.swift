import EventSchema

/// The totals of a capture.
public struct CaptureSummary: Sendable {
  /// When the recording started, in nanoseconds of the epoch.
  public var started: Int64
  /// The greatest exit time, or the end of the last loss when that is later; `started` when there is neither.
  public var ended: Int64
  /// The events in all chunks.
  public var events: UInt64
  /// The events lost, by all causes.
  public var lost: UInt64
  /// The losses by cause, in the order of the causes' numbers; those without any are left out.
  public var lostByCause: [(cause: LossCause, count: UInt64)]
  /// The chunks of the file.
  public var chunkCount: Int
  /// Distinct threads among all rows, ancestors included: pairs of id and start time.
  public var threads: UInt64
  /// Distinct processes likewise.
  public var processes: UInt64
  /// Distinct objects by identity.
  public var objects: UInt64
  /// What is known of containers, by id in the order of the bytes.
  public var containers: [ContainerInfo]
  /// How many events there are of each type, ascending by type.
  public var typeCounts: [(type: EventTypeID, count: UInt64)]

  /// The totals of nothing.
  init() {
    (started, ended, events, lost, chunkCount, threads, processes, objects) = (0, 0, 0, 0, 0, 0, 0, 0)
    (lostByCause, containers, typeCounts) = ([], [], [])
  }
}

extension CaptureSummary {
  /// The totals of several captures. Threads, processes and objects are added up: whoever is in several of them counts in
  /// each. - Precondition: there is one.
  public static func joined(_ summaries: [CaptureSummary]) -> CaptureSummary {
    precondition(!summaries.isEmpty, "the totals of no capture")
    var joined = summaries[0]
    var causes: [LossCause: UInt64] = [:]
    var types: [EventTypeID: UInt64] = [:]
    var containers = ContainerSum()
    for (index, summary) in summaries.enumerated() {
      for (cause, count) in summary.lostByCause { causes[cause, default: 0] &+= count }
      for (type, count) in summary.typeCounts { types[type, default: 0] &+= count }
      for container in summary.containers { containers.add(container) }
      if index == 0 { continue }
      joined.started = min(joined.started, summary.started)
      joined.ended = max(joined.ended, summary.ended)
      joined.events &+= summary.events
      joined.lost &+= summary.lost
      joined.chunkCount += summary.chunkCount
      joined.threads &+= summary.threads
      joined.processes &+= summary.processes
      joined.objects &+= summary.objects
    }
    joined.lostByCause = causes.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
    joined.typeCounts = types.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    joined.containers = containers.containers
    return joined
  }
}

/// Makes a summary while chunks and losses pass by: the writer's way, and the reader's where a file has no tail.
public struct SummaryBuilder: Sendable {
  private let started: Int64
  private var ended: Int64
  private var events: UInt64 = 0
  private var chunks = 0
  private var lost: [LossCause: UInt64] = [:]
  private var threads: Set<ChunkFacts.Task> = []
  private var processes: Set<ChunkFacts.Task> = []
  private var objects = IdentityTally()
  private var containers = ContainerSum()
  private var types: [EventTypeID: UInt64] = [:]

  /// An empty summary of a file that starts with some header.
  public init(_ header: CaptureHeader) {
    started = header.started
    ended = header.started
  }

  /// Counts a chunk.
  public mutating func add(_ head: ChunkHead, _ facts: ChunkFacts) {
    chunks += 1
    events &+= UInt64(head.count)
    if head.count > 0 { ended = max(ended, head.greatestExit) }
    for (type, count) in head.typeCounts { types[type, default: 0] &+= UInt64(count) }
    threads.formUnion(facts.threads)
    processes.formUnion(facts.processes)
    objects.insert(facts.objects)
    for container in facts.containers { containers.add(container) }
  }

  /// Takes in what a container frame says.
  public mutating func add(_ known: [ContainerInfo]) {
    for container in known { containers.add(container) }
  }

  /// Counts a loss.
  public mutating func add(_ loss: LossRecord) {
    lost[loss.cause, default: 0] &+= loss.count
    ended = max(ended, loss.to)
  }

  /// The totals so far.
  public var summary: CaptureSummary {
    var summary = CaptureSummary()
    (summary.started, summary.ended) = (started, ended)
    summary.events = events
    summary.lost = lost.values.reduce(0, &+)
    summary.lostByCause = lost.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key, $0.value) }
    summary.chunkCount = chunks
    summary.threads = UInt64(threads.count)
    summary.processes = UInt64(processes.count)
    summary.objects = UInt64(objects.count)
    summary.containers = containers.containers
    summary.typeCounts = types.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return summary
  }
}
