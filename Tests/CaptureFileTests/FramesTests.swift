import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import TestSupport
import Testing

/// Frames that are neither of events nor of losses nor of states.
@Suite struct FramesTests {
  private static let attachment = AttachedFile(
    time: 3, name: "alert.json", mediaType: "application/json", bytes: [UInt8](repeating: 65, count: 5000))
  private static let notes = [
    Annotation(time: 1, text: "begin"), Annotation(time: 2, kind: "alert", text: "shell", json: #"{"rule":"x"}"#),
    Annotation(time: 3, kind: "alert", text: "another"),
  ]
  private static let unknown = FrameType(rawValue: 0x4777)

  private func write(_ path: String, isFinished: Bool = true) throws {
    var generator = BatchGenerator(seed: 5)
    var writer = try CaptureWriter(path: path, header: .test(), schema: TestSchema.schema)
    try writer.append(generator.next(events: 20))
    try writer.append(FramesTests.notes[0])
    try writer.append([
      ContainerInfo(id: "late", time: 20, texts: ["name": "new", "image": "busybox"]),
      ContainerInfo(id: "late", time: 10, texts: ["name": "old", "pod": "p"]),
    ])
    try writer.append(FramesTests.attachment)
    try writer.append(generator.next(events: 20))
    try writer.append(FramesTests.unknown, payload: [1, 2, 3])
    try writer.append(FramesTests.notes[1])
    try writer.append([ContainerInfo(id: "late", time: 15, texts: ["label.a": "b", "image": "older"])])
    try writer.append(FramesTests.notes[2])
    if isFinished { _ = try writer.finish() }
  }

  @Test(arguments: [true, false])
  func framesAreFoundWithAndWithoutTail(isFinished: Bool) throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    try write(path, isFinished: isFinished)
    let reader = try CaptureReader(path: path)
    #expect(reader.isComplete == isFinished && reader.damagedBytes == 0)
    #expect(
      reader.frames.map(\.type) == [
        .annotation, .container, .attachment, FramesTests.unknown, .annotation, .container, .annotation,
      ])
    #expect(try reader.annotations() == FramesTests.notes)
    #expect(try reader.annotations(limit: 1) == [FramesTests.notes[0]])
    #expect(try reader.trigger() == FramesTests.notes[1])
    #expect(try reader.readAttachment(reader.attachments[0]) == FramesTests.attachment)
    #expect(try reader.payload(of: reader.frames[3]) == [1, 2, 3])
    #expect(try reader.verify().isWhole == isFinished)
  }

  /// Of each id and key the text of the newest time counts, in whatever order they come.
  @Test func theNewestTextOfAContainerCounts() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    try write(path)
    let known = try CaptureReader(path: path).summary.containers.first { $0.id == "late" }
    #expect(
      known
        == ContainerInfo(
          id: "late", time: 20, texts: ["name": "new", "image": "busybox", "pod": "p", "label.a": "b"]))
  }

  @Test func metadataOfFramesIsNewerThanThatOfRows() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    let batches = (UInt64(0)..<10).map { seed in
      var generator = BatchGenerator(seed: seed)
      return generator.next(events: 200)
    }
    let batch = try #require(batches.first { !ChunkFacts($0).containers.isEmpty })
    let row = try #require(ChunkFacts(batch).containers.first { $0.name != nil })
    var writer = try CaptureWriter(path: path, header: .test(), schema: TestSchema.schema)
    try writer.append([ContainerInfo(id: row.id, time: 1, texts: ["name": "known"])])
    try writer.append(batch)
    _ = try writer.finish()
    let known = try CaptureReader(path: path).summary.containers.first { $0.id == row.id }
    #expect(known?.name == "known" && known?.image == row.image)
  }

  @Test func aDamagedFrameCostsItselfOnly() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    try write(path)
    let first = try CaptureReader(path: path)
    var bytes = try readFile(path)
    let note = try #require(first.frames.last { $0.type == .annotation })
    bytes[Int(note.offset) + FrameHeader.byteCount + 9] ^= 1
    try writeFile(path, bytes)
    let reader = try CaptureReader(path: path)
    #expect(try reader.annotations(limit: 2) == Array(FramesTests.notes[..<2]))
    do {
      _ = try reader.annotations()
      Issue.record("it was read")
    } catch {
      #expect(error.kind == .partlyReadable && error.offset == note.offset)
    }
    #expect(try !reader.verify().isWhole)
    try writeFile(path, Array(bytes.dropLast(Footer.frameBytes)))
    #expect(try CaptureReader(path: path).annotations() == Array(FramesTests.notes[..<2]))
  }

  /// Chunks and states that were read from one file and appended to another as they are.
  @Test func chunksAreCopiedAsTheyAre() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    var generator = BatchGenerator(seed: 5)
    let batch = generator.next(events: 50)
    var encoder = ChunkEncoder(BlockCompression(.lz4))
    let chunk = try encoder.encode(batch)
    var writer = try CaptureWriter(path: path, header: .test(seed: 9), schema: TestSchema.schema)
    try writer.append(EncodedChunk(copying: chunk.bytes, head: chunk.head, facts: chunk.facts))
    let state = MachineState(time: 1, reason: .start, part: 0, isLast: true, rows: batch)
    try writer.append(
      StatePrefix(state), EncodedChunk(copying: chunk.bytes, head: chunk.head, facts: chunk.facts))
    _ = try writer.finish()
    let reader = try CaptureReader(path: path)
    #expect(try reader.verify().isWhole)
    #expect(try batch.difference(to: reader.readChunk(0)) == nil)
    #expect(try batch.difference(to: reader.readState(reader.states[0].parts[0]).rows) == nil)
  }
}
