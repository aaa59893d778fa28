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
  func value(of group: Int, _ function: Aggregate.Function) -> FieldValue {
    switch (self, function) {
    case (.count(let counts), _): return .unsigned(counts[group])
    case (.sum(let sums, let counts), .average):
      return counts[group] == 0 ? .missing : .decimal(Double(sums[group]) / Double(counts[group]))
    case (.sum(let sums, _), _): return .integer(Int64(clamping: sums[group]))
    case (.extreme(let values), _), (.edge(let values), _): return values[group]
    case (.histogram(let histograms), .percentile(let share)):
      return histograms[group].percentile(share).map { .integer($0) } ?? .missing
    case (.distinct(let sets), _): return .unsigned(UInt64(sets[group].count))
    case (.histogram, _): return .missing
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
