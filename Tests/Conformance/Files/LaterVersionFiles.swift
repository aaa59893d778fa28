import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import TestSupport

/// Files with what later versions may write: readers pass over it.
func laterVersionFiles() throws -> [ConformanceFile] {
  [
    ConformanceFile("later-frames", "Frames of types that are not known, some for private use.", laterFrames()),
    ConformanceFile(
      "later-reserved", "Reserved bytes and flags that are not 0.", reservedBytes()),
    ConformanceFile("later-header", "Texts of a header and a latency mode that are not known.", laterHeader()),
    ConformanceFile("later-indexes", "Indexes of a chunk that are not known.", laterIndexes()),
    ConformanceFile(
      "later-columns", "Tables, columns, kinds and spaces that are not known; known columns under other numbers.",
      laterColumns()),
    ConformanceFile(
      "later-schema", "Categories, traits, parameters, sources, captures and fields of the schema that are not known.",
      laterSchema()),
    ConformanceFile("later-losses", "A cause, flags and a field of losses that are not known.", laterLosses()),
    ConformanceFile("later-states", "A reason of a state that is not known.", laterStates()),
    ConformanceFile(
      "later-summary", "Sections of the summary that are not known, of a file that is read by its tail.",
      try laterSummary()),
  ]
}

private func laterFrames() -> FileSketch {
  let shop = Shop()
  var sketch = FileSketch()
  sketch.append(0x1021, Array("not known".utf8))
  sketch.append(shop.batch(0))
  sketch.append(0x4000, [])
  sketch.append(0x7FFF, [UInt8](repeating: 0xC5, count: 40))
  sketch.append(shop.batch(1))
  sketch.append(0x00FE, [1])
  return sketch
}

/// A whole file of which summary and footer are written anew.
///
///     0–3 front  4 chunk  5 chunk  6 header  7 schema  8 summary page  9 summary  10 footer
private func laterSummary() throws -> FileSketch {
  let shop = Shop()
  var sketch = try FileSketch(
    options: WriterOptions(codec: .none), recorded: [.chunk(shop.batch(0)), .chunk(shop.batch(1))])
  let (tail, summary) = (sketch.frames[6].range.lowerBound, sketch.frames[9].range.lowerBound)
  let length = (0..<4).reduce(0) { $0 | Int(sketch.bytes[summary + 8 + $1]) << (8 * $1) }
  var sections: [UInt8] = []
  sections.append(varint: 8)
  sections.append(counted: "a section of a later version")
  sections += sketch.bytes[(summary + 40)..<(summary + 32 + length)]
  sections.append(varint: 1_000_000)
  sections.append(counted: "")
  // Codec, reserved bytes, and how many bytes they are.
  var payload: [UInt8] = [0, 0, 0, 0]
  payload.append(integer: UInt32(sections.count))
  sketch.cut(atFrame: 9)
  sketch.append(0x0051, payload + sections)
  var footer = sketch.header.fileID
  footer.append(integer: UInt64(sketch.bytes.count + 64))
  footer.append(integer: UInt64(tail))
  sketch.append(0x00FF, footer)
  return sketch
}

private func reservedBytes() -> FileSketch {
  let shop = Shop()
  var sketch = FileSketch()
  var chunk = ChunkSketch(shop.batch(0))
  chunk.reserved = 0xABCD
  sketch.append(0x8010, chunk.payload(fileID: sketch.header.fileID), .chunk(chunk.batch), flags: 0xFF)
  let loss = LossRecord(cause: .nested, cpu: 1, count: 2, from: Scene.start, to: Scene.start + 1)
  var payload = loss.encoded()
  payload[1] |= 0xF0
  payload[2] = 0x77
  sketch.append(0x0020, payload, .loss(loss))
  return sketch
}

/// The header of the file differs from its bytes: what is not known is not said.
private func laterHeader() -> FileSketch {
  var header = CaptureHeader.test(seed: 9)
  header.latencyMode = .none
  var payload = Array(header.encoded()[..<64])
  payload[34] = 77
  payload[35] = 0xEE
  payload.append(varint: 7)
  for (tag, text) in [
    (1, header.hostname), (99, "later"), (2, header.kernelRelease), (3, header.architecture), (4, header.writer),
    (5, header.filter ?? ""), (1_000_000, ""),
  ] {
    payload.append(varint: UInt64(tag))
    payload.append(counted: text)
  }
  var sketch = FileSketch(header, headerPayload: payload)
  sketch.append(Shop().batch)
  return sketch
}

private func laterIndexes() -> FileSketch {
  var chunk = ChunkSketch(Shop().batch)
  chunk.indexes = [(300, [1, 2, 3]), (900, []), (0xFFFF, [UInt8](repeating: 7, count: 33))]
  var sketch = FileSketch()
  sketch.append(chunk)
  return sketch
}

