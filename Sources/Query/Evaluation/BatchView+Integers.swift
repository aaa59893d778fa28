import EventBatch
import EventSchema

extension BatchView {
  /// The numbers of an operand for events; `EventBatch.missing` where there is none. What aggregates sum up.
  func integers(_ operand: Operand, rows: [UInt32]) -> [Int64] {
    guard case .field(let field) = operand, case .event(let property) = field.field.source else {
      return generalIntegers(operand, rows: rows)
    }
    switch property {
    case .latency: return batch.knownLatencies.picked(rows)
    case .time: return batch.exitTimes.picked(rows)
    case .rawResult: return batch.results.picked(rows)
    case .count, .exitCount: return [Int64](repeating: 1, count: rows.count)
    case .hasFailed: return batch.results.picked(rows) { isError($0) ? 1 : 0 }
    case .errorCount(nil): return batch.results.picked(rows) { isError($0) ? 1 : EventBatch.missing }
    case .length(let direction, let target): return lengths(direction, target, rows: rows)
    default: return generalIntegers(operand, rows: rows)
    }
  }

  private func generalIntegers(_ operand: Operand, rows: [UInt32]) -> [Int64] {
    rows.map { value(operand, at: .event(Int($0))).integerValue ?? EventBatch.missing }
  }

  /// How many bytes events moved: which types and objects count is decided once for each of them.
  private func lengths(_ direction: IODirection?, _ target: IOTarget?, rows: [UInt32]) -> [Int64] {
    // All bits where the events of a type, or of an object, count; the last place is that of others. Masks, since what comes
    // next cannot be guessed: branches would cost more than the sums that are made of this.
    let typeCount = (schema.types.last.map { Int($0.id.rawValue) } ?? 0) + 1
    var types = [Int64](repeating: 0, count: typeCount + 1)
    var idle = [Int64](repeating: 0, count: typeCount + 1)
    for entry in batch.arguments {
      guard let type = layout(ofType: entry.type.rawValue)?.type else { continue }
      let reads = type.traits.contains(.readsFromDescriptor)
      let writes = type.traits.contains(.writesToDescriptor)
      let moves = (reads || writes) && (direction != .read || reads) && (direction != .write || writes)
      types[Int(entry.type.rawValue)] = moves ? -1 : 0
      let isIdle = !reads && !writes && type.movesNothing && direction == nil && target == nil
      idle[Int(entry.type.rawValue)] = isIdle ? -1 : 0
    }
    let objects = target.map(objectsMoved)
    let (results, typeColumn, references) = (batch.results, batch.types, batch.objects)
    precondition(results.count == batch.count && typeColumn.count == batch.count)
    precondition(target == nil || references.count == batch.count)
    precondition(rows.allSatisfy { Int($0) < batch.count })
    return [Int64](unsafeUninitializedCapacity: rows.count) { found, count in
      results.withUnsafeBufferPointer { results in
        typeColumn.withUnsafeBufferPointer { typeColumn in
          for (index, row) in rows.enumerated() {
            let result = results[Int(row)]
            let type = min(Int(typeColumn[Int(row)]), typeCount)
            let hasWorked = ~(result &>> 63)
            found[index] = BatchView.chosen(result, types[type] & hasWorked, idle[type] & hasWorked)
          }
        }
      }
      if let objects {
        let last = UInt32(objects.count - 1)
        references.withUnsafeBufferPointer { references in
          for (index, row) in rows.enumerated() {
            found[index] = BatchView.chosen(found[index], objects[Int(min(references[Int(row)], last))], 0)
          }
        }
      }
      count = rows.count
    }
  }

  /// A number where one mask says so, 0 where another does, else missing.
  @inline(__always)
  private static func chosen(_ number: Int64, _ takesIt: Int64, _ takesZero: Int64) -> Int64 {
    number & takesIt | EventBatch.missing & ~(takesIt | takesZero)
  }

  /// All bits for each object of a kind, and none for "no object", which is the last.
  private func objectsMoved(_ target: IOTarget) -> [Int64] {
    let count = batch.dimensions.objects.count
    var objects = [Int64](repeating: 0, count: count + 1)
    for row in 0..<count {
      let kind = kind(ofObject: row)
      let isWanted = target == .file ? kind.isFile || kind == .directory : kind.isInternetSocket
      objects[row] = isWanted ? -1 : 0
    }
    return objects
  }
}

extension Array where Element: BitwiseCopyable {
  /// The values of some rows.
  func picked(_ rows: [UInt32]) -> [Element] { picked(rows) { $0 } }

  /// What is made of the values of some rows.
  @inline(__always)
  func picked<Made: BitwiseCopyable>(_ rows: [UInt32], _ make: (Element) -> Made) -> [Made] {
    // Mostly all of them, in their order.
    if rows.count == count, rows.isWhole { return map(make) }
    return rows.map { make(self[Int($0)]) }
  }
}

extension [UInt32] {
  /// Whether these are 0, 1, 2 and so on.
  fileprivate var isWhole: Bool {
    var others: UInt32 = 0
    for (index, row) in enumerated() { others |= row ^ UInt32(truncatingIfNeeded: index) }
    return others == 0
  }
}

extension EventType {
  /// Whether it is an operation on a descriptor that moves no bytes: a known number of them, zero.
  var movesNothing: Bool { category == .ioOther && traits.contains(.usesDescriptor) }
}
