import EventBatch
import EventSchema

extension GroupCollector {
  /// What an aggregate gathers for each group.
  mutating func column(of aggregate: Aggregate) -> AggregateColumn {
    let included = included(by: aggregate.condition)
    guard let operand = aggregate.operand else { return .count(counts(included)) }
    switch aggregate.function {
    case .sum, .average:
      let known = aggregate.condition == nil ? gathered.sums[operand] : nil
      let column = known ?? sums(gathered.integers(operand, of: rows, view), included)
      if aggregate.condition == nil { gathered.sums[operand] = column }
      return column
    case .percentile:
      let known = aggregate.condition == nil ? gathered.histograms[operand] : nil
      let column = known ?? .histogram(histograms(gathered.integers(operand, of: rows, view), included))
      if aggregate.condition == nil { gathered.histograms[operand] = column }
      return column
    case .minimum, .maximum:
      guard operand.type.isNumber, operand.multiplicity == .single else {
        return values(aggregate.function, operand, included)
      }
      return extremes(aggregate.function, operand, included)
    case .count, .distinct: return values(aggregate.function, operand, included)
    case .first, .last: return edges(aggregate.function, operand, included)
    }
  }

  /// Which of the selected events count: 1 for each that does. Empty when all do.
  private mutating func included(by condition: BoundExpression?) -> [UInt8] {
    guard let condition else { return [] }
    let mask = evaluator.evaluate(condition, Mask(count: view.batch.count, all: true))
    return mask.bytes.picked(rows)
  }

  /// Hands over the group and the value of each event that counts and has one.
  @inline(__always)
  private func forEach(_ values: [Int64], _ included: [UInt8], _ body: (_ group: Int, _ value: Int64) -> Void) {
    groups.withUnsafeBufferPointer { groups in
      values.withUnsafeBufferPointer { values in
        if included.isEmpty {
          for index in groups.indices where values[index] != EventBatch.missing {
            body(Int(groups[index]), values[index])
          }
          return
        }
        included.withUnsafeBufferPointer { included in
          for index in groups.indices where included[index] == 1 && values[index] != EventBatch.missing {
            body(Int(groups[index]), values[index])
          }
        }
      }
    }
  }

  /// The same for all events, with all bits where one counts and has a value, else none: what cannot be guessed costs no branch.
  @inline(__always)
  private func forEachMasked(
    _ values: [Int64], _ included: [UInt8], _ body: (_ group: Int, _ value: Int64, _ isThere: Int64) -> Void
  ) {
    groups.withUnsafeBufferPointer { groups in
      values.withUnsafeBufferPointer { values in
        if included.isEmpty {
          for index in groups.indices {
            body(Int(groups[index]), values[index], values[index] == EventBatch.missing ? 0 : -1)
          }
          return
        }
        included.withUnsafeBufferPointer { included in
          for index in groups.indices {
            let isThere: Int64 = values[index] == EventBatch.missing ? 0 : -1
            body(Int(groups[index]), values[index], isThere & -Int64(included[index]))
          }
        }
      }
    }
  }

  private func sums(_ values: [Int64], _ included: [UInt8]) -> AggregateColumn {
    var counts = [UInt64](repeating: 0, count: groupCount)
    // Where no sum can leave 64 bits, which is nearly always, numbers of 128 are spared.
    if !values.greatestMagnitude.multipliedReportingOverflow(by: Int64(values.count)).overflow {
      var sums = [Int64](repeating: 0, count: groupCount)
      sums.withUnsafeMutableBufferPointer { sums in
        counts.withUnsafeMutableBufferPointer { counts in
          forEachMasked(values, included) { group, value, isThere in
            sums[group] &+= value & isThere
            counts[group] &-= UInt64(bitPattern: isThere)
          }
        }
      }
      return .sum(sums.map { Int128($0) }, counts: counts)
    }
    var sums = [Int128](repeating: 0, count: groupCount)
    forEach(values, included) { group, value in
      sums[group] += Int128(value)
      counts[group] += 1
    }
    return .sum(sums, counts: counts)
  }

  /// The numbers are brought into the order of groups first: each histogram then is made in one go.
  private func histograms(_ values: [Int64], _ included: [UInt8]) -> [Histogram] {
    var starts = [Int](repeating: 0, count: groupCount + 1)
    starts.withUnsafeMutableBufferPointer { starts in
      forEach(values, included) { group, _ in starts[group + 1] &+= 1 }
      for group in 1..<starts.count { starts[group] += starts[group - 1] }
    }
    var next = starts
    let total = starts[groupCount]
    let sorted = [Int64](unsafeUninitializedCapacity: total) { sorted, count in
      next.withUnsafeMutableBufferPointer { next in
        forEach(values, included) { group, value in
          sorted[next[group]] = value
          next[group] &+= 1
        }
      }
      count = total
    }
    var counting = HistogramCounting()
    return sorted.withUnsafeBufferPointer { sorted in
      (0..<groupCount).map { group in
        counting.histogram(of: UnsafeBufferPointer(rebasing: sorted[starts[group]..<starts[group + 1]]))
      }
    }
  }

  /// How many events each group has.
  private func counts(_ included: [UInt8]) -> [UInt64] {
    var counts = [UInt64](repeating: 0, count: groupCount)
    counts.withUnsafeMutableBufferPointer { counts in
      groups.withUnsafeBufferPointer { groups in
        if included.isEmpty {
          for group in groups { counts[Int(group)] &+= 1 }
        } else {
          for index in groups.indices { counts[Int(groups[index])] &+= UInt64(included[index]) }
        }
      }
    }
    return counts
  }

