import BinaryCoding
import CFuzzer
import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema
import Filter
import Query
import Redaction
import ScapFormat
import TestSupport

/// Something that reads bytes of others. Inputs are these bytes as they are, so that a corpus of captures is a folder of
/// captures; the mutations make checksums right, see `Mutation`.
///
/// A target may refuse an input in any way that it documents. Findings are crashes, memory errors, and more time or memory
/// than `scripts/fuzz` allows.
enum FuzzTarget: String, CaseIterable {
  /// A whole file: opened, every chunk and state read, verified, asked.
  case capture
  /// The payload of a chunk frame: head, directory, columns, dimensions.
  case chunk
  /// The payload of a state frame.
  case state
  /// The payload of a summary page frame.
  case page
  /// The payload of a summary frame.
  case summary
  /// The payload of a schema frame.
  case schema
  /// The payload of a header frame, and those of the other small frames.
  case header
  /// The payload of a container, attachment, annotation, rollup, custody or seal frame: each decoder looks at every input.
  case frames
  /// A filter, parsed and bound.
  case filter
  /// A `.scap` file, read into batches.
  case scap
  /// A file of redaction rules, read and then looked for in its own text.
  case rules
  /// Bytes and texts in which the rules that come with the program look for secrets.
  case redaction

  /// The one that this process runs. Set once, before libFuzzer starts.
  nonisolated(unsafe) static var current = FuzzTarget.capture

  /// The file id of all inputs that are parts of a file.
  static let fileID: FileID = {
    guard let id = FileID(CaptureHeader.test().fileID) else { fatalError("the id of the test header has 16 bytes") }
    return id
  }()

  /// The schema of chunks and states. The one of tests has a type of a very high number, for which every question would make
  /// tables as long.
  static let eventSchema = Schema(types: TestSchema.schema.types.filter { $0.id.rawValue < 1000 }, flagTables: [])

  func run(_ bytes: UnsafeRawBufferPointer) {
    do {
      switch self {
      case .capture: try FuzzTarget.capture(bytes)
      case .chunk: try FuzzTarget.chunk(bytes)
      case .state: try FuzzTarget.state(bytes)
      case .page: _ = try SummaryPage(decoding: bytes, decompression)
      case .summary: _ = try SummaryFrame(decoding: bytes, decompression)
      case .frames: FuzzTarget.frames(bytes)
      case .schema: try FuzzTarget.schema(bytes)
      case .header: try FuzzTarget.header(bytes)
      case .filter: try FuzzTarget.filter(bytes)
      case .scap: try FuzzTarget.scap(bytes)
      case .rules: redact(bytes, by: try RedactionFile.rules(Array(bytes)))
      case .redaction: redact(bytes, by: builtInRules)
      }
    } catch is MalformedBytes, is CaptureError, is FilterSyntaxError, is QueryError, is SchemaDecodingError,
      is ScapError, is RedactionFileError
    {
      // Refused, as it may be.
    } catch {
      fatalError("an error of an unknown kind: \(error)")
    }
  }

