/// What has been gathered for one aggregate, for all groups: a place a group.
enum AggregateColumn: Sendable {
  case count([UInt64])
  case sum([Int128], counts: [UInt64])
  /// The least or greatest value so far, missing before the first.
  case extreme([FieldValue])
  case histogram([Histogram])
  case distinct([Set<FieldValue>])
  /// The first or last value, missing before there is one.
  case edge([FieldValue])

  /// Nothing gathered yet.
  init(_ function: Aggregate.Function, groups: Int) {
    switch function {
    case .count: self = .count([UInt64](repeating: 0, count: groups))
    case .sum, .average:
      self = .sum([Int128](repeating: 0, count: groups), counts: [UInt64](repeating: 0, count: groups))
    case .minimum, .maximum: self = .extreme([FieldValue](repeating: .missing, count: groups))
    case .percentile: self = .histogram([Histogram](repeating: Histogram(), count: groups))
    case .distinct: self = .distinct([Set<FieldValue>](repeating: [], count: groups))
    case .first, .last: self = .edge([FieldValue](repeating: .missing, count: groups))
    }
  }

  /// Adds what another chunk gathered; that chunk comes later in the order of the scan.
  /// - Parameters:
  ///   - places: for each group of the other column its place in this one.
  ///   - groups: how many groups there are now.
  mutating func merge(_ other: AggregateColumn, at places: [UInt32], groups: Int, _ function: Aggregate.Function) {
    // What is in the way is put aside before it changes: held twice, it would be copied whole for each chunk.
    switch self {
    case .count(var counts):
      guard case .count(let more) = other else { return }
      self = .count([])
      counts.append(contentsOf: repeatElement(0, count: groups - counts.count))
      for (index, place) in places.enumerated() { counts[Int(place)] += more[index] }
      self = .count(counts)
    case .sum(var sums, var counts):
      guard case .sum(let more, let moreCounts) = other else { return }
      self = .count([])
      sums.append(contentsOf: repeatElement(0, count: groups - sums.count))
      counts.append(contentsOf: repeatElement(0, count: groups - counts.count))
      for (index, place) in places.enumerated() {
        sums[Int(place)] += more[index]
        counts[Int(place)] += moreCounts[index]
      }
      self = .sum(sums, counts: counts)
    case .extreme(var values):
      guard case .extreme(let more) = other else { return }
      self = .count([])
      values.append(contentsOf: repeatElement(.missing, count: groups - values.count))
      for (index, place) in places.enumerated() { values[Int(place)].keepExtreme(more[index], function) }
      self = .extreme(values)
    case .histogram(var histograms):
      guard case .histogram(let more) = other else { return }
      self = .count([])
      histograms.append(contentsOf: repeatElement(Histogram(), count: groups - histograms.count))
      for (index, place) in places.enumerated() { histograms[Int(place)].merge(more[index]) }
      self = .histogram(histograms)
    case .distinct(var sets):
      guard case .distinct(let more) = other else { return }
      self = .count([])
      sets.append(contentsOf: repeatElement([], count: groups - sets.count))
      for (index, place) in places.enumerated() { sets[Int(place)].formUnion(more[index]) }
      self = .distinct(sets)
    case .edge(var values):
      guard case .edge(let more) = other else { return }
      self = .count([])
      values.append(contentsOf: repeatElement(.missing, count: groups - values.count))
      for (index, place) in places.enumerated() where more[index] != .missing {
        if function == .last || values[Int(place)] == .missing { values[Int(place)] = more[index] }
      }
      self = .edge(values)
    }
  }

  /// The result of a group.
  func value(of group: Int, _ function: Aggregate.Function) -> FieldValue { state(of: group).value(function) }

  /// What was gathered for a group.
  func state(of group: Int) -> AggregateState {
    switch self {
    case .count(let counts): .count(counts[group])
    case .sum(let sums, let counts): .sum(sums[group], count: counts[group])
    case .extreme(let values): .extreme(values[group])
    case .histogram(let histograms): .histogram(histograms[group])
    case .distinct(let sets): .distinct(count: UInt64(sets[group].count))
    case .edge(let values): .edge(values[group])
    }
  }

  /// About how many bytes it takes. O(groups), and of different values O(values).
  var bytes: Int {
    switch self {
    case .count(let counts): counts.count * 8
    case .sum(let sums, _): sums.count * 24
    case .extreme(let values), .edge(let values):
      values.reduce(values.count * MemoryLayout<FieldValue>.stride) { $0 + $1.bytesBehind }
    case .histogram(let histograms): histograms.reduce(0) { $0 + $1.bytes }
    case .distinct(let sets):
      sets.reduce(0) { sum, set in
        // Sets have up to half of their places free.
        set.reduce(sum + 64 + set.count * MemoryLayout<FieldValue>.stride * 2) { $0 + $1.bytesBehind }
      }
    }
  }
}

extension FieldValue {
  /// Takes a value when it is less, or greater, than this one.
  mutating func keepExtreme(_ value: FieldValue, _ function: Aggregate.Function) {
    if value == .missing { return }
    if self == .missing || (function == .minimum ? value < self : self < value) { self = value }
  }
}
