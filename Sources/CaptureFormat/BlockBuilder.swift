import BinaryCoding
import EventBatch

/// Gathers a chunk's columns into blocks and compresses them.
///
/// A column of some size is a block of its own, so that it can be read alone and is compressed with its like. Small ones
/// share a block with others of their group: each block costs 16 bytes in the head and its own start of compression.
struct BlockBuilder: ~Copyable {
  var directory = ColumnDirectory()
  private var blocks: [(group: BlockGroup, range: Range<Int>, isDense: Bool)] = []
  private var own = ByteBuffer(capacity: 1 << 20)
  private var shared: [SharedBlock] = []
  /// Texts and payloads, by block: they are the larger part of most chunks, and stay where they are.
  private var heaps: [Int: [UInt8]] = [:]

  /// Columns of at least this many bytes get their own block.
  private static let leastOwn = 768
  /// A shared block is closed when it has grown to this.
  private static let mostShared = 16_384

  private struct SharedBlock {
    var group: BlockGroup
    var block: Int
    var bytes: [UInt8]
  }

  init() {}

  mutating func reset() {
    directory = ColumnDirectory()
    blocks = [(.directory, 0..<0, true)]
    own.truncate(to: 0)
    shared = []
    heaps = [:]
  }

  /// Decompressed bytes so far.
  var rawBytes: Int {
    own.count + shared.reduce(0) { $0 + $1.bytes.count } + heaps.values.reduce(0) { $0 + $1.count }
  }

  /// Appends bytes that are a column as they are.
  mutating func append(_ key: ColumnKey, heap: [UInt8], group: BlockGroup) {
    guard heap.count >= BlockBuilder.leastOwn else {
      return heap.withUnsafeBytes {
        append(key, rows: heap.count, encoding: .bytes, missing: .none, group: group, $0)
      }
    }
    let block = blocks.count
    let isDense = group == .dimensions || group == .payload || ColumnEncoding.bytes.isForDenseCodec
    blocks.append((group, 0..<0, isDense))
    heaps[block] = heap
    directory.entries.append(
      ColumnDirectory.Entry(
        key: key, rows: heap.count, encoding: .bytes, missing: .none, isByType: false, block: block, offset: 0,
        length: heap.count, repeated: nil))
  }

  mutating func append(
    _ key: ColumnKey, rows: Int, encoding: ColumnEncoding, missing: MissingRows, isByType: Bool = false,
    group: BlockGroup, _ bytes: UnsafeRawBufferPointer, repeated: UInt32? = nil
  ) {
    var block = blocks.count
    var offset = 0
    if bytes.count >= BlockBuilder.leastOwn || group == .payload {
      let isDense = group == .dimensions || group == .payload || encoding.isForDenseCodec
      blocks.append((group, own.count..<own.count + bytes.count, isDense))
      own.append(contentsOf: bytes)
    } else {
      let open = shared.lastIndex { $0.group == group && $0.bytes.count < BlockBuilder.mostShared }
      let index: Int
      if let open {
        index = open
        block = shared[open].block
      } else {
        index = shared.count
        blocks.append((group, 0..<0, group == .dimensions))
        shared.append(SharedBlock(group: group, block: block, bytes: []))
      }
      offset = shared[index].bytes.count
      shared[index].bytes.append(contentsOf: bytes)
    }
    directory.entries.append(
      ColumnDirectory.Entry(
        key: key, rows: rows, encoding: encoding, missing: missing, isByType: isByType, block: block, offset: offset,
        length: bytes.count, repeated: repeated))
  }

  /// Appends all blocks, the directory first.
  mutating func compress(_ compression: BlockCompression, into output: inout ByteBuffer) -> [ChunkHead.Block] {
    var written: [ChunkHead.Block] = []
    var listing = ByteBuffer(capacity: 4096)
    directory.write(into: &listing)
    written.append(BlockBuilder.store(.directory, isDense: true, listing.bytes, compression, into: &output))
    for index in 1..<blocks.count {
      let (group, range, isDense) = blocks[index]
      if let joint = shared.first(where: { $0.block == index }) {
        written.append(
          joint.bytes.withUnsafeBytes {
            BlockBuilder.store(group, isDense: isDense, $0, compression, into: &output)
          })
      } else if let heap = heaps[index] {
        written.append(
          heap.withUnsafeBytes { BlockBuilder.store(group, isDense: isDense, $0, compression, into: &output) })
      } else {
        let bytes = UnsafeRawBufferPointer(rebasing: own.bytes[range])
        written.append(BlockBuilder.store(group, isDense: isDense, bytes, compression, into: &output))
      }
    }
    return written
  }

  private static func store(
    _ group: BlockGroup, isDense: Bool, _ raw: UnsafeRawBufferPointer, _ compression: BlockCompression,
    into output: inout ByteBuffer
  ) -> ChunkHead.Block {
    // What saves less than a thirty-second is not worth decompressing.
    let room = raw.count - raw.count / 32
    let target = UnsafeMutableRawBufferPointer(start: output.reserve(max(raw.count, 1)), count: room)
    var codec = compression.codec
    var stored: Int
    if isDense, let dense = compression.dense {
      codec = dense.codec
      stored = dense.compress(raw, target)
    } else {
      stored = compression.compress(raw, target)
    }
    if stored > 0, !isAllowed(raw: raw.count, stored: stored), let fallback = compression.fallback {
      codec = fallback.codec
      stored = fallback.compress(raw, target)
    }
    if stored == 0 || !isAllowed(raw: raw.count, stored: stored) {
      codec = 0
      stored = raw.count
      if !raw.isEmpty {
        UnsafeMutableRawBufferPointer(start: target.baseAddress, count: raw.count).copyMemory(from: raw)
      }
    }
    let check = CRC32C.checksum(UnsafeRawBufferPointer(start: target.baseAddress, count: stored))
    output.advance(stored)
    return ChunkHead.Block(group: group, codec: codec, stored: stored, raw: raw.count, check: check)
  }

  private static func isAllowed(raw: Int, stored: Int) -> Bool {
    raw <= stored * CaptureLimits.greatestRatio + CaptureLimits.ratioAllowance
  }
}
