import BinaryCoding

/// What ties an export to the sealed capture that it was taken from: that file's seals, and the digest of each of its
/// frames.
public struct Custody: Hashable, Sendable {
  /// A frame of the original.
  public struct Frame: Hashable, Sendable {
    /// SHA-256 of the frame.
    public var digest: [UInt8]
    /// The sequence number of the same frame in this file; `nil` when it is not in it.
    public var sequence: UInt64?

    /// A frame. - Precondition: the digest has 32 bytes.
    public init(digest: [UInt8], sequence: UInt64?) {
      precondition(digest.count == 32)
      self.digest = digest
      self.sequence = sequence
    }
  }

  /// The id of the original file, 16 bytes.
  public var fileID: [UInt8]
  /// The original's seals in its order: the payloads of their frames.
  public var seals: [[UInt8]]
  /// The original's frames in its order, from sequence number 0.
  public var frames: [Frame]

  /// A chain of custody. - Precondition: the file id has 16 bytes.
  public init(fileID: [UInt8], seals: [[UInt8]], frames: [Frame]) {
    precondition(fileID.count == 16)
    self.fileID = fileID
    self.seals = seals
    self.frames = frames
  }
}

// The content of a custody frame, decompressed:
//
//     original file id   16 bytes
//     number of seals    each: counted payload of a seal frame
//     number of frames   each: 0 when it is not in this file, else 1 + its sequence number in this file
//     digests            32 bytes each
extension Custody {
  /// The payload of a custody frame.
  public func encoded(_ compression: BlockCompression) -> [UInt8] {
    var raw = ByteBuffer(capacity: frames.count * 36 + 256)
    raw.append(contentsOf: fileID)
    raw.append(varint: UInt64(seals.count))
    for seal in seals { seal.withUnsafeBytes { raw.append(counted: $0) } }
    raw.append(varint: UInt64(frames.count))
    for frame in frames { raw.append(varint: frame.sequence.map { $0 &+ 1 } ?? 0) }
    for frame in frames { raw.append(contentsOf: frame.digest) }
    return CompressedPayload.encode(raw.bytes, compression)
  }

  /// The chain of custody in the payload of a frame.
  public init(
    decoding payload: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) {
    let raw = try CompressedPayload.decode(payload, limit: CaptureLimits.chunkBytes, decompression)
    self = try raw.decoded { (cursor) throws(MalformedBytes) in
      let fileID = Array(try cursor.take(16))
      var seals: [[UInt8]] = []
      for _ in 0..<(try cursor.count(upTo: cursor.remaining, "the number of seals")) {
        seals.append(Array(try cursor.counted(upTo: CaptureLimits.textBytes, "the length of a seal")))
      }
      let count = try cursor.count(upTo: cursor.remaining / 33, "the number of frames in a chain of custody")
      var sequences: [UInt64?] = []
      for _ in 0..<count {
        let number = try cursor.varint()
        sequences.append(number == 0 ? nil : number - 1)
      }
      var frames: [Frame] = []
      for sequence in sequences { frames.append(Frame(digest: Array(try cursor.take(32)), sequence: sequence)) }
      guard cursor.remaining == 0 else { throw MalformedBytes("a chain of custody has bytes behind its end") }
      return Custody(fileID: fileID, seals: seals, frames: frames)
    }
  }
}
