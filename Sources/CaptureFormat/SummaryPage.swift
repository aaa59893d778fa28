import BinaryCoding
import EventSchema

/// A chunk as the tail and a scan know it: where its frame begins, and its head.
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

/// The content of a summary page frame: chunk heads in the order of the file.
///
///     number of chunks
///     each: offset (difference to that of the chunk before) | payload length | head length | head
public struct SummaryPage: ~Copyable {
  /// A page is written when it has grown to this, so that a reader need not hold all pages at once.
  public static let fullBytes = 1 << 20

  private var content = ByteBuffer(capacity: 1 << 12)
  /// The chunks gathered so far.
  public private(set) var count = 0
  private var before: UInt64 = 0

  /// An empty page.
  public init() {}

  /// The bytes gathered so far.
  public var byteCount: Int { content.count }

  /// Adds a chunk.
  public mutating func append(offset: UInt64, length: Int, head: ArraySlice<UInt8>) {
    content.append(varint: offset - before)
    content.append(varint: UInt64(length))
    head.withUnsafeBytes { content.append(counted: $0) }
    before = offset
    count += 1
  }

  /// The payload of the page's frame.
  public consuming func encoded(_ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer(capacity: content.count + 16)
    raw.append(varint: UInt64(count))
    raw.append(contentsOf: content.bytes)
    return CompressedPayload.encode(raw.bytes, compression)
  }

  /// The chunks of a page. Their heads' checks are covered by the page's own.
  public static func decode(
    _ payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) -> [ChunkEntry] {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.chunkBytes, decompression)
    return try raw.decoded { (cursor) throws(MalformedBytes) in
      var chunks: [ChunkEntry] = []
      var offset: UInt64 = 0
      let count = try cursor.count(upTo: cursor.remaining, "the number of chunks in a summary page")
      for _ in 0..<count {
        offset = offset &+ (try cursor.varint())
        let length = try cursor.count(upTo: CaptureLimits.frameBytes, "the length of a chunk")
        let head = try ChunkHead(try cursor.counted(upTo: CaptureLimits.headBytes, "the length of a chunk head"))
        guard head.byteCount + head.storedBytes == length else {
          throw MalformedBytes("a chunk of \(length) bytes in the summary has a head that says otherwise")
        }
        chunks.append(ChunkEntry(offset: offset, length: length, head: head))
      }
      guard cursor.remaining == 0 else { throw MalformedBytes("a summary page has bytes behind its end") }
      return chunks
    }
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