private func laterColumns() -> FileSketch {
  var schema = SchemaSketch(types: TestSchema.schema.encoded())
  // Thread ids are column 70 here; the column that is 0 elsewhere is one that nobody knows.
  for index in schema.columns.indices where schema.columns[index].name == "tid" { schema.columns[index].column = 70 }
  let (threads, planets) = (DimensionTableID.threads.rawValue, UInt8(9))
  schema.columns += [
    .init(table: threads, tableName: "threads", column: 0, name: "mood", kind: 0),
    .init(table: threads, tableName: "threads", column: 90, name: "colour", kind: 1),
    .init(table: threads, tableName: "threads", column: 91, name: "shape", kind: 200),
    .init(table: planets, tableName: "planets", column: 0, name: "name", kind: 1),
  ]
  // A name that is known, of a kind that it is not.
  for index in schema.columns.indices where schema.columns[index].name == "cgroup" { schema.columns[index].kind = 0 }
  let batch = Shop().batch
  let rows = batch.dimensions.threads.count
  var chunk = ChunkSketch(batch)
  chunk.numbers[.dimension(.threads, ThreadColumn.tid.rawValue)] = .dimension(.threads, 70)
  func constant(_ key: ChunkSketch.Key, _ rows: Int, _ value: Int64) -> ChunkSketch.Raw {
    var bytes: [UInt8] = []
    bytes.append(zigzag: value)
    return ChunkSketch.Raw(key: key, rows: rows, encoding: 0, bytes: bytes)
  }
  chunk.furtherTables = [(planets, 8)]
  chunk.furtherColumns = [
    constant(.dimension(.threads, 0), rows, 5), constant(.dimension(.threads, 90), rows, 123_456),
    constant(.dimension(.threads, 91), rows, -1),
    constant(.dimension(.threads, ThreadColumn.cgroup.rawValue), rows, 99),
    constant(.init(space: 1, first: UInt64(planets), second: 0), 8, 0),
    // What is not known is not looked at: these bytes are no dictionary.
    ChunkSketch.Raw(
      key: .init(space: 7, first: 1, second: 2), rows: 1000, encoding: 7, options: 5, bytes: [0xFF, 0xFF]),
    constant(.init(space: 0, first: 40, second: 0), batch.count, 1),
  ]
  var sketch = FileSketch(schemaPayload: schema.payload)
  sketch.append(chunk)
  return sketch
}

private func laterLosses() -> FileSketch {
  var sketch = FileSketch()
  let loss = LossRecord(cause: .other, cpu: nil, count: 6, from: Scene.start, to: Scene.start + 2_000_000)
  var payload = loss.encoded()
  payload[0] = 88
  sketch.append(0x0020, payload + [9, 9, 9, 9, 9], .loss(loss))
  sketch.append(Shop().batch)
  return sketch
}

private func laterStates() -> FileSketch {
  let shop = Shop()
  var sketch = FileSketch()
  var payload: [UInt8] = []
  payload.append(integer: Scene.start)
  payload += [99, 0xFF, 0xAA, 0xBB]
  payload.append(integer: UInt32(0))
  payload += ChunkSketch(shop.batch).payload(fileID: sketch.header.fileID)
  sketch.append(
    0x0030, payload,
    .state(MachineState(time: Scene.start, reason: .other, part: 0, isLast: true, rows: shop.batch)))
  return sketch
}

/// One type, every record of which has what this version does not know.
private func laterSchema() -> FileSketch {
  let unknown: [UInt8] = [0xDE, 0xAD]
  func parameter(_ name: String, type: UInt64, storage: UInt64, source: [UInt64], condition: Bool = true) -> [UInt8] {
    SchemaSketch.record { record in
      record.append(counted: name)
      for value in [type, storage, 0] + source { record.append(varint: value) }
      if condition { record.append(varint: 0) }
      record += unknown
    }
  }
  let parameters = [
    parameter("number", type: 900, storage: 0, source: [1, 0]), parameter("text", type: 901, storage: 1, source: [4]),
    parameter("bytes", type: 902, storage: 2, source: [77], condition: false),
    parameter("nothing", type: 903, storage: 0, source: [200], condition: false),
  ]
  let flagTable = SchemaSketch.record { record in
    record.append(counted: "flags")
    record.append(varint: 0)
    record.append(varint: 1)
    record += SchemaSketch.record { entry in
      entry.append(counted: "ONE")
      for value: UInt64 in [7, 1, 3, 2, 4] { entry.append(varint: value) }
      entry += unknown
    }
    record += unknown
  }
  let type = SchemaSketch.record { record in
    record.append(varint: 12)
    record.append(counted: "later")
    record.append(varint: 0)
    for value: UInt64 in [250, 1 << 40, 0, 2] { record.append(varint: value) }
    record.append(varint: 1)
    record += SchemaSketch.record { capture in
      for value: UInt64 in [240, 0, 255, 8, 1] { capture.append(varint: value) }
      capture += unknown
    }
    record.append(varint: UInt64(parameters.count))
    for parameter in parameters { record += parameter }
    record += unknown
  }
  let encoded: [UInt8] = [1, 1] + flagTable + [1] + type
  // What a reader of this version makes of it.
  let schema = Schema(
    types: [
      EventType(
        id: EventTypeID(rawValue: 12), name: "later", systemCall: nil, numberX86: nil, numberARM: nil, category: .other,
        traits: [], object: .none, argumentCount: 2, captures: [],
        parameters: [
          Parameter(name: "number", type: .int64, flagTable: nil, source: .argument(0)),
          Parameter(name: "text", type: .string, flagTable: nil, source: .assembled),
          Parameter(name: "bytes", type: .bytes, flagTable: nil, source: .assembled),
          Parameter(name: "nothing", type: .int64, flagTable: nil, source: .thread("")),
        ])
    ], flagTables: [])
  var scene = Scene()
  let thread = scene.thread(3, comm: "x", image: nil)
  let batch = scene.batch(
    [
      Event(1, "later", by: thread, .number(-5), .text("five"), .payload([5])),
      Event(2, "later", by: thread, .missing, .missing, .missing),
    ], schema: schema)
  var sketch = FileSketch(schema: schema, schemaPayload: SchemaSketch(types: encoded).payload)
  sketch.append(batch)
  return sketch
}
