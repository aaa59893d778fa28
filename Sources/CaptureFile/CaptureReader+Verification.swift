import BinaryCoding
import CaptureFormat
import EventBatch

/// What a complete check of a file found.
public struct CaptureVerification: Sendable {
  /// Everything that is wrong, in the order of the file.
  public internal(set) var problems: [CaptureError] = []
  /// The bytes of damaged frames, and those between frames.
  public internal(set) var damagedBytes: UInt64 = 0
  /// The chunks that decoded.
  public internal(set) var soundChunks = 0
  /// The parts of states that decoded.
  public internal(set) var soundStates = 0
  /// Whether the file has its footer.
  public internal(set) var isComplete = false

  /// Whether the file is complete and nothing is wrong with it.
  public var isWhole: Bool { isComplete && problems.isEmpty }
}

extension CaptureReader {
  /// Reads the whole file: every checksum, every chunk, and every state, and whether the summary says what they say.
  ///
  /// - Throws: when the file cannot be read at all; damage is part of the result.
  public func verify() throws(CaptureError) -> CaptureVerification {
    var check = CaptureCheck(self)
    try check.run()
    return check.result
  }
}

/// The walk through a file that `verify` is.
private struct CaptureCheck: ~Copyable {
  private let reader: CaptureReader
  private var walk: FrameWalk
  private var builder: SummaryBuilder
  private var losses = LossList()
  private var pages: [PageEntry] = []
  private var page = SummaryPageBuilder()
  private var states: [StateEntry] = []
  private var frames: [FrameEntry] = []
  private var stored: SummaryFrame?
  private(set) var result = CaptureVerification()

  init(_ reader: CaptureReader) {
    self.reader = reader
    walk = FrameWalk(reader.file, reader.fileID)
    builder = SummaryBuilder(reader.header)
  }

  mutating func run() throws(CaptureError) {
    let magic = try reader.file.bytes(at: 0, count: CaptureHeader.magic.count)
    if magic != CaptureHeader.magic { complain("the first bytes are not those of a capture file", 0, bytes: 8) }
    var offset = UInt64(CaptureHeader.magic.count)
    var sequence: UInt64 = 0
    while offset < reader.size {
      var found = try walk.frame(at: offset)
      if let frame = found, frame.header.sequence < sequence { found = nil }
      if found == nil {
        found = try walk.next(from: offset + 8, sequence: sequence)
        let end = found?.offset ?? reader.size
        complain("\(end - offset) bytes belong to no frame", offset, bytes: end - offset)
      }
      guard let frame = found else { break }
      if frame.header.sequence > sequence {
        complain("\(frame.header.sequence - sequence) frames are not there", frame.offset, bytes: 0)
      }
      guard frame.header.isWhole(at: frame.offset, in: reader.size) else {
        complain("the file ends inside a frame", frame.offset, bytes: reader.size - frame.offset)
        break
      }
      try take(frame)
      sequence = frame.header.sequence + 1
      offset = frame.end
    }
    if !result.isComplete { complain("the file has no footer", reader.size, bytes: 0) }
    compareSummary()
  }

  private mutating func take(_ frame: Frame) throws(CaptureError) {
    let payload = try walk.payload(of: frame)
    let size = UInt64(frame.header.frameBytes)
    guard frame.header.matches(payload, fileID: reader.fileID) else {
      return complain("a frame does not match its checksum", frame.offset, bytes: size)
    }
    do {
      try payload.prefixBytes(frame.header.length) { (bytes) throws(MalformedBytes) in
        switch frame.header.type {
        case .header: _ = try CaptureHeader(decoding: bytes)
        case .schema: _ = try SchemaFrame.decode(bytes, reader.decompression)
        case .loss:
          let loss = try LossRecord(decoding: bytes)
          losses.append(loss)
          builder.add(loss)
          page.append(loss)
        case .chunk: try takeChunk(bytes, frame)
        case .state: try takeState(bytes, frame.offset)
        case .summaryPage: try takePage(bytes, frame)
        case .container: builder.add(try ContainerInfo.decodeFrame(bytes, reader.decompression))
        case .attachment: _ = try AttachedFile(decoding: bytes, reader.decompression)
        case .annotation: _ = try Annotation(decoding: bytes, reader.decompression)
        case .seal: _ = try Seal(decoding: bytes)
        case .custody: _ = try Custody(decoding: bytes, reader.decompression)
        case .rollup: _ = try Rollup(decoding: bytes, reader.decompression)
        case .summary: stored = try SummaryFrame(decoding: bytes, reader.decompression)
        case .footer: result.isComplete = true
        default: break
        }
      }
      if frame.header.type.isListed {
        frames.append(FrameEntry(type: frame.header.type, offset: frame.offset, length: frame.header.length))
      }
    } catch {
      complain(error.description, frame.offset, bytes: size)
    }
  }

  private mutating func takeChunk(
    _ payload: UnsafeRawBufferPointer, _ frame: Frame
  ) throws(MalformedBytes) {
    let head = try ChunkHead.checked(payload: payload, fileID: reader.fileID)
    builder.add(head, ChunkFacts(try decode(payload, head)))
    page.append(offset: frame.offset, length: payload.count, headBytes: Array(payload[..<head.byteCount])[...], head)
    result.soundChunks += 1
  }

  /// A page must say what the frames in front of it say.
  private mutating func takePage(_ payload: UnsafeRawBufferPointer, _ frame: Frame) throws(MalformedBytes) {
    defer { page = SummaryPageBuilder() }
    pages.append(page.entry(offset: frame.offset, length: payload.count, sequence: frame.header.sequence))
    // Where something is damaged the page knows more than what is left.
    guard result.problems.isEmpty else { return }
    guard try page.equals(payload: payload, reader.decompression) else {
      throw MalformedBytes("a summary page does not say what the frames in front of it say")
    }
  }

  private mutating func takeState(_ payload: UnsafeRawBufferPointer, _ offset: UInt64) throws(MalformedBytes) {
    let (entry, head, chunk) = try StateEntry.checked(payload, offset: offset, fileID: reader.fileID)
    _ = try decode(chunk, head)
    states.append(entry)
    result.soundStates += 1
  }

  private func decode(_ payload: UnsafeRawBufferPointer, _ head: ChunkHead) throws(MalformedBytes) -> EventBatch {
    try ChunkLayout.decode(
      payload: payload, head: head, selection: .all, schema: reader.schema, names: reader.names, reader.decompression)
  }

  private mutating func compareSummary() {
    guard let stored, result.problems.isEmpty else { return }
    let counted = SummaryFrame(totals: builder.summary, losses: losses, states: states, frames: frames, pages: pages)
    if stored.encoded(.none) != counted.encoded(.none) {
      complain("the summary does not say what the frames say", reader.size, bytes: 0)
    }
  }

  private mutating func complain(_ what: String, _ offset: UInt64, bytes: UInt64) {
    result.problems.append(
      CaptureError(.partlyReadable, what, path: reader.file.path, offset: offset, remedy: "reel recover keeps the rest")
    )
    result.damagedBytes += bytes
  }
}
