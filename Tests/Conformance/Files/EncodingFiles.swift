import CaptureFormat
import Compression
import EventBatch
import EventSchema
import TestSupport

/// Files whose columns are encoded in every way that there is, whether a recorder would choose it or not. They have no tail.
func encodingFiles() throws -> [ConformanceFile] {
  [
    ConformanceFile(
      "encodings", "A chunk for each encoding of a column of numbers, with values that need its whole range.",
      encodings()),
    ConformanceFile("encodings-packed", "Two packed blocks, with and without patches and deltas.", packedBlocks()),
    ConformanceFile(
      "encodings-core", "The columns of all events in other encodings, and in the order of types.", core()),
    ConformanceFile(
      "encodings-following", "Arguments that repeat another argument, and such that follow from results.", following()),
    ConformanceFile(
      "missing-forms", "Missing rows as runs, as bits, and as columns that are not there.", missingForms()),
    ConformanceFile("payloads-dropped", "A chunk whose payloads somebody left out.", payloadsDropped()),
    ConformanceFile("codecs-mixed", "Each block of a chunk in another codec.", mixedCodecs()),
    ConformanceFile("indexes-left-out", "A chunk without any index but that of types.", indexesLeftOut()),
  ]
}

private let number = ChunkSketch.Key.argument(EventTypeID(rawValue: 300), 2)

/// Events of one type, whose last argument has these values.
private func batch(_ values: [Int64?], first: UInt64 = 1) -> EventBatch {
  var scene = Scene()
  let thread = scene.thread(9, comm: "x", image: nil)
  return scene.batch(
    values.enumerated().map { place, value in
      Event(Int64(first) + Int64(place), "exec", by: thread, .text(""), value.map { .number($0) } ?? .missing)
    }, first: first)
}

private func encodings() -> FileSketch {
  let wide: [Int64] = [.min, .max, 0, -1, 1, .max, 12_345]
  let cases: [(ColumnForm.Encoding, [Int64])] = [
    (.constant, [-3, -3, -3]), (.constant, [.min, .min]),
    (.fixed(width: 0), [300, 300]), (.fixed(width: 1), [-5, 250, 0]), (.fixed(width: 2), [1000, -1000, 64_535]),
    (.fixed(width: 4), [7, 4_294_967_302, 100_000]), (.fixed(width: 8), wide),
    (.planes(width: 0), [0, 0]), (.planes(width: 2), [1000, -1000, 64_535]),
    (.planes(width: 4), [7, 4_294_967_302, 100_000]), (.planes(width: 8), wide),
    (.planes(width: 1), [-5, 250, 0]), (.planes(width: 3), [1 << 22, -7]), (.planes(width: 5), [0, 1 << 39]),
    (.planes(width: 6), [1 << 47, -1]), (.planes(width: 7), [1 << 55, 3, 1 << 54]),
    (.planeDeltas(width: 2), [100, 103, 90, 40_000]), (.planeDeltas(width: 3), [-9, 1 << 20, 5]),
    (.planeDeltas(width: 8), wide), (.planeDeltas(width: 0), [4, 6, 8]), (.planeDeltas(width: 1), [8]),
    (.packed(width: 0), [4, 4, 4]), (.packed(width: 3), [5, 3, 6, 1]), (.packed(width: 3), [5, 3, 1 << 40, 1, 2]),
    (.packed(width: 56), [0, 1 << 55, 77]), (.packed(width: 64), wide), (.packed(width: 1), wide),
    (.packedDeltas(width: 4), [100, 103, 103, 110, 112]), (.packedDeltas(width: 64), wide),
    (.packedDeltas(width: 1), [8]),
    (.variable, wide), (.variable, [0, 63, 64, -64, -65, 8191]),
    (.variableDeltas, wide), (.variableDeltas, [10, 20, 30]),
    (.dictionary(positions: .constant), [9, 9, 9]), (.dictionary(positions: .fixed(width: 1)), [5, -5, 5, 500]),
    (.dictionary(positions: .planes(width: 1)), [5, -5, 5, 500]), (.dictionary(positions: .packed(width: 2)), wide),
    (.dictionary(positions: .planeDeltas(width: 1)), [7, 5, 7, 7]),
    (.dictionary(positions: .packedDeltas(width: 2)), [1, 2, 3, 4, 1]), (.dictionary(positions: .variable), wide),
    (.dictionary(positions: .variableDeltas), [3, 3, 1, 2]), (.dictionary(positions: .runs), [6, 6, 6, -6, 6]),
    (.runs, [1, 1, 1, -7, -7, 1]), (.runs, wide),
  ]
  var sketch = FileSketch()
  var first: UInt64 = 1
  for (encoding, values) in cases {
    var chunk = ChunkSketch(batch(values, first: first))
    chunk.forms[number] = ColumnForm(encoding: encoding)
    sketch.append(chunk)
    first += UInt64(values.count)
  }
  return sketch
}

