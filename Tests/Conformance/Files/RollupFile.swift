import CaptureFile
import CaptureFormat
import EventBatch
import TestSupport

/// A capture whose events are counted in buckets of time.
func rollupFile() throws -> ConformanceFile {
  let shop = Shop()
  // Five events at the start of each of three seconds, one of them a rename: 201 buckets of 10 ms.
  func counter(_ key: Rollup.Key, _ count: Int64) -> Rollup.Counter {
    Rollup.Counter(key: key, values: (0..<201).map { $0 % 100 == 0 ? count : 0 })
  }
  let rollup = Rollup(
    start: Scene.start, step: 10_000_000, buckets: 201,
    counters: [counter(TypeCounting.all, 5), counter(TypeCounting.renames, 1)])
  return ConformanceFile(
    "rollup", "Counters of all events and of a type.",
    try FileSketch(
      options: WriterOptions(counting: TypeCounting()),
      recorded: [0, 1000, 2000].map { .chunk(shop.batch($0)) } + [.rollup(rollup)]))
}

/// Counts all events, and renames among them.
private struct TypeCounting: RollupCounting {
  static let all = Rollup.Key(name: "events", filter: "")
  static let renames = Rollup.Key(name: "events", filter: "", groupField: "evt.type", groupValue: "rename")

  var keys: [Rollup.Key] { [TypeCounting.all, TypeCounting.renames] }

  mutating func add(_ batch: EventBatch, to buckets: inout RollupBuckets) {
    let rename = TestSchema.schema.type(named: "rename")?.id.rawValue
    for (time, type) in zip(batch.exitTimes, batch.types) {
      let bucket = buckets.bucket(of: time).index
      buckets.add(1, to: 0, bucket: bucket)
      if type == rename { buckets.add(1, to: 1, bucket: bucket) }
    }
  }
}
