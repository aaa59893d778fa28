import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import EventSchema

/// `NAME=CAPTURE` of the command line.
struct NamedCapture {
  let name: String
  let path: String

  init(_ argument: String) throws {
    let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { throw Failure(description: "\(argument) is not NAME=CAPTURE") }
    (name, path) = (parts[0], parts[1])
  }
}

/// A capture that is measured: what it is called, and where it is. Its batches are read one by one, not kept.
struct Sample {
  let name: String
  let reader: CaptureReader
  let heads: [ChunkHead]

  init(_ capture: NamedCapture) throws {
    name = capture.name
    reader = try CaptureReader(path: capture.path)
    heads = try reader.heads
  }

  func batches() throws -> [EventBatch] { try (0..<reader.chunkCount).map { try reader.readChunk($0) } }
  /// Whether most of it is payload, which no encoding of columns makes smaller.
  var isPayload: Bool { bytes(of: .payload) * 2 > Int(reader.size) }
  var stateBytes: Int { reader.states.reduce(0) { $0 + $1.parts.reduce(0) { $0 + $1.length + FrameHeader.byteCount } } }
  var chunkBytes: Int { heads.reduce(0) { $0 + $1.byteCount + $1.storedBytes + FrameHeader.byteCount } }
  func bytes(of group: BlockGroup) -> Int { heads.reduce(0) { $0 + $1.storedBytes(of: group) } }
}

/// File bytes against the same events as rows through `gzip -6`; of samples that are mostly payload the target is for what is left
/// without.
func compareWithRows(_ samples: [Sample], folder: String) throws {
  var rows = [
    [
      "", "events", "bytes", "B/event", "rows, gzip -6", "B/event", "as recorded (<= 0.70)", "compacted (<= 0.40)",
      "without payload: recorded", "compacted",
    ]
  ]
  for sample in samples.sorted(by: { !$0.isPayload && $1.isPayload }) {
    var (all, rest) = (RowEncoding(hasPayload: true), RowEncoding(hasPayload: false))
    let batches = try sample.batches()
    let states = try sample.reader.states.flatMap { try $0.parts.map { try sample.reader.readState($0).rows } }
    for batch in batches + states {
      all.append(batch)
      rest.append(batch)
    }
    let tape = try gzipped(all.bytes, folder: folder)
    let restTape = Double(try gzipped(rest.bytes, folder: folder))
    let compacted = try compacted(sample, batches, folder)
    let events = Double(max(sample.reader.summary.events, 1))
    let (recorded, small) = (Double(sample.reader.size) / Double(tape), Double(compacted.bytes) / Double(tape))
    let restRecorded = Double(Int(sample.reader.size) - sample.bytes(of: .payload)) / restTape
    let restSmall = Double(compacted.bytes - compacted.payload) / restTape
    func judge(_ value: Double, _ limit: Double, _ isJudged: Bool) -> String {
      isJudged ? judged(value, atMost: limit) : text(value) + "  "
    }
    rows.append([
      sample.name, "\(sample.reader.summary.events)", "\(sample.reader.size)",
      text(Double(sample.reader.size) / events),
      "\(tape)", text(Double(tape) / events), judge(recorded, 0.7, !sample.isPayload),
      judge(small, 0.4, !sample.isPayload),
      judge(restRecorded, 0.7, sample.isPayload), judge(restSmall, 0.4, sample.isPayload),
    ])
  }
  printTable("Bytes against fixed rows through gzip -6", rows)
}

/// How large a compacted capture is, and how much of it is payload.
private func compacted(
  _ sample: Sample, _ batches: [EventBatch], _ folder: String, events: Int = CaptureCompaction.mostEvents,
  level: Int = CaptureCompaction.level
) throws -> (bytes: Int, payload: Int) {
  let path = "\(folder)/compacted.reel"
  var header = sample.reader.header
  header.fileID = CaptureHeader.randomID()
  var writer = try CaptureWriter(
    path: path, header: header, schema: sample.reader.schema,
    options: WriterOptions(codec: .zstd, level: level, replaceExisting: true))
  for moment in sample.reader.states {
    for part in moment.parts { try writer.append(try sample.reader.readState(part)) }
  }
  for batch in joined(batches, events: events, bytes: 8 << 20) { try writer.append(batch) }
  for loss in try sample.reader.allLosses() { try writer.append(loss) }
  let bytes = Int(try writer.finish().bytes)
  return (bytes, try CaptureReader(path: path).heads.reduce(0) { $0 + $1.storedBytes(of: .payload) })
}