private func packedBlocks() -> FileSketch {
  var sketch = FileSketch()
  // One block is full, the other has a single value.
  let values: [Int64] = (0..<129).map { place in place == 100 ? 1 << 50 : place * place % 61 - 30 }
  var chunk = ChunkSketch(batch(values.map { $0 }))
  chunk.forms[number] = ColumnForm(encoding: .packed(width: 6))
  chunk.forms[.core(.exitTimes)] = ColumnForm(encoding: .packedDeltas(width: 1))
  chunk.forms[.core(.types)] = ColumnForm(encoding: .constant)
  sketch.append(chunk)
  return sketch
}

private func core() -> FileSketch {
  let shop = Shop()
  var sketch = FileSketch()
  var first = ChunkSketch(shop.batch)
  first.forms = [
    .core(.exitTimes): ColumnForm(encoding: .variableDeltas),
    .core(.types): ColumnForm(encoding: .dictionary(positions: .variable)),
    .core(.cpus): ColumnForm(encoding: .runs), .core(.flags): ColumnForm(encoding: .constant, isByType: true),
    .core(.latencies): ColumnForm(encoding: .packed(width: 2), missing: .runs, isByType: true),
    .core(.lineages): ColumnForm(encoding: .fixed(width: 1), isByType: true),
    .core(.objects): ColumnForm(encoding: .constant, missing: .runs, isByType: true),
    .core(.results): ColumnForm(encoding: .planes(width: 1), isByType: true),
    .dimension(.strings, 0): ColumnForm(encoding: .dictionary(positions: .runs)),
  ]
  sketch.append(first)
  // Types take turns, so that the two orders differ in every row.
  let turns = shop.scene.batch(
    (0..<9).map { place in
      var event = Event(
        2_000_000 + Int64(place), ["tick", "rename", "exec"][place % 3], by: place % 2 == 0 ? shop.shell : shop.child,
        result: place == 4 ? nil : Int64(place), latency: place % 4 == 0 ? nil : Int64(place), cpu: UInt16(place),
        flags: UInt16(place % 2))
      event.arguments = [[], [.text("a"), .text("b\(place)")], [.text(""), .number(Int64(place))]][place % 3]
      return event
    }, first: 6)
  var second = ChunkSketch(turns)
  for column in [CoreColumn.exitTimes, .cpus, .latencies, .flags, .lineages, .results] {
    second.forms[.core(column)] = ColumnForm(encoding: .variable, missing: .bitmap, isByType: true)
  }
  sketch.append(second)
  var numbered = ChunkSketch(shop.batch(3))
  numbered.batch.numbers = .listed([20, 22, 23, 40, 41])
  numbered.forms[.core(.numbers)] = ColumnForm(encoding: .packedDeltas(width: 5))
  sketch.append(numbered)
  return sketch
}

