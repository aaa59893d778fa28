import BinaryCoding
import EventBatch
import EventSchema

/// The order of a batch's rows by type, and by row within a type.
struct TypeOrder {
  /// The position of each row in that order; empty when it is the order of the rows itself.
  private var positions: [UInt32] = []

  init(_ batch: EventBatch) {
    self.init(types: batch.types, ranks: batch.ranks, counts: batch.arguments.map { ($0.type, UInt32($0.count)) })
  }

  init(types: [UInt16], ranks: [UInt32], counts: [(type: EventTypeID, count: UInt32)]) {
    guard counts.count > 1 else { return }
    var starts = [UInt32](repeating: 0, count: Int(counts.last?.type.rawValue ?? 0) + 1)
    var start: UInt32 = 0
    for (type, count) in counts {
      starts[Int(type.rawValue)] = start
      start += count
    }
    positions = [UInt32](unsafeUninitializedCapacity: types.count) { target, count in
      for row in types.indices { target[row] = starts[Int(types[row])] &+ ranks[row] }
      count = types.count
    }
  }

  /// The order of types of which each must have the events that `counts` says.
  init(
    checking types: [UInt16], counts: [(type: EventTypeID, count: UInt32)]
  ) throws(MalformedBytes) {
    guard counts.count > 1 else {
      try TypeOrder.check(types, counts)
      return
    }
    var starts = [UInt32](repeating: 0, count: Int(counts.last?.type.rawValue ?? 0) + 1)
    var start: UInt32 = 0
    for (type, count) in counts {
      starts[Int(type.rawValue)] = start
      start &+= count
    }
    var next = starts
    var isUnknown = false
    positions = [UInt32](unsafeUninitializedCapacity: types.count) { target, count in
      next.withUnsafeMutableBufferPointer { next in
        for row in types.indices {
          let type = Int(types[row])
          guard type < next.count else {
            isUnknown = true
            return
          }
          target[row] = next[type]
          next[type] &+= 1
        }
      }
      count = isUnknown ? 0 : types.count
    }
    for type in next.indices { next[type] &-= starts[type] }
    try TypeOrder.compare(next, isUnknown, counts)
  }

  /// The rank of each event among those of its type; each type must have the events that `counts` says.
  static func ranks(
    _ types: [UInt16], _ counts: [(type: EventTypeID, count: UInt32)]
  ) throws(MalformedBytes) -> [UInt32] {
    var found = [UInt32](repeating: 0, count: Int(counts.last?.type.rawValue ?? 0) + 1)
    var isUnknown = false
    let ranks = [UInt32](unsafeUninitializedCapacity: types.count) { target, count in
      found.withUnsafeMutableBufferPointer { found in
        for row in types.indices {
          let type = Int(types[row])
          guard type < found.count else {
            isUnknown = true
            return
          }
          target[row] = found[type]
          found[type] &+= 1
        }
      }
      count = isUnknown ? 0 : types.count
    }
    try compare(found, isUnknown, counts)
    return ranks
  }

  /// Whether each type has the events that `counts` says.
  static func check(_ types: [UInt16], _ counts: [(type: EventTypeID, count: UInt32)]) throws(MalformedBytes) {
    if counts.count <= mostCompared { return try compareEach(types, counts) }
    let size = Int(counts.last?.type.rawValue ?? 0) + 1
    // Neighbours are often of one type: two counters each spare them the wait for one another.
    var found = [UInt32](repeating: 0, count: size * 2)
    var isUnknown = false
    found.withUnsafeMutableBufferPointer { found in
      var side = 0
      for type in types {
        let type = Int(type)
        guard type < size else {
          isUnknown = true
          return
        }
        found[type &+ side] &+= 1
        side = size &- side
      }
    }
    let sums = (0..<size).map { found[$0] &+ found[size + $0] }
    try compare(sums, isUnknown, counts)
  }

  /// Up to so many types it is faster to compare all events with each: 8 at a time, without a counter in memory.
  private static let mostCompared = 12

  private static func compareEach(
    _ types: [UInt16], _ counts: [(type: EventTypeID, count: UInt32)]
  ) throws(MalformedBytes) {
    var found = [UInt32](repeating: 0, count: Int(counts.last?.type.rawValue ?? 0) + 1)
    types.withUnsafeBufferPointer { types in
      for (type, _) in counts {
        let wanted = type.rawValue
        var sum: UInt32 = 0
        var start = 0
        // Sums as narrow as what is compared, so that both take as many vectors.
        while start < types.count {
          let end = min(start &+ 32_768, types.count)
          var part: UInt16 = 0
          for index in start..<end { if types[index] == wanted { part &+= 1 } }
          sum &+= UInt32(part)
          start = end
        }
        found[Int(wanted)] = sum
      }
    }
    try compare(found, false, counts)
  }

