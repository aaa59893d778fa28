import EventSchema
import Query

/// How one group of events differs between two captures.
public struct Difference: Sendable, Hashable {
  /// What it is about: `file`, `connection`, `syscall` …; `group` for fields that the caller chose.
  public var topic: String
  /// The values that make the group, by field.
  public var fields: [String]
  /// The same.
  public var values: [FieldValue]
  /// How many events each capture has of it.
  public var counts: (one: Int64, other: Int64)
  /// How long its calls took in sum, in nanoseconds; where that is what differs.
  public var times: (one: Int64, other: Int64)?
  /// How much it matters: 0 to 1.
  public var score: Double

  /// Whether all parts are the same.
  public static func == (one: Difference, other: Difference) -> Bool {
    one.topic == other.topic && one.values == other.values && one.counts == other.counts
  }

  /// Hashes what it is about.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(topic)
    hasher.combine(values)
  }
}

/// Compares two captures: a good and a bad run, before and after.
///
///     let run = try DifferenceRun(schemas: (good.schema, bad.schema))
///     let differences = try await run.answer(one: good, other: bad)
public struct DifferenceRun: Sendable {
  private struct Part: Sendable {
    var topic: DifferenceTopic
    var groupings: (one: Grouping, other: Grouping)
    var questions: (one: Question, other: Question)
  }

  private let parts: [Part]

  /// Prepares an answer.
  ///
  /// - Parameters:
  ///   - schemas: of the captures.
  ///   - filter: which events are compared.
  ///   - fields: what they are grouped by; `nil` for what people have words for.
  /// - Throws: what is wrong with the filter or a field.
  public init(schemas: (one: Schema, other: Schema), filter: String? = nil, by fields: [String]? = nil)
    throws(QueryError)
  {
    let topics =
      fields.map { [DifferenceTopic(name: "group", filter: "evt.num > 0", fields: $0, weight: 1, comparesTime: true)] }
      ?? DifferenceTopic.all
    var parts: [Part] = []
    for topic in topics {
      let shown = topic.comparesTime ? ["count", "sum(evt.latency)"] : ["count"]
      func question(_ schema: Schema) throws(QueryError) -> Question {
        try Question(filter: filter, schema: schema).and(Question(filter: topic.filter, schema: schema))
      }
      parts.append(
        Part(
          topic: topic,
          groupings: (
            try Grouping(by: topic.fields, show: shown, schema: schemas.one),
            try Grouping(by: topic.fields, show: shown, schema: schemas.other)
          ), questions: (try question(schemas.one), try question(schemas.other))))
    }
    self.parts = parts
  }

  /// Scans both captures, once for each topic.
  ///
  /// - Parameter progress: called after each chunk.
  /// - Returns: what differs, what matters most first; and how each was read.
  /// - Throws: what the sources throw, and `CaptureError` of a temporary file. Memory is that of what differs, and of groups
  ///   whose names are the same without numbers.
  public nonisolated(nonsending) func answer<Source: EventSource>(
    one: Source, other: Source, parallelism: Int? = nil, progress: (ScanProgress) -> Void = { _ in }
  ) async throws -> (differences: [Difference], progress: [ScanProgress]) {
    var found: [Difference] = []
    var states: [ScanProgress] = []
    for part in parts {
      let first = try await part.groupings.one.gather(
        over: one, part.questions.one, parallelism: parallelism, progress: progress)
      let firstSums = try DifferenceRun.sums(part.topic, first.groups)
      let second = try await part.groupings.other.gather(
        over: other, part.questions.other, parallelism: parallelism, progress: progress)
      states = [first.progress, second.progress]
      found += DifferenceRun.compare(part.topic, firstSums, try DifferenceRun.sums(part.topic, second.groups))
    }
    // Ties stay in the order of topics, and by name within one.
    let sorted = found.enumerated().sorted { a, b in
      a.element.score == b.element.score ? a.offset < b.offset : a.element.score > b.element.score
    }
    return (sorted.map(\.element), states)
  }

  private static func compare(
    _ topic: DifferenceTopic, _ first: [[FieldValue]: Sum], _ second: [[FieldValue]: Sum]
  ) -> [Difference] {
    var found: [Difference] = []
    for key in Set(first.keys).union(second.keys) {
      let (a, b) = (first[key] ?? Sum(), second[key] ?? Sum())
      guard let score = score(topic, key, a, b) else { continue }
      found.append(
        Difference(
          topic: topic.name, fields: topic.fields, values: key, counts: (a.count, b.count),
          times: topic.comparesTime && a.count > 0 && b.count > 0 ? (a.time, b.time) : nil, score: score))
    }
    return found.sorted { $0.values.lexicographicallyPrecedes($1.values) }
  }

  private struct Sum {
    var count: Int64 = 0
    var time: Int64 = 0
  }

  /// Groups by keys without what differs in every run.
  private static func sums(_ topic: DifferenceTopic, _ groups: Groups) throws -> [[FieldValue]: Sum] {
    var sums: [[FieldValue]: Sum] = [:]
    try groups.forEach { row in
      let key = row.key.map(steady)
      sums[key, default: Sum()].count &+= row.values[0].integerValue ?? 0
      if topic.comparesTime { sums[key, default: Sum()].time &+= row.values[1].integerValue ?? 0 }
    }
    return sums
  }

  /// A text without numbers of processes, inodes and the like: `/proc/4711/fd` is `/proc/#/fd`.
  private static func steady(_ value: FieldValue) -> FieldValue {
    guard case .text(let bytes) = value else { return value }
    var text: [UInt8] = []
    var digits: [UInt8] = []
    func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }
    func flush() {
      text += digits.count >= 3 ? [UInt8(ascii: "#")] : digits
      digits.removeAll(keepingCapacity: true)
    }
    for byte in bytes {
      if isDigit(byte) {
        digits.append(byte)
      } else {
        flush()
        text.append(byte)
      }
    }
    flush()
    return .text(text[...])
  }

  /// `nil` for what is the same, or nearly.
  private static func score(_ topic: DifferenceTopic, _ key: [FieldValue], _ one: Sum, _ other: Sum) -> Double? {
    if one.count == 0 || other.count == 0 {
      let place = key.first?.bytesValue ?? []
      // What the kernel makes up is seldom what matters.
      let isVirtual = ["/proc/", "/sys/", "/dev/"].contains { place.starts(with: $0.utf8) }
      return topic.weight * (isVirtual ? 0.5 : 1)
    }
    var score = 0.0
    let (few, many) = (Double(min(one.count, other.count)), Double(max(one.count, other.count)))
    // Twice as many is worth a fifth of a new one, a thousand times two thirds.
    if many - few >= 2, many / few >= 1.5 { score = topic.weight * 0.65 * (1 - few / many) * min(many / 20, 1) }
    if topic.comparesTime {
      let (short, long) = (Double(max(min(one.time, other.time), 1)), Double(max(one.time, other.time)))
      let waits = DifferenceTopic.waits.contains(key.last?.text ?? "")
      // 10 ms more, and three times as long: slow. A second more is as much as a new program.
      let extra = (long - short) / 1e6
      if extra >= 10, long / short >= 3 {
        score = max(score, waits ? 0.4 : min(0.86 + extra / 10_000, 0.95))
      }
    }
    return score > 0.05 ? score : nil
  }
}
