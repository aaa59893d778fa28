import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import TestSupport
import Testing

@Suite struct RoundTripTests {
  @Test(arguments: Codec.allCases, [UInt64(1), 2, 3, 4])
  func batchesComeBack(codec: Codec, seed: UInt64) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var generator = BatchGenerator(seed: seed)
    let batches = [generator.next(events: 1), generator.next(events: 400), generator.next(events: 3000)]
    var writer = try CaptureWriter(
      path: path, header: .test(), schema: TestSchema.schema, options: WriterOptions(codec: codec))
    for batch in batches {
      try batch.checkInvariants()
      try writer.append(batch)
    }
    let loss = LossRecord(cause: .ringFull, cpu: 3, count: 17, from: 5, to: 9)
    try writer.append(loss)
    let totals = try writer.finish()
    #expect(totals.events == 3401)
    let reader = try CaptureReader(path: path)
    #expect(reader.isComplete && reader.damagedBytes == 0)
    #expect(reader.header == .test())
    #expect(reader.losses == [loss])
    #expect(reader.summary.events == 3401)
    #expect(reader.chunkCount == batches.count)
    for (index, batch) in batches.enumerated() {
      let read = try reader.readChunk(index)
      try read.checkInvariants()
      #expect(batch.difference(to: read) == nil)
    }
  }
}
