import BinaryCoding
import CaptureFormat
import EventBatch
import EventSchema

/// Opens a file by hopping from frame to frame: for files without a tail, and for damaged ones.
struct CaptureScan {
  private let file: InputFile
  private let decompression: BlockDecompression
  private let fileID: FileID
  private var walk: FrameWalk
  private var header: CaptureHeader?
  private var schema: (schema: Schema, names: DimensionNames)?
  private var found: [Found] = []
  private var states: [StateEntry] = []
  private var frames: [FrameEntry] = []
  private var containers: [[ContainerInfo]] = []
  private var isComplete = false
  private var damagedBytes: UInt64 = 0

  /// Chunks and losses, in the order of the file. Heads are not kept: they are read again when they are asked for.
  private enum Found {
    case chunk(ChunkPlace)
    case loss(LossRecord)
  }

  static func read(_ file: InputFile, _ decompression: BlockDecompression) throws(CaptureError) -> CaptureContents {
    var scan = CaptureScan(file, decompression, try findID(file))
    let start = UInt64(CaptureHeader.magic.count)
    if try file.bytes(at: 0, count: CaptureHeader.magic.count) != CaptureHeader.magic { scan.damagedBytes = start }
    // Not from the header that gave the id: where those at the front are damaged, that is the one of the tail.
    try scan.hop(from: start)
    return try scan.contents()
  }

  private init(_ file: InputFile, _ decompression: BlockDecompression, _ fileID: FileID) {
    self.file = file
    self.decompression = decompression
    self.fileID = fileID
    walk = FrameWalk(file, fileID)
  }

  /// How far into a file its second header may stand: both stand in front of the first chunk.
  private static let frontBytes = 4 << 20

  /// The file id: from the header at the front; else from a footer that knows the size of the file, since the next header
  /// may be that of another capture, in a payload; else from that header; else from any footer.
  private static func findID(_ file: InputFile) throws(CaptureError) -> FileID {
    let front = try file.bytes(at: 0, count: frontBytes)
    if front.isEmpty { throw CaptureError(.refused, "the file is empty", path: file.path) }
    let first = CaptureHeader.magic.count
    if let id = headerID(front, from: first, to: first + 8) { return id }
    let footer = try footer(of: file)
    if let footer, footer.length == file.size { return footer.fileID }
    if let id = headerID(front, from: first + 8, to: front.count) { return id }
    if let footer { return footer.fileID }
    let isCapture = Array(front.prefix(CaptureHeader.magic.count)) == CaptureHeader.magic
    throw CaptureError(
      .refused, isCapture ? "the capture ends before its header" : "this is not a capture file", path: file.path,
      offset: 0, remedy: isCapture ? nil : "name a file that reel record wrote")
  }

  /// The id that the first whole header has which begins within some bytes.
  private static func headerID(_ front: [UInt8], from start: Int, to end: Int) -> FileID? {
    front.withUnsafeBytes { front in
      for position in stride(from: start, to: end, by: 8) {
        guard position + FrameHeader.byteCount + 16 <= front.count else { return nil }
        if FrameHeader.hasMark(front, at: position),
          let (_, id) = FrameHeader.selfDescribed(UnsafeRawBufferPointer(rebasing: front[position...]), .header)
        {
          return id
        }
      }
      return nil
    }
  }

  private static func footer(of file: InputFile) throws(CaptureError) -> Footer? {
    let length = UInt64(Footer.frameBytes)
    guard file.size >= length else { return nil }
    return try file.bytes(at: file.size - length, count: Footer.frameBytes).withUnsafeBytes { Footer(frame: $0) }
  }

  private mutating func hop(from start: UInt64) throws(CaptureError) {
    var offset = start
    var sequence: UInt64 = 0
    while offset < file.size {
      if let frame = try walk.frame(at: offset), frame.header.sequence >= sequence {
        guard frame.header.isWhole(at: offset, in: file.size) else {
          // The last write did not get to its end.
          damagedBytes += file.size - offset
          return
        }
        if try !take(frame) { damagedBytes += UInt64(frame.header.frameBytes) }
        sequence = frame.header.sequence + 1
        offset = frame.end
        continue
      }
      guard let found = try walk.next(from: offset + 8, sequence: sequence) else {
        damagedBytes += file.size - offset
        return
      }
      damagedBytes += found.offset - offset
      offset = found.offset
    }
  }

