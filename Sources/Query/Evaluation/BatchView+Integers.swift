import EventBatch
import EventSchema

extension BatchView {
  /// The numbers of an operand for events; `EventBatch.missing` where there is none. What aggregates sum up.
  func integers(_ operand: Operand, rows: [UInt32]) -> [Int64] {
    guard case .field(let field) = operand, case .event(let property) = field.field.source else {
      return generalIntegers(operand, rows: rows)
    }
    switch property {
    case .latency: return pick(batch.knownLatencies, rows)
    case .time: return pick(batch.exitTimes, rows)
    case .rawResult: return pick(batch.results, rows)
    case .count, .exitCount: return [Int64](repeating: 1, count: rows.count)
    case .hasFailed: return pick(batch.results, rows).map { isError($0) ? 1 : 0 }
    case .errorCount(nil): return pick(batch.results, rows).map { isError($0) ? 1 : EventBatch.missing }
    case .length(let direction, let target): return lengths(direction, target, rows: rows)
    default: return generalIntegers(operand, rows: rows)
    }
  }

  private func pick(_ column: [Int64], _ rows: [UInt32]) -> [Int64] { rows.map { column[Int($0)] } }

  private func generalIntegers(_ operand: Operand, rows: [UInt32]) -> [Int64] {
    rows.map { value(operand, at: .event(Int($0))).integerValue ?? EventBatch.missing }
  }

  /// How many bytes events moved: which types and objects count is decided once for each of them.
  private func lengths(_ direction: IODirection?, _ target: IOTarget?, rows: [UInt32]) -> [Int64] {
    let typeCount = (schema.types.last.map { Int($0.id.rawValue) } ?? 0) + 1
    var types = [Bool](repeating: false, count: typeCount)
    var idle = [Bool](repeating: false, count: typeCount)
    for entry in batch.arguments {
      guard let type = layout(ofType: entry.type.rawValue)?.type else { continue }
      let reads = type.traits.contains(.readsFromDescriptor)
      let writes = type.traits.contains(.writesToDescriptor)
      types[Int(entry.type.rawValue)] =
        (reads || writes) && (direction != .read || reads) && (direction != .write || writes)
      idle[Int(entry.type.rawValue)] = !reads && !writes && type.movesNothing && direction == nil && target == nil
    }
    let objectCount = batch.dimensions.objects.count
    var objects = [Bool](repeating: target == nil, count: objectCount + 1)
    if let target {
      for row in 0..<objectCount {
        let kind = kind(ofObject: row)
        objects[row] = target == .file ? kind.isFile || kind == .directory : kind.isInternetSocket
      }
    }
    let (results, typeColumn, references) = (batch.results, batch.types, batch.objects)
    return rows.map { row in
      let result = results[Int(row)]
      let type = Int(typeColumn[Int(row)])
      guard result >= 0, type < types.count, types[type] else {
        return result >= 0 && type < types.count && idle[type] ? 0 : EventBatch.missing
      }
      if target == nil { return result }
      return objects[Int(min(references[Int(row)], UInt32(objectCount)))] ? result : EventBatch.missing
    }
  }
}

extension EventType {
  /// Whether it is an operation on a descriptor that moves no bytes: a known number of them, zero.
  var movesNothing: Bool { category == .ioOther && traits.contains(.usesDescriptor) }
}
