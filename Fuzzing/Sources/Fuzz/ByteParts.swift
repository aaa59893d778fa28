import BinaryCoding
import CaptureFormat

extension [UInt8] {
  /// A little-endian number, 0 where the bytes end.
  func number<Value: FixedWidthInteger>(at offset: Int, _ type: Value.Type) -> Value {
    guard offset >= 0, offset + MemoryLayout<Value>.size <= count else { return 0 }
    return withUnsafeBytes { Value(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: type)) }
  }

  /// Replaces a little-endian number, where there is room for it.
  mutating func set<Value: FixedWidthInteger>(_ value: Value, at offset: Int) {
    guard offset >= 0, offset + MemoryLayout<Value>.size <= count else { return }
    withUnsafeMutableBytes { $0.storeBytes(of: value.littleEndian, toByteOffset: offset, as: Value.self) }
  }

  mutating func append<Value: FixedWidthInteger>(number value: Value) {
    Swift.withUnsafeBytes(of: value.littleEndian) { append(contentsOf: $0) }
  }

  mutating func append(varint value: UInt64) {
    var value = value
    while value >= 0x80 {
      append(UInt8(truncatingIfNeeded: value) | 0x80)
      value >>= 7
    }
    append(UInt8(value))
  }
}

/// The checksum of bytes that belong to a file, as `formats/capture.md` says: Check(x).
func check(_ bytes: ArraySlice<UInt8>, fileID: [UInt8]) -> UInt32 {
  CRC32C.checksum(Array(bytes), after: CRC32C.checksum(fileID))
}

/// The payload of a compressed frame as its content; sealed it is stored without a codec.
struct CompressedParts {
  var content: [UInt8]

  init?(_ payload: [UInt8]) {
    guard payload.count >= 8 else { return nil }
    guard let content = decompressed(payload[0], payload[8...], count: Int(payload.number(at: 4, UInt32.self))) else {
      return nil
    }
    self.content = content
  }

  var sealed: [UInt8] {
    var payload: [UInt8] = [0, 0, 0, 0]
    payload.append(number: UInt32(content.count))
    return payload + content
  }
}

/// What a stored block holds; `nil` when that cannot be said, or is more than a fuzzer wants to look at.
func decompressed(_ codec: UInt8, _ stored: ArraySlice<UInt8>, count: Int) -> [UInt8]? {
  guard count <= 1 << 20 else { return nil }
  var isSound = false
  let stored = Array(stored)
  let raw = [UInt8](unsafeUninitializedCapacity: count) { target, filled in
    let room = UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(target)[..<count])
    isSound = stored.withUnsafeBytes { decompression.decompress(codec, $0, room) }
    filled = isSound ? count : 0
  }
  return isSound ? raw : nil
}

/// A chunk's payload in its parts, as `formats/capture.md` draws them. Sealed, sizes and checks are right, and blocks are
/// stored without a codec.
struct ChunkParts {
  struct Block {
    var group: UInt8
    var content: [UInt8]
  }

  /// The first 72 bytes.
  var fixed: [UInt8]
  var blocks: [Block] = []
  var indexes: [UInt8]
  let fileID: [UInt8]

  init?(_ payload: [UInt8], fileID: [UInt8]) {
    let length = Int(payload.number(at: 0, UInt32.self))
    let count = Int(payload.number(at: 12, UInt32.self))
    guard count > 0, count <= 256, length <= payload.count, 72 + count * 16 <= length else { return nil }
    self.fileID = fileID
    fixed = Array(payload[..<72])
    var offset = length
    for block in 0..<count {
      let entry = 72 + block * 16
      let stored = Int(payload.number(at: entry + 4, UInt32.self))
      guard stored <= payload.count - offset,
        let content = decompressed(
          payload[entry + 1], payload[offset..<offset + stored], count: Int(payload.number(at: entry + 8, UInt32.self)))
      else { return nil }
      blocks.append(Block(group: payload[entry], content: content))
      offset += stored
    }
    indexes = Array(payload[(72 + count * 16)..<length])
  }

  var sealed: [UInt8] {
    var head = fixed
    for block in blocks {
      head += [block.group, 0, 0, 0]
      head.append(number: UInt32(block.content.count))
      head.append(number: UInt32(block.content.count))
      head.append(number: CRC32C.checksum(block.content))
    }
    head += indexes
    while head.count % 8 != 0 { head.append(0) }
    head.set(UInt32(head.count), at: 0)
    head.set(UInt32(blocks.count), at: 12)
    head.set(check(head[8...], fileID: fileID), at: 4)
    return blocks.reduce(into: head) { $0 += $1.content }
  }
}

