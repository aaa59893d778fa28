import BinaryCoding
import EventBatch

/// A batch as the payload of a chunk frame, all but what the writer knows only when it appends it.
public struct EncodedChunk: Sendable {
  /// What the chunk's head says; `lost` and `lostInAll` are filled in when it is sealed.
  public internal(set) var head: ChunkHead
  /// What the summary needs to know besides the head.
  public let facts: ChunkFacts
  /// The payload of the chunk's frame.
  public internal(set) var bytes: [UInt8]
  let headLength: Int

  /// Fills in the losses before this chunk and the head's check. Called by whoever writes the frame.
  public mutating func seal(fileID: FileID, lost: UInt64, lostInAll: UInt64) {
    head.lost = lost
    head.lostInAll = lostInAll
    let length = headLength
    bytes.withUnsafeMutableBytes { bytes in
      bytes.storeBytes(of: lost.littleEndian, toByteOffset: 56, as: UInt64.self)
      bytes.storeBytes(of: lostInAll.littleEndian, toByteOffset: 64, as: UInt64.self)
      let check = fileID.check(UnsafeRawBufferPointer(rebasing: bytes[8..<length]))
      bytes.storeBytes(of: check.littleEndian, toByteOffset: 4, as: UInt32.self)
    }
  }

  /// The head's bytes, once sealed.
  public var headBytes: ArraySlice<UInt8> { bytes[..<headLength] }
}
