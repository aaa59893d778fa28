import BinaryCoding
import EventSchema

// The head of a chunk: the first `length` bytes of a chunk frame's payload.
//
//      0  length        u32   bytes of the head, these four too; a multiple of 8
//      4  check         u32   CRC-32C of the file id and of the bytes 8..<length
//      8  events        u32
//     12  blocks        u32
//     16  firstNumber   u64
//     24  lastNumber    u64
//     32  leastStart    i64
//     40  leastExit     i64
//     48  greatestExit  i64
//     56  lost          u64
//     64  lostInAll     u64
//     72  blocks × 16:  group u8 | codec u8 | 0 u16 | stored u32 | raw u32 | check u32
//         indexes:      tag u16 | 0 u16 | length u32 | content
//         zeros to a multiple of 8
//
// A tag of 0 ends the indexes early (it is padding).

/// The kinds of index in a head. Raw values stand in files.
enum IndexTag: UInt16 {
  case types = 1
  case pids = 2
  case containers = 3
  case uids = 4
  case executables = 5
  case paths = 6
  case addresses = 7
  case errors = 8
  case ports = 9
}

extension ChunkHead {
  /// The fixed part in front of the block table.
  static let fixedBytes = 72

  /// Writes the head; `check`, `lost` and `lostInAll` are filled in when the chunk is sealed.
  func write(into output: inout ByteBuffer, containerIDs: [[UInt8]], executablePaths: [[UInt8]]) {
    output.append(UInt32(0))
    output.append(UInt32(0))
    output.append(UInt32(count))
    output.append(UInt32(blocks.count))
    output.append(firstNumber)
    output.append(lastNumber)
    output.append(leastStart)
    output.append(leastExit)
    output.append(greatestExit)
    output.append(lost)
    output.append(lostInAll)
    for block in blocks {
      output.append(block.group.rawValue)
      output.append(block.codec)
      output.append(UInt16(0))
      output.append(UInt32(block.stored))
      output.append(UInt32(block.raw))
      output.append(block.check)
    }
    index(.types, &output) { output in
      output.append(varint: UInt64(typeCounts.count))
      var before: UInt16 = 0
      for (type, count) in typeCounts {
        output.append(varint: UInt64(type.rawValue - before))
        output.append(varint: UInt64(count))
        before = type.rawValue
      }
    }
    if let pids { index(.pids, &output) { ChunkHead.write(pids, into: &$0) } }
    if containers != nil { index(.containers, &output) { ChunkHead.write(containerIDs, into: &$0) } }
    if let uids { index(.uids, &output) { ChunkHead.write(uids, into: &$0) } }
    if executables != nil { index(.executables, &output) { ChunkHead.write(executablePaths, into: &$0) } }
    if let paths { index(.paths, &output) { paths.write(into: &$0) } }
    if let addresses { index(.addresses, &output) { addresses.write(into: &$0) } }
    if let errors { index(.errors, &output) { ChunkHead.write(errors, into: &$0) } }
    if let ports { index(.ports, &output) { ChunkHead.write(ports, into: &$0) } }
    output.pad(to: 8)
    output.replace(at: 0, with: UInt32(output.count))
  }

  private func index(_ tag: IndexTag, _ output: inout ByteBuffer, content: (inout ByteBuffer) -> Void) {
    output.append(tag.rawValue)
    output.append(UInt16(0))
    output.append(UInt32(0))
    let start = output.count
    content(&output)
    output.replace(at: start - 4, with: UInt32(output.count - start))
  }

  /// Number of values | the first (zigzag) | the differences of each to the one before it
  private static func write(_ values: [Int64], into output: inout ByteBuffer) {
    output.append(varint: UInt64(values.count))
    var before: Int64 = 0
    for (index, value) in values.enumerated() {
      if index == 0 {
        output.append(zigzag: value)
      } else {
        output.append(varint: UInt64(bitPattern: value &- before))
      }
      before = value
    }
  }