  private static func capture(_ bytes: UnsafeRawBufferPointer) throws {
    let file = reel_memory_file(bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
    guard file >= 0 else { fatalError("no file in memory can be made") }
    let reader = try CaptureReader(path: "/proc/self/fd/\(file)")
    _ = partly({ () throws(CaptureError) in try reader.heads })
    for chunk in 0..<min(reader.chunkCount, 16) {
      guard let batch = partly({ () throws(CaptureError) in try reader.readChunk(chunk) }) else { continue }
      try ask(batch)
    }
    for part in reader.states.flatMap(\.parts).prefix(8) {
      _ = partly { () throws(CaptureError) in try reader.readState(part) }
    }
    _ = reader.state(at: reader.summary.ended)
    for frame in reader.frames.prefix(64) {
      switch frame.type {
      case .annotation: _ = partly({ () throws(CaptureError) in try reader.readAnnotation(frame) })
      case .attachment: _ = partly({ () throws(CaptureError) in try reader.readAttachment(frame) })
      case .container: _ = partly({ () throws(CaptureError) in try reader.readContainers(frame) })
      case .seal: _ = partly({ () throws(CaptureError) in try reader.readSeal(frame) })
      case .custody: _ = partly({ () throws(CaptureError) in try reader.readCustody(frame) })
      default: break
      }
    }
    _ = try reader.verify()
  }

  /// What a damaged part costs is itself alone: anything but that is a finding.
  private static func partly<Value>(_ read: () throws(CaptureError) -> Value) -> Value? {
    do throws(CaptureError) {
      return try read()
    } catch {
      guard error.kind == .partlyReadable else { fatalError("damage inside of a chunk is said as \(error)") }
      return nil
    }
  }

  /// Whatever is read is a batch like any other.
  private static func scap(_ bytes: UnsafeRawBufferPointer) throws {
    var input = try ScapImport(bytes: Array(bytes))
    for part in input.initialState { try check(part.rows) }
    while let batch = try input.nextBatch() { try check(batch) }
  }

  private static func check(_ batch: EventBatch) throws {
    do { try batch.checkInvariants() } catch { fatalError("what was read is no batch: \(error)") }
  }

  private static func chunk(_ bytes: UnsafeRawBufferPointer) throws {
    let head = try ChunkHead.checked(payload: bytes, fileID: fileID)
    let batch = try decode(bytes, head, .all)
    try ask(batch)
    // Each column by itself decodes to the same.
    for core in 0..<10 {
      let selection = ColumnSelection(core: .init(rawValue: 1 << UInt16(core)))
      let one = try decode(bytes, head, selection)
      guard one.count == batch.count else { fatalError("a selection has \(one.count) of \(batch.count) events") }
      if selection.core.contains(.results), one.results != batch.results { fatalError("results differ") }
      if selection.core.contains(.exitTimes), one.exitTimes != batch.exitTimes { fatalError("exit times differ") }
    }
    reencode(batch)
  }

  /// What was decoded is a batch like any other: it encodes, and decodes to itself.
  private static func reencode(_ batch: EventBatch) {
    guard batch.count > 0, batch.count <= 512 else { return }
    var encoder = ChunkEncoder(.none)
    do {
      var chunk = try encoder.encode(batch)
      chunk.seal(fileID: fileID, lost: 0, lostInAll: 0)
      let again = try chunk.bytes.withUnsafeBytes { bytes in
        try decode(bytes, try ChunkHead.checked(payload: bytes, fileID: fileID), .all)
      }
      if let difference = batch.difference(to: again) { fatalError("encoded anew it is another batch: \(difference)") }
    } catch is LimitExceeded {
      // A chunk may hold what is too much in another encoding.
    } catch {
      fatalError("what was encoded does not decode: \(error)")
    }
  }

  private static func decode(
    _ payload: UnsafeRawBufferPointer, _ head: ChunkHead, _ selection: ColumnSelection
  ) throws(MalformedBytes) -> EventBatch {
    try ChunkLayout.decode(
      payload: payload, head: head, selection: selection, schema: FuzzTarget.eventSchema, names: DimensionNames(),
      decompression)
  }

  private static func state(_ bytes: UnsafeRawBufferPointer) throws {
    let (_, head, chunk) = try StateEntry.checked(bytes, offset: 0, fileID: fileID)
    _ = try decode(chunk, head, .all)
  }

  private static func frames(_ bytes: UnsafeRawBufferPointer) {
    // Which one refuses is of no interest: what matters is that each of them ends.
    _ = try? Annotation(decoding: bytes, decompression)
    _ = try? AttachedFile(decoding: bytes, decompression)
    _ = try? ContainerInfo.decodeFrame(bytes, decompression)
    _ = try? Rollup(decoding: bytes, decompression)
    _ = try? Custody(decoding: bytes, decompression)
    _ = try? Seal(decoding: bytes)
  }

  private static func schema(_ bytes: UnsafeRawBufferPointer) throws {
    let (schema, _) = try SchemaFrame.decode(bytes, decompression)
    // What was read can be written, and is then read as the same.
    guard try Schema(decoding: schema.encoded()).encoded() == schema.encoded() else {
      fatalError("a schema does not survive encoding")
    }
  }

  private static func header(_ bytes: UnsafeRawBufferPointer) throws {
    _ = Footer(frame: bytes)
    _ = FrameHeader(bytes, fileID: fileID)
    _ = try? LossRecord(decoding: bytes)
    let header = try CaptureHeader(decoding: bytes)
    _ = try header.encoded().withUnsafeBytes { (bytes) throws in try CaptureHeader(decoding: bytes) }
  }

  private static func filter(_ bytes: UnsafeRawBufferPointer) throws {
    let text = String(decoding: bytes, as: UTF8.self)
    let parsed = try parseFilter(text)
    // Printed and parsed anew it means the same.
    let printed = "\(parsed)"
    guard let again = try? parseFilter(printed, depthLimit: 1000), "\(again)" == printed else {
      fatalError("the printed form \(printed) is not read as what it was printed from")
    }
    _ = try Question(expression: parsed, source: text, schema: .builtIn)
  }
}
