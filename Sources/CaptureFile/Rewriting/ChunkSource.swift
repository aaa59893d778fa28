import BinaryCoding
import CaptureFormat
import EventBatch

extension RewriteItem {
  /// Decodes columns of the chunk in the payload of a chunk or state.
  ///
  /// - Throws: `CaptureError` of kind `partlyReadable` when it makes no sense although its checksums hold.
  func decode(
    _ head: ChunkHead, _ reader: CaptureReader, _ columns: ColumnSelection = .all
  ) throws(CaptureError) -> EventBatch {
    let result: Result<EventBatch, MalformedBytes> = chunkPayload.withUnsafeBytes { bytes in
      do throws(MalformedBytes) {
        return .success(
          try ChunkLayout.decode(
            payload: bytes, head: head, selection: columns, schema: reader.schema, names: reader.names,
            reader.decompression))
      } catch {
        return .failure(error)
      }
    }
    do {
      return try result.get()
    } catch {
      throw CaptureError(
        .partlyReadable, "the chunk of events \(head.firstNumber) to \(head.lastNumber) cannot be decoded: \(error)",
        path: reader.file.path, offset: offset, remedy: "the other chunks are readable")
    }
  }

  /// The chunk as it is, for another file, and what its summary and rollup count.
  func copy(
    _ head: ChunkHead, _ reader: CaptureReader, _ counted: ColumnSelection = .counted
  ) throws(CaptureError) -> (chunk: EncodedChunk, batch: EventBatch) {
    let batch = try decode(head, reader, counted)
    return (EncodedChunk(copying: Array(chunkPayload), head: head, facts: ChunkFacts(batch)), batch)
  }
}

extension ColumnSelection {
  /// What a summary and a rollup count.
  static let counted = ColumnSelection(core: [.exitTimes, .types, .results, .objects], arguments: .none)
}

extension CaptureReader {
  /// Whether chunks of this file mean the same in a file that this program begins: where the dimension tables have the
  /// columns that it writes, under their numbers. The schema is taken over in any case.
  func chunksCanBeCopied() throws(CaptureError) -> Bool {
    var stream = FrameStream(file, fileID)
    while let step = try stream.next() {
      guard case .whole(let frame, let payload) = step, frame.header.type == .schema else { continue }
      let own = SchemaFrame.encode(schema, .none)
      let isSame = try? payload.withBytes { (theirs) throws(MalformedBytes) in
        try own.withBytes { (own) throws(MalformedBytes) in
          try SchemaFrame.contentIsEqual(theirs, own, decompression)
        }
      }
      return isSame ?? false
    }
    return false
  }
}
