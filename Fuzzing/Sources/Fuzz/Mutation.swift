import BinaryCoding
import CFuzzer
import CaptureFormat

/// libFuzzer asks this for each new input. Most of the time a part is changed and everything around it is made to fit, so
/// that checksums and sizes do not hide what is behind them; sometimes the bytes are changed as they are.
@_cdecl("LLVMFuzzerCustomMutator")
public func mutate(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, _ most: Int, _ seed: UInt32) -> Int {
  var mutation = Mutation(seed: seed)
  let input = Array(UnsafeBufferPointer(start: data, count: size))
  guard let output = mutation.mutated(input, FuzzTarget.current), output.count <= most else {
    return LLVMFuzzerMutate(data, size, most)
  }
  for (index, byte) in output.enumerated() { data[index] = byte }
  return output.count
}

/// One change of an input.
struct Mutation {
  private var state: UInt64

  init(seed: UInt32) { state = UInt64(seed) &* 0x9E37_79B9_7F4A_7C15 | 1 }

  private mutating func below(_ limit: Int) -> Int {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return limit <= 0 ? 0 : Int((state >> 16) % UInt64(limit))
  }

  /// `nil`: the bytes are to be changed as they are.
  mutating func mutated(_ input: [UInt8], _ target: FuzzTarget) -> [UInt8]? {
    if below(16) == 0 { return nil }
    switch target {
    case .capture: return file(input)
    case .chunk: return chunk(input, FuzzTarget.fileID.bytes)
    case .state: return state(input, FuzzTarget.fileID.bytes)
    case .page, .summary, .schema, .frames: return compressed(input)
    case .header, .filter, .scap, .rules, .redaction: return nil
    }
  }

  /// libFuzzer's own changes.
  private mutating func changed(_ bytes: [UInt8]) -> [UInt8] {
    let most = bytes.count + 64
    var room = bytes + [UInt8](repeating: 0, count: 64)
    let size = room.withUnsafeMutableBufferPointer { room in
      room.baseAddress.map { LLVMFuzzerMutate($0, bytes.count, most) } ?? 0
    }
    return Array(room[..<min(size, most)])
  }

  private mutating func compressed(_ payload: [UInt8]) -> [UInt8]? {
    guard var parts = CompressedParts(payload) else { return nil }
    parts.content = changed(parts.content)
    return parts.sealed
  }

  private mutating func state(_ payload: [UInt8], _ fileID: [UInt8]) -> [UInt8]? {
    guard payload.count > StatePrefix.byteCount else { return nil }
    let prefix = Array(payload[..<StatePrefix.byteCount])
    if below(8) == 0 {
      let other = changed(prefix)
      return Array((other + prefix).prefix(StatePrefix.byteCount)) + payload[StatePrefix.byteCount...]
    }
    return chunk(Array(payload[StatePrefix.byteCount...]), fileID).map { prefix + $0 }
  }

  private mutating func chunk(_ payload: [UInt8], _ fileID: [UInt8]) -> [UInt8]? {
    guard var parts = ChunkParts(payload, fileID: fileID) else { return nil }
    switch below(12) {
    case 0:
      // Counts, numbers, times: behind length and check, and not the number of blocks.
      let field = [8, 16, 24, 32, 40, 48, 56, 64][below(8)]
      let width = field == 8 ? 4 : 8
      let other = changed(Array(parts.fixed[field..<field + width]))
      for index in 0..<min(width, other.count) { parts.fixed[field + index] = other[index] }
    case 1: parts.indexes = changed(parts.indexes)
    case 2: parts.blocks[0].content = changed(parts.blocks[0].content)
    case 3, 4: entry(&parts)
    case 5:
      let block = below(parts.blocks.count)
      parts.blocks[block].content = changed(parts.blocks[block].content)
    default: column(&parts)
    }
    return parts.sealed
  }

  /// Changes what the directory says of a column.
  private mutating func entry(_ parts: inout ChunkParts) {
    guard var directory = DirectoryParts(parts.blocks[0].content), !directory.entries.isEmpty else { return }
    let index = below(directory.entries.count)
    switch below(9) {
    case 0: directory.entries[index].encoding = UInt8(below(13))
    case 1: directory.entries[index].options = UInt8(below(9))
    case 2: directory.entries[index].rows = UInt64(below(100))
    case 3: directory.entries[index].second = UInt64(below(12))
    case 4: directory.entries[index].first = UInt64(below(12))
    case 5: directory.entries.remove(at: index)
    case 6: directory.entries.append(directory.entries[index])
    case 7:
      if !directory.tables.isEmpty { directory.tables[below(directory.tables.count)].rows = UInt64(below(100)) }
    default:
      directory.entries[index].encoding = 9
      directory.entries[index].length = 0
      directory.entries[index].options = 0
      directory.entries[index].repeated = UInt64(below(12))
    }
    parts.blocks[0].content = directory.bytes
  }

  /// Changes the bytes of one column, and its encoding now and then.
  private mutating func column(_ parts: inout ChunkParts) {
    guard var directory = DirectoryParts(parts.blocks[0].content), !directory.entries.isEmpty else { return }
    let index = below(directory.entries.count)
    let entry = directory.entries[index]
    let start = directory.offset(of: index)
    guard entry.block < UInt64(parts.blocks.count), entry.block > 0 else { return }
    let block = Int(entry.block)
    let size = UInt64(parts.blocks[block].content.count)
    guard start <= size, entry.length <= size - start else { return }
    let range = Int(start)..<Int(start + entry.length)
    let bytes = changed(Array(parts.blocks[block].content[range]))
    parts.blocks[block].content.replaceSubrange(range, with: bytes)
    directory.entries[index].length = UInt64(bytes.count)
    // Of a heap the rows are its bytes.
    if entry.encoding == 11 { directory.entries[index].rows = UInt64(bytes.count) }
    if below(4) == 0 { directory.entries[index].encoding = UInt8(below(12)) }
    parts.blocks[0].content = directory.bytes
  }

  private mutating func file(_ bytes: [UInt8]) -> [UInt8]? {
    guard var parts = FileParts(bytes) else { return nil }
    let index = below(parts.frames.count)
    switch below(24) {
    case 0: parts.frames.remove(at: index)
    case 1: parts.frames.insert(parts.frames[index], at: below(parts.frames.count))
    case 2: parts.frames.swapAt(index, below(parts.frames.count))
    case 3:
      parts.frames[index].type = UInt16(
        truncatingIfNeeded: [0x20, 0x21, 0x22, 0x23, 0x30, 0x50, 0x51, 0xFF, 0x8010][below(9)])
    case 4: return Array(parts.sealed.prefix(below(bytes.count)))
    case 5: parts.frames[index].payload = changed(parts.frames[index].payload)
    default:
      let payload = parts.frames[index].payload
      parts.frames[index].payload = frame(parts.frames[index].type, payload, parts.fileID) ?? changed(payload)
    }
    return parts.frames.isEmpty ? nil : parts.sealed
  }

  private mutating func frame(_ type: UInt16, _ payload: [UInt8], _ fileID: [UInt8]) -> [UInt8]? {
    switch FrameType(rawValue: type) {
    case .chunk: return chunk(payload, fileID)
    case .state: return state(payload, fileID)
    case .schema, .summary, .summaryPage, .annotation, .attachment, .container, .rollup, .custody:
      return compressed(payload)
    case .header, .footer:
      // The file id stays, so that frames still belong to the file.
      guard payload.count > 16 else { return nil }
      return Array(payload[..<16]) + changed(Array(payload[16...]))
    default: return nil
    }
  }
}
