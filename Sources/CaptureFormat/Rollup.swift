import BinaryCoding

/// Counters in buckets of time: what an overview shows, without reading a chunk.
///
/// A counter that is not there says nothing: it is to be scanned for.
public struct Rollup: Hashable, Sendable {
  /// What a counter counts.
  public struct Key: Hashable, Sendable {
    /// A stable name.
    public var name: String
    /// Which events count, in the filter language; empty for all.
    public var filter: String
    /// `count`, or `sum(FIELD)`.
    public var aggregate: String
    /// The field by which it is split, and the value of this part; both empty when it is not.
    public var groupField: String
    /// See `groupField`.
    public var groupValue: String

    /// What a counter counts.
    public init(
      name: String, filter: String, aggregate: String = "count", groupField: String = "", groupValue: String = ""
    ) {
      self.name = name
      self.filter = filter
      self.aggregate = aggregate
      self.groupField = groupField
      self.groupValue = groupValue
    }
  }

  /// A counter: its values, one for each bucket.
  public struct Counter: Hashable, Sendable {
    /// What it counts.
    public var key: Key
    /// A value for each bucket.
    public var values: [Int64]

    /// A counter.
    public init(key: Key, values: [Int64]) {
      self.key = key
      self.values = values
    }

    /// The sum of all buckets.
    public var total: Int64 { values.reduce(0, &+) }
  }

  /// Where the first bucket begins, in nanoseconds of the epoch: a multiple of `step`.
  public var start: Int64
  /// How long a bucket is, in nanoseconds: `leastStep` times a power of two.
  public var step: Int64
  /// How many buckets there are.
  public var buckets: Int
  /// The counters, each with a value for each bucket.
  public var counters: [Counter]

  /// A rollup.
  public init(start: Int64, step: Int64, buckets: Int, counters: [Counter]) {
    self.start = start
    self.step = step
    self.buckets = buckets
    self.counters = counters
  }

  /// The shortest bucket: 10 ms.
  public static let leastStep: Int64 = 10_000_000
  /// The most buckets: a screen is not wider.
  public static let mostBuckets = 1024
}

// The content of a rollup frame, decompressed:
//
//     start (zigzag) | step | number of buckets | number of counters
//     each: name | filter | aggregate | group field | group value | encoding u8 | counted values
//
// The values of a counter are a column of as many rows as there are buckets, none of them missing.
extension Rollup {
  /// The payload of a rollup frame.
  public func encoded(_ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer(capacity: 1 << 14)
    var column = ByteBuffer(capacity: 1 << 12)
    raw.append(zigzag: start)
    raw.append(varint: UInt64(step))
    raw.append(varint: UInt64(buckets))
    raw.append(varint: UInt64(counters.count))
    for counter in counters {
      let key = counter.key
      for text in [key.name, key.filter, key.aggregate, key.groupField, key.groupValue] { raw.append(counted: text) }
      column.truncate(to: 0)
      let encoding = counter.values.withUnsafeBufferPointer { Rollup.write($0, into: &column) }
      raw.append(encoding.rawValue)
      raw.append(counted: column.bytes)
    }
    return CompressedPayload.encode(raw.bytes, compression)
  }

  /// Runs where values seldom change, else packed.
  private static func write(
    _ values: UnsafeBufferPointer<Int64>, into output: inout ByteBuffer
  ) -> ColumnEncoding {
    if values.isEmpty { return .constant }
    var changes = 0
    for index in 1..<values.count where values[index] != values[index - 1] { changes += 1 }
    if changes == 0 {
      output.append(zigzag: values[0])
      return .constant
    }
    if changes < values.count / 4 {
      ValueWriter.runs(values, into: &output)
      return .runs
    }
    ValueWriter.packed(values, into: &output)
    return .packed
  }

  /// The rollup in the payload of a frame.
  public init(
    decoding payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.chunkBytes, decompression)
    self = try raw.decoded { (cursor) throws(MalformedBytes) in
      var rollup = Rollup(start: try cursor.zigzag(), step: 0, buckets: 0, counters: [])
      rollup.step = Int64(try cursor.count(upTo: Int(Int64.max), "the length of a bucket"))
      rollup.buckets = try cursor.count(upTo: CaptureLimits.rollupBuckets, "the number of buckets")
      let end = Int64(rollup.buckets).multipliedReportingOverflow(by: rollup.step)
      guard rollup.step > 0, !end.overflow, !rollup.start.addingReportingOverflow(end.partialValue).overflow else {
        throw MalformedBytes("the buckets of a rollup are in no time")
      }
      let most = min(cursor.remaining / 7, CaptureLimits.rollupValues / max(rollup.buckets, 1))
      for _ in 0..<(try cursor.count(upTo: most, "the number of counters")) {
        rollup.counters.append(try Counter(&cursor, buckets: rollup.buckets))
      }
      guard cursor.remaining == 0 else { throw MalformedBytes("a rollup has bytes behind its end") }
      return rollup
    }
  }
}

extension Rollup.Counter {
  fileprivate init(_ cursor: inout ByteCursor, buckets: Int) throws(MalformedBytes) {
    func text(_ what: String) throws(MalformedBytes) -> String {
      try cursor.text(upTo: CaptureLimits.textBytes, "the length of a counter's \(what)")
    }
    key = Rollup.Key(
      name: try text("name"), filter: try text("filter"), aggregate: try text("aggregate"),
      groupField: try text("group field"), groupValue: try text("group value"))
    guard let encoding = ColumnEncoding(rawValue: try cursor.integer(UInt8.self)) else {
      throw MalformedBytes("a counter has an unknown encoding", at: cursor.offset)
    }
    let bytes = try cursor.counted(upTo: CaptureLimits.chunkBytes, "the length of a counter's values")
    // Unpacking loads beyond the last value.
    let padded = Array(bytes) + [UInt8](repeating: 0, count: BitPacking.slack)
    var values = [Int64](repeating: 0, count: buckets)
    let result: Result<Void, MalformedBytes> = padded.withUnsafeBytes { padded in
      values.withUnsafeMutableBufferPointer { values in
        do throws(MalformedBytes) {
          let column = UnsafeRawBufferPointer(rebasing: padded[..<bytes.count])
          return .success(try ValueReader.read(encoding, column, into: values))
        } catch {
          return .failure(error)
        }
      }
    }
    try result.get()
    self.values = values
  }
}
