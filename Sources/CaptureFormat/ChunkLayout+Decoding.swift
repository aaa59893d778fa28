import BinaryCoding
import EventBatch
import EventSchema

extension ChunkLayout {
  /// Decodes a selection.
  ///
  /// - Parameters:
  ///   - names: the columns of dimension tables as the file declares them.
  ///   - blocks: what `blocks(for:)` said.
  ///   - stored: the stored bytes of each of them.
  ///   - known: what was read of the chunk before, and stays.
  ///   - rows: the only events that are looked at, ascending; the core columns that are added have no value for the others,
  ///     save times and numbers. `nil` for all.
  public func decode(
    _ selection: ColumnSelection, schema: Schema, names: DimensionNames, blocks: [Int],
    stored: [UnsafeRawBufferPointer], _ decompression: BlockDecompression, adding known: KnownColumns? = nil,
    of rows: [UInt32]? = nil
  ) throws(MalformedBytes) -> EventBatch {
    let raw = RawBlocks()
    var bytes = [UnsafeRawBufferPointer?](repeating: nil, count: head.blocks.count)
    for (index, block) in blocks.enumerated() {
      bytes[block] = try raw.add(head.blocks[block], stored[index], decompression)
    }
    var decoder = ChunkDecoder(self, schema: schema, names: names, selection, blocks: bytes, adding: known, of: rows)
    let batch = try decoder.decode()
    // The decoder holds pointers into the blocks, which go with their owner.
    withExtendedLifetime(raw) {}
    return batch
  }

  /// Decodes a selection of a chunk whose frame payload is in memory as a whole.
  public static func decode(
    payload: UnsafeRawBufferPointer, head: ChunkHead, selection: ColumnSelection, schema: Schema,
    names: DimensionNames, _ decompression: BlockDecompression
  ) throws(MalformedBytes) -> EventBatch {
    let total = head.byteCount + head.storedBytes
    guard payload.count == total else {
      throw MalformedBytes("a chunk of \(payload.count) bytes says that it has \(total)")
    }
    let directory = UnsafeRawBufferPointer(rebasing: payload[directoryRange(head)])
    let layout = try ChunkLayout(head, directory: directory, decompression)
    let blocks = layout.blocks(for: selection)
    let stored = layout.ranges(of: blocks).map { UnsafeRawBufferPointer(rebasing: payload[$0]) }
    return try layout.decode(
      selection, schema: schema, names: names, blocks: blocks, stored: stored, decompression)
  }
}

/// Owns decompressed blocks until a chunk is decoded.
private final class RawBlocks {
  private var memory: [UnsafeMutableRawBufferPointer] = []

  deinit {
    for block in memory { block.deallocate() }
  }

  func add(
    _ block: ChunkHead.Block, _ stored: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) -> UnsafeRawBufferPointer {
    let raw = try RawBlock(block, stored, decompression).take()
    memory.append(raw)
    return UnsafeRawBufferPointer(rebasing: raw[..<block.raw])
  }
}
