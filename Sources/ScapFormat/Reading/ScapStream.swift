import Compression

#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#endif

/// The decompressed bytes of a `.scap` file, a block at a time.
///
/// Holds one window of bytes, which grows to the longest block and no further than `largestBlock`.
struct ScapStream: ~Copyable {
  /// A block that is longer is taken for damage: the longest that are written hold all processes of a machine.
  static let largestBlock = 64 << 20

  /// A block in the window: valid until the next one is asked for.
  struct Block {
    var number: UInt32
    /// Where it begins in the stream.
    var offset: UInt64
    /// What stands between its lengths.
    var body: UnsafeRawBufferPointer
  }

  private let descriptor: Int32
  /// Bytes that stand for a file, in tests and when fuzzing.
  private let memory: [UInt8]
  private var memoryPosition = 0
  private var window: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  /// Where `start` is in the stream.
  private var position: UInt64 = 0
  private let packed: UnsafeMutableRawBufferPointer
  private var packedStart = 0
  private var packedEnd = 0
  private var decompressor: StreamDecompressor
  private var isAtEnd = false
  private var damage: String?
  /// How many bytes of the file were read.
  private(set) var fileBytes: UInt64 = 0

  /// Reads an open file from its present position; the caller closes it.
  init(descriptor: Int32) throws(ScapError) { try self.init(descriptor, []) }

  /// Reads bytes in memory.
  init(bytes: [UInt8]) throws(ScapError) { try self.init(-1, bytes) }

  private init(_ descriptor: Int32, _ memory: [UInt8]) throws(ScapError) {
    let packed = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
    var position = 0
    var filled = 0
    do throws(ScapError) {
      // The first bytes tell how the rest is compressed.
      while filled < 4 {
        let rest = UnsafeMutableRawBufferPointer(rebasing: packed[filled...])
        let count = try ScapStream.read(descriptor, memory, &position, into: rest, offset: 0)
        if count == 0 { break }
        filled += count
      }
    } catch {
      packed.deallocate()
      throw error
    }
    let magic = UnsafeRawBufferPointer(rebasing: packed[..<filled])
    guard let decompressor = StreamDecompressor(StreamDecompressor.Format(magic: magic)) else {
      packed.deallocate()
      throw ScapError(.failed, "there is no memory to decompress it", offset: 0)
    }
    self.descriptor = descriptor
    self.memory = memory
    self.packed = packed
    self.decompressor = decompressor
    memoryPosition = position
    packedEnd = filled
    fileBytes = UInt64(filled)
    // Small enough to be in the cache still when its events are looked at.
    window = .allocate(byteCount: 1 << 18, alignment: 16)
  }

  deinit {
    packed.deallocate()
    window.deallocate()
  }

  /// The next block; `nil` at the end.
  mutating func next() throws(ScapError) -> Block? {
    let offset = position
    try fill(8)
    if end == start {
      if let damage { throw ScapError(.damaged, damage, offset: offset) }
      return nil
    }
    guard end - start >= 8 else { throw truncated(offset) }
    let number = window.loadUnaligned(fromByteOffset: start, as: UInt32.self)
    let length = Int(window.loadUnaligned(fromByteOffset: start + 4, as: UInt32.self))
    guard length >= 12, length % 4 == 0, length <= ScapStream.largestBlock else {
      throw ScapError(.damaged, "a block says that it is \(length) bytes long", offset: offset)
    }
    try fill(length)
    guard end - start >= length else { throw truncated(offset) }
    let again = Int(window.loadUnaligned(fromByteOffset: start + length - 4, as: UInt32.self))
    guard again == length else {
      throw ScapError(
        .damaged, "a block is \(length) bytes long at its beginning and \(again) at its end", offset: offset)
    }
    let body = UnsafeRawBufferPointer(rebasing: window[start + 8..<start + length - 4])
    start += length
    position += UInt64(length)
    return Block(number: number, offset: offset, body: body)
  }

  private func truncated(_ offset: UInt64) -> ScapError {
    ScapError(.damaged, damage ?? "the file ends in the middle of a block", offset: offset)
  }

  /// Sees to it that the window holds as many bytes, as far as there are any.
  @inline(__always)
  private mutating func fill(_ count: Int) throws(ScapError) {
    if end - start < count { try refill(count) }
  }

  @inline(never)
  private mutating func refill(_ count: Int) throws(ScapError) {
    if start + count > window.count {
      if count > window.count {
        let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, window.count * 2), alignment: 16)
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: window[start..<end]))
        window.deallocate()
        window = larger
      } else if let base = window.baseAddress {
        memmove(base, base + start, end - start)
      }
      end -= start
      start = 0
    }
    while end - start < count, damage == nil {
      // What is not compressed goes straight into the window, once what was read to look at it is used up.
      if decompressor.format == .plain, packedStart == packedEnd {
        if isAtEnd { break }
        let room = UnsafeMutableRawBufferPointer(rebasing: window[end...])
        let taken = try ScapStream.read(descriptor, memory, &memoryPosition, into: room, offset: position)
        end += taken
        fileBytes += UInt64(taken)
        isAtEnd = taken == 0
        continue
      }
      if packedStart == packedEnd, !isAtEnd { try readFile() }
      let input = UnsafeRawBufferPointer(rebasing: packed[packedStart..<packedEnd])
      let step = decompressor.step(input, into: UnsafeMutableRawBufferPointer(rebasing: window[end...]))
      packedStart += step.consumed
      end += step.produced
      if step.isDamaged { damage = "the compressed stream is damaged" }
      if step.consumed == 0, step.produced == 0, damage == nil {
        // Without input, whatever was held back has come out.
        if packedStart == packedEnd, isAtEnd { break }
        if packedStart < packedEnd { damage = "the compressed stream is damaged" }
      }
    }
    if end - start < count, damage == nil, !decompressor.isAtEndOfMember, decompressor.format != .plain {
      damage = "the compressed stream ends early"
    }
  }

  private mutating func readFile() throws(ScapError) {
    if packedStart == packedEnd { (packedStart, packedEnd) = (0, 0) }
    let room = UnsafeMutableRawBufferPointer(rebasing: packed[packedEnd...])
    let count = try ScapStream.read(descriptor, memory, &memoryPosition, into: room, offset: position)
    packedEnd += count
    fileBytes += UInt64(count)
    if count == 0 { isAtEnd = true }
  }

  /// Reads some bytes of a file, or of what stands for one; none at the end.
  private static func read(
    _ descriptor: Int32, _ memory: [UInt8], _ position: inout Int, into room: UnsafeMutableRawBufferPointer,
    offset: UInt64
  ) throws(ScapError) -> Int {
    if descriptor < 0 {
      let count = min(memory.count - position, room.count)
      memory.withUnsafeBytes {
        room.copyMemory(from: UnsafeRawBufferPointer(rebasing: $0[position..<position + count]))
      }
      position += count
      return count
    }
    while true {
      let count = Glibc.read(descriptor, room.baseAddress, room.count)
      if count >= 0 { return count }
      if errno == EINTR { continue }
      throw ScapError(.failed, "reading failed: \(String(cString: strerror(errno)))", offset: offset)
    }
  }
}