private func following() -> FileSketch {
  let shop = Shop()
  // (fd, size): each is missing where the other is; results above and below the limit.
  func reads(_ rows: [(fd: Int64?, size: Int64?, result: Int64?)], first: UInt64) -> EventBatch {
    shop.scene.batch(
      rows.enumerated().map { place, row in
        Event(
          Int64(first) + Int64(place), "read", by: shop.child, result: row.result, .missing,
          row.fd.map { .number($0) } ?? .missing, row.size.map { .number($0) } ?? .missing)
      }, first: first)
  }
  let read = EventTypeID(rawValue: 2)
  let (fd, size) = (ChunkSketch.Key.argument(read, 2), ChunkSketch.Key.argument(read, 3))
  var sketch = FileSketch()
  var same = ChunkSketch(reads([(3, 3, 0), (nil, nil, 1), (-1, -1, 2)], first: 1))
  same.forms[size] = ColumnForm(encoding: .same(parameter: 2))
  sketch.append(same)
  var result = ChunkSketch(reads([(3, 100, 4096), (3, -9, -9), (3, 100, 100), (3, nil, nil), (3, nil, 7)], first: 4))
  result.forms[size] = ColumnForm(encoding: .result(limit: 100), missing: .runs)
  sketch.append(result)
  // A column that repeats one that follows from results.
  var both = ChunkSketch(reads([(5, 5, 5), (8, 8, 20), (nil, nil, 3)], first: 9))
  both.forms[fd] = ColumnForm(encoding: .result(limit: 8))
  both.forms[size] = ColumnForm(encoding: .same(parameter: 2))
  sketch.append(both)
  return sketch
}

private func missingForms() -> FileSketch {
  let columns: [[Int64?]] = [
    [1, nil, nil, 4, 5, nil, 7, 8, 9], [nil, 2, 3, nil], [nil, nil, 3], [1, 2, nil],
    [nil, 1, nil, 2, nil, 3, nil, 4, nil, 5, nil, 6, nil, 7, nil, 8], [nil, nil],
  ]
  var sketch = FileSketch()
  var first: UInt64 = 1
  for missing in [ColumnForm.Missing.runs, .bitmap] {
    for column in columns {
      var chunk = ChunkSketch(batch(column, first: first))
      chunk.forms[number] = ColumnForm(encoding: .variable, missing: missing)
      sketch.append(chunk)
      first += UInt64(column.count)
    }
  }
  return sketch
}

private func payloadsDropped() -> FileSketch {
  let shop = Shop()
  var sketch = FileSketch()
  var chunk = ChunkSketch(shop.batch)
  chunk.dropsPayloads = true
  sketch.append(chunk, showing: withoutPayloads(shop.batch))
  return sketch
}

/// The batch as it is read when payload columns are not there.
private func withoutPayloads(_ batch: EventBatch) -> EventBatch {
  var batch = batch
  for (index, arguments) in batch.arguments.enumerated() {
    let stored = batch.schema.type(arguments.type)?.parameters.filter(\.source.isStored) ?? []
    for (place, parameter) in stored.enumerated() where parameter.type.storage == .bytes {
      batch.arguments[index].columns[place] = ArgumentColumn(
        values: [Int64](repeating: 0, count: arguments.count), missing: Array(0..<UInt32(arguments.count)))
    }
  }
  return batch
}

private func mixedCodecs() -> FileSketch {
  let shop = Shop()
  var chunk = ChunkSketch(
    shop.scene.batch(
      (0..<30).map { place in
        Event(
          Int64(place), "write", by: shop.child, on: shop.log, result: 32,
          .payload([UInt8](repeating: 0x2E, count: 32)), .number(Int64(place % 2)), .number(32))
      }))
  chunk.codecs = [.zstd, .lz4, .none, .zstd, .lz4]
  var sketch = FileSketch()
  sketch.append(chunk)
  return sketch
}

private func indexesLeftOut() -> FileSketch {
  var sketch = FileSketch()
  sketch.append(Shop().batch)
  return sketch
}
