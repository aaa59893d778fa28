/// What has been gathered for one group and one aggregate.
enum AggregateState: Sendable {
  case count(UInt64)
  case sum(Int128, count: UInt64)
  /// The least or greatest value so far, missing before the first.
  case extreme(FieldValue)
  case histogram(Histogram)
  case distinct(Set<FieldValue>)
  case edge(FieldValue)

  /// Nothing gathered yet.
  init(_ function: Aggregate.Function) {
    switch function {
    case .count: self = .count(0)
    case .sum, .average: self = .sum(0, count: 0)
    case .minimum, .maximum: self = .extreme(.missing)
    case .percentile: self = .histogram(Histogram())
    case .distinct: self = .distinct([])
    case .first, .last: self = .edge(.missing)
    }
  }

  /// Adds what another chunk gathered; that chunk comes later in the order of the scan.
  mutating func merge(_ other: AggregateState, _ function: Aggregate.Function) {
    switch (self, other) {
    case (.count(let one), .count(let two)): self = .count(one + two)
    case (.sum(let one, let count), .sum(let two, let more)): self = .sum(one + two, count: count + more)
    case (.extreme, .extreme(let value)): addExtreme(value, function)
    case (.histogram(var one), .histogram(let two)):
      self = .count(0)
      one.merge(two)
      self = .histogram(one)
    case (.distinct(var one), .distinct(let two)):
      self = .count(0)
      one.formUnion(two)
      self = .distinct(one)
    case (.edge(let one), .edge(let two)):
      let keepsOld = two == .missing || (function == .first && one != .missing)
      if !keepsOld { self = .edge(two) }
    default: break
    }
  }

  /// Takes a value when it is less, or greater, than all before.
  mutating func addExtreme(_ value: FieldValue, _ function: Aggregate.Function) {
    guard case .extreme(let best) = self, value != .missing else { return }
    if best == .missing || (function == .minimum ? value < best : best < value) { self = .extreme(value) }
  }

  /// The result.
  func value(_ function: Aggregate.Function) -> FieldValue {
    switch (self, function) {
    case (.count(let count), _): return .unsigned(count)
    case (.sum(let sum, let count), .average):
      return count == 0 ? .missing : .decimal(Double(sum) / Double(count))
    case (.sum(let sum, _), _): return .integer(Int64(clamping: sum))
    case (.extreme(let value), _), (.edge(let value), _): return value
    case (.histogram(let histogram), .percentile(let share)):
      return histogram.percentile(share).map { .integer($0) } ?? .missing
    case (.distinct(let values), _): return .unsigned(UInt64(values.count))
    default: return .missing
    }
  }
}
