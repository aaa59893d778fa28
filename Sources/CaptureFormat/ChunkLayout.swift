import BinaryCoding
import EventSchema

/// A chunk whose head and directory were read: knows which blocks a selection needs.
///
/// A reader fetches `directoryRange`, makes a layout of it, fetches `ranges(for:)`, and hands them to `decode`.
public struct ChunkLayout: Sendable {
  /// The head that the layout belongs to.
  public let head: ChunkHead
  let directory: ColumnDirectory

  /// Where the directory stands in the payload of the chunk's frame.
  public static func directoryRange(_ head: ChunkHead) -> Range<Int> {
    head.byteCount..<head.byteCount + head.blocks[0].stored
  }

  /// Where a block stands in the payload of the chunk's frame.
  static func range(_ head: ChunkHead, block: Int) -> Range<Int> {
    var start = head.byteCount
    for earlier in head.blocks[..<block] { start += earlier.stored }
    return start..<start + head.blocks[block].stored
  }

  /// - Parameter directory: the stored bytes of `directoryRange`.
  public init(
    _ head: ChunkHead, directory: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) {
    self.head = head
    let raw = try RawBlock(head.blocks[0], directory, decompression)
    self.directory = try ColumnDirectory(raw.bytes, blocks: head.blocks.map(\.raw))
  }

  /// The directory's entry of a column; `nil` when the chunk does not have it.
  func entry(_ key: ColumnKey) -> ColumnDirectory.Entry? { directory.position(of: key).map { directory.entries[$0] } }

  /// The blocks that a selection needs, ascending.
  /// - Parameter known: what was read before and is not read again.
  public func blocks(for selection: ColumnSelection, beyond known: ColumnSelection = .nothing) -> [Int] {
    var needed = [Bool](repeating: false, count: head.blocks.count)
    for index in self.needed(selection, beyond: known) { needed[directory.entries[index].block] = true }
    return needed.indices.filter { needed[$0] }
  }

  /// Where these blocks stand in the payload of the chunk's frame.
  public func ranges(of blocks: [Int]) -> [Range<Int>] {
    var starts: [Int] = []
    var start = head.byteCount
    for block in head.blocks {
      starts.append(start)
      start += block.stored
    }
    return blocks.map { starts[$0]..<starts[$0] + head.blocks[$0].stored }
  }

  /// The directory's entries that a selection needs, those that selected columns refer to included; ascending.
  func needed(_ selection: ColumnSelection, beyond known: ColumnSelection = .nothing) -> [Int] {
    let core = selection.effectiveCore.subtracting(known.core)
    var needed: [Int] = []
    var needsResults = false
    for column in CoreColumn.allCases where core.contains(column.selection) {
      directory.position(of: .core(column)).map { needed.append($0) }
    }
    for table in DimensionTableID.allCases where selection.reads(table) && !known.reads(table) {
      needed += directory.positions(of: table)
    }
    if selection.hasArguments {
      for (index, entry) in directory.entries.enumerated() {
        guard let key = entry.key.argument, selection.includes(key.type, key.parameter) else { continue }
        let isPayload = directory.position(of: .argument(key.type, key.parameter, part: 1)) != nil
        if isPayload && !selection.payloads { continue }
        needed.append(index)
        if entry.encoding == .result { needsResults = true }
        // A column that repeats another needs that one, which may itself repeat the results.
        if let repeated = entry.repeated, let other = directory.position(of: entry.key.sibling(repeated)) {
          needed.append(other)
          if directory.entries[other].encoding == .result { needsResults = true }
        }
      }
    }
    let needsTypes = needsResults || needed.contains { directory.entries[$0].isByType }
    if needsResults, !known.core.contains(.results) {
      directory.position(of: .core(.results)).map { needed.append($0) }
    }
    if needsTypes, !known.core.contains(.types) { directory.position(of: .core(.types)).map { needed.append($0) } }
    var distinct: [Int] = []
    for index in needed.sorted() where index != distinct.last { distinct.append(index) }
    return distinct
  }
}

extension ColumnSelection {
  /// The core columns that are read: ranks are made from types.
  var effectiveCore: Core { core.contains(.ranks) ? core.union(.types) : core }

  /// Whether any argument may be selected.
  var hasArguments: Bool {
    if case .none = arguments { return false }
    return true
  }
}

extension CoreColumn {
  var selection: ColumnSelection.Core { ColumnSelection.Core(rawValue: 1 << UInt16(rawValue)) }
}

extension ColumnKey {
  /// Another column of the same event type or table.
  func sibling(_ second: UInt32) -> ColumnKey { ColumnKey(space: space, first: first, second: second) }

  /// The type and parameter of an argument column; `nil` for numbers that no event type has.
  var argument: (type: EventTypeID, parameter: Int, part: Int)? {
    guard space == ColumnKey.argumentSpace, first <= 65_535 else { return nil }
    return (EventTypeID(rawValue: UInt16(first)), Int(second / 2), Int(second % 2))
  }
}

/// A decompressed block, followed by the slack that `ValueReader` loads into.
struct RawBlock: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer
  private let count: Int

  /// Checks and decompresses a block.
  init(
    _ block: ChunkHead.Block, _ stored: UnsafeRawBufferPointer, _ decompression: BlockDecompression
  ) throws(MalformedBytes) {
    guard stored.count == block.stored, CRC32C.checksum(stored) == block.check else {
      throw MalformedBytes("a block of group \(block.group) does not match its checksum")
    }
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: block.raw + BitPacking.slack, alignment: 8)
    let room = UnsafeMutableRawBufferPointer(rebasing: memory[..<block.raw])
    guard block.codec != SchemaFrame.dictionaryCodec, decompression.decompress(block.codec, stored, room) else {
      memory.deallocate()
      throw MalformedBytes("a block of group \(block.group) does not decompress (codec \(block.codec))")
    }
    self.memory = memory
    count = block.raw
  }

  deinit { memory.deallocate() }

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: memory[..<count]) }

  /// Hands the memory over to the caller, who frees it.
  consuming func take() -> UnsafeMutableRawBufferPointer {
    let taken = memory
    discard self
    return taken
  }
}