/// The directory of a chunk.
struct DirectoryParts {
  struct Entry {
    var space: UInt8
    var first: UInt64
    var second: UInt64
    var rows: UInt64
    var encoding: UInt8
    var options: UInt8
    var block: UInt64
    var length: UInt64
    var repeated: UInt64?
  }

  var tables: [(table: UInt8, rows: UInt64)] = []
  var entries: [Entry] = []

  init?(_ bytes: [UInt8]) {
    do throws(MalformedBytes) {
      let parts: Result<DirectoryParts, MalformedBytes> = bytes.withUnsafeBytes { bytes in
        var cursor = ByteCursor(bytes)
        do throws(MalformedBytes) { return .success(try DirectoryParts(&cursor)) } catch { return .failure(error) }
      }
      self = try parts.get()
    } catch {
      return nil
    }
  }

  private init(_ cursor: inout ByteCursor) throws(MalformedBytes) {
    for _ in 0..<(try cursor.count(upTo: 256, "tables")) {
      tables.append((try cursor.integer(UInt8.self), try cursor.varint()))
    }
    for _ in 0..<(try cursor.count(upTo: 4096, "columns")) {
      var entry = Entry(
        space: try cursor.integer(UInt8.self), first: try cursor.varint(), second: try cursor.varint(),
        rows: try cursor.varint(), encoding: try cursor.integer(UInt8.self), options: try cursor.integer(UInt8.self),
        block: try cursor.varint(), length: try cursor.varint())
      if entry.encoding == 9 { entry.repeated = try cursor.varint() }
      entries.append(entry)
    }
  }

  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(varint: UInt64(tables.count))
    for table in tables {
      bytes.append(table.table)
      bytes.append(varint: table.rows)
    }
    bytes.append(varint: UInt64(entries.count))
    for entry in entries {
      bytes.append(entry.space)
      for value in [entry.first, entry.second, entry.rows] { bytes.append(varint: value) }
      bytes += [entry.encoding, entry.options]
      for value in [entry.block, entry.length] { bytes.append(varint: value) }
      if entry.encoding == 9 { bytes.append(varint: entry.repeated ?? 0) }
    }
    return bytes
  }

  /// Where a column stands in its block.
  func offset(of index: Int) -> UInt64 {
    entries[..<index].filter { $0.block == entries[index].block }.reduce(0) { $0 &+ $1.length }
  }
}

/// A file in its frames. Sealed, lengths, sequence numbers and checks are right.
struct FileParts {
  var frames: [(type: UInt16, payload: [UInt8])] = []
  var fileID: [UInt8]

  init?(_ bytes: [UInt8]) {
    guard bytes.count >= 56 else { return nil }
    fileID = Array(bytes[40..<56])
    var offset = 8
    while offset + 32 <= bytes.count, frames.count < 256 {
      let length = Int(bytes.number(at: offset + 8, UInt32.self))
      guard bytes[offset..<offset + 4] == [0xC5, 0x52, 0x46, 0x4D], length <= bytes.count - offset - 32 else { break }
      frames.append((bytes.number(at: offset + 4, UInt16.self), Array(bytes[offset + 32..<offset + 32 + length])))
      offset += 32 + (length + 7) / 8 * 8
    }
    if frames.isEmpty { return nil }
  }

  var sealed: [UInt8] {
    var bytes = CaptureHeader.magic
    // Where the tail begins: with the header before the last one of the summary.
    var tail = 0
    for (sequence, frame) in frames.enumerated() {
      if frame.type == FrameType.header.rawValue { tail = bytes.count }
      var payload = frame.payload
      if frame.type == FrameType.footer.rawValue {
        payload.set(UInt64(bytes.count + 64), at: 16)
        payload.set(UInt64(tail), at: 24)
      }
      let length = payload.count
      while payload.count % 8 != 0 { payload.append(0) }
      var header: [UInt8] = [0xC5, 0x52, 0x46, 0x4D]
      header.append(number: frame.type)
      header += [0, 1]
      header.append(number: UInt32(length))
      header.append(number: UInt32(0))
      header.append(number: UInt64(sequence))
      header.append(number: check(payload[...], fileID: fileID))
      header.append(number: check(header[...], fileID: fileID))
      bytes += header + payload
    }
    return bytes
  }
}
