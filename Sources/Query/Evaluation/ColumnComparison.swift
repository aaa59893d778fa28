import EventBatch
import Filter

/// A byte for each value: 1 where a condition holds. Inlined with its condition, so that it becomes a vector loop.
@inline(__always)
func select<Element>(_ values: [Element], _ condition: (Element) -> Bool) -> [UInt8] {
  [UInt8](unsafeUninitializedCapacity: values.count) { buffer, initialized in
    values.withUnsafeBufferPointer { values in
      for index in 0..<values.count { buffer[index] = condition(values[index]) ? 1 : 0 }
    }
    initialized = values.count
  }
}

extension Predicate {
  /// The number that a core column of integers is compared with, when the predicate is such a comparison.
  fileprivate var columnComparison: (property: EventProperty, comparison: FilterOperator, number: Int128)? {
    guard case .field(let field) = operand, case .event(let property) = field.field.source,
      case .compare(let comparison, .one(let literal)) = test
    else { return nil }
    switch (property, literal) {
    case (.time, .number(let number)), (.latency, .number(let number)), (.rawResult, .number(let number)),
      (.cpu, .number(let number)):
      return (property, comparison, number)
    case (.hasFailed, .boolean(let flag)): return (property, comparison, flag ? 1 : 0)
    default: return nil
    }
  }

  /// Whether the predicate is answered by one vector loop over a column.
  var isColumnComparison: Bool { columnComparison != nil }
}

extension Evaluator {
  /// The answers of a predicate that compares a core column with a number; `nil` for other predicates.
  func compareColumn(_ predicate: Predicate) -> [UInt8]? {
    guard let (property, comparison, number) = predicate.columnComparison else { return nil }
    switch property {
    case .time: return compare(batch.exitTimes, comparison, number)
    case .latency: return compare(batch.knownLatencies, comparison, number)
    case .rawResult: return compare(batch.results, comparison, number)
    case .cpu:
      guard let cpu = UInt16(exactly: number), comparison == .equal || comparison == .notEqual else {
        return compare(batch.cpus.map(Int64.init), comparison, number)
      }
      return comparison == .equal ? select(batch.cpus) { $0 == cpu } : select(batch.cpus) { $0 != cpu }
    default:
      // Errors are the numbers from -4095 to -1.
      let wanted = (number != 0) == (comparison != .notEqual)
      return wanted
        ? select(batch.results) { UInt64(bitPattern: $0 &+ 4095) < 4095 }
        : select(batch.results) { UInt64(bitPattern: $0 &+ 4095) >= 4095 }
    }
  }

  private func compare(_ values: [Int64], _ comparison: FilterOperator, _ wanted: Int128) -> [UInt8] {
    // The missing value is the least number there is: every comparison asks that values are greater than it.
    let missing = EventBatch.missing
    let low: Int64
    let high: Int64
    switch comparison {
    case .equal: (low, high) = (Int64(clamping: wanted), Int64(exactly: wanted) ?? missing)
    case .less: (low, high) = (missing, wanted > Int128(Int64.max) ? Int64.max : Int64(clamping: wanted - 1))
    case .lessOrEqual: (low, high) = (missing, Int64(clamping: wanted))
    case .greater: (low, high) = (Int64(clamping: wanted + 1), wanted >= Int128(Int64.max) ? missing : Int64.max)
    case .greaterOrEqual: (low, high) = (Int64(clamping: wanted), wanted > Int128(Int64.max) ? missing : Int64.max)
    default:
      guard let unwanted = Int64(exactly: wanted) else { return select(values) { $0 > missing } }
      return select(values) { $0 != unwanted && $0 > missing }
    }
    let least = max(low, missing + 1)
    return select(values) { $0 >= least && $0 <= high }
  }
}
