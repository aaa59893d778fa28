import CaptureFile
import CaptureFormat
import Compression
import EventBatch
import EventSchema
import TestSupport
import Testing

#if canImport(Glibc)
import Glibc
#endif

/// A capture that is small enough to try everything with: two chunks, a loss and a state of two parts.
struct TinyCapture {
  let bytes: [UInt8]
  let chunks: [EventBatch]
  let states: [MachineState]
  /// Where frames end, with their types.
  let ends: [(type: FrameType, end: Int)]

  init() throws {
    let path = temporaryPath()
    defer { removeFile(path) }
    chunks = [TinyCapture.batch(1), TinyCapture.batch(2)]
    states = (0..<2).map { part in
      MachineState(time: 9, reason: .trigger, part: UInt32(part), isLast: part == 1, rows: TinyCapture.batch(3 + part))
    }
    var writer = try CaptureWriter(path: path, header: .test(), schema: TinyCapture.schema)
    try writer.append(chunks[0])
    try writer.append(LossRecord(cause: .nested, cpu: 1, count: 5, from: 1, to: 2))
    for state in states { try writer.append(state) }
    try writer.append(chunks[1])
    _ = try writer.finish()
    bytes = try readFile(path)
    ends = try TinyCapture.ends(of: bytes)
  }

  /// As small as schemas get: the columns of dimensions are most of it anyway.
  private static let schema = Schema(types: Array(TestSchema.schema.types.suffix(1)), flagTables: [])

  /// An event of a thread; which one, tells them apart.
  private static func batch(_ place: Int) -> EventBatch {
    var source = Dimensions()
    let thread = Int(source.threads.appendRow())
    source.threads[thread, .tid] = Int64(100 + place)
    let lineage = source.lineages.appendRow()
    source.lineages[Int(lineage), .thread] = Int64(thread)
    var builder = EventBatchBuilder(schema: schema, firstNumber: UInt64(place))
    builder.appendEvent(
      exitTime: Int64(place * 1000), latency: 10, type: schema.types[0].id, cpu: 0, flags: [], lineage: lineage,
      object: EventBatch.noRow, result: 0)
    return builder.finish(source)
  }

  private static func ends(of bytes: [UInt8]) throws -> [(FrameType, Int)] {
    let id = try #require(FileID(CaptureHeader.test().fileID))
    var ends: [(FrameType, Int)] = []
    var offset = CaptureHeader.magic.count
    while offset < bytes.count {
      let header = bytes[offset...].withUnsafeBytes { FrameHeader($0, fileID: id) }
      let frame = try #require(header)
      offset += frame.frameBytes
      ends.append((frame.type, offset))
    }
    return ends
  }

  /// How many frames of a type end within the first bytes.
  func whole(_ type: FrameType, within length: Int) -> Int { ends.count { $0.type == type && $0.end <= length } }

  /// Which chunks a reader finds, by their places; `nil` when one is none of those written.
  func chunks(in reader: CaptureReader) throws -> [Int]? {
    var found: [Int] = []
    for index in 0..<reader.chunkCount {
      guard let batch = try readable({ try reader.readChunk(index) }) else { continue }
      guard let place = chunks.firstIndex(where: { $0.difference(to: batch) == nil }) else { return nil }
      found.append(place)
    }
    return found
  }

  /// The same for parts of states.
  func states(in reader: CaptureReader) throws -> [Int]? {
    var found: [Int] = []
    for part in reader.states.flatMap(\.parts) {
      guard let state = try readable({ try reader.readState(part) }) else { continue }
      let place = states.firstIndex { $0.part == state.part && $0.rows.difference(to: state.rows) == nil }
      guard let place else { return nil }
      found.append(place)
    }
    return found
  }
}

/// A file that is changed in place, many times.
struct ChangingFile: ~Copyable {
  let path: String
  private let descriptor: Int32

  init(_ bytes: [UInt8]) throws {
    let path = temporaryPath()
    try writeFile(path, bytes)
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    try #require(descriptor >= 0)
    (self.path, self.descriptor) = (path, descriptor)
  }

  deinit {
    close(descriptor)
    removeFile(path)
  }

  func put(_ bytes: [UInt8], at offset: Int) throws {
    try #require(pwrite(descriptor, bytes, bytes.count, off_t(offset)) == bytes.count)
  }

  func truncate(to length: Int) throws { try #require(ftruncate(descriptor, off_t(length)) == 0) }
}
