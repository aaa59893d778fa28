import BinaryCoding

/// Turns columns of numbers into bytes, choosing the encoding by trying the promising ones on a sample.
///
/// What was chosen for a column is kept for its next values, as long as they take about as many bytes each; so that trials
/// cost little in a long recording. A trial touches at most 2048 values of a column.
struct ColumnEncoder: ~Copyable {
  private let compression: BlockCompression
  private var trial = ByteBuffer(capacity: 1 << 16)
  private var compressed = ByteBuffer(capacity: 1 << 16)
  private var sample: [Int64] = []
  private var dictionary = ValueDictionary()
  private var choices: [ColumnKey: Choice] = [:]
  private var orders: [ColumnKey: OrderChoice] = [:]

  /// A choice is tried anew after this many columns.
  private static let mostUses = 128

  /// Columns shorter than this are judged by their size alone: trials would cost more than they save.
  private static let leastTrial = 96
  private static let sampleWindows = 8
  private static let sampleWindow = 256

  init(_ compression: BlockCompression) {
    self.compression = compression
  }

  /// Appends the values in the encoding that promises the fewest bytes once compressed.
  mutating func encode(
    _ key: ColumnKey, _ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer
  ) -> ColumnEncoding {
    if values.isEmpty { return .constant }
    let first = values[0]
    if values.allSatisfy({ $0 == first }) {
      output.append(zigzag: first)
      return .constant
    }
    let start = output.count
    if let choice = choices[key], choice.applies(to: values.count) {
      let encoding = ColumnEncoder.write(values, choice.plan, &dictionary, into: &output)
      if choice.fits(output.count - start, values: values.count) {
        choices[key]?.uses += 1
        return encoding
      }
      output.truncate(to: start)
    }
    let plan = choose(key, values)
    let encoding = ColumnEncoder.write(values, plan, &dictionary, into: &output)
    choices[key] = Choice(plan: plan, bytes: output.count - start, values: values.count)
    return encoding
  }

  /// Whether a column gains from the order of types. Remembered like encodings.
  mutating func prefersTypeOrder<Value: FixedWidthInteger>(
    _ key: ColumnKey, _ values: UnsafeBufferPointer<Value>, _ order: TypeOrder
  ) -> Bool {
    if let order = orders[key], order.uses < ColumnEncoder.mostUses, order.values / 8 <= values.count {
      orders[key]?.uses += 1
      return order.isByType
    }
    let wide = values.map { Int64(truncatingIfNeeded: $0) }
    let plain = wide.withUnsafeBufferPointer { estimate($0) }
    let byType = order.sorted(wide).withUnsafeBufferPointer { estimate($0) }
    // The order of rows is faster to read; it is left for a gain of a sixteenth only.
    let isByType = byType * 17 < plain * 16
    orders[key] = OrderChoice(isByType: isByType, values: values.count)
    return isByType
  }

  /// About how many bytes a column takes once compressed, from a sample.
  private mutating func estimate(_ values: UnsafeBufferPointer<Int64>) -> Int {
    takeSample(values)
    let sample = self.sample
    return sample.withUnsafeBufferPointer { sample in bestOf(sample, Plan.all(sample), isDense: false).size }
  }

  private mutating func choose(_ key: ColumnKey, _ values: UnsafeBufferPointer<Int64>) -> Plan {
    takeSample(values)
    let sample = self.sample
    let isDense = key.space == ColumnKey.dimensionSpace
    return sample.withUnsafeBufferPointer { bestOf($0, Plan.all($0), isDense: isDense).plan }
  }

  /// Windows spread over the whole column, or the whole column when it is short.
  private mutating func takeSample(_ values: UnsafeBufferPointer<Int64>) {
    sample.removeAll(keepingCapacity: true)
    let windows = ColumnEncoder.sampleWindows
    let window = ColumnEncoder.sampleWindow
    if values.count <= windows * window {
      sample.append(contentsOf: values)
      return
    }
    let stride = (values.count - window) / (windows - 1)
    for index in 0..<windows {
      sample.append(contentsOf: UnsafeBufferPointer(rebasing: values[index * stride..<index * stride + window]))
    }
  }

