import Compression
import Testing

@Suite("Streams that other programs compressed")
struct StreamDecompressorTests {
  /// `printf hello | gzip -n`, and `printf hello | zstd`.
  static let gzip: [UInt8] = [
    0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 0xCB, 0x48, 0xCD, 0xC9, 0xC9, 7, 0, 0x86, 0xA6, 0x10, 0x36, 5, 0, 0, 0,
  ]
  static let zstd: [UInt8] = [
    0x28, 0xB5, 0x2F, 0xFD, 4, 0x58, 0x29, 0, 0, 0x68, 0x65, 0x6C, 0x6C, 0x6F, 0xA3, 0x6D, 0x9F, 0x88,
  ]

  private struct NoStream: Error {}

  /// All that comes out when the input arrives some bytes at a time.
  private func read(_ bytes: [UInt8], _ size: Int) throws -> (text: String, isWhole: Bool, isDamaged: Bool) {
    let format = bytes.withUnsafeBytes { StreamDecompressor.Format(magic: $0) }
    // Not `#require`: what owns a resource is not copied.
    guard var stream = StreamDecompressor(format) else { throw NoStream() }
    var output: [UInt8] = []
    var position = 0
    var room = [UInt8](repeating: 0, count: 3)
    while true {
      let end = min(position + size, bytes.count)
      let step = bytes[position..<end].withUnsafeBytes { input in
        room.withUnsafeMutableBytes { stream.step(input, into: $0) }
      }
      output += room[..<step.produced]
      position += step.consumed
      if step.isDamaged { return (String(decoding: output, as: UTF8.self), false, true) }
      if step.consumed == 0, step.produced == 0, position == bytes.count { break }
    }
    return (String(decoding: output, as: UTF8.self), stream.isAtEndOfMember, false)
  }

  @Test("Members behind each other are one stream", arguments: [gzip, zstd], [1, 2, 7, 100])
  func members(bytes: [UInt8], size: Int) throws {
    let once = try read(bytes, size)
    #expect(once.text == "hello" && once.isWhole)
    let twice = try read(bytes + bytes, size)
    #expect(twice.text == "hellohello" && twice.isWhole)
  }

  @Test("A stream that was cut off is not whole", arguments: [gzip, zstd])
  func cutOff(bytes: [UInt8]) throws {
    let read = try read(Array(bytes.dropLast(2)), 4)
    #expect(!read.isWhole)
  }

  @Test("Damage is said", arguments: [gzip, zstd])
  func damage(bytes: [UInt8]) throws {
    var bytes = bytes
    bytes[bytes.count - 6] ^= 0xFF
    let read = try read(bytes, 100)
    #expect(read.isDamaged)
  }
}
