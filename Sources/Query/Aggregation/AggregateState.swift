/// What has been gathered for one aggregate of one group.
enum AggregateState: Sendable {
  case count(UInt64)
  case sum(Int128, count: UInt64)
  /// The least or greatest value so far, missing before the first.
  case extreme(FieldValue)
  case histogram(Histogram)
  /// How many different values there are. Two of these cannot be put together.
  case distinct(count: UInt64)
  /// The first or last value, missing before there is one.
  case edge(FieldValue)

  /// Adds what was gathered later in the order of the scan.
  mutating func merge(_ other: AggregateState, _ function: Aggregate.Function) {
    switch (self, other) {
    case (.count(let one), .count(let more)): self = .count(one + more)
    case (.sum(let one, let count), .sum(let more, let moreCount)): self = .sum(one + more, count: count + moreCount)
    case (.extreme(var value), .extreme(let more)):
      value.keepExtreme(more, function)
      self = .extreme(value)
    case (.histogram(var histogram), .histogram(let more)):
      histogram.merge(more)
      self = .histogram(histogram)
    case (.edge(let value), .edge(let more)):
      if more != .missing, function == .last || value == .missing { self = .edge(more) }
    default: break
    }
  }

  /// The result.
  func value(_ function: Aggregate.Function) -> FieldValue {
    switch (self, function) {
    case (.count(let count), _), (.distinct(let count), _): .unsigned(count)
    case (.sum(let sum, let count), .average): count == 0 ? .missing : .decimal(Double(sum) / Double(count))
    case (.sum(let sum, _), _): .integer(Int64(clamping: sum))
    case (.extreme(let value), _), (.edge(let value), _): value
    case (.histogram(let histogram), .percentile(let share)):
      histogram.percentile(share).map { .integer($0) } ?? .missing
    case (.histogram, _): .missing
    }
  }
}

// States in records of a temporary file; which kind stands there follows from the aggregate's function.
//
//     count       8 bytes
//     sum         16 bytes, and how many numbers were added, 8
//     extreme     a value as a part of a key, see KeyCoding
//     histogram   see Histogram
//     distinct    nothing: values stand in records of their own
//     edge        a value as a part of a key

extension AggregateState {
  /// Appends the state.
  func append(to bytes: inout [UInt8]) {
    switch self {
    case .count(let count): withUnsafeBytes(of: count) { bytes.append(contentsOf: $0) }
    case .sum(let sum, let count):
      withUnsafeBytes(of: sum) { bytes.append(contentsOf: $0) }
      withUnsafeBytes(of: count) { bytes.append(contentsOf: $0) }
    case .extreme(let value), .edge(let value): value.appendKey(to: &bytes)
    case .histogram(let histogram): histogram.append(to: &bytes)
    case .distinct: break
    }
  }

  /// Takes a state off the front of bytes that `append` made.
  init(taking bytes: inout ArraySlice<UInt8>, _ function: Aggregate.Function) {
    switch function {
    case .count: self = .count(bytes.takeNumber())
    case .sum, .average:
      let sum: Int128 = bytes.takeNumber()
      self = .sum(sum, count: bytes.takeNumber())
    case .minimum, .maximum: self = .extreme(FieldValue.takeKey(&bytes))
    case .percentile: self = .histogram(Histogram(taking: &bytes))
    case .distinct: self = .distinct(count: 0)
    case .first, .last: self = .edge(FieldValue.takeKey(&bytes))
    }
  }
}

extension ArraySlice<UInt8> {
  /// Takes a number off the front; 0 where there are not enough bytes.
  mutating func takeNumber<Number: FixedWidthInteger>() -> Number {
    let size = MemoryLayout<Number>.size
    defer { self = dropFirst(size) }
    return prefix(size).withUnsafeBytes { $0.count == size ? $0.loadUnaligned(as: Number.self) : 0 }
  }
}