  /// False when the frame's content is damaged.
  private mutating func take(_ frame: Frame) throws(CaptureError) -> Bool {
    let type = frame.header.type
    if type == .chunk { return try takeChunk(frame) }
    if !type.isKnown, type.isCritical {
      throw CaptureError(
        .refused, "the file holds frames of type \(type.rawValue), which this program does not know", path: file.path,
        offset: frame.offset, remedy: "read it with a newer version of reel")
    }
    let payload = try walk.payload(of: frame)
    guard frame.header.matches(payload, fileID: fileID) else { return false }
    do {
      try payload.prefixBytes(frame.header.length) { (bytes) throws(MalformedBytes) in
        switch type {
        case .header where header == nil: header = try CaptureHeader(decoding: bytes)
        case .schema where schema == nil: schema = try SchemaFrame.decode(bytes, decompression)
        case .loss: found.append(.loss(try LossRecord(decoding: bytes)))
        case .state: states.append(try StateEntry.checked(bytes, offset: frame.offset, fileID: fileID).entry)
        case .container: containers.append(try ContainerInfo.decodeFrame(bytes, decompression))
        case .footer: isComplete = true
        default: break
        }
      }
      if type.isListed {
        frames.append(FrameEntry(type: type, offset: frame.offset, length: frame.header.length))
      }
      return true
    } catch {
      // An intact header of another version is no damage.
      if type == .header {
        throw CaptureError(
          .refused, error.reason, path: file.path, offset: frame.offset, remedy: "read it with a newer version of reel")
      }
      return false
    }
  }

  private mutating func takeChunk(_ frame: Frame) throws(CaptureError) -> Bool {
    let place = ChunkPlace(offset: frame.offset, length: frame.header.length)
    guard try walk.chunk(place, fileID) != nil else { return false }
    found.append(.chunk(place))
    return true
  }

  /// Decodes the dimensions of each chunk, since only they know threads and objects.
  private mutating func contents() throws(CaptureError) -> CaptureContents {
    guard let header, let schema else {
      throw CaptureError(
        .refused, "neither copy of the \(header == nil ? "header" : "schema") is readable", path: file.path,
        remedy: "nothing of this file can be understood without it")
    }
    let fetch = ChunkFetch(file, decompression)
    let nothing = ColumnSelection(core: [], arguments: .none, payloads: false)
    var builder = SummaryBuilder(header)
    var pages = FoundPages()
    var losses = LossList()
    for item in found {
      switch item {
      case .loss(let loss):
        builder.add(loss)
        losses.append(loss)
        pages.append(loss)
      case .chunk(let place):
        guard let chunk = try walk.chunk(place, fileID) else { continue }
        do {
          let dimensions = try fetch.read(StoredChunk(chunk), nothing, schema: schema.schema, names: schema.names)
          builder.add(chunk.head, ChunkFacts(dimensions))
          pages.append(place, chunk.head)
        } catch {
          guard error.kind == .partlyReadable else { throw error }
          damagedBytes += UInt64(FrameHeader.frameBytes(place.length))
        }
      }
    }
    for known in containers { builder.add(known) }
    pages.close()
    return CaptureContents(
      header: header, fileID: fileID, schema: schema.schema, names: schema.names, isComplete: isComplete,
      damagedBytes: damagedBytes, pages: pages.pages,
      summary: SummaryFrame(totals: builder.summary, losses: losses, states: states, frames: frames), rollup: nil)
  }
}

/// Makes pages of chunks and losses that were found one by one.
private struct FoundPages {
  private(set) var pages: [CapturePage] = []
  private var places: [ChunkPlace] = []
  private var losses: [LossRecord] = []
  private var bounds = ChunkBounds()
  private var chunks = 0

  mutating func append(_ place: ChunkPlace, _ head: ChunkHead) {
    places.append(place)
    bounds.add(head)
    if places.count == CapturePage.mostFound { close() }
  }

  mutating func append(_ loss: LossRecord) { losses.append(loss) }

  mutating func close() {
    if places.isEmpty && losses.isEmpty { return }
    pages.append(
      CapturePage(
        chunks: chunks..<chunks + places.count, bounds: bounds, losses: losses.count, source: .found(places, losses)))
    chunks += places.count
    (places, losses, bounds) = ([], [], ChunkBounds())
  }
}
