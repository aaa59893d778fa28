import BinaryCoding

/// A chunk as a summary page knows it: where its frame begins, and its head.
public struct ChunkEntry: Sendable {
  /// Where the chunk's frame begins, counted from the magic.
  public var offset: UInt64
  /// The bytes of the frame's payload.
  public var length: Int
  /// What the chunk says about itself.
  public var head: ChunkHead

  /// A chunk and its place.
  public init(offset: UInt64, length: Int, head: ChunkHead) {
    self.offset = offset
    self.length = length
    self.head = head
  }
}

/// What a summary page frame holds: the chunk heads and losses of the stretch of the file in front of it, back to the page
/// before, in the order of the file.
///
///     number of chunks   each: offset (difference to that of the chunk before) | payload length | head length | head
///     number of losses   each: 32 bytes as in a loss frame
public struct SummaryPage: Sendable {
  /// The chunks.
  public var chunks: [ChunkEntry]
  /// The losses.
  public var losses: [LossRecord]

  /// What the payload of a page's frame holds. The heads' checks are covered by the page's own.
  public init(
    decoding payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.pageBytes, decompression)
    self = try raw.decoded { (cursor) throws(MalformedBytes) in
      var page = SummaryPage(chunks: [], losses: [])
      var offset: UInt64 = 0
      let count = try cursor.count(
        upTo: min(cursor.remaining / 64, CaptureLimits.pageChunks), "the number of chunks in a summary page")
      for _ in 0..<count {
        offset = offset &+ (try cursor.varint())
        let length = try cursor.count(upTo: CaptureLimits.frameBytes, "the length of a chunk")
        let head = try ChunkHead(try cursor.counted(upTo: CaptureLimits.headBytes, "the length of a chunk head"))
        guard head.byteCount + head.storedBytes == length else {
          throw MalformedBytes("a chunk of \(length) bytes in the summary has a head that says otherwise")
        }
        page.chunks.append(ChunkEntry(offset: offset, length: length, head: head))
      }
      let losses = try cursor.count(
        upTo: min(cursor.remaining / LossRecord.byteCount, CaptureLimits.pageChunks),
        "the number of losses in a summary page")
      for _ in 0..<losses { page.losses.append(try LossRecord(decoding: try cursor.take(LossRecord.byteCount))) }
      guard cursor.remaining == 0 else { throw MalformedBytes("a summary page has bytes behind its end") }
      return page
    }
  }

  private init(chunks: [ChunkEntry], losses: [LossRecord]) {
    self.chunks = chunks
    self.losses = losses
  }
}

/// Gathers a summary page while chunks and losses are written.
public struct SummaryPageBuilder: ~Copyable {
  /// A page is written when it has grown to this: what a scan holds of heads at a time.
  public static let fullBytes = 1 << 18

  private var heads = ByteBuffer(capacity: 1 << 12)
  private var losses = ByteBuffer(capacity: 64)
  private var chunkCount = 0
  private var lossCount = 0
  private var before: UInt64 = 0
  private var bounds = ChunkBounds()

  /// An empty page.
  public init() {}

  /// Whether nothing was gathered.
  public var isEmpty: Bool { chunkCount == 0 && lossCount == 0 }

  /// Whether the page is to be written.
  public var isFull: Bool {
    heads.count + losses.count >= SummaryPageBuilder.fullBytes || chunkCount >= CaptureLimits.pageChunks
      || lossCount >= CaptureLimits.pageChunks
  }

  /// Adds a chunk, by the bytes of its head and what they say.
  public mutating func append(offset: UInt64, length: Int, headBytes: ArraySlice<UInt8>, _ head: ChunkHead) {
    heads.append(varint: offset &- before)
    heads.append(varint: UInt64(length))
    headBytes.withUnsafeBytes { heads.append(counted: $0) }
    before = offset
    chunkCount += 1
    bounds.add(head)
  }

  /// Adds a loss.
  public mutating func append(_ loss: LossRecord) {
    losses.append(contentsOf: loss.encoded())
    lossCount += 1
  }

  /// The payload of the page's frame.
  public func encoded(_ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer(capacity: heads.count + losses.count + 32)
    raw.append(varint: UInt64(chunkCount))
    raw.append(contentsOf: heads.bytes)
    raw.append(varint: UInt64(lossCount))
    raw.append(contentsOf: losses.bytes)
    return CompressedPayload.encode(raw.bytes, compression)
  }

  /// Whether the payload of a page's frame says just what was gathered.
  public func equals(
    payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) -> Bool {
    let stored = try CompressedPayload.decode(payload, limit: CaptureLimits.pageBytes, decompression)
    let gathered = encoded(.none)
    return stored.elementsEqual(gathered.dropFirst(CompressedPayload.prefixBytes))
  }

  /// The page's entry in the root.
  public func entry(offset: UInt64, length: Int, sequence: UInt64) -> PageEntry {
    PageEntry(
      offset: offset, length: length, sequence: sequence, chunks: chunkCount, losses: lossCount, bounds: bounds)
  }
}

extension [UInt8] {
  /// Reads the bytes with a cursor.
  func decoded<Value>(
    _ read: (inout ByteCursor) throws(MalformedBytes) -> Value
  ) throws(MalformedBytes) -> Value {
    let result: Result<Value, MalformedBytes> = withUnsafeBytes { bytes in
      do throws(MalformedBytes) {
        var cursor = ByteCursor(bytes)
        return .success(try read(&cursor))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
