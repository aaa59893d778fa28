import CaptureFormat
import EventBatch

/// The newest past of the machine, in memory: compressed chunks and states in the order in which they came, as long as they
/// fit a budget of bytes and time.
///
/// Of the states that are older than the oldest chunk the newest is kept: what was open then is known. Copies share their
/// chunks, so that taking one costs nothing to speak of and holds up nobody.
struct FlightRecorder: Sendable {
  /// Something that a capture is made of.
  enum Entry: Sendable {
    case chunk(EncodedChunk)
    case state(StatePrefix, EncodedChunk)
    /// Something that was let go.
    case gone

    var bytes: UInt64 {
      switch self {
      case .chunk(let chunk), .state(_, let chunk): UInt64(chunk.bytes.count) + FlightRecorder.overhead
      case .gone: 0
      }
    }

    /// The time up to which it tells.
    var time: Int64 {
      switch self {
      case .chunk(let chunk): chunk.head.greatestExit
      case .state(let prefix, _): prefix.time
      case .gone: Int64.min
      }
    }
  }

  /// What a chunk takes besides its bytes: its head and facts, as they stand in memory.
  private static let overhead: UInt64 = 4096

  /// Set when a configuration changes; `trim` is to be called then.
  var limits: FlightRecorderLimits
  /// The state that is older than the oldest chunk, part by part.
  private var base: [Entry] = []
  private var entries: [Entry] = []
  /// Where in `entries` the oldest stands: removing from the front would move all.
  private var first = 0
  private(set) var bytes: UInt64 = 0
  private(set) var events: UInt64 = 0
  private(set) var chunks = 0

  init(_ limits: FlightRecorderLimits) { self.limits = limits }

  /// Adds what is newest, and lets go of what is too old or too much.
  mutating func append(_ entry: Entry) {
    entries.append(entry)
    bytes += entry.bytes
    if case .chunk(let chunk) = entry {
      chunks += 1
      events += UInt64(chunk.head.count)
    }
    trim()
  }

  /// Lets go of everything.
  mutating func clear() { self = FlightRecorder(limits) }

  /// The time of the oldest event; `nil` when there is none.
  var start: Int64? {
    for entry in entries[first...] {
      if case .chunk(let chunk) = entry { return chunk.head.leastExit }
    }
    return nil
  }

  /// Lets go of what is too old or too much.
  mutating func trim() {
    guard let newest = entries.last?.time else { return }
    while first < entries.count - 1, bytes > limits.memory || entries[first].time < newest - limits.time {
      dropFirst()
    }
    if first > 1024, first > entries.count / 2 {
      entries.removeFirst(first)
      first = 0
    }
  }

  private mutating func dropFirst() {
    let entry = entries[first]
    first += 1
    switch entry {
    case .chunk(let chunk):
      chunks -= 1
      events -= UInt64(chunk.head.count)
      bytes -= entry.bytes
    case .state(let prefix, _):
      // A new moment takes the place of the one before.
      if prefix.part == 0 {
        for old in base { bytes -= old.bytes }
        base = []
      }
      base.append(entry)
    case .gone: break
    }
    // Its memory goes when the last owner does.
    entries[first - 1] = .gone
  }

  /// What happened from a time on, and the newest state before it with all that happened since: so that what was open at
  /// that time is known. Where no state is that old, the oldest there is.
  func entries(from time: Int64) -> [Entry] {
    let all = base + entries[first...]
    var start: Int?
    for (index, entry) in all.enumerated() {
      if case .state(let prefix, _) = entry, prefix.part == 0, prefix.time <= time, isWhole(all[index...]) {
        start = index
      }
    }
    if let start { return Array(all[start...]) }
    let firstChunk =
      all.firstIndex { entry in
        if case .chunk(let chunk) = entry { chunk.head.greatestExit >= time } else { false }
      } ?? all.count
    let before = all[..<firstChunk].filter { if case .state = $0 { true } else { false } }
    return before + all[firstChunk...]
  }

  /// Whether all parts of the state are there that begins here.
  private func isWhole(_ entries: ArraySlice<Entry>) -> Bool {
    var next: UInt32 = 0
    for entry in entries {
      guard case .state(let prefix, _) = entry else { continue }
      guard prefix.part == next else { return false }
      if prefix.isLast { return true }
      next += 1
    }
    return false
  }
}
