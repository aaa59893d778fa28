import BinaryCoding
import CaptureFormat
import EventBatch
import EventSchema

/// Reads parts of chunks from a file.
struct ChunkFetch {
  private let file: InputFile
  private let decompression: BlockDecompression

  /// Blocks that stand closer together than this are read in one go.
  private static let leastGap = 1 << 16

  init(_ file: InputFile, _ decompression: BlockDecompression) {
    self.file = file
    self.decompression = decompression
  }

  func read(
    _ chunk: ChunkEntry, _ columns: ColumnSelection, schema: Schema, names: DimensionNames
  ) throws(CaptureError) -> EventBatch {
    let payload = chunk.offset + UInt64(FrameHeader.byteCount)
    let directoryRange = ChunkLayout.directoryRange(chunk.head)
    let directory = try bytes(directoryRange, payload)
    do {
      let layout = try directory.withBytes { (bytes) throws(MalformedBytes) in
        try ChunkLayout(chunk.head, directory: bytes, decompression)
      }
      let blocks = layout.blocks(for: columns)
      let ranges = layout.ranges(of: blocks)
      let spans = ChunkFetch.coalesced(ranges)
      var parts: [[UInt8]] = []
      for span in spans { parts.append(try bytes(span, payload)) }
      return try decode(layout, columns, schema, names, blocks, ranges, spans, parts)
    } catch let error as MalformedBytes {
      throw damaged(chunk, error)
    } catch let error as CaptureError {
      throw error
    } catch {
      throw CaptureError(.failed, "\(error)", path: file.path, offset: chunk.offset)
    }
  }

  private func decode(
    _ layout: ChunkLayout, _ columns: ColumnSelection, _ schema: Schema, _ names: DimensionNames, _ blocks: [Int],
    _ ranges: [Range<Int>], _ spans: [Range<Int>], _ parts: [[UInt8]]
  ) throws(MalformedBytes) -> EventBatch {
    // The parts are joined so that one borrowed buffer holds all blocks; most selections have one part only.
    let joined = parts.count == 1 ? parts[0] : Array(parts.joined())
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
        columns, schema: schema, names: names, blocks: blocks, stored: stored, decompression)
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
    let start = payload + UInt64(range.lowerBound)
    let bytes = try file.bytes(at: start, count: range.count)
    guard bytes.count == range.count else {
      throw CaptureError(
        .partlyReadable, "the file ends inside a chunk", path: file.path, offset: start,
        remedy: "the other chunks are readable")
    }
    return bytes
  }

  func damaged(_ chunk: ChunkEntry, _ error: MalformedBytes) -> CaptureError {
    CaptureError(
      .partlyReadable, "the chunk of events \(chunk.head.firstNumber) to \(chunk.head.lastNumber) is damaged: \(error)",
      path: file.path, offset: chunk.offset, remedy: "the other chunks are readable")
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