  /// Number of texts | each: bytes shared with the start of the one before | bytes that follow | those bytes
  private static func write(_ texts: [[UInt8]], into output: inout ByteBuffer) {
    output.append(varint: UInt64(texts.count))
    var before: [UInt8] = []
    for text in texts {
      let shared = zip(before, text).prefix { $0 == $1 }.count
      output.append(varint: UInt64(shared))
      Array(text[shared...]).withUnsafeBytes { output.append(counted: $0) }
      before = text
    }
  }

  /// Reads a head of exactly the bytes given; the check was verified by the caller.
  init(_ bytes: UnsafeRawBufferPointer) throws(MalformedBytes) {
    var cursor = ByteCursor(bytes)
    let length = try cursor.integer(UInt32.self)
    guard Int(length) == bytes.count, bytes.count % 8 == 0, bytes.count >= ChunkHead.fixedBytes else {
      throw MalformedBytes("a chunk head of \(bytes.count) bytes says that it has \(length)")
    }
    _ = try cursor.integer(UInt32.self)
    let events = Int(try cursor.integer(UInt32.self))
    let blockCount = Int(try cursor.integer(UInt32.self))
    guard events <= CaptureLimits.chunkEvents else { throw MalformedBytes("a chunk says that it has \(events) events") }
    guard blockCount > 0, blockCount <= CaptureLimits.blocks else {
      throw MalformedBytes("a chunk says that it has \(blockCount) blocks")
    }
    count = events
    firstNumber = try cursor.integer(UInt64.self)
    lastNumber = try cursor.integer(UInt64.self)
    leastStart = try cursor.integer(Int64.self)
    leastExit = try cursor.integer(Int64.self)
    greatestExit = try cursor.integer(Int64.self)
    lost = try cursor.integer(UInt64.self)
    lostInAll = try cursor.integer(UInt64.self)
    typeCounts = []
    byteCount = bytes.count
    var raw = 0
    for index in 0..<blockCount {
      let block = try ChunkHead.block(&cursor)
      guard (block.group == .directory) == (index == 0) else {
        throw MalformedBytes("a chunk's directory is not its first block", at: cursor.offset)
      }
      raw += block.raw
      guard raw <= CaptureLimits.chunkBytes else {
        throw MalformedBytes("a chunk decompresses to more than \(CaptureLimits.chunkBytes) bytes", at: cursor.offset)
      }
      blocks.append(block)
    }
    while cursor.remaining >= 8 {
      let tag = try cursor.integer(UInt16.self)
      _ = try cursor.integer(UInt16.self)
      let length = Int(try cursor.integer(UInt32.self))
      if tag == 0 { break }
      try read(tag, try cursor.take(length))
    }
    try checkRanges()
  }

  private static func block(_ cursor: inout ByteCursor) throws(MalformedBytes) -> Block {
    let start = cursor.offset
    let group = try cursor.integer(UInt8.self)
    let codec = try cursor.integer(UInt8.self)
    _ = try cursor.integer(UInt16.self)
    let stored = Int(try cursor.integer(UInt32.self))
    let raw = Int(try cursor.integer(UInt32.self))
    let check = try cursor.integer(UInt32.self)
    guard let group = BlockGroup(rawValue: group) else {
      throw MalformedBytes("a block is of the unknown group \(group)", at: start)
    }
    guard raw <= stored * CaptureLimits.greatestRatio + CaptureLimits.ratioAllowance else {
      throw MalformedBytes("a block of \(stored) bytes says that it decompresses to \(raw)", at: start)
    }
    return Block(group: group, codec: codec, stored: stored, raw: raw, check: check)
  }

  private mutating func read(_ tag: UInt16, _ bytes: UnsafeRawBufferPointer) throws(MalformedBytes) {
    // An index that this reader does not know excludes nothing.
    guard let tag = IndexTag(rawValue: tag) else { return }
    var cursor = ByteCursor(bytes)
    switch tag {
    case .types: typeCounts = try ChunkHead.types(&cursor)
    case .pids: pids = try ChunkHead.numbers(&cursor)
    case .containers: containers = try ChunkHead.texts(&cursor)
    case .uids: uids = try ChunkHead.numbers(&cursor)
    case .executables: executables = try ChunkHead.texts(&cursor)
    case .paths: paths = try ChunkHead.bloom(&cursor)
    case .addresses: addresses = try ChunkHead.bloom(&cursor)
    case .errors: errors = try ChunkHead.numbers(&cursor)
    case .ports: ports = try ChunkHead.numbers(&cursor)
    }
    guard cursor.remaining == 0 else { throw MalformedBytes("an index has bytes behind its end") }
  }