  /// The least or greatest number of each group.
  private mutating func extremes(
    _ function: Aggregate.Function, _ operand: Operand, _ included: [UInt8]
  ) -> AggregateColumn {
    let values = gathered.integers(operand, of: rows, view)
    let isLeast = function == .minimum
    var best = [Int64](repeating: EventBatch.missing, count: groupCount)
    best.withUnsafeMutableBufferPointer { best in
      forEach(values, included) { group, value in
        let isBetter = isLeast ? value < best[group] : value > best[group]
        if isBetter || best[group] == EventBatch.missing { best[group] = value }
      }
    }
    let isUnsigned = operand.type == .unsigned || operand.type == .port
    return .extreme(
      best.map { value in
        if value == EventBatch.missing { return .missing }
        return isUnsigned ? .unsigned(UInt64(clamping: value)) : .integer(value)
      })
  }

  /// Aggregates that look at values: each different value of a group once, where it belongs to a dimension.
  private func values(
    _ function: Aggregate.Function, _ operand: Operand, _ included: [UInt8]
  ) -> AggregateColumn {
    let (numbers, keys) = numbered(.operand(operand))
    let values = (1..<keys.count).map { row in
      var key = keys[row]
      return FieldValue.takeKey(&key)
    }
    func isIncluded(_ index: Int) -> Bool { included.isEmpty || included[index] == 1 }
    if function == .count {
      var counts = [UInt64](repeating: 0, count: groupCount)
      let isThere = values.map { $0 != .missing }
      for index in groups.indices where isThere[Int(numbers[index])] && isIncluded(index) {
        counts[Int(groups[index])] += 1
      }
      return .count(counts)
    }
    var seen: Set<UInt64> = []
    var last = UInt64.max
    var distinct = [Set<FieldValue>](repeating: [], count: function == .distinct ? groupCount : 0)
    var best = [FieldValue](repeating: .missing, count: function == .distinct ? 0 : groupCount)
    for index in groups.indices where isIncluded(index) {
      let pair = UInt64(groups[index]) << 32 | UInt64(numbers[index])
      if pair == last { continue }
      last = pair
      guard seen.insert(pair).inserted else { continue }
      let value = values[Int(numbers[index])]
      if value == .missing { continue }
      if function == .distinct {
        distinct[Int(groups[index])].insert(value)
      } else {
        best[Int(groups[index])].keepExtreme(value, function)
      }
    }
    return function == .distinct ? .distinct(distinct) : .extreme(best)
  }

  /// The first or last value of each group.
  private func edges(
    _ function: Aggregate.Function, _ operand: Operand, _ included: [UInt8]
  ) -> AggregateColumn {
    var edges = [FieldValue](repeating: .missing, count: groupCount)
    var open = groupCount
    var isDone = [Bool](repeating: false, count: groupCount)
    // Where a dimension row has no value, none of its events has one: it is asked once.
    let (references, count) = references(of: operand)
    var isMissing = [Bool](repeating: false, count: count + 1)
    for step in groups.indices {
      let index = function == .first ? step : groups.count - 1 - step
      let group = Int(groups[index])
      if isDone[group] || !included.isEmpty && included[index] == 0 { continue }
      let row = Int(rows[index])
      let reference = references.isEmpty ? count : min(Int(references[row]), count)
      if isMissing[reference] { continue }
      let value = view.value(operand, at: .event(row))
      if value == .missing {
        isMissing[reference] = !references.isEmpty
        continue
      }
      edges[group] = value.detached
      isDone[group] = true
      open -= 1
      if open == 0 { break }
    }
    return .edge(edges)
  }

  /// Of each event the dimension row of which an operand is a property, and how many rows there are; empty for others.
  private func references(of operand: Operand) -> (references: [UInt32], count: Int) {
    switch operand.domain {
    case .lineage: (view.batch.lineages, view.batch.dimensions.lineages.count)
    case .object: (view.batch.objects, view.batch.dimensions.objects.count)
    case .constant, .type, .event: ([], 0)
    }
  }
}

/// The numbers of events that aggregates of one batch are made of, and what was made of them: views ask for the sum, the
/// average and percentiles of the same.
struct GatheredNumbers {
  private var numbers: [Operand: [Int64]] = [:]
  /// Of all events of each group, without a condition.
  var sums: [Operand: AggregateColumn] = [:]
  var histograms: [Operand: AggregateColumn] = [:]

  mutating func integers(_ operand: Operand, of rows: [UInt32], _ view: BatchView) -> [Int64] {
    if let known = numbers[operand] { return known }
    let found = view.integers(operand, rows: rows)
    numbers[operand] = found
    return found
  }
}

extension [Int64] {
  /// No number that is there is farther from zero, unless by the lowest bit.
  fileprivate var greatestMagnitude: Int64 {
    withUnsafeBufferPointer { values in
      var seen: Int64 = 0
      // Missing numbers, the least that there is, count as zero. Bits are gathered without branches.
      for value in values { seen |= (value ^ (value &>> 63)) & (value == EventBatch.missing ? 0 : -1) }
      return seen == Int64.max ? seen : seen + 1
    }
  }
}
