import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import TestSupport

/// Files that something happened to. The frames of the one that most are made from:
///
///     0 header  1 schema  2 header  3 schema  4 chunk  5 loss  6 chunk  7 state  8 chunk
///     9 header  10 schema  11 summary page  12 summary  13 footer
func damagedFiles() throws -> [ConformanceFile] {
  let shop = Shop()
  let state = MachineState(
    time: Scene.start, reason: .start, part: 0, isLast: true,
    rows: shop.scene.batch([Event(3, "tick", by: shop.child)]))
  let loss = LossRecord(cause: .ringFull, cpu: 1, count: 3, from: Scene.start, to: Scene.start + 10)
  let whole = try FileSketch(recorded: [
    .chunk(shop.batch(0)), .loss(loss), .chunk(shop.batch(1)), .state(state), .chunk(shop.batch(2)),
  ])
  let zeros = [UInt8](repeating: 0, count: 40)
  return [
    // Ends too early.
    ConformanceFile("torn-in-header", "Ends within the second header.", whole, .cut(frame: 2, at: 40)),
    ConformanceFile("torn-in-chunk", "Ends within a chunk.", whole, .cut(frame: 6, at: 200)),
    ConformanceFile("torn-in-frame-header", "Ends within the header of a frame.", whole, .cut(frame: 6, at: 20)),
    ConformanceFile("torn-between-frames", "Ends behind a whole chunk.", whole, .cut(frame: 7, at: 0)),
    ConformanceFile("torn-in-tail", "Ends within the summary.", whole, .cut(frame: 12, at: 33)),
    ConformanceFile("torn-in-footer", "The last byte is not there.", whole, .cut(frame: 13, at: 63)),
    // One frame is damaged.
    ConformanceFile("damaged-magic", "A bit of the magic.", whole, .magic(bit: 3)),
    ConformanceFile("damaged-header", "The first header.", whole, .flip(frame: 0, byte: 50, bit: 0)),
    ConformanceFile("damaged-file-id", "The file id in the second header.", whole, .flip(frame: 2, byte: 33, bit: 7)),
    ConformanceFile("damaged-schema", "The first schema.", whole, .flip(frame: 1, byte: 100, bit: 4)),
    ConformanceFile("damaged-chunk-head", "The head of a chunk.", whole, .flip(frame: 6, byte: 32 + 20, bit: 1)),
    ConformanceFile(
      "damaged-chunk-block", "The last block of a chunk.", whole,
      .flip(frame: 6, byte: whole.frames[6].range.count - 20, bit: 1)),
    ConformanceFile(
      "damaged-chunk-length", "The length in the frame of a chunk.", whole, .flip(frame: 6, byte: 9, bit: 2)),
    ConformanceFile("damaged-loss", "A loss.", whole, .flip(frame: 5, byte: 40, bit: 0)),
    ConformanceFile("damaged-state", "A state.", whole, .flip(frame: 7, byte: 60, bit: 0)),
    ConformanceFile("damaged-summary-page", "A page of the summary.", whole, .flip(frame: 11, byte: 60, bit: 0)),
    ConformanceFile("damaged-summary", "The summary.", whole, .flip(frame: 12, byte: 45, bit: 0)),
    ConformanceFile("damaged-footer", "The footer.", whole, .flip(frame: 13, byte: 50, bit: 0)),
    // More than that.
    ConformanceFile(
      "damaged-front", "Both headers and schemas at the front: the tail has them, its footer the file id.", whole,
      .zero(frame: 0, from: 0, count: 64), .zero(frame: 1, from: 8, count: 64), .zero(frame: 2, from: 0, count: 64),
      .zero(frame: 3, from: 8, count: 64)),
    ConformanceFile(
      "damaged-chunks", "Two chunks of three, and the footer.", whole, .zero(frame: 4, from: 0, count: 300),
      .flip(frame: 8, byte: 33, bit: 2), .flip(frame: 13, byte: 3, bit: 2)),
    ConformanceFile("frame-gone", "A chunk is not there: a sequence number is left out.", whole, .drop(frame: 6)),
    ConformanceFile("bytes-between", "Zeros between two frames.", whole, .insert(before: 6, zeros)),
    ConformanceFile(
      "bytes-between-odd", "Three bytes between two frames: no frame behind them begins at a multiple of 8.", whole,
      .cut(frame: 6, at: 0), .append([1, 2, 3] + whole.bytes[whole.frames[6].range.lowerBound...])),
    ConformanceFile("bytes-behind", "Zeros behind the end.", whole, .append(zeros)),
    ConformanceFile("bytes-behind-odd", "Three bytes behind the end.", whole, .append([1, 2, 3])),
    ConformanceFile(
      "old-frames", "The frames of a chunk that stands before stand again.", whole,
      .insert(before: 8, Array(whole.bytes[whole.frames[4].range]))),
    ConformanceFile(
      "other-capture", "The frames of another capture stand in between.", whole,
      .insert(before: 6, Array(try otherCapture().bytes[8...]))),
    try embeddedBehindDamagedFront(),
    try embedded("embedded-capture", "A payload is a whole capture, and the frame that holds it is damaged.", seed: 77),
    try embedded(
      "embedded-self", "A payload is the start of this very file, and the frame that holds it is damaged.", seed: 1),
  ]
}