  private static func types(_ cursor: inout ByteCursor) throws(MalformedBytes) -> [(EventTypeID, UInt32)] {
    let count = try cursor.count(upTo: min(65_536, cursor.remaining), "the number of event types")
    var types: [(EventTypeID, UInt32)] = []
    var type = 0
    for index in 0..<count {
      let step = try cursor.count(upTo: 65_535, "an event type")
      guard index == 0 || step > 0, type + step <= 65_535 else { throw MalformedBytes("event types do not ascend") }
      type += step
      let events = try cursor.count(upTo: CaptureLimits.chunkEvents, "the number of events of a type")
      guard events > 0 else { throw MalformedBytes("an event type has no events") }
      types.append((EventTypeID(rawValue: UInt16(type)), UInt32(events)))
    }
    return types
  }

  private static func numbers(_ cursor: inout ByteCursor) throws(MalformedBytes) -> [Int64] {
    let count = try cursor.count(upTo: cursor.remaining, "the number of values in an index")
    var values: [Int64] = []
    values.reserveCapacity(count)
    for index in 0..<count {
      if index == 0 {
        values.append(try cursor.zigzag())
      } else {
        values.append(values[index - 1] &+ Int64(bitPattern: try cursor.varint()))
      }
    }
    return values
  }

  private static func texts(_ cursor: inout ByteCursor) throws(MalformedBytes) -> [String] {
    let count = try cursor.count(upTo: cursor.remaining, "the number of texts in an index")
    var texts: [String] = []
    var text: [UInt8] = []
    // Shared beginnings could make much of little; all texts together stay below this.
    var left = CaptureLimits.indexTextBytes
    for _ in 0..<count {
      let shared = try cursor.count(upTo: text.count, "the shared bytes of a text")
      text.removeLast(text.count - shared)
      text.append(contentsOf: try cursor.counted(upTo: CaptureLimits.textBytes, "the length of a text"))
      left -= text.count
      guard left >= 0, text.count <= CaptureLimits.textBytes else { throw MalformedBytes("an index is too long") }
      texts.append(String(decoding: text, as: UTF8.self))
    }
    return texts
  }

  private static func bloom(_ cursor: inout ByteCursor) throws(MalformedBytes) -> BloomFilter {
    guard let filter = BloomFilter(try cursor.take(cursor.remaining)) else {
      throw MalformedBytes("a bloom filter is not made of blocks of 32 bytes")
    }
    return filter
  }

  private func checkRanges() throws(MalformedBytes) {
    var events = 0
    for (_, count) in typeCounts { events += Int(count) }
    guard events == count else { throw MalformedBytes("a chunk of \(count) events has \(events) by type") }
    guard firstNumber <= lastNumber, leastExit <= greatestExit, leastStart <= leastExit || count == 0 else {
      throw MalformedBytes("the ranges of numbers or times in a chunk head are reversed")
    }
    guard count == 0 || lastNumber - firstNumber >= UInt64(count - 1) else {
      throw MalformedBytes("a chunk head has more events than numbers")
    }
  }
}

extension ChunkHead {
  /// The head in its bytes, `nil` when they do not match their check or are malformed.
  public static func checked(_ bytes: [UInt8], fileID: FileID) -> ChunkHead? {
    bytes.withUnsafeBytes { bytes in
      guard bytes.count >= fixedBytes else { return nil }
      let check = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self))
      guard check == fileID.check(UnsafeRawBufferPointer(rebasing: bytes[8...])) else { return nil }
      do throws(MalformedBytes) { return try ChunkHead(bytes) } catch { return nil }
    }
  }
}
