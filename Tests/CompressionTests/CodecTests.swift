import Compression
import TestSupport
import Testing

@Suite struct CodecTests {
  private func compressed(_ bytes: [UInt8], _ compressor: Compressor, room: Int? = nil) -> [UInt8] {
    var target = [UInt8](repeating: 0, count: room ?? bytes.count + 64)
    let size = target.withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { compressor.compress($0, into: target) }
    }
    return Array(target[..<size])
  }

  private func decompressed(_ codec: Codec, _ bytes: [UInt8], _ size: Int) -> [UInt8]? {
    var target = [UInt8](repeating: 0xEE, count: size)
    let decompressor = Decompressor()
    let isSound = target.withUnsafeMutableBytes { target in
      bytes.withUnsafeBytes { decompressor.decompress(codec, $0, into: target) }
    }
    return isSound ? target : nil
  }

  @Test(arguments: [Codec.lz4, .zstd], [1, 100, 70_000])
  func bytesComeBack(codec: Codec, count: Int) {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 / 7) }
    let compressor = Compressor(codec)
    for _ in 0..<2 {
      let stored = compressed(bytes, compressor)
      #expect(!stored.isEmpty)
      #expect(count < 1000 || stored.count < count / 2)
      #expect(decompressed(codec, stored, count) == bytes)
    }
  }

  @Test(arguments: [Codec.lz4, .zstd])
  func whatDoesNotFitIsNotWritten(codec: Codec) {
    var random = SeededGenerator(seed: 1)
    let noise = (0..<1000).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    #expect(compressed(noise, Compressor(codec), room: 900).isEmpty)
  }

  @Test func noneCompressesNothing() {
    #expect(compressed([1, 1, 1, 1], Compressor(.none)).isEmpty)
    #expect(decompressed(.none, [1, 2], 2) == [1, 2])
    #expect(decompressed(.none, [1, 2], 3) == nil)
  }

  @Test(arguments: [Codec.lz4, .zstd], UInt64(0)..<200)
  func damagedBlocksAreRefusedOrFill(codec: Codec, seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let bytes = (0..<600).map { _ in UInt8(random.below(6)) }
    var stored = compressed(bytes, Compressor(codec))
    for _ in 0..<3 { stored[random.below(stored.count)] = UInt8(truncatingIfNeeded: random.next()) }
    if random.oneIn(2) { stored.removeLast(random.below(stored.count)) }
    // A wrong size is never filled.
    #expect(decompressed(codec, stored, 599) == nil || decompressed(codec, stored, 601) == nil)
  }

  @Test func aZstandardBlockIsOneFrame() {
    let bytes = [UInt8](repeating: 7, count: 300)
    let (half, whole) = (compressed(Array(bytes[..<150]), Compressor(.zstd)), compressed(bytes, Compressor(.zstd)))
    #expect(decompressed(.zstd, whole, 300) == bytes)
    // Each is what the library would take for the same bytes.
    #expect(decompressed(.zstd, half + half, 300) == nil)
    let skippable: [UInt8] = [0x50, 0x2A, 0x4D, 0x18, 2, 0, 0, 0, 1, 2]
    #expect(decompressed(.zstd, whole + skippable, 300) == nil)
    #expect(decompressed(.zstd, skippable + whole, 300) == nil)
  }

  @Test func levelsAreBroughtIntoRange() {
    #expect(Compressor(.zstd, level: 99).level == 19)
    #expect(Compressor(.zstd, level: -5).level == 1)
    #expect(Compressor(.lz4).level == 1)
    #expect(Codec(name: "zstd") == .zstd && Codec(name: "brotli") == nil)
  }
}
