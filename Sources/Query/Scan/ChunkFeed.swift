import CaptureFormat

/// The chunks that a scan has to read, one after the other. Heads are looked at group by group as the scan gets there, so
/// that memory is bounded by a group, never by the source.
struct ChunkFeed<Source: EventSource> {
  /// A chunk that has to be read.
  struct Chunk: Sendable {
    var index: Int
    /// The greatest exit time of the chunk before, where it is known.
    var previousExit: Int64?
    /// Whether the time window holds all of its events.
    var isWithinWindow = false
  }

  private let source: Source
  private let question: Question
  private let isReversed: Bool
  private let groups: [ChunkGroup]
  /// The groups that may have something and were not looked at, the next one last.
  private var waiting: [Int]
  /// What of the group is left, the next one last.
  private var chunks: [Chunk] = []
  /// How many chunks have to be read, as far as that is known: those of groups not yet looked at are counted.
  private(set) var chunksToRead: Int
  /// How many chunks were not worth reading, and why.
  private(set) var excluded: [ChunkExclusion: Int] = [:]
  /// Why groups of heads could not be read.
  private(set) var failures: [String] = []

  init(_ source: Source, _ question: Question, isReversed: Bool) {
    self.source = source
    self.question = question
    self.isReversed = isReversed
    groups = source.groups
    var wanted: [Int] = []
    for (index, group) in groups.enumerated() {
      if group.bounds.map(question.mayMatch) ?? true {
        wanted.append(index)
      } else {
        excluded[.page, default: 0] += group.chunks.count
      }
    }
    waiting = isReversed ? wanted : wanted.reversed()
    chunksToRead = wanted.reduce(0) { [groups] in $0 + groups[$1].chunks.count }
  }

  /// The next chunk; `nil` when there is none.
  mutating func next() throws -> Chunk? {
    while true {
      if let chunk = chunks.popLast() { return chunk }
      guard let group = waiting.popLast() else { return nil }
      try look(at: group)
    }
  }

  private mutating func look(at group: Int) throws {
    let range = groups[group].chunks
    let heads: [ChunkHead?]
    do {
      heads = try source.heads(ofGroup: group)
    } catch  where source.isLimitedToChunk(error) {
      chunksToRead -= range.count
      failures.append("\(error)")
      return
    }
    var before = exit(before: group)
    for (index, head) in zip(range, heads) {
      if let exclusion = head.flatMap({ question.exclusion($0, context: source.context(ofChunk: index)) }) {
        excluded[exclusion, default: 0] += 1
      } else {
        chunks.append(
          Chunk(index: index, previousExit: before, isWithinWindow: head.map(question.isWithinWindow) ?? false))
      }
      before = head?.greatestExit
    }
    chunksToRead -= range.count - chunks.count
    if !isReversed { chunks.reverse() }
  }

  /// The greatest exit time in front of a group. Chunks are in the order of exit times.
  private func exit(before group: Int) -> Int64? {
    guard group > 0 else { return nil }
    let earlier = groups[group - 1]
    if let bounds = earlier.bounds { return bounds.events > 0 ? bounds.greatestExit : nil }
    return earlier.chunks.isEmpty ? nil : source.head(ofChunk: earlier.chunks.upperBound - 1)?.greatestExit
  }
}
