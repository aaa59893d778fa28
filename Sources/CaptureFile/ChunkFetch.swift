import BinaryCoding
import CaptureFormat
import EventBatch
import EventSchema

/// A chunk that lies in some frame: of events, or of a part of a state.
struct StoredChunk {
  let head: ChunkHead
  /// Where the frame begins.
  let offset: UInt64
  /// Where the chunk itself begins.
  let start: UInt64
  private let state: StateEntry?

  init(_ chunk: ChunkEntry) {
    head = chunk.head
    offset = chunk.offset
    start = chunk.offset + UInt64(FrameHeader.byteCount)
    state = nil
  }

  init(_ part: StateEntry, _ head: ChunkHead) {
    self.head = head
    offset = part.offset
    start = part.offset + UInt64(FrameHeader.byteCount + StatePrefix.byteCount)
    state = part
  }

  /// What is lost when it cannot be read.
  var what: String {
    state.map(\.what) ?? "the chunk of events \(head.firstNumber) to \(head.lastNumber)"
  }
}

extension StateEntry {
  /// The part in messages.
  var what: String { "part \(part) of the state at \(time)" }
}

/// Reads parts of chunks from a file.
struct ChunkFetch {
  private let file: InputFile
  private let decompression: BlockDecompression

  /// Blocks that stand closer together than this are read in one go: copying what lies between costs as much as another call.
  private static let leastGap = 1 << 14

  init(_ file: InputFile, _ decompression: BlockDecompression) {
    self.file = file
    self.decompression = decompression
  }

  func read(
    _ chunk: StoredChunk, _ columns: ColumnSelection, schema: Schema, names: DimensionNames
  ) throws(CaptureError) -> EventBatch {
    try read(chunk, layout(of: chunk), columns, schema: schema, names: names, adding: nil)
  }

  /// Reads a chunk's directory.
  func layout(of chunk: StoredChunk) throws(CaptureError) -> ChunkLayout {
    let directory = try bytes(ChunkLayout.directoryRange(chunk.head), chunk.start)
    do throws(MalformedBytes) {
      return try directory.withBytes { (bytes) throws(MalformedBytes) in
        try ChunkLayout(chunk.head, directory: bytes, decompression)
      }
    } catch {
      throw damaged(chunk.what, chunk.offset, error)
    }
  }

  /// Reads a selection of a chunk whose directory was read.
  /// - Parameters:
  ///   - known: what was read before, and stays.
  ///   - rows: see `OpenChunk.read`.
  func read(
    _ chunk: StoredChunk, _ layout: ChunkLayout, _ columns: ColumnSelection, schema: Schema, names: DimensionNames,
    adding known: KnownColumns?, of rows: [UInt32]? = nil
  ) throws(CaptureError) -> EventBatch {
    let blocks = layout.blocks(for: columns, beyond: known?.selection ?? .nothing)
    let ranges = layout.ranges(of: blocks)
    let spans = ChunkFetch.coalesced(ranges)
    let joined = try bytes(spans, chunk.start)
    do throws(MalformedBytes) {
      return try decode(layout, columns, schema, names, blocks, ranges, spans, joined, known, rows)
    } catch {
      throw damaged(chunk.what, chunk.offset, error)
    }
  }

  private func decode(
    _ layout: ChunkLayout, _ columns: ColumnSelection, _ schema: Schema, _ names: DimensionNames, _ blocks: [Int],
    _ ranges: [Range<Int>], _ spans: [Range<Int>], _ joined: [UInt8], _ known: KnownColumns?,
    _ rows: [UInt32]?
  ) throws(MalformedBytes) -> EventBatch {
    return try joined.withBytes { (bytes) throws(MalformedBytes) in
      var stored: [UnsafeRawBufferPointer] = []
      for range in ranges {
        var start = 0
        for span in spans {
          if span.contains(range.lowerBound) || range.isEmpty && span.upperBound == range.lowerBound {
            start += range.lowerBound - span.lowerBound
            break
          }
          start += span.count
        }
        stored.append(UnsafeRawBufferPointer(rebasing: bytes[start..<start + range.count]))
      }
      return try layout.decode(
        columns, schema: schema, names: names, blocks: blocks, stored: stored, decompression, adding: known,
        of: rows)
    }
  }

  private static func coalesced(_ ranges: [Range<Int>]) -> [Range<Int>] {
    var spans: [Range<Int>] = []
    for range in ranges {
      if let last = spans.last, range.lowerBound - last.upperBound <= leastGap {
        spans[spans.count - 1] = last.lowerBound..<range.upperBound
      } else {
        spans.append(range)
      }
    }
    return spans
  }

  private func bytes(_ range: Range<Int>, _ payload: UInt64) throws(CaptureError) -> [UInt8] {
    try bytes([range], payload)
  }

  /// Several stretches, one behind the other in one buffer.
  private func bytes(_ ranges: [Range<Int>], _ payload: UInt64) throws(CaptureError) -> [UInt8] {
    let total = ranges.reduce(0) { $0 + $1.count }
    var failure: CaptureError?
    let bytes = [UInt8](unsafeUninitializedCapacity: total) { target, filled in
      let target = UnsafeMutableRawBufferPointer(target)
      do throws(CaptureError) {
        for range in ranges {
          let start = payload + UInt64(range.lowerBound)
          let room = UnsafeMutableRawBufferPointer(rebasing: target[filled..<filled + range.count])
          guard try file.read(at: start, into: room) == range.count else {
            throw CaptureError(
              .partlyReadable, "the file ends inside a chunk", path: file.path, offset: start,
              remedy: "the other chunks are readable")
          }
          filled += range.count
        }
      } catch {
        failure = error
        filled = 0
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The head of a part of a state, which must be the part that an entry speaks of.
  func head(of part: StateEntry, fileID: FileID) throws(CaptureError) -> ChunkHead {
    // Most heads are shorter than this; what is read besides is small.
    let start = part.offset + UInt64(FrameHeader.byteCount + StatePrefix.byteCount)
    let most = max(part.length - StatePrefix.byteCount, 0)
    var bytes = try file.bytes(at: start, count: min(most, 8192))
    let length =
      bytes.count < 8 ? 0 : Int(UInt32(littleEndian: bytes.withUnsafeBytes { $0.loadUnaligned(as: UInt32.self) }))
    if length > bytes.count, length <= min(most, CaptureLimits.headBytes) {
      bytes = try file.bytes(at: start, count: length)
    }
    guard length <= bytes.count, let head = ChunkHead.checked(Array(bytes.prefix(length)), fileID: fileID),
      head.byteCount + head.storedBytes == most, head.count == part.rows
    else {
      throw damaged(part.what, part.offset, MalformedBytes("its head does not match its checksum"))
    }
    return head
  }

  private func damaged(_ what: String, _ offset: UInt64, _ error: MalformedBytes) -> CaptureError {
    CaptureError(
      .partlyReadable, "\(what) is damaged: \(error)", path: file.path, offset: offset,
      remedy: "the rest is readable")
  }
}

extension [UInt8] {
  /// Lends the bytes to a function that may throw.
  func withBytes<Value>(
    _ use: (UnsafeRawBufferPointer) throws(MalformedBytes) -> Value
  ) throws(MalformedBytes) -> Value {
    let result: Result<Value, MalformedBytes> = withUnsafeBytes { bytes in
      do throws(MalformedBytes) {
        return .success(try use(bytes))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
