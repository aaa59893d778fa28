import BinaryCoding
import EventSchema

/// A few events of a chunk: where their values stand in columns that are in the order of types.
struct FewRows {
  /// The events, ascending.
  let rows: [UInt32]
  /// Of each its number among the events of its type.
  let ranks: [UInt32]
  /// Of each its place in the order of types.
  let places: [UInt32]

  /// Up to so many types it is faster to count each by itself, many events at a time.
  private static let mostCounted = 6

  /// - Parameters:
  ///   - rows: ascending, each less than there are types.
  ///   - types: the types of all events, which are as many as `counts` says.
  init(
    _ rows: [UInt32], of types: [UInt16], _ counts: [(type: EventTypeID, count: UInt32)]
  ) throws(MalformedBytes) {
    guard let last = rows.last, Int(last) < types.count else {
      guard rows.isEmpty else { throw MalformedBytes("the event \(rows[rows.count - 1]) is not in the chunk") }
      (self.rows, ranks, places) = ([], [], [])
      return
    }
    let size = Int(counts.last?.type.rawValue ?? 0) + 1
    var starts = [UInt32](repeating: 0, count: size)
    var start: UInt32 = 0
    for (type, count) in counts {
      starts[Int(type.rawValue)] = start
      start &+= count
    }
    var wanted: Set<UInt16> = []
    for row in rows {
      wanted.insert(types[Int(row)])
      if wanted.count > FewRows.mostCounted { break }
    }
    self.rows = rows
    let ranks = wanted.count <= FewRows.mostCounted ? FewRows.counted(rows, types, wanted) : FewRows.walked(rows, types)
    self.ranks = ranks
    places = rows.indices.map { starts[min(Int(types[Int(rows[$0])]), size - 1)] &+ ranks[$0] }
  }

  private static func counted(_ rows: [UInt32], _ types: [UInt16], _ wanted: Set<UInt16>) -> [UInt32] {
    var ranks = [UInt32](repeating: 0, count: rows.count)
    for type in wanted {
      var (rank, next): (UInt32, Int) = (0, 0)
      for (index, row) in rows.enumerated() where types[Int(row)] == type {
        types.withUnsafeBufferPointer { types in
          while next < Int(row) {
            // As many as a sum of 16 bits holds, which is as wide as what is compared.
            let end = min(next &+ 32_768, Int(row))
            var sum: UInt16 = 0
            for index in next..<end { if types[index] == type { sum &+= 1 } }
            rank &+= UInt32(sum)
            next = end
          }
        }
        ranks[index] = rank
      }
    }
    return ranks
  }

  private static func walked(_ rows: [UInt32], _ types: [UInt16]) -> [UInt32] {
    var found = [UInt32](repeating: 0, count: 1 << 16)
    var next = 0
    return rows.map { row in
      while next < Int(row) {
        found[Int(types[next])] &+= 1
        next += 1
      }
      return found[Int(types[next])]
    }
  }
}
