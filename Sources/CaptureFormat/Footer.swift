import BinaryCoding

/// The last frame of a finished file, 64 bytes with its header: from it a reader finds everything else.
///
///      0  fileID    16 bytes
///     16  length    u64   of the file, from its magic to the end of this frame
///     24  tail      u64   where the tail's first frame begins, counted from the magic
public struct Footer: Hashable, Sendable {
  /// The bytes of the payload: always these, so that the footer is found from the end.
  static let payloadBytes = 32
  /// The bytes of the whole frame.
  public static let frameBytes = FrameHeader.byteCount + payloadBytes

  /// The id that the header has.
  public var fileID: FileID
  /// The bytes of the file, this frame included.
  public var length: UInt64
  /// Where the tail's first frame begins.
  public var tail: UInt64

  /// A footer.
  public init(fileID: FileID, length: UInt64, tail: UInt64) {
    self.fileID = fileID
    self.length = length
    self.tail = tail
  }

  /// The payload of a footer frame.
  public func encoded() -> [UInt8] {
    var output = ByteBuffer()
    output.append(contentsOf: fileID.bytes)
    output.append(length)
    output.append(tail)
    return output.array()
  }

  /// The footer in the last 64 bytes of a file, `nil` when there is none.
  public init?(frame bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Footer.frameBytes, let (header, id) = FrameHeader.selfDescribed(bytes, .footer),
      header.length == Footer.payloadBytes,
      header.matches(
        payloadAndPadding: UnsafeRawBufferPointer(rebasing: bytes[FrameHeader.byteCount...]), fileID: id)
    else { return nil }
    fileID = id
    length = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 48, as: UInt64.self))
    tail = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 56, as: UInt64.self))
    guard tail < length, tail % 8 == 0, length % 8 == 0 else { return nil }
  }
}
