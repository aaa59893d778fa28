import Query

/// Where time, bytes or calls went, process by process down from the first ancestor: names on the way, and what each
/// has for itself and with all below it.
public struct FlameGraph: Sendable, Hashable {
  /// A name below other names.
  public struct Frame: Sendable, Hashable {
    /// What is shown: bytes as the machine said them, which need not be UTF-8.
    public let name: [UInt8]
    /// Its frame above; `nil` for a first one.
    public let parent: Int?
    /// How many frames stand above it.
    public let depth: Int
    /// What it has for itself.
    public internal(set) var own: Int64 = 0
    /// What it has with all below.
    public internal(set) var total: Int64 = 0
  }

  /// What is added up.
  public enum Measure: String, Sendable, CaseIterable {
    /// Time in calls, in nanoseconds.
    case time
    /// Time on the processor, in nanoseconds, as samples say it.
    case cpu
    /// Bytes that were read and written.
    case bytes
    /// Calls.
    case count
    /// Calls that failed.
    case errors
  }

  /// What was added up.
  public let measure: Measure
  /// The frames, each behind the one above it and in front of those below; of brothers the greatest first.
  public internal(set) var frames: [Frame] = []
  /// How much was read.
  public internal(set) var progress = ScanProgress()

  /// All together.
  public var total: Int64 { frames.reduce(0) { $0 + ($1.parent == nil ? $1.total : 0) } }

  init(_ measure: Measure) { self.measure = measure }

  /// Arranges paths of names, and what each has for itself.
  init(_ measure: Measure, _ paths: [[[UInt8]]: Int64]) {
    self.measure = measure
    var made: [Frame] = []
    var known: [Step: Int] = [:]
    for (path, own) in paths where own > 0 {
      var parent: Int?
      for (depth, name) in path.enumerated() {
        let step = Step(parent: parent, name: name)
        let index = known[step] ?? made.count
        if index == made.count {
          made.append(Frame(name: name, parent: parent, depth: depth))
          known[step] = index
        }
        made[index].total &+= own
        parent = index
      }
      if let parent { made[parent].own &+= own }
    }
    arrange(made)
  }

  private struct Step: Hashable {
    var parent: Int?
    var name: [UInt8]
  }

  private mutating func arrange(_ made: [Frame]) {
    var below: [Int?: [Int]] = [:]
    for (index, frame) in made.enumerated() { below[frame.parent, default: []].append(index) }
    func sorted(_ parent: Int?) -> [Int] {
      (below[parent] ?? []).sorted { one, other in
        if made[one].total != made[other].total { return made[one].total > made[other].total }
        return made[one].name.lexicographicallyPrecedes(made[other].name)
      }
    }
    var stack = sorted(nil).reversed().map { (made: $0, parent: Int?.none) }
    while let (index, parent) = stack.popLast() {
      let frame = made[index]
      frames.append(Frame(name: frame.name, parent: parent, depth: frame.depth, own: frame.own, total: frame.total))
      let position = frames.count - 1
      for child in sorted(index).reversed() { stack.append((child, position)) }
    }
  }

  /// The names from the first one to a frame.
  public func path(to frame: Int) -> [[UInt8]] {
    var names: [[UInt8]] = []
    var current: Int? = frame
    while let index = current {
      names.append(frames[index].name)
      current = frames[index].parent
    }
    return names.reversed()
  }
}
