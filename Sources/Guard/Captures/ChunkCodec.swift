import BinaryCoding
import CaptureFile
import CaptureFormat
import EventBatch
import EventSchema

/// Encodes what is recorded for the flight recorder, and decodes it again for captures that take a part of it.
enum ChunkCodec {
  /// Chunks in memory carry it until a file takes them over.
  private static let memoryID = FileID([UInt8](repeating: 0x6D, count: 16))

  /// Makes a chunk complete, so that it can be decoded where it is.
  static func sealed(_ chunk: consuming EncodedChunk) -> EncodedChunk {
    var chunk = chunk
    if let memoryID { chunk.seal(fileID: memoryID, lost: 0, lostInAll: 0) }
    return chunk
  }

  /// The batch of a chunk.
  /// - Throws: what is wrong with it: it was encoded by this process, so that this tells of broken memory.
  static func batch(
    of chunk: EncodedChunk, _ columns: ColumnSelection, _ decompression: BlockDecompression
  ) throws(MalformedBytes) -> EventBatch {
    let result: Result<EventBatch, MalformedBytes> = chunk.bytes.withUnsafeBytes { bytes in
      do throws(MalformedBytes) {
        return .success(
          try ChunkLayout.decode(
            payload: bytes, head: chunk.head, selection: columns, schema: .builtIn, names: DimensionNames(),
            decompression))
      } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }
}