  private static func compare(
    _ found: [UInt32], _ isUnknown: Bool, _ counts: [(type: EventTypeID, count: UInt32)]
  ) throws(MalformedBytes) {
    // The head's counts add up to all rows, so that no other type has any when these agree.
    for (type, count) in counts where isUnknown || found[Int(type.rawValue)] != count {
      throw MalformedBytes("the events of type \(type.rawValue) are not the \(count) that the chunk head says")
    }
  }

  /// Whether a column of so many rows could gain from this order.
  func isWorthTrying(_ rows: Int) -> Bool { !positions.isEmpty && rows >= 256 }

  /// Brings values from the order of rows into this one.
  func sort(_ values: UnsafeBufferPointer<Int64>, into sorted: UnsafeMutableBufferPointer<Int64>) {
    positions.withUnsafeBufferPointer { positions in
      for row in values.indices { sorted[Int(positions[row])] = values[row] }
    }
  }

  /// Brings values from the order of rows into this one.
  func sort(_ values: [Int64], into sorted: inout [Int64]) {
    let positions = positions
    sorted = [Int64](unsafeUninitializedCapacity: values.count) { target, count in
      for row in values.indices { target[Int(positions[row])] = values[row] }
      count = values.count
    }
  }

  /// Values in this order.
  func sorted(_ values: [Int64]) -> [Int64] {
    if positions.isEmpty { return values }
    var sorted: [Int64] = []
    sort(values, into: &sorted)
    return sorted
  }

  /// Brings values from this order back into that of the rows.
  func restore<Value>(_ values: [Value]) -> [Value] {
    if positions.isEmpty { return values }
    return [Value](unsafeUninitializedCapacity: values.count) { target, count in
      for row in values.indices { target[row] = values[Int(positions[row])] }
      count = values.count
    }
  }
}

/// The results of a batch's events, type by type: many arguments and lengths of payloads repeat them.
struct ResultsByType {
  private let results: [Int64]
  private let starts: [EventTypeID: Range<Int>]

  init(_ batch: EventBatch, _ order: TypeOrder) {
    self.init(
      sorted: order.sorted(batch.results), counts: batch.arguments.map { ($0.type, UInt32($0.count)) })
  }

  init(sorted: [Int64], counts: [(type: EventTypeID, count: UInt32)]) {
    results = sorted
    var starts: [EventTypeID: Range<Int>] = [:]
    var start = 0
    for (type, count) in counts {
      starts[type] = start..<start + Int(count)
      start += Int(count)
    }
    self.starts = starts
  }

  /// The results of a type's events, by rank.
  subscript(type: EventTypeID) -> ArraySlice<Int64> {
    starts[type].map { results[$0] } ?? []
  }

  /// The limit at which results were cut off, if that is what some values are; `nil` when they are something else or
  /// all equal, which is cheaper said as a constant.
  func limit(for values: UnsafeBufferPointer<Int64>, missing: [UInt32], of type: EventTypeID) -> Int64? {
    guard let range = starts[type], values.count > 8, values.count == range.count else { return nil }
    return results.withUnsafeBufferPointer {
      ResultsByType.limit(values, missing, UnsafeBufferPointer(rebasing: $0[range]))
    }
  }

  private static func limit(
    _ values: UnsafeBufferPointer<Int64>, _ missing: [UInt32], _ results: UnsafeBufferPointer<Int64>
  ) -> Int64? {
    // A value above its result is something else: most columns are known by one of their first values.
    var limit = Int64.min
    var skip = 0
    for rank in values.indices {
      limit = max(limit, values[rank])
      if values[rank] <= results[rank] { continue }
      while skip < missing.count, Int(missing[skip]) < rank { skip += 1 }
      if skip == missing.count || Int(missing[skip]) != rank { return nil }
    }
    skip = 0
    var isConstant = true
    var first: Int64?
    for rank in values.indices {
      if skip < missing.count, Int(missing[skip]) == rank {
        skip += 1
        continue
      }
      let value = values[rank]
      if value != min(results[rank], limit) { return nil }
      if let first { isConstant = isConstant && first == value } else { first = value }
    }
    return isConstant ? nil : limit
  }
}
