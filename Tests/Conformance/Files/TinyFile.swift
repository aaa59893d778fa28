import CaptureFormat
import EventBatch
import EventSchema
import TestSupport

/// The worked example of `formats/capture.md`: one event, and nothing that it does not need.
///
/// Its schema has a single type and declares only those columns of dimensions that the event uses; there is no tail.
func tinyFile() -> ConformanceFile {
  let header = CaptureHeader(
    fileID: Array(0x00...0x0F), sessionID: Array(0x10...0x1F), hostname: "pi", kernelRelease: "", architecture: "",
    writer: "", started: 1_700_000_000_000_000_000, bootTime: 1_600_000_000_000_000_000, cpuCount: 1, snapLength: 0,
    latencyMode: .exact)
  var headerPayload = Array(header.encoded()[..<64])
  headerPayload += [1, 1]
  headerPayload.append(counted: header.hostname)
  let schema = Schema(
    types: [
      EventType(
        id: EventTypeID(rawValue: 1), name: "say", systemCall: nil, numberX86: nil, numberARM: nil, category: .other,
        traits: [], object: .none, argumentCount: 1, captures: [],
        parameters: [
          Parameter(name: "n", type: .int64, flagTable: nil, source: .argument(0)),
          Parameter(name: "word", type: .string, flagTable: nil, source: .assembled),
        ])
    ], flagTables: [])
  var payload = SchemaSketch(types: schema.encoded())
  payload.columns = payload.columns.filter { column in
    ["tid", "comm"].contains(column.name) || column.tableName == "lineages" && column.name == "thread"
  }
  var scene = Scene()
  let thread = scene.tinyThread(7, comm: "sh")
  let batch = scene.batch(
    [Event(2, "say", by: thread, result: 3, latency: 1000, .number(-3), .text("hi"))], schema: schema)
  var sketch = FileSketch(header, headerPayload: headerPayload, schema: schema, schemaPayload: payload.payload)
  sketch.append(batch)
  return ConformanceFile("tiny", "The worked example of formats/capture.md.", sketch)
}