/// What a compacted capture's bytes and time depend on.
func compareLevels(_ samples: [Sample], folder: String) throws {
  let levels = [1, 3, 6, 9, 12]
  let sizes = [32_768, 131_072, 524_288]
  var rows = [
    ["", "events a chunk"] + levels.map { "zstd \($0): B/event" } + levels.map { _ in "us/event" }
  ]
  for sample in samples where !sample.isPayload {
    let batches = try sample.batches()
    let events = Double(max(sample.reader.summary.events, 1))
    for size in sizes {
      var bytes: [String] = []
      var times: [String] = []
      for level in levels {
        let start = processorSeconds()
        let compacted = try compacted(sample, batches, folder, events: size, level: level).bytes
        times.append(text((processorSeconds() - start) * 1e6 / events))
        bytes.append(text(Double(compacted) / events))
      }
      rows.append([sample.name, "\(size)"] + bytes + times)
    }
  }
  printTable(
    "Compacted: size by zstd level and chunk, and processor time (joining, encoding, compressing, writing)", rows)
}

/// Where the bytes of a file are.
func showShares(_ samples: [Sample]) {
  var rows = [
    [
      "", "chunks", "events/chunk", "dimensions (<= 10 %)", "indexes (<= 1.5 %)", "directory", "core", "arguments",
      "payload",
      "states", "schema, tail, frames",
    ]
  ]
  for sample in samples {
    let all = Int(sample.reader.size)
    let chunks = sample.heads.count
    func judge(_ part: Int, _ limit: Double) -> String {
      percent(part, of: all) + (Double(part) <= Double(all) * limit ? "  " : " !")
    }
    rows.append([
      sample.name, "\(chunks)", "\(Int(sample.reader.summary.events) / max(chunks, 1))",
      judge(sample.bytes(of: .dimensions), 0.1), judge(sample.heads.reduce(0) { $0 + $1.indexBytes }, 0.015),
      percent(sample.bytes(of: .directory) + chunks * 72, of: all), percent(sample.bytes(of: .core), of: all),
      percent(sample.bytes(of: .arguments), of: all), percent(sample.bytes(of: .payload), of: all),
      percent(sample.stateBytes, of: all), percent(all - sample.stateBytes - sample.chunkBytes, of: all),
    ])
  }
  printTable("Where the bytes are", rows)
}

/// What a host that does little costs.
func showIdle(_ captures: [NamedCapture]) throws {
  var rows = [
    [
      "", "seconds", "events/s", "chunks", "chunk bytes/s (<= 5120)", "bytes/s, states too", "dimensions", "indexes",
      "directory", "core",
    ]
  ]
  for capture in captures {
    let reader = try CaptureReader(path: capture.path)
    let duration = Double(reader.summary.ended - reader.summary.started) / 1e9
    let heads = try reader.heads
    let chunks = heads.reduce(0) { $0 + $1.byteCount + $1.storedBytes + FrameHeader.byteCount }
    let states = reader.states.dropFirst().reduce(0) { $0 + $1.parts.reduce(0) { $0 + $1.length } }
    func share(_ group: BlockGroup) -> String {
      percent(heads.reduce(0) { $0 + $1.storedBytes(of: group) }, of: chunks)
    }
    rows.append([
      capture.name, text(duration, 1), text(Double(reader.summary.events) / duration, 0), "\(heads.count)",
      judged(Double(chunks) / duration, 0, atMost: 5120), text(Double(chunks + states) / duration, 0),
      share(.dimensions),
      percent(heads.reduce(0) { $0 + $1.indexBytes }, of: chunks), share(.directory), share(.core),
    ])
  }
  printTable("Hosts that do little (the machine: as idle as it was)", rows)
}