private func otherCapture() throws -> FileSketch {
  try FileSketch(.test(seed: 200), recorded: [.chunk(Shop().batch(7))])
}

/// A finished capture with another one in a payload, at a multiple of 8 bytes, and without a header of its own at the front.
private func embeddedBehindDamagedFront() throws -> ConformanceFile {
  let shop = Shop()
  var scene = Scene()
  let thread = scene.thread(4, comm: "cat", image: nil)
  let inner = try FileSketch(.test(seed: 77), recorded: [.chunk(shop.batch(1))]).bytes
  func outer(_ before: Int) throws -> FileSketch {
    let payload = [UInt8](repeating: 0, count: before) + inner
    return try FileSketch(
      .test(seed: 1), options: WriterOptions(codec: .none),
      recorded: [
        .chunk(
          scene.batch([Event(2_000_000, "read", by: thread, result: 1, .payload(payload), .number(3), .number(1))])),
        .chunk(shop.batch(3)),
      ])
  }
  var sketch = try outer(0)
  for before in 1..<8 where (sketch.bytes.firstRange(of: inner)?.lowerBound ?? 0) % 8 != 0 {
    sketch = try outer(before)
  }
  return ConformanceFile(
    "embedded-damaged-front",
    "A payload is a whole capture, and the headers at the front are damaged: the footer knows.",
    sketch, .zero(frame: 0, from: 0, count: 64), .zero(frame: 2, from: 0, count: 64))
}

/// A capture with another one in a payload at a multiple of 8 bytes.
private func embedded(_ name: String, _ about: String, seed: UInt8) throws -> ConformanceFile {
  let shop = Shop()
  var scene = Scene()
  let thread = scene.thread(4, comm: "cat", image: nil)
  let inner = try FileSketch(.test(seed: seed), recorded: [.chunk(shop.batch(1))]).bytes
  var sketch = FileSketch(.test(seed: 1))
  // Sequence numbers of the inner file are lower than those here.
  sketch.skip(20)
  sketch.append(shop.batch(0))
  var chunk = ChunkSketch(
    scene.batch([Event(2_000_000, "read", by: thread, result: 1, .payload(inner), .number(3), .number(1))], first: 6))
  for shift in 0..<8 {
    // Blocks stand one behind the other: a column that nobody knows moves the payload to where frames may begin.
    chunk.furtherColumns = [
      ChunkSketch.Raw(
        key: .init(space: 7, first: 0, second: 0), rows: 0, encoding: 0, bytes: [UInt8](repeating: 0, count: shift))
    ]
    let payload = chunk.payload(fileID: sketch.header.fileID)
    if let place = payload.firstRange(of: inner)?.lowerBound, place % 8 == 0 { break }
  }
  sketch.append(chunk)
  sketch.append(shop.batch(3))
  return ConformanceFile(name, about, sketch, .flip(frame: 5, byte: 10, bit: 0))
}
