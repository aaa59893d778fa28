import BinaryCoding
import CaptureFormat
import EventSchema

/// Opens a file by its footer and tail.
enum CaptureTail {
  /// What the tail says; `nil` when there is none, or when anything in it or at the front is not as it should be: then
  /// the frames themselves must be looked at.
  static func read(_ file: InputFile, _ decompression: BlockDecompression) throws(CaptureError) -> CaptureContents? {
    guard file.size >= UInt64(Footer.frameBytes + CaptureHeader.magic.count) else { return nil }
    let end = try file.bytes(at: file.size - UInt64(Footer.frameBytes), count: Footer.frameBytes)
    guard let footer = end.withUnsafeBytes({ Footer(frame: $0) }), footer.length == file.size else { return nil }
    let front = try file.bytes(at: 0, count: CaptureHeader.magic.count + FrameHeader.byteCount + 16)
    guard Array(front.prefix(CaptureHeader.magic.count)) == CaptureHeader.magic,
      let (_, frontID) = front.withUnsafeBytes({
        FrameHeader.selfDescribed(
          UnsafeRawBufferPointer(rebasing: $0[CaptureHeader.magic.count...]), .header)
      }), frontID == footer.fileID
    else { return nil }
    var frames = FrameWalk(file, footer.fileID)
    var parts = CaptureParts(footer.fileID, decompression)
    var offset = footer.tail
    while offset < file.size {
      guard let frame = try frames.frame(at: offset), frame.header.isWhole(at: offset, in: file.size) else {
        return nil
      }
      let payload = try frames.payload(of: frame)
      guard frame.header.matches(payload, fileID: footer.fileID), parts.take(frame, payload) else { return nil }
      offset = frame.end
    }
    // Offsets that lead outside would only be seen when a chunk is read.
    func isInside(_ offset: UInt64, _ length: Int) -> Bool {
      offset < footer.tail && UInt64(length) < footer.tail - offset
    }
    guard let summary = parts.summary, summary.states.allSatisfy({ isInside($0.offset, $0.length) }),
      summary.frames.allSatisfy({ isInside($0.offset, $0.length) }),
      let pages = pages(of: summary, footer)
    else { return nil }
    return parts.finishedContents(pages)
  }

  /// The pages that the root tells of, with the stretch that each is about: from the one before to itself.
  private static func pages(of summary: SummaryFrame, _ footer: Footer) -> [CapturePage]? {
    var pages: [CapturePage] = []
    var (start, sequence) = (UInt64(CaptureHeader.magic.count), UInt64(0))
    var chunks = 0
    for entry in summary.pages {
      guard entry.offset >= start, entry.offset < footer.length,
        UInt64(FrameHeader.frameBytes(entry.length)) <= footer.length - entry.offset
      else { return nil }
      pages.append(
        CapturePage(
          chunks: chunks..<chunks + entry.chunks, bounds: entry.bounds, losses: entry.losses,
          source: .summary(entry, stretch: start..<entry.offset, sequence: sequence)))
      chunks += entry.chunks
      start = entry.offset + UInt64(FrameHeader.frameBytes(entry.length))
      sequence = entry.sequence + 1
    }
    return pages
  }
}

/// Gathers what the frames of a tail say.
private struct CaptureParts {
  private let fileID: FileID
  private let decompression: BlockDecompression
  private var header: CaptureHeader?
  private var schema: (schema: Schema, names: DimensionNames)?
  private(set) var summary: SummaryFrame?
  private var rollup: FrameEntry?

  init(_ fileID: FileID, _ decompression: BlockDecompression) {
    self.fileID = fileID
    self.decompression = decompression
  }

  /// False when the frame's content is malformed.
  mutating func take(_ frame: Frame, _ payload: [UInt8]) -> Bool {
    do {
      try payload.prefixBytes(frame.header.length) { (bytes) throws(MalformedBytes) in
        switch frame.header.type {
        case .header: header = try CaptureHeader(decoding: bytes)
        case .schema: schema = try SchemaFrame.decode(bytes, decompression)
        // It is decoded when somebody asks for it.
        case .rollup: rollup = FrameEntry(type: .rollup, offset: frame.offset, length: frame.header.length)
        case .summary: summary = try SummaryFrame(decoding: bytes, decompression)
        default: break
        }
      }
      return true
    } catch {
      return false
    }
  }

  func finishedContents(_ pages: [CapturePage]) -> CaptureContents? {
    guard let header, let schema, let summary else { return nil }
    return CaptureContents(
      header: header, fileID: fileID, schema: schema.schema, names: schema.names, isComplete: true, damagedBytes: 0,
      pages: pages, summary: summary, rollup: rollup)
  }
}