  /// - Parameter isDense: whether the column is compressed with the denser codec in any case.
  private mutating func bestOf(
    _ values: UnsafeBufferPointer<Int64>, _ plans: [Plan], isDense: Bool
  ) -> (plan: Plan, size: Int) {
    var best = Plan(.variable)
    var least = Int.max
    // One dictionary serves both ways to write its positions.
    var hasDictionary: Bool?
    for plan in plans {
      trial.truncate(to: 0)
      if plan.encoding == .dictionary {
        let isFilled = hasDictionary ?? dictionary.fill(values, limit: values.count / 4 + 2)
        hasDictionary = isFilled
        if !isFilled { continue }
        dictionary.write(values, nested: plan.nested, into: &trial)
      } else {
        _ = ColumnEncoder.write(values, plan, &dictionary, into: &trial)
      }
      var size = trial.count
      if values.count >= ColumnEncoder.leastTrial {
        let room = UnsafeMutableRawBufferPointer(start: compressed.reserve(size), count: size)
        let shrunk =
          isDense || plan.encoding.isForDenseCodec
          ? compression.compressDensely(trial.bytes, room) : compression.compress(trial.bytes, room)
        if shrunk > 0 { size = shrunk }
      }
      // A few bytes more are worth a faster decoder.
      let weighted = size * (64 + ColumnEncoder.weight(plan.encoding))
      if weighted < least {
        least = weighted
        best = plan
      }
    }
    return (best, least == Int.max ? 0 : least / 64)
  }

  /// What slow encodings must save, in 64ths.
  private static func weight(_ encoding: ColumnEncoding) -> Int {
    switch encoding {
    case .variable, .variableDeltas: 2
    // Those of planes, too; but of a sample a codec's tables take more than of the whole.
    default: 0
    }
  }

  private static func write(
    _ values: UnsafeBufferPointer<Int64>, _ plan: Plan, _ dictionary: inout ValueDictionary,
    into output: inout ByteBuffer
  ) -> ColumnEncoding {
    switch plan.encoding {
    case .constant: output.append(zigzag: values[0])
    case .fixed: ValueWriter.fixed(values, into: &output)
    case .planes: ValueWriter.planes(values, into: &output)
    case .planeDeltas: ValueWriter.planeDeltas(values, into: &output)
    case .packed: ValueWriter.packed(values, into: &output)
    case .packedDeltas: ValueWriter.packedDeltas(values, into: &output)
    case .variableDeltas: ValueWriter.variableDeltas(values, into: &output)
    case .runs: ValueWriter.runs(values, into: &output)
    case .dictionary:
      // A sample may have hidden that there are too many distinct values.
      guard dictionary.fill(values, limit: ValueDictionary.mostValues) else {
        ValueWriter.packed(values, into: &output)
        return .packed
      }
      dictionary.write(values, nested: plan.nested, into: &output)
    case .variable, .same, .result, .bytes:
      ValueWriter.variable(values, into: &output)
      return .variable
    }
    return plan.encoding
  }

  /// What was chosen for a column, and what it led to.
  private struct Choice {
    var plan: Plan
    var bytes: Int
    var values: Int
    var uses = 0

    /// A short column says little about a long one, and the other way round.
    func applies(to count: Int) -> Bool {
      uses < ColumnEncoder.mostUses && count <= values * 8 && values <= count * 8
    }

    /// Whether a result is not much larger, value for value, than when the choice was made.
    func fits(_ size: Int, values count: Int) -> Bool { size * values <= bytes * count * 5 / 4 + 256 * values }
  }

  private struct OrderChoice {
    var isByType: Bool
    var values: Int
    var uses = 0
  }

  /// An encoding, and for dictionaries that of the positions.
  private struct Plan {
    var encoding: ColumnEncoding
    var nested: ColumnEncoding

    init(_ encoding: ColumnEncoding, nested: ColumnEncoding = .fixed) {
      self.encoding = encoding
      self.nested = nested
    }

    /// What is worth trying for a column of which these values are some.
    static func all(_ values: UnsafeBufferPointer<Int64>) -> [Plan] {
      var changes = 0
      for index in values.indices.dropFirst() where values[index] != values[index - 1] { changes &+= 1 }
      var plans = [Plan(.fixed), Plan(.packed), Plan(.packedDeltas), Plan(.variable), Plan(.variableDeltas)]
      if values.count >= leastTrial {
        plans += [Plan(.planes), Plan(.planeDeltas), Plan(.dictionary), Plan(.dictionary, nested: .packed)]
      }
      if changes < values.count / 4 { plans.append(Plan(.runs)) }
      return plans
    }
  }
}

extension ColumnEncoding {
  /// Whether a block of such a column is compressed with the denser codec: bytes of one kind side by side, in which only a
  /// codec that counts how frequent each is finds anything.
  var isForDenseCodec: Bool { self == .planes || self == .planeDeltas }
}
