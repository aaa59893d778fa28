import BinaryCoding

/// A file that travels with a capture: the rules that fired, the alert as JSON, a list of packages.
public struct AttachedFile: Hashable, Sendable {
  /// When it was attached, in nanoseconds of the epoch.
  public var time: Int64
  /// Its name. Never to be used as a path without looking at it.
  public var name: String
  /// What it is: `application/json`, `text/plain` …
  public var mediaType: String
  /// The content.
  public var bytes: [UInt8]

  /// An attachment.
  public init(time: Int64, name: String, mediaType: String, bytes: [UInt8]) {
    self.time = time
    self.name = name
    self.mediaType = mediaType
    self.bytes = bytes
  }
}

// The content of an attachment frame, decompressed: time (zigzag) | name | media type | the bytes to the end
extension AttachedFile {
  /// The payload of an attachment frame.
  public func encoded(_ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer(capacity: bytes.count + 256)
    raw.append(zigzag: time)
    raw.append(counted: name)
    raw.append(counted: mediaType)
    raw.append(contentsOf: bytes)
    return CompressedPayload.encode(raw.bytes, compression)
  }

  /// The attachment in the payload of a frame.
  public init(
    decoding payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.chunkBytes, decompression)
    self = try raw.decoded { (cursor) throws(MalformedBytes) in
      AttachedFile(
        time: try cursor.zigzag(),
        name: try cursor.text(upTo: CaptureLimits.textBytes, "the length of an attachment's name"),
        mediaType: try cursor.text(upTo: CaptureLimits.textBytes, "the length of an attachment's media type"),
        bytes: Array(try cursor.take(cursor.remaining)))
    }
  }
}
