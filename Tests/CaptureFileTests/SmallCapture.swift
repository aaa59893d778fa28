import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import TestSupport

/// A capture of a few small chunks, a loss and states, and what is in it.
struct SmallCapture {
  let bytes: [UInt8]
  let batches: [EventBatch]
  /// One of a single part in front of all chunks, and one of two parts behind the first chunk.
  let states: [MachineState]

  init(codec: Codec = .lz4, chunks: Int = 4, events: Int = 12, seed: UInt64 = 7) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var generator = BatchGenerator(seed: seed)
    var writer = try CaptureWriter(
      path: path, header: .test(), schema: TestSchema.schema, options: WriterOptions(codec: codec))
    var batches: [EventBatch] = []
    var other = BatchGenerator(seed: seed + 100)
    let states = [(10, 0, true), (20, 0, false), (20, 1, true)].map { time, part, isLast in
      MachineState(
        time: time, reason: time == 10 ? .start : .trigger, part: part, isLast: isLast, rows: other.next(events: 5))
    }
    try writer.append(states[0])
    for index in 0..<chunks {
      let batch = generator.next(events: events)
      try writer.append(batch)
      batches.append(batch)
      if index == 0 { for state in states.dropFirst() { try writer.append(state) } }
      if index == 1 { try writer.append(LossRecord(cause: .nested, cpu: nil, count: 5, from: 1, to: 2)) }
    }
    _ = try writer.finish()
    self.batches = batches
    self.states = states
    bytes = try readFile(path)
  }

  /// Where each frame begins, and the end.
  var frames: [(type: FrameType, range: Range<Int>)] { SmallCapture.frames(of: bytes) }

  /// The same of other bytes with the id of test captures.
  static func frames(of bytes: [UInt8]) -> [(type: FrameType, range: Range<Int>)] {
    guard let id = FileID(CaptureHeader.test().fileID) else { return [] }
    var frames: [(FrameType, Range<Int>)] = []
    var offset = CaptureHeader.magic.count
    bytes.withUnsafeBytes { bytes in
      while offset < bytes.count,
        let header = FrameHeader(UnsafeRawBufferPointer(rebasing: bytes[offset...]), fileID: id)
      {
        frames.append((header.type, offset..<offset + header.frameBytes))
        offset += header.frameBytes
      }
    }
    return frames
  }

  /// The chunks of a changed file that decode, as indexes of the original ones; `nil` when a chunk decodes to something
  /// else than any of them.
  func survivors(of reader: CaptureReader) throws -> [Int]? {
    var survivors: [Int] = []
    for index in 0..<reader.chunkCount {
      do {
        let batch = try reader.readChunk(index)
        guard let original = batches.firstIndex(where: { $0.numbers[0] == batch.numbers[0] }),
          batches[original].difference(to: batch) == nil
        else { return nil }
        survivors.append(original)
      } catch {
        guard error.kind == .partlyReadable else { throw error }
      }
    }
    return survivors
  }

  /// The same for parts of states.
  func survivingStates(of reader: CaptureReader) throws -> [Int]? {
    var survivors: [Int] = []
    for part in reader.states.flatMap(\.parts) {
      do {
        let state = try reader.readState(part)
        guard let original = states.firstIndex(where: { $0.time == state.time && $0.part == state.part }),
          states[original].reason == state.reason, states[original].isLast == state.isLast,
          states[original].rows.difference(to: state.rows) == nil
        else { return nil }
        survivors.append(original)
      } catch {
        guard error.kind == .partlyReadable else { throw error }
      }
    }
    return survivors
  }
}
