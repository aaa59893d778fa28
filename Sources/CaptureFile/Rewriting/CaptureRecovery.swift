import BinaryCoding
import CaptureFormat
import EventBatch

/// Rebuilds a damaged or unfinished capture: every whole frame byte for byte, under its number and the file's id, and a tail.
///
/// What is damaged is dropped; in its place stands a loss that says how many events are missing, as far as that is known.
/// A capture with which nothing is wrong stays the same, byte for byte. Memory holds one frame and what the summary needs.
public struct CaptureRecovery {
  private let reader: CaptureReader
  private var input: RewriteInput

  /// A recovery of an open capture.
  public init(_ reader: CaptureReader) {
    self.reader = reader
    input = RewriteInput(reader)
  }

  /// Writes the new file.
  ///
  /// - Parameter progress: is told the bytes of the input that were worked through.
  /// - Throws: when writing fails; what of the input is damaged is part of the report.
  public consuming func write(
    to path: String, options: WriterOptions, progress: (UInt64) -> Void
  ) throws(CaptureError) -> RewriteReport {
    let front = try frontPayloads()
    let tail = try wholeTail()
    var writer = try CaptureWriter(
      path: path, header: reader.header, headerPayload: front.header, schemaPayload: front.schema, options: options)
    var recovery = self
    while let item = try recovery.input.next() {
      let batch = try recovery.counted(of: item, writer.countedColumns)
      try writer.copy(item, ChunkFacts(batch ?? EventBatch(schema: recovery.reader.schema)), of: batch)
      progress(recovery.input.offset)
    }
    if let tail, recovery.input.droppedCount == 0, writer.bytesWritten == tail {
      var offset = tail
      let file = recovery.reader.file
      let totals = try writer.finish { () throws(CaptureError) -> [UInt8]? in
        let bytes = try file.bytes(at: offset, count: 1 << 20)
        offset += UInt64(bytes.count)
        return bytes.isEmpty ? nil : bytes
      }
      return RewriteReport(totals, [recovery.input])
    }
    return RewriteReport(try writer.finish(), [recovery.input])
  }

  /// What summary and rollup count of a chunk. One that this program cannot decode is kept all the same: a newer one may.
  private func counted(
    of item: RewriteItem, _ columns: ColumnSelection
  ) throws(CaptureError) -> EventBatch? {
    guard case .chunk(let head) = item.content else { return nil }
    do throws(CaptureError) {
      return try item.decode(head, reader, columns)
    } catch {
      guard error.kind == .partlyReadable else { throw error }
      return nil
    }
  }

  /// Header and schema as they stand in the file, from the first whole copy of each.
  private func frontPayloads() throws(CaptureError) -> (header: [UInt8], schema: [UInt8]) {
    var stream = FrameStream(reader.file, reader.fileID)
    var header: [UInt8]?
    var schema: [UInt8]?
    while let step = try stream.next() {
      guard case .whole(let frame, let payload) = step else { continue }
      if frame.header.type == .header { header = header ?? payload }
      if frame.header.type == .schema { schema = schema ?? payload }
      if let header, let schema { return (header, schema) }
    }
    throw CaptureError(
      .refused, "neither copy of the \(header == nil ? "header" : "schema") is readable", path: reader.file.path,
      remedy: "nothing of this file can be understood without it")
  }

  /// Where the tail begins, if the file ends with one of which every frame is whole.
  private func wholeTail() throws(CaptureError) -> UInt64? {
    guard reader.size >= UInt64(Footer.frameBytes) else { return nil }
    let end = try reader.file.bytes(at: reader.size - UInt64(Footer.frameBytes), count: Footer.frameBytes)
    guard let footer = end.withUnsafeBytes({ Footer(frame: $0) }), footer.length == reader.size,
      footer.fileID == reader.fileID
    else { return nil }
    var walk = FrameWalk(reader.file, reader.fileID)
    var offset = footer.tail
    while offset < reader.size {
      guard let frame = try walk.frame(at: offset), frame.header.isWhole(at: offset, in: reader.size),
        frame.header.matches(try walk.payload(of: frame), fileID: reader.fileID)
      else { return nil }
      offset = frame.end
    }
    return footer.tail
  }
}
