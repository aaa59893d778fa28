import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import TestSupport

/// Writes captures of very many chunks quickly: all but their numbers and times are the same.
struct ManyChunks {
  private let chunk: EncodedChunk
  /// Of each chunk.
  let events: Int
  /// Nanoseconds from chunk to chunk.
  static let step: Int64 = 1_000_000

  init(events: Int = 20) throws {
    var generator = BatchGenerator(seed: 1)
    var encoder = ChunkEncoder(BlockCompression(.lz4))
    chunk = try encoder.encode(generator.next(events: events))
    self.events = events
  }

  /// The chunk with an index: its numbers, and its times by their difference, are those that follow from that.
  func chunk(_ index: Int) -> EncodedChunk {
    var head = chunk.head
    var bytes = chunk.bytes
    head.firstNumber = UInt64(index * events + 1)
    head.lastNumber = UInt64((index + 1) * events)
    head.leastStart += Int64(index) * ManyChunks.step
    head.leastExit += Int64(index) * ManyChunks.step
    head.greatestExit += Int64(index) * ManyChunks.step
    bytes.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: head.firstNumber.littleEndian, toByteOffset: 16, as: UInt64.self)
      bytes.storeBytes(of: head.lastNumber.littleEndian, toByteOffset: 24, as: UInt64.self)
      bytes.storeBytes(of: head.leastStart.littleEndian, toByteOffset: 32, as: Int64.self)
      bytes.storeBytes(of: head.leastExit.littleEndian, toByteOffset: 40, as: Int64.self)
      bytes.storeBytes(of: head.greatestExit.littleEndian, toByteOffset: 48, as: Int64.self)
    }
    return EncodedChunk(copying: bytes, head: head, facts: chunk.facts)
  }

  /// - Parameter losses: how many losses there are before each chunk.
  func write(_ path: String, chunks: Int, losses: (Int) -> Int = { _ in 0 }, isFinished: Bool = true) throws {
    var writer = try CaptureWriter(
      path: path, header: .test(), schema: TestSchema.schema, options: WriterOptions(replaceExisting: true))
    for index in 0..<chunks {
      for loss in 0..<losses(index) {
        try writer.append(ManyChunks.loss(index, loss))
      }
      try writer.append(chunk(index))
    }
    if isFinished { _ = try writer.finish() }
  }

  static func loss(_ chunk: Int, _ index: Int) -> LossRecord {
    LossRecord(cause: index % 2 == 0 ? .ringFull : .nested, cpu: 3, count: UInt64(index + 1), from: Int64(chunk), to: 5)
  }
}
