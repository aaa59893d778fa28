import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import EventSchema
import Foundation

/// Processor time to make chunks and to read columns, on one core.
func showSpeeds(_ samples: [Sample]) throws {
  var rows = [
    [
      "", "encode, lz4: M events/s (>= 8)", "B/event", "decode M events/s (>= 200): types, results",
      "exit times, latencies",
      "lineages, objects", "all columns",
    ]
  ]
  for sample in samples {
    let batches = try sample.batches()
    let events = Double(batches.reduce(0) { $0 + $1.count })
    var encoder = ChunkEncoder(BlockCompression(.lz4))
    var bytes = 0
    let encode = try seconds(runs: 3) {
      bytes = 0
      for batch in batches { bytes += try encoder.encode(batch).bytes.count }
    }
    func decode(_ columns: ColumnSelection) throws -> Double {
      let time = try seconds {
        for chunk in 0..<sample.reader.chunkCount { _ = try sample.reader.readChunk(chunk, columns: columns) }
      }
      return events / time / 1e6
    }
    rows.append([
      sample.name, judged(events / encode / 1e6, atLeast: 8), text(Double(bytes) / events),
      judged(try decode(ColumnSelection(core: [.types, .results], dimensions: false)), 0, atLeast: 200),
      judged(try decode(ColumnSelection(core: [.exitTimes, .latencies], dimensions: false)), 0, atLeast: 200),
      judged(try decode(ColumnSelection(core: [.lineages, .objects])), 0, atLeast: 200), text(try decode(.all), 1),
    ])
  }
  printTable("Speed on one core, processor time, medians", rows)
}

/// Makes a capture of very many chunks, each of them small.
func makeCapture(_ path: String, chunks: Int) throws {
  let header = CaptureHeader(
    fileID: CaptureHeader.randomID(), sessionID: CaptureHeader.randomID(), hostname: "bench", kernelRelease: "bench",
    architecture: "x86_64", writer: "bench", started: 1, bootTime: 0, cpuCount: 1, snapLength: 0, latencyMode: .exact)
  var writer = try CaptureWriter(
    path: path, header: header, schema: .builtIn, options: WriterOptions(codec: .none, replaceExisting: true))
  for chunk in 0..<chunks { try writer.append(tinyBatch(number: UInt64(chunk * 2 + 1), time: Int64(chunk) * 1000)) }
  _ = try writer.finish()
}

/// How long a capture of very many chunks takes to open.
func showOpening(reel: String, path: String) throws {
  guard access(path, R_OK) == 0 else { return }
  var infos: [Double] = []
  var peak = 0
  for _ in 0..<7 {
    let usage = try run([reel, "info", path])
    infos.append(usage.wall)
    peak = max(peak, usage.peakBytes)
  }
  var chunks = 0
  let open = try seconds { chunks = try CaptureReader(path: path).chunkCount }
  printTable(
    "Opening a capture of many chunks",
    [
      ["chunks", "open, ms of processor time", "reel info, ms of wall time (<= 20)", "peak MiB (<= 128)"],
      [
        "\(chunks)", text(open * 1000, 1), judged(median(infos) * 1000, 1, atMost: 20),
        judged(Double(peak) / 1_048_576, 0, atMost: 128),
      ],
    ])
}

private func tinyBatch(number: UInt64, time: Int64) -> EventBatch {
  var builder = EventBatchBuilder(schema: .builtIn, firstNumber: number)
  guard let type = Schema.builtIn.types.first(where: { $0.parameters.allSatisfy { !$0.source.isStored } }) else {
    fatalError("every event type of the schema has stored parameters")
  }
  for event in 0..<2 {
    builder.appendEvent(
      exitTime: time + Int64(event), latency: 10, type: type.id, cpu: 0, flags: [], lineage: EventBatch.noRow,
      object: EventBatch.noRow, result: 0)
  }
  return builder.finish(Dimensions())
}

/// The most memory that commands take which read all of a capture.
func showMemory(_ captures: [NamedCapture], reel: String) throws {
  var rows = [["", "MiB (<= 128): info", "count", "count by process", "events", "view"]]
  for capture in captures {
    var cells = [capture.name]
    let path = capture.path
    for arguments in [
      ["info", path], ["count", path, "evt.rawres > 100000"], ["count", path, "--by", "proc.name,evt.type"],
      ["events", path], ["view", "files", path],
    ] {
      cells.append(judged(Double(try run([reel] + arguments).peakBytes) / 1_048_576, 0, atMost: 128))
    }
    rows.append(cells)
  }
  printTable("Peak memory of commands that read", rows)
}
